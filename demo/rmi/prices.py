"""The contract between a price service and those who listen to it."""

from __future__ import annotations

from typing import Protocol

from callbackgen.markers import deadline


class PriceListener(Protocol):
    """What a client wants to hear."""

    @deadline(3)
    def changed(self, symbol: str, price: float) -> None:
        """Tell that a price has changed."""
        ...

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for a decision."""
        ...


class PriceService(Protocol):
    """What the server offers."""

    def add_listener(self, name: str, listener: PriceListener) -> str:
        """Register a listener; the answer is a greeting."""
        ...

    def price(self, symbol: str) -> float:
        """The price as it is now."""
        ...
