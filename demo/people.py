"""The clients' own objects: plain Python, of classes that no server can import."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.generated.prices import PriceListener

NAMES = ("Cyd", "Ada", "Ben")
"""Those who take part, in the order in which they come. The slow one comes first."""


def person(
    name: str, say: Callable[[str], None], end: threading.Event
) -> PriceListener:
    """The listener of that name. Cyd, who is slow, answers no call until the `end`.

    The classes exist inside this call alone, so that nobody can import them.
    """

    class SoldOutError(Exception):
        """No exception class that a server could know."""

    class Ada:
        """Hears, and says yes."""

        def changed(self, symbol: str, price: float) -> None:
            say(f"hears that {symbol} is {price}")

        def confirm(self, question: str, *, default: bool = False) -> bool:
            say(f"is asked: {question}")
            return not default

    class Ben(Ada):
        """Raises once, and says what is the default."""

        def changed(self, symbol: str, price: float) -> None:
            super().changed(symbol, price)
            if price == 2.5:
                raise SoldOutError("nothing left to sell")

        def confirm(self, question: str, *, default: bool = False) -> bool:
            say(f"is asked: {question}")
            return default

    class Cyd(Ada):
        """Is quick when it registers, and then no more."""

        def changed(self, symbol: str, price: float) -> None:
            super().changed(symbol, price)
            if price != 1.0:
                end.wait()

    return {"Ada": Ada, "Ben": Ben, "Cyd": Cyd}[name]()
