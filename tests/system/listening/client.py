"""A client of the scenarios: ``python -m tests.system.listening.client OPTIONS``.

The options are JSON: `address`, `handshake`, `reconnect`, `settings` (callbackgen's),
`config` (Pyro5's), and `again`: what to register at each connection.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from typing import Any, cast

import Pyro5

import callbackgen
from tests.system.listening.answering import answer_commands, emit
from tests.system.listening.clock_remote import ClockStub
from tests.system.listening.listener_remote import ListenerWrapper
from tests.system.listening.market import Listener, Market
from tests.system.listening.market_remote import MarketStub
from tests.system.listening.order_remote import OrderStub


class Hearer:
    """Tells the test what it hears, unless `quiet`; it fits Listener and Alarm."""

    def __init__(self, name: str, *, quiet: bool = False) -> None:
        self._name = name
        self._quiet = quiet
        self.gate = threading.Event()
        self.gate.set()
        self.trouble: str | None = None
        self.before: Callable[[], object] = lambda: None
        weakref.finalize(self, emit, "freed", listener=name).atexit = False

    def name(self) -> str:
        return self._name

    def changed(self, symbol: str, price: float) -> str:
        if not self._quiet:
            emit("changed", listener=self._name, symbol=symbol, price=price)
        self.before()
        self.gate.wait()
        if self.trouble is not None:
            raise ValueError(self.trouble)
        return f"{self._name} heard {symbol} at {price:g}"

    def told(self, text: str) -> None:
        emit("told", listener=self._name, text=text)
        self.gate.wait()
        emit("told to the end", listener=self._name, text=text)

    def ring(self, text: str) -> str:
        return f"{self._name} rings for {text}"

    def repeat(self, text: str) -> str:
        return text

    def meets(self, other: object) -> bool:
        return other is self

    def itself(self) -> Listener:
        return self

    def bounce(self, market: Market, depth: int) -> int:
        return 1 + market.bounce(self, depth - 1) if depth else 0


class Guest:
    """What the test asks of the client; each command runs in a thread of its own."""

    def __init__(self, connection: callbackgen.Connection) -> None:
        self._connection = connection
        self._market = MarketStub(connection)
        self._clock = ClockStub(connection, "clock")
        self._hearers: dict[str, Hearer] = {}
        self._many: list[Hearer] = []
        self._orders: dict[str, OrderStub] = {}

    def _hearer(self, name: str) -> Hearer:
        """The listener of that name, made when it is first named."""
        if name not in self._hearers:
            self._hearers[name] = Hearer(name)
        return self._hearers[name]

    def add(self, symbol: str, name: str) -> str:
        return self._market.add(symbol, self._hearer(name))

    def keep(self, symbol: str, *names: str) -> None:
        for name in names:
            self._market.keep(symbol, self._hearer(name))

    def keep_wrapped(self, symbol: str, name: str) -> None:
        """Pass a wrapper that is made here, twice."""
        wrapper = ListenerWrapper(self._hearer(name))
        self._market.keep(symbol, wrapper)
        self._market.keep(symbol, wrapper)

    def remove(self, symbol: str, name: str) -> None:
        self._market.remove(symbol, self._hearer(name))

    def keep_all(self, symbol: str, *names: str) -> int:
        return self._market.keep_all(symbol, [self._hearer(name) for name in names])

    def keep_named(self, names: dict[str, str]) -> list[str]:
        return self._market.keep_named(
            {symbol: self._hearer(name) for symbol, name in names.items()}
        )

    def keep_nonsense(self, symbol: str) -> None:
        """Pass what fits no interface."""
        self._market.keep(symbol, cast(Any, 5))

    def keep_both(self, symbol: str, name: str, alarm: str) -> list[str]:
        return self._market.keep_any(
            symbol, listener=self._hearer(name), alarm=self._hearer(alarm)
        )

    def keep_alarm(self, symbol: str, alarm: str) -> list[str]:
        return self._market.keep_any(symbol, None, alarm=self._hearer(alarm))

    def keep_none(self, symbol: str) -> list[str]:
        return self._market.keep_any(symbol)

    def keep_many(self, symbol: str, count: int) -> int:
        """Register so many new listeners."""
        for number in range(count):
            self._many.append(Hearer(f"number {number}", quiet=True))
            self._market.keep(symbol, self._many[-1])
        return len(self._many)

    def forget_many(self) -> None:
        """Leave the many to the connection."""
        self._many.clear()

    def compare(self, name: str, alarm: str) -> list[bool]:
        return self._market.compare(self._hearer(name), self._hearer(alarm))

    def first(self, symbol: str) -> str:
        """What the market finds: a listener that lives here, and its name."""
        found = self._market.first(symbol)
        if found is None:
            return "nobody"
        hearers: list[object] = [*self._hearers.values()]
        own = any(found is each for each in hearers)
        return f"{'our own' if own else 'a stub of'} {found.name()}"

    def tick(self, name: str) -> str:
        return self._clock.tick(self._hearer(name))

    def bounce(self, name: str, depth: int) -> int:
        return self._market.bounce(self._hearer(name), depth)

    def wait(self) -> None:
        self._market.wait()

    def open(self, owner: str) -> str:
        order = self._orders[owner] = self._market.open(owner)
        return order.owner()

    def is_open(self, owner: str) -> bool:
        return self._market.is_open(self._orders[owner])

    def cancel(self, owner: str) -> None:
        self._orders[owner].cancel()

    def drop(self, owner: str) -> None:
        del self._orders[owner]

    def hold(self, name: str) -> None:
        """From now on the listener does not return from its methods."""
        self._hearer(name).gate.clear()

    def let_go(self, name: str) -> None:
        self._hearer(name).gate.set()

    def trouble(self, name: str, text: str | None) -> None:
        """From now on the listener raises a ValueError, or does no more."""
        self._hearer(name).trouble = text

    def close_in_callback(self, name: str) -> None:
        """From now on the listener closes the connection that it is called over."""
        self._hearer(name).before = self._connection.close

    def stop(self) -> None:
        self._clock.stop()

    def forget(self, name: str) -> None:
        del self._hearers[name]

    def withdraw(self, name: str) -> None:
        self._connection.withdraw(self._hearer(name))

    def connected(self) -> bool:
        return callbackgen.connected(self._market)

    def watch(self) -> None:
        """Tell when the connection is lost."""
        callbackgen.on_lost(self._market, lambda _: emit("lost"))

    def at_connect(self, symbol: str, name: str) -> None:
        """Register a listener now and after each reconnection."""

        def register() -> None:
            self._market.add(symbol, self._hearer(name))
            emit("registered", listener=name)

        self._connection.on_connect(register)

    def statistics(self) -> dict[str, Any]:
        return dataclasses.asdict(self._connection.statistics())

    def close(self) -> None:
        self._connection.close()


def main(options: dict[str, Any]) -> None:
    """Be connected until there are no more commands, or until Ctrl-C."""
    # Ignored in what a shell has started in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, value in options.get("config", {}).items():
        setattr(Pyro5.config, name, value)
    settings = callbackgen.Settings(**options.get("settings", {}))
    try:
        connection = callbackgen.connect(
            options["address"],
            handshake=options.get("handshake"),
            reconnect=options.get("reconnect", False),
            settings=settings,
        )
    except callbackgen.Refused as refused:
        emit("refused", error=str(refused))
        return
    with contextlib.suppress(KeyboardInterrupt), connection:
        guest = Guest(connection)
        emit("ready")
        answer_commands(guest)
    emit("ended")


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
