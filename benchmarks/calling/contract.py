"""What is called back, whatever carries the calls."""

from __future__ import annotations

from typing import Protocol

from callbackgen.markers import oneway


class Listener(Protocol):
    """The client's object."""

    def changed(self, text: str, price: float) -> bool:
        """Answer whether this exceeds what came before."""
        ...

    @oneway
    def tell(self, text: str, price: float) -> None:
        """Take a call that nobody waits for."""
        ...

    def told(self, count: int) -> int:
        """Answer when so many calls of `tell` have come: how many have."""
        ...


class Service(Protocol):
    """The server's object."""

    def add_listener(self, listener: Listener) -> None:
        """Take a listener, which is called later."""
        ...
