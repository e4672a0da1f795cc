"""The threads of all connections that this process has made with `connect`."""

from __future__ import annotations

import threading
from typing import Any, Final, cast

from Pyro5 import config

from callbackgen.runtime import forking
from callbackgen.runtime.loop import Loop
from callbackgen.runtime.refusals import CALLS, Refusals
from callbackgen.runtime.workers import Crew

_GRACE: Final = 0.5
"""Seconds that running callbacks have to end when the last connection does."""


class Engine:
    """A loop and workers, there while at least one connection uses them."""

    def __init__(self) -> None:
        self.loop = Loop("callbackgen client")
        self.crew = Crew(cast(Any, config).THREADPOOL_SIZE)
        self.refusals = Refusals(CALLS)

    def forget(self) -> None:
        """In a forked child: the threads are the parent's."""
        self.loop.forget()


class _Engines:
    """At most one engine at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._engine: Engine | None = None
        self._users = 0
        forking.forget_in_children(self)

    def acquire(self) -> Engine:
        """The engine, for one more user."""
        with self._lock:
            if self._engine is None:
                self._engine = Engine()
            self._users += 1
            return self._engine

    def release(self) -> list[str]:
        """One user less; gives the threads left in calls that do not end."""
        with self._lock:
            self._users -= 1
            if self._users or self._engine is None:
                return []
            engine, self._engine = self._engine, None
        stuck = engine.crew.close(_GRACE)
        engine.loop.end()
        engine.refusals.close()
        return stuck

    def forget(self) -> None:
        """In a forked child: start anew."""
        self._lock = threading.Lock()
        if self._engine is not None:
            self._engine.forget()
        self._engine, self._users = None, 0


engines: Final = _Engines()
