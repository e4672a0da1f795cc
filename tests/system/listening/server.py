"""The server of the scenarios: ``python -m tests.system.listening.server OPTIONS``.

The options are JSON: `host`, `port`, `unixsocket`, `settings` (callbackgen's), `config` (Pyro5's), `idle`: how many
seconds a thread waits for work, and `lingers`: the process goes on after the daemon's end until there are no more
commands.
"""

from __future__ import annotations

import dataclasses
import json
import signal
import sys
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import Pyro5

import callbackgen
from callbackgen.runtime import workers
from tests.system.listening.alarm_remote import AlarmStub
from tests.system.listening.answering import answer_commands, described, emit
from tests.system.listening.clock_remote import ClockWrapper
from tests.system.listening.listener_remote import ListenerStub
from tests.system.listening.market_remote import MarketWrapper


class Daemon(callbackgen.Daemon):
    """A daemon that tells who leaves."""

    def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
        emit("disconnected")
        super().clientDisconnect(conn)


def authenticate(handshake: object) -> object:
    """Everybody is who they say they are, except Mallory."""
    if handshake == "mallory":
        raise callbackgen.Refused("we know you")
    return handshake


class Exchange:
    """What the server offers; it fits Market."""

    def __init__(self) -> None:
        self.let_go = threading.Event()
        self._lock = threading.Lock()
        self._owners: dict[str, dict[ListenerStub, str]] = {}
        self._alarms: dict[str, AlarmStub] = {}
        self.wrapper = MarketWrapper(self)
        self.keeps_lost = False
        self.when_lost: Callable[[], object] = lambda: None

    def listeners(self, symbol: str) -> list[ListenerStub]:
        """The listeners in the order in which they came."""
        with self._lock:
            return list(self._owners.get(symbol, ()))

    def owner(self, symbol: str, listener: ListenerStub) -> str:
        """Who has registered a listener."""
        with self._lock:
            return self._owners[symbol][listener]

    def forget(self, symbol: str) -> None:
        """Drop all that is registered for a symbol."""
        with self._lock:
            self._owners.pop(symbol, None)
            self._alarms.pop(symbol, None)

    def lost(self, listener: ListenerStub) -> None:
        """Drop a listener whose client is gone."""
        with self._lock:
            if not self.keeps_lost:
                for owners in self._owners.values():
                    owners.pop(listener, None)
        emit("lost", connected=callbackgen.connected(listener))
        self.when_lost()

    def add(self, symbol: str, listener: ListenerStub) -> str:
        self.keep(symbol, listener)
        return listener.changed(symbol, 0.0)

    def keep(self, symbol: str, listener: ListenerStub) -> None:
        identity = str(callbackgen.current_peer().identity)
        with self._lock:
            owners = self._owners.setdefault(symbol, {})
            if listener in owners:
                return
            owners[listener] = identity
        weakref.finalize(listener, emit, "dropped").atexit = False
        callbackgen.on_lost(listener, self.lost)

    def remove(self, symbol: str, listener: ListenerStub) -> None:
        with self._lock:
            del self._owners[symbol][listener]

    def keep_all(self, symbol: str, listeners: list[ListenerStub]) -> int:
        for listener in listeners:
            self.keep(symbol, listener)
        return len(listeners)

    def keep_named(self, listeners: dict[str, ListenerStub]) -> list[str]:
        for symbol, listener in listeners.items():
            self.keep(symbol, listener)
        return [listener.name() for listener in listeners.values()]

    def keep_any(
        self,
        symbol: str,
        listener: ListenerStub | None = None,
        *,
        alarm: AlarmStub | None = None,
    ) -> list[str]:
        names: list[str] = []
        if listener is not None:
            self.keep(symbol, listener)
            names.append(listener.name())
        if alarm is not None:
            self._alarms[symbol] = alarm
            names.append(alarm.ring(symbol))
        return names

    def compare(self, listener: ListenerStub, alarm: AlarmStub) -> list[bool]:
        one, other = cast_to_object(listener), cast_to_object(alarm)
        return [one == other, hash(one) == hash(other)]

    def first(self, symbol: str) -> ListenerStub | None:
        return next(iter(self.listeners(symbol)), None)

    def open(self, owner: str) -> Slip:
        return Slip(owner)

    def is_open(self, order: object) -> bool:
        """Also told: whether it is the object that the server has made itself."""
        return isinstance(order, Slip) and not order.cancelled

    def bounce(self, listener: ListenerStub, depth: int) -> int:
        return 1 + listener.bounce(self.wrapper, depth - 1) if depth else 0

    def wait(self) -> None:
        emit("waiting")
        self.let_go.wait()


def cast_to_object(stub: object) -> object:
    """A stub of any class; type checkers know that different classes differ."""
    return stub


