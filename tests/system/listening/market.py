"""The contract between a market and those who listen to it: every kind of reference."""

from __future__ import annotations

from typing import Protocol

from callbackgen.markers import oneway


class Named(Protocol):
    """What has a name; the others have this method from here."""

    def name(self) -> str: ...


class Listener(Named, Protocol):
    """What a client wants to hear."""

    def changed(self, symbol: str, price: float) -> str:
        """Hear a price. The answer says who has heard what."""
        ...

    @oneway
    def told(self, text: str) -> None: ...

    def repeat(self, text: str) -> str: ...

    def meets(self, other: Listener) -> bool:
        """Whether `other` is this very object."""
        ...

    def itself(self) -> Listener: ...

    def bounce(self, market: Market, depth: int) -> int:
        """Have the market call back while there is depth left."""
        ...


class Alarm(Named, Protocol):
    """Another interface, which an object may fit besides."""

    def ring(self, text: str) -> str: ...


class Order(Protocol):
    """What a market opens for a client, and keeps."""

    def owner(self) -> str: ...

    def cancel(self) -> None: ...


class Market(Protocol):
    """What the server offers."""

    def add(self, symbol: str, listener: Listener) -> str:
        """Register a listener, and call it from inside this call: its answer."""
        ...

    def keep(self, symbol: str, listener: Listener) -> None:
        """Register a listener without a word to it."""
        ...

    def remove(self, symbol: str, listener: Listener) -> None:
        """Forget a listener. One that is not there is a KeyError."""
        ...

    def keep_all(self, symbol: str, listeners: list[Listener]) -> int: ...

    def keep_named(self, listeners: dict[str, Listener]) -> list[str]:
        """Register each under its key; the names that they give themselves."""
        ...

    def keep_any(
        self,
        symbol: str,
        listener: Listener | None = None,
        *,
        alarm: Alarm | None = None,
    ) -> list[str]:
        """Register what is given; the names of what was given."""
        ...

    def compare(self, listener: Listener, alarm: Alarm) -> list[bool]:
        """Whether the two are equal, and have equal hashes."""
        ...

    def first(self, symbol: str) -> Listener | None: ...

    def open(self, owner: str) -> Order: ...

    def is_open(self, order: Order) -> bool: ...

    def bounce(self, listener: Listener, depth: int) -> int:
        """Have the listener call back while there is depth left."""
        ...

    def wait(self) -> None:
        """Return when the server is told to let go."""
        ...


class Clock(Protocol):
    """A second service of the same server."""

    def tick(self, listener: Listener) -> str: ...

    def stop(self) -> None:
        """End the server, from inside this call."""
        ...
