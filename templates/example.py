"""The Protocols that the template is the generated form of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, overload

from callbackgen.markers import deadline, oneway

if TYPE_CHECKING:
    from typing_extensions import deprecated
else:
    from callbackgen.runtime import deprecated

T = TypeVar("T")

EVERYTHING = 100


class Peer(Protocol):
    def notify(self, text: str) -> None: ...


class Example(Protocol):
    """One member of every kind; the generator goes by their names."""

    level: int

    @property
    def label(self) -> str: ...

    def changed(self, symbol: str, price: float, *, final: bool = False) -> bool:
        """Tell that a price has changed."""
        ...

    @oneway
    def told(self, text: str) -> None: ...

    @deadline(2.5)
    def confirm(self, question: str) -> bool: ...

    def attach(self, peer: Peer) -> Peer: ...

    def limited(self, count: int = EVERYTHING) -> list[int]: ...

    def convert(self, value: T) -> T: ...

    async def later(self, count: int) -> str: ...

    async def convert_later(self, value: T) -> T: ...

    async def limited_later(self, count: int = EVERYTHING) -> list[int]: ...

    @overload
    def get(self, key: str) -> str: ...
    @overload
    def get(self, key: str, default: int) -> str | int: ...

    @overload
    async def get_later(self, key: str) -> str: ...
    @overload
    async def get_later(self, key: str, default: int) -> str | int: ...

    @deprecated("use changed")
    def old(self, symbol: str) -> None: ...

    @property
    @deprecated("use label")
    def old_label(self) -> str: ...

    def __call__(self, event: str) -> bool: ...