class Slip:
    """An order that lives as long as its client holds it."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self.cancelled = False
        weakref.finalize(self, emit, "freed", owner=owner).atexit = False

    def owner(self) -> str:
        return self._owner

    def cancel(self) -> None:
        self.cancelled = True


class Ticking:
    """A second service; it fits Clock."""

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop

    def tick(self, listener: ListenerStub) -> str:
        return listener.changed("the clock", 1.0)

    def stop(self) -> None:
        self._stop()


def outcome(call: Callable[..., object], *arguments: object) -> object:
    """What a call gives, or what it raises in words."""
    try:
        return call(*arguments)
    except callbackgen.RemoteError as error:
        return described(error)


class Desk:
    """What the test asks of the server; each command runs in a thread of its own."""

    def __init__(self, daemon: Daemon, exchange: Exchange, address: str) -> None:
        self._daemon = daemon
        self._exchange = exchange
        self._address = address

    def address(self) -> str:
        return self._address

    def push(self, symbol: str, *prices: float) -> list[object]:
        """Tell all listeners each price, one after the other: what each made of it."""
        return [
            outcome(listener.changed, symbol, price)
            for price in prices
            for listener in self._exchange.listeners(symbol)
        ]

    def push_and_drop(self, symbol: str, price: float) -> list[object]:
        """As `push`; a listener that raises is told nothing from now on."""
        outcomes: list[object] = []
        for listener in self._exchange.listeners(symbol):
            try:
                outcomes.append(listener.changed(symbol, price))
            except callbackgen.RemoteRaised as error:
                outcomes.append(described(error))
                self._exchange.remove(symbol, listener)
        return outcomes

    def push_and_count(self, symbol: str, price: float) -> int:
        """As `push`; only how many have heard it."""
        return sum(" heard " in str(each) for each in self.push(symbol, price))

    def push_side_by_side(self, symbol: str, seconds: float) -> list[object]:
        """Tell all listeners at once, each within that time."""

        def tell(listener: ListenerStub) -> object:
            patient = callbackgen.with_deadline(listener, seconds)
            return outcome(patient.changed, symbol, 1.0)

        listeners = self._exchange.listeners(symbol)
        with ThreadPoolExecutor(len(listeners)) as pool:
            return list(pool.map(tell, listeners))

    def greet(self, symbol: str) -> list[object]:
        """Tell each listener who has registered it."""
        owner = self._exchange.owner
        return [
            outcome(listener.changed, owner(symbol, listener), 1.0)
            for listener in self._exchange.listeners(symbol)
        ]

    def tell(self, symbol: str, text: str) -> list[object]:
        """A oneway call of each listener."""
        return [
            outcome(listener.told, text)
            for listener in self._exchange.listeners(symbol)
        ]

    def repeat(self, symbol: str, text: str, times: int) -> list[int]:
        """Have each listener repeat a long text; the sizes of what came back."""
        return [
            len(listener.repeat(text * times))
            for listener in self._exchange.listeners(symbol)
        ]

    def introduce(self, symbol: str) -> list[bool]:
        """Pass all listeners to the first one, which says which is itself."""
        first, *_ = listeners = self._exchange.listeners(symbol)
        return [first.meets(listener) for listener in listeners]

    def is_itself(self, symbol: str) -> bool:
        """Have a listener return itself, and compare."""
        (listener,) = self._exchange.listeners(symbol)
        return cast_to_object(listener.itself()) == listener

    def count(self, symbol: str) -> int:
        return len(self._exchange.listeners(symbol))

    def connected(self, symbol: str) -> list[bool]:
        return [
            callbackgen.connected(listener)
            for listener in self._exchange.listeners(symbol)
        ]

    def forget(self, symbol: str) -> None:
        self._exchange.forget(symbol)

    def keep_lost(self) -> None:
        """From now on keep also the listeners whose client is gone."""
        self._exchange.keeps_lost = True

    def stop_when_lost(self) -> None:
        """From now on the loss of a listener ends the server."""
        self._exchange.when_lost = self._daemon.shutdown

    def remove_one(self, symbol: str, index: int) -> None:
        self._exchange.remove(symbol, self._exchange.listeners(symbol)[index])

    def let_go(self) -> None:
        self._exchange.let_go.set()

    def statistics(self) -> dict[str, Any]:
        return dataclasses.asdict(self._daemon.statistics())


def main(options: dict[str, Any]) -> None:
    """Serve until there are no more commands."""
    # Ignored in what a shell has started in the background.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for name, value in options.get("config", {}).items():
        setattr(Pyro5.config, name, value)
    settings = callbackgen.Settings(**options.get("settings", {}))
    cast(Any, workers)._IDLE = options.get("idle", 10)
    exchange = Exchange()
    with Daemon(
        host=options.get("host", "127.0.0.1"),
        port=options.get("port", 0),
        unixsocket=options.get("unixsocket"),
        authenticate=authenticate,
        settings=settings,
    ) as daemon:
        address = daemon.register(exchange.wrapper, "market")
        daemon.register(ClockWrapper(Ticking(daemon.shutdown)), "clock")
        desk = Desk(daemon, exchange, str(address))

        def obey() -> None:
            answer_commands(desk)
            daemon.shutdown()

        def stop(*_: object) -> None:
            daemon.shutdown()

        signal.signal(signal.SIGTERM, stop)
        obeying = threading.Thread(target=obey, daemon=True)
        obeying.start()
        emit("ready")
        daemon.requestLoop()
    emit("ended")
    if options.get("lingers"):
        obeying.join()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
