"""What the soak's clients and their server call of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from callbackgen.markers import oneway


class Listener(Protocol):
    """A client's object, which the server keeps and tells of events."""

    @oneway
    def told(self, owner: str, number: int) -> None:
        """Hear of the event with that number; the owner is who has registered."""
        ...

    def asked(self, owner: str, number: int) -> int:
        """As `told`; the answer is made of both."""
        ...

    def bounce(self, count: int) -> int:
        """Call the server's `bounce` with one less, down to 0; add 1 to its answer."""
        ...

    def refuse(self) -> None:
        """Raise a ValueError."""
        ...


class Ledger(Protocol):
    """A server's object for one client, which gets it by reference."""

    def add(self, amount: int) -> int:
        """The sum of all amounts so far."""
        ...


class Market(Protocol):
    """The server's object for all clients."""

    def quote(self, number: int) -> int:
        """Twice the number."""
        ...

    def watch(self, owner: str, listener: Listener) -> None:
        """Tell a listener of events from now on: 1, 2, 3 and so on, each once."""
        ...

    def unwatch(self, owner: str) -> int:
        """How many events were sent; -1 where the listener has been dropped."""
        ...

    def bounce(self, listener: Listener, count: int) -> int:
        """Call the listener's `bounce` with one less; add 1 to its answer."""
        ...

    def provoke(self, listener: Listener) -> str:
        """The class of what the listener's `refuse` has raised."""
        ...

    def hold(self, seconds: float) -> None:
        """Answer after a while."""
        ...

    def fail(self, text: str) -> None:
        """Raise a ValueError with that text."""
        ...

    def apply(self, function: Callable[[int], int], number: int) -> int:
        """What the client's function makes of the number."""
        ...

    def open_ledger(self) -> Ledger:
        """A new one."""
        ...

    async def later(self, number: int) -> int:
        """Twice the number, from a coroutine."""
        ...


class Diary(Protocol):
    """A server's object for one connection."""

    @oneway
    def note(self, number: int) -> None:
        """Take 1, 2, 3 and so on."""
        ...

    def noted(self) -> int:
        """The last number."""
        ...
