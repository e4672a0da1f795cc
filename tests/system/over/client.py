"""A client with a stock daemon of its own: ``python -m tests.system.over.client OPTIONS``.

The options are JSON: `name`, `server` (Pyro5's SERVERTYPE), and `host` (its daemon's).
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
from tests.system.listening.client import Hearer
from tests.system.listening.listener_remote import ListenerWrapper
from tests.system.listening.market import Market
from tests.system.listening.market_remote import MarketStub
from tests.system.over.ending import end


class Caller(Hearer):
    """A listener that passes itself on, which a stock daemon wants wrapped."""

    wrapper: Any

    def bounce(self, market: Market, depth: int) -> int:
        return 1 + market.bounce(self.wrapper, depth - 1) if depth else 0


class Guest:
    """What the test asks of the client; each command runs in a thread of its own."""

    def __init__(self, name: str, host: str) -> None:
        self._hearer = Caller(name)
        self._wrapper = ListenerWrapper(cast(Any, self._hearer))
        self._hearer.wrapper = self._wrapper
        self.daemon: Any = Pyro5.api.Daemon(host=host)
        self._uri: Any = self.daemon.register(self._wrapper)

    def address(self) -> str:
        return str(self._uri)

    def add(self, service: str, symbol: str, form: str) -> Any:
        """Have the service add the listener, given in one of the forms of Pyro5."""
        forms: dict[str, object] = {
            "wrapper": self._wrapper,
            "proxy": _proxy(self._uri),
            "uri": self._uri,
            "text": str(self._uri),
        }
        return self._ask(service, "add", symbol, forms[form])

    def keep(self, service: str, symbol: str) -> None:
        """The same in a oneway call, whose connection is closed at once."""
        self._ask(service, "keep", symbol, self._wrapper)

    def add_text(self, service: str, symbol: str, text: str) -> Any:
        """Have the service add what a text of the test's names."""
        return self._ask(service, "add", symbol, text)

    def add_reference(self, service: str, symbol: str, text: str) -> Any:
        """The same as a Proxy."""
        return self._ask(service, "add", symbol, _proxy(text))

    def _ask(self, service: str, method: str, *arguments: Any) -> Any:
        with _proxy(service) as proxy:
            return getattr(proxy, method)(*arguments)

    def bounce(self, service: str, depth: int) -> int:
        """Have the service call the listener, which calls the service, and so on."""
        stub = callbackgen.with_deadline(MarketStub(service), 30)
        return stub.bounce(cast(Any, self._wrapper), depth)

    def hold(self) -> None:
        self._hearer.gate.clear()

    def let_go(self) -> None:
        self._hearer.gate.set()

    def raise_(self, text: str | None) -> None:
        self._hearer.trouble = text


def _proxy(address: object) -> Any:
    return cast(Any, Pyro5.api).Proxy(address)


def main(name: str, server: str = "thread", host: str = "127.0.0.1") -> None:
    """Listens until there are no more commands."""
    cast(Any, config).SERVERTYPE = server
    guest = Guest(name, host)
    serving = threading.Thread(target=guest.daemon.requestLoop)
    serving.start()
    emit("ready")
    answer_commands(guest)
    guest.let_go()
    end(guest.daemon, serving)


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
