"""The clients' own objects: plain Python, of classes that no server can import."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from demo.saying import say

if TYPE_CHECKING:
    from demo.rmi.prices import PriceListener, PriceService


def person(name: str, prices: PriceService, end: threading.Event) -> PriceListener:
    """The listener of that name. Ben gets stuck in a call, until the `end`.

    The classes exist inside this call alone, so that nobody can import them.
    """

    class SoldOutError(Exception):
        """No exception class that a server could know."""

    class Ada:
        """Hears everything, and looks at the price before she decides."""

        def changed(self, symbol: str, price: float) -> None:
            say(f"hears that {symbol} is {price}")

        def confirm(self, question: str, *, default: bool = False) -> bool:
            say(f"is asked: {question}")
            price = prices.price("ACME")
            say(f"has asked back for the price, which is {price}")
            return price < 3

    class Ben(Ada):
        """Raises once, has no opinion, and gets stuck at last."""

        def changed(self, symbol: str, price: float) -> None:
            super().changed(symbol, price)
            if price == 2.5:
                raise SoldOutError("nothing left to sell")
            if price == 3.0:
                end.wait()

        def confirm(self, question: str, *, default: bool = False) -> bool:
            say(f"is asked: {question}")
            return default

    return {"Ada": Ada, "Ben": Ben}[name]()
