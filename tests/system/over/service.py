"""A service under a stock daemon: ``python -m tests.system.over.service OPTIONS``.

The options are JSON: `server` (Pyro5's SERVERTYPE), and `trust`.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any, cast

import Pyro5.api
from Pyro5 import config

import callbackgen
from tests.system.listening.answering import answer_commands, emit
from tests.system.listening.listener_remote import ListenerStub
from tests.system.listening.market_remote import MarketWrapper
from tests.system.over.ending import end
from tests.system.over.watching import dialled, watch


class ByHand:
    """A class of an old system: it is exposed as it is, and gets a Proxy."""

    def __init__(self, trust: list[str]) -> None:
        self._trust = trust
        self.listeners: dict[str, ListenerStub] = {}

    @Pyro5.api.expose  # type: ignore[untyped-decorator]  # Pyro5 has no annotations
    def add(self, symbol: str, given: Any) -> str:
        listener = ListenerStub.over(given, trust=self._trust)
        answer = listener.changed(symbol, 1.5)
        self.listeners[symbol] = listener
        return answer

    @Pyro5.api.expose  # type: ignore[untyped-decorator]
    @Pyro5.api.oneway  # type: ignore[untyped-decorator]
    def keep(self, symbol: str, given: Any) -> None:
        self.listeners[symbol] = ListenerStub.over(given)
        emit("kept", symbol=symbol)


class Generated:
    """A class as one is wrapped: it gets stubs. It fits as much of Market as is used."""

    def __init__(self) -> None:
        self.listeners: dict[str, ListenerStub] = {}
        self.wrapper: Any = None

    def add(self, symbol: str, listener: ListenerStub) -> str:
        answer = listener.changed(symbol, 1.5)
        self.listeners[symbol] = listener
        return answer

    def first(self, symbol: str) -> ListenerStub | None:
        return self.listeners.get(symbol)

    def bounce(self, listener: ListenerStub, depth: int) -> int:
        return 1 + listener.bounce(self.wrapper, depth - 1) if depth else 0


class Desk:
    """What the test asks of the service; each command runs in a thread of its own."""

    def __init__(self, trust: list[str]) -> None:
        self._by_hand = ByHand(trust)
        self._generated = Generated()
        self._generated.wrapper = MarketWrapper(cast(Any, self._generated))
        self.daemon: Any = Pyro5.api.Daemon(host="127.0.0.1")
        self._addresses = {
            "by hand": str(self.daemon.register(self._by_hand)),
            "generated": str(self.daemon.register(self._generated.wrapper)),
        }

    def address(self, which: str) -> str:
        return self._addresses[which]

    def repeat(self, symbol: str, text: str, seconds: float) -> str:
        """Call the listener of a symbol, from this thread, which serves nobody."""
        stub = callbackgen.with_deadline(self._stub(symbol), seconds)
        return stub.repeat(text)

    def changed(self, symbol: str, seconds: float) -> str:
        stub = callbackgen.with_deadline(self._stub(symbol), seconds)
        return stub.changed(symbol, 2.5)

    def tell(self, symbol: str, number: int) -> None:
        for each in range(number):
            self._stub(symbol).told(str(each))

    def over(self, text: str) -> str:
        """Make a stub outside of any call."""
        return str(ListenerStub.over(text))

    def dialled(self) -> list[str]:
        return dialled()

    def _stub(self, symbol: str) -> ListenerStub:
        found = self._by_hand.listeners | self._generated.listeners
        return found[symbol]


def main(server: str = "thread", trust: tuple[str, ...] = ()) -> None:
    """Serves until there are no more commands."""
    watch()
    cast(Any, config).SERVERTYPE = server
    desk = Desk(list(trust))
    serving = threading.Thread(target=desk.daemon.requestLoop)
    serving.start()
    emit("ready")
    answer_commands(desk)
    end(desk.daemon, serving)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
