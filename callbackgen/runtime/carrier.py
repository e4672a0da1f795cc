"""How what is not plain data travels in one message."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from callbackgen.runtime.stub import Stub


class Carrier(Protocol):
    """How references, and what msgpack has no type for, travel in one message.

    `is_ours` says whether the other end is one of ours, not an ordinary Pyro5 one.
    """

    is_ours: bool

    @abstractmethod
    def send(self, stub: type[Stub], value: object) -> object:
        """What travels for an object. Raises Misfit."""
        ...

    @abstractmethod
    def receive(self, stub: type[Stub], data: object) -> object:
        """What has arrived, as a stub of that class. Raises Misfit."""
        ...

    @abstractmethod
    def plain(self, value: object) -> object:
        """What travels for a value under `Any`, which is made of builtins."""
        ...

    @abstractmethod
    def extended(
        self, code: int, content: Callable[[], bytes], plain: Callable[[], object]
    ) -> object:
        """What travels for what has an extension of msgpack: that, or plain data."""
        ...

    @abstractmethod
    def leaving(self, packed: object) -> object:
        """What travels for a value with bytes in it."""
        ...

    @abstractmethod
    def arriving(self, data: object) -> object:
        """What has arrived for a value that may have bytes in it."""
        ...

    @abstractmethod
    def turn(self, value: object = None) -> AbstractContextManager[None]:
        """Wait for the turn to convert what has arrived, or a value to be sent."""
        ...

    @abstractmethod
    def undo(self) -> None:
        """What was sent so far does not travel after all."""
        ...
