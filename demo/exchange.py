"""The server's own object: plain Python that knows nothing of Pyro5."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demo.generated.prices import PriceListener

LISTENERS = 3
LIMIT = 3.0
"""Seconds that one listener may take for one call."""

PATIENCE = 60.0
"""Seconds after which the server no longer waits for its listeners to come."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call of a listener failed, in words; `is_gone`: there is no calling it."""

    text: str
    is_gone: bool


_one_at_a_time = threading.Lock()


def say(line: str) -> None:
    """Tells one line of this process's part of the story; threads do not mix theirs."""
    with _one_at_a_time:
        print(line, flush=True)


class Prices:
    """Fits `PriceService`. `explain` says what an error of a listener's call means."""

    def __init__(self, explain: Callable[[Exception], Failure]) -> None:
        self._explain = explain
        self._listeners: dict[str, PriceListener] = {}
        self._ready: set[str] = set()
        self._all_ready = threading.Event()

    def add_listener(self, name: str, listener: PriceListener) -> str:
        """Calls the new listener back at once, while its own call waits."""
        self._listeners[name] = listener
        listener.changed("ACME", 1.0)
        say(f"{name} has registered, and was called back meanwhile")
        return f"welcome, {name}"

    def ready(self, name: str) -> None:
        """The story goes on when the registering calls of all have returned."""
        self._ready.add(name)
        if len(self._ready) == LISTENERS:
            self._all_ready.set()

    def tell(self) -> None:
        """The rest of the story, which a thread of the server's own tells."""
        if not self._all_ready.wait(PATIENCE):
            say("the listeners did not come")
            return
        say("all registering calls have returned; now a thread of the server calls")
        self._change("ACME", 2.5)
        for name, listener in self._listeners.items():
            answer = listener.confirm("Buy ACME at 2.5?", default=False)
            say(f"{name} answers {'yes' if answer else 'no'}")
        self._change("ACME", 3.0)
        seen = "seen" if "demo.people" in sys.modules else "never seen"
        say(f"the classes of the listeners were {seen} here")

    def _change(self, symbol: str, price: float) -> None:
        """Calls all listeners at once; one that is gone is dropped."""
        say(f"{symbol} is {price} now")
        outcomes: dict[str, str] = {}
        with ThreadPoolExecutor(len(self._listeners)) as pool:
            calls = {
                pool.submit(listener.changed, symbol, price): name
                for name, listener in self._listeners.items()
            }
            for call in as_completed(calls):
                failure = call.exception()
                outcomes[calls[call]] = self._outcome(calls[call], failure)
        last = next(reversed(outcomes))
        for name in sorted(outcomes):
            say(f"{name} {outcomes[name]}")
        if last not in self._listeners:
            say(f"{last} was the last; nobody waited for {last}")

    def _outcome(self, name: str, error: BaseException | None) -> str:
        if error is None:
            return "has heard it"
        if not isinstance(error, Exception):
            raise error
        failure = self._explain(error)
        if failure.is_gone:
            del self._listeners[name]
            return f"{failure.text}, and is dropped"
        return failure.text
