"""The server's objects: those that clients call, and the threads that call clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import Pyro5.api

import callbackgen

if TYPE_CHECKING:
    from benchmarks.soaking.faults import Tell
    from benchmarks.soaking.listener_remote import ListenerStub

PUSHERS = 4
"""Threads that tell the listeners. One that waits for a stopped client is no use."""

ASKED = 10
"""Each so many-th event wants an answer."""

PATIENCE = 4.0
"""Seconds that a listener has for its answer."""


@dataclass(slots=True, eq=False)
class Watcher:
    """A listener, and how many events it was sent. The lock is held meanwhile."""

    owner: str
    listener: ListenerStub
    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: int = 0
    is_dropped: bool = False


class Ledger:
    """Fits `Ledger`."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, amount: int) -> int:
        """The sum so far."""
        self._sum += amount
        return self._sum


class Diary:
    """Fits `Diary`, for one connection."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._last = 0

    def note(self, number: int) -> None:
        """Each number comes once, and in order."""
        if number != self._last + 1:
            self._tell(f"a diary got {number} after {self._last}")
        self._last = number

    def noted(self) -> int:
        """The last number."""
        return self._last


@Pyro5.api.expose
class Plain:
    """For ordinary Pyro5 clients alone."""

    def numbers(self, count: int) -> Iterator[int]:
        """An item stream."""
        yield from range(count)

    def fail(self, text: str) -> None:
        """Raise a ValueError."""
        raise ValueError(text)


class Market:
    """Fits `Market`; tells its listeners of events all the time."""

    def __init__(self, tell: Tell, pace: float) -> None:
        self._tell = tell
        self._pace = pace
        self._lock = threading.Lock()
        self._watchers: dict[str, Watcher] = {}
        self._happened: Counter[str] = Counter()
        self._ends = threading.Event()
        self._pushers = [
            threading.Thread(target=self._push, args=(number,), name=f"pusher {number}")
            for number in range(PUSHERS)
        ]

    def start(self) -> None:
        """Begin to tell."""
        for pusher in self._pushers:
            pusher.start()

    def stop(self) -> None:
        """Tell no more."""
        self._ends.set()
        for pusher in self._pushers:
            pusher.join()

    @property
    def happened(self) -> dict[str, int]:
        """What became of listeners, and how many there are."""
        with self._lock:
            return {**self._happened, "listeners": len(self._watchers)}

    def quote(self, number: int) -> int:
        """Twice the number."""
        return 2 * number

    def watch(self, owner: str, listener: ListenerStub) -> None:
        """Keep a listener until it leaves, fails, or its connection is lost."""
        with self._lock:
            if owner in self._watchers:
                self._tell(f"{owner} watches twice")
            self._watchers[owner] = Watcher(owner, listener)
        callbackgen.on_lost(listener, partial(self._lost, owner))

    def unwatch(self, owner: str) -> int:
        """How many events were sent, or -1."""
        watcher = self._pop(owner, "left")
        if watcher is None:
            return -1
        with watcher.lock:
            return -1 if watcher.is_dropped else watcher.sent

    def bounce(self, listener: ListenerStub, count: int) -> int:
        """To and fro, each call inside the other."""
        return listener.bounce(count - 1) + 1 if count else 0

    def provoke(self, listener: ListenerStub) -> str:
        """The class of what the listener has raised."""
        try:
            listener.refuse()
        except callbackgen.RemoteRaised as error:
            return error.class_name
        return "nothing"

    def hold(self, seconds: float) -> None:
        """Answer after a while."""
        time.sleep(seconds)

    def fail(self, text: str) -> None:
        """Raise a ValueError."""
        raise ValueError(text)

    def apply(self, function: Callable[[int], int], number: int) -> int:
        """What the client's function makes of the number."""
        return function(number)

    def open_ledger(self) -> Ledger:
        """A new one, which lives as long as its client holds it."""
        return Ledger()

    async def later(self, number: int) -> int:
        """Twice the number."""
        await asyncio.sleep(0.01)
        return 2 * number

    def _lost(self, owner: str, _: ListenerStub) -> None:
        self._pop(owner, "lost")

    def _pop(self, owner: str, how: str) -> Watcher | None:
        with self._lock:
            watcher = self._watchers.pop(owner, None)
            if watcher is not None:
                self._happened[f"listeners that {how}"] += 1
            return watcher

    def _push(self, shard: int) -> None:
        """Tell each of its listeners of the next event, round after round."""
        while not self._ends.wait(self._pace):
            self._tell_all(shard)

    def _tell_all(self, shard: int) -> None:
        with self._lock:
            watchers = list(self._watchers.values())
        for watcher in watchers:
            if hash(watcher.owner) % PUSHERS == shard:
                with watcher.lock:
                    self._tell_next(watcher)

    def _tell_next(self, watcher: Watcher) -> None:
        if watcher.owner not in self._watchers:  # it has left meanwhile
            return
        number = watcher.sent + 1
        try:
            if number % ASKED:
                watcher.listener.told(watcher.owner, number)
            else:
                self._ask(watcher, number)
        except callbackgen.RemoteError as error:
            watcher.is_dropped = True
            self._pop(watcher.owner, f"failed: {type(error).__name__}")
        else:
            watcher.sent = number

    def _ask(self, watcher: Watcher, number: int) -> None:
        listener = callbackgen.with_deadline(watcher.listener, PATIENCE)
        answer = listener.asked(watcher.owner, number)
        if answer != number + len(watcher.owner):
            self._tell(f"{watcher.owner} answered {answer} to {number}")
