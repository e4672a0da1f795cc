"""The server's own object: plain Python that knows nothing of remote calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from demo.saying import say

if TYPE_CHECKING:
    from demo.rmi.prices import PriceListener


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call of a listener failed, in words; `is_gone`: there is no calling it."""

    text: str
    is_gone: bool


class Prices:
    """Fits `PriceService`. `explain` says what an error of a listener's call means."""

    def __init__(self, explain: Callable[[Exception], Failure]) -> None:
        self._explain = explain
        self._prices = {"ACME": 1.0}
        self._listeners: dict[str, PriceListener] = {}

    def add_listener(self, name: str, listener: PriceListener) -> str:
        """Calls the new listener back at once, while its own call waits."""
        self._listeners[name] = listener
        listener.changed("ACME", self._prices["ACME"])
        say(f"{name} has registered, and was called back meanwhile")
        return f"welcome, {name}"

    def price(self, symbol: str) -> float:
        """The price as it is now; a listener may ask while it is being called."""
        say(f"is asked for the price of {symbol}")
        return self._prices[symbol]

    def tell(self) -> None:
        """What happens when all have registered; a thread of the server's own calls."""
        self._change("ACME", 2.5)
        for name, listener in self._listeners.items():
            answer = listener.confirm("Buy ACME?", default=False)
            say(f"{name} answers {'yes' if answer else 'no'}")
        self._change("ACME", 3.0)
        self._change("ACME", 3.5)
        seen = "seen" if "demo.rmi.people" in sys.modules else "never seen"
        say(f"the classes of the listeners were {seen} here")

    def _change(self, symbol: str, price: float) -> None:
        """Calls all listeners at once; one that is gone is dropped."""
        self._prices[symbol] = price
        say(f"{symbol} is {price} now")
        with ThreadPoolExecutor() as pool:
            calls = {
                name: pool.submit(listener.changed, symbol, price)
                for name, listener in self._listeners.items()
            }
            for name, call in calls.items():
                say(f"{name} {self._outcome(name, call)}")

    def _outcome(self, name: str, call: Future[None]) -> str:
        try:
            call.result()
        except Exception as error:  # noqa: BLE001 - each variant has errors of its own
            failure = self._explain(error)
            if not failure.is_gone:
                return failure.text
            del self._listeners[name]
            return f"{failure.text}, and is dropped"
        return "has heard it"
