"""What a stub calls through: the way to one object, wherever it is."""

from __future__ import annotations

import functools
import weakref
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from callbackgen.runtime.call import Call
    from callbackgen.runtime.lanes import Key
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.stub import Stub
    from callbackgen.runtime.workers import Task

AnyStub = TypeVar("AnyStub", bound="Stub")
OnLost: TypeAlias = Callable[[Any], object]


class Link(ABC):
    """The way to one object."""

    __slots__ = ()

    @property
    @abstractmethod
    def identity(self) -> object:
        """Equal for stubs that stand for the same object."""
        ...

    @property
    @abstractmethod
    def deadline(self) -> float:
        """The seconds that a call may last where nothing else says so."""
        ...

    @abstractmethod
    def make(self, call: Call) -> Any:
        """Make a call, and give its result. Raises RemoteError."""
        ...

    @abstractmethod
    def run_call(self, task: Task) -> None:
        """Run what makes a call for a coroutine, in a thread."""
        ...

    @abstractmethod
    def key_at(self, session: Session) -> Key | None:
        """What the other end of a connection calls the object, if it lives there."""
        ...

    @abstractmethod
    def is_connected(self) -> bool:
        """Whether there is a connection to the object."""
        ...

    @abstractmethod
    def on_lost(self, kind: type[Stub], function: OnLost) -> None:
        """Have a function called when the connection is lost, at once if it is.

        It is given a stub of that class. Holding the stub itself would keep it alive.
        """
        ...


class Remote(Link):
    """An object of the other end that was passed by reference."""

    __slots__ = ("__weakref__", "_key", "_lost", "_session", "_stubs")

    def __init__(self, session: Session, key: int) -> None:
        self._session = session
        self._key = key
        self._stubs: dict[type[Stub], weakref.ref[Stub]] = {}
        self._lost: deque[tuple[type[Stub], OnLost]] = deque()

    def __str__(self) -> str:
        return f"object {self._key} of {self._session}"

    @property
    def identity(self) -> object:
        """See `Link`."""
        return self._session, self._key

    @property
    def deadline(self) -> float:
        """See `Link`."""
        return self._session.settings.deadline

    def make(self, call: Call) -> Any:
        """See `Link`."""
        return self._session.make(call, self._key)

    def run_call(self, task: Task) -> None:
        """See `Link`."""
        self._session.run_call(task)

    def key_at(self, session: Session) -> Key | None:
        """See `Link`."""
        return self._key if session is self._session else None

    def is_connected(self) -> bool:
        """See `Link`."""
        return self._session.is_open

    def on_lost(self, kind: type[Stub], function: OnLost) -> None:
        """See `Link`."""
        self._lost.append((kind, function))
        if not self._session.is_open:
            self.tell_lost()

    def tell_lost(self) -> None:
        """Call the functions that want to know that the connection is lost, once."""
        while True:
            try:
                kind, function = self._lost.popleft()
            except IndexError:
                return
            self._session.run_apart(functools.partial(function, self.stub(kind)))

    def stub(self, kind: type[AnyStub]) -> AnyStub:
        """The stub of a class for this object, the same one while it is in use."""
        known = self._stubs.get(kind)
        stub = None if known is None else known()
        if stub is None:
            made: Any = kind
            stub = made(self)
            self._stubs[kind] = weakref.ref(stub)
        assert isinstance(stub, kind)
        return stub


def link_of(value: object) -> Link | None:
    """The link of a stub, or None for anything else."""
    from callbackgen.runtime.stub import Stub, link

    return link(value) if isinstance(value, Stub) else None
