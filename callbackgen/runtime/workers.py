"""The threads that run calls: few, shared fairly between the clients.

Work is taken round robin by client, and one client has at most half of the threads. A
thread that waits for an answer from elsewhere does not count while it waits: another
one takes its place, so that calls which wait for each other do not use them up.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator
from typing import Final, TypeAlias

_log = logging.getLogger("callbackgen.workers")

Task: TypeAlias = Callable[[], object]

_IDLE: Final = 10.0
"""Seconds after which a thread without work ends."""

_REPLACED: Final = 256
_REPLACED_PER_CLIENT: Final = 8
_numbers = itertools.count(1)
_here = threading.local()


class Workers:
    """At most `size` threads that run tasks, and one more for each that waits.

    `replace` says whether waiting threads are replaced at all.
    """

    def __init__(self, size: int, *, replace: bool = True) -> None:
        self._size = size
        self._share = max(size // 2, 1)
        self._replace = replace
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._tasks: dict[object, deque[Task]] = {}
        self._running: Counter[object] = Counter()
        self._total = 0
        self._waiting: Counter[object] = Counter()
        self._total_waiting = 0
        self._idle = 0
        self._threads: set[threading.Thread] = set()
        self._closed = False

    def submit(self, client: object, task: Task) -> None:
        """Have a task run for a client, after those that it has already."""
        with self._lock:
            self._tasks.setdefault(client, deque()).append(task)
            self._employ()

    def close(self, seconds: float) -> list[str]:
        """Run what is waiting to run, and end; gives the threads that have not ended.

        It waits for them for at most that many seconds. The calling thread may be one
        of them.
        """
        with self._lock:
            self._closed = True
            self._work.notify_all()
            threads = self._threads - {threading.current_thread()}
        end = time.monotonic() + seconds
        for thread in threads:
            thread.join(max(end - time.monotonic(), 0))
        return sorted(thread.name for thread in threads if thread.is_alive())

    def _employ(self) -> None:
        """Have a thread look for work, if there is some that may start."""
        if self._total >= self._size or self._next_client() is None:
            return
        if self._idle:
            self._work.notify()
        elif len(self._threads) < self._size + self._total_waiting:
            thread = threading.Thread(
                target=self._run, name=f"callbackgen worker {next(_numbers)}"
            )
            thread.daemon = True
            self._threads.add(thread)
            thread.start()

    def _next_client(self) -> object | None:
        for client in self._tasks:
            if self._running[client] < self._share:
                return client
        return None

    def _next(self) -> tuple[object, Task] | None:
        """The next task; its client is the last to get another one."""
        if self._total >= self._size:
            return None
        client = self._next_client()
        if client is None:
            return None
        tasks = self._tasks.pop(client)
        task = tasks.popleft()
        if tasks:
            self._tasks[client] = tasks
        return client, task

    def _run(self) -> None:
        while True:
            with self._lock:
                found = self._wait_for_work()
                if found is None:
                    self._threads.discard(threading.current_thread())
                    return
                client, task = found
                self._count(client, 1)
                self._employ()
            _here.place = self, client
            try:
                task()
            except Exception:  # noqa: BLE001 - it is not ours
                _log.exception("a task failed")
            finally:
                _here.place = None
                del task
                with self._lock:
                    self._count(client, -1)

    def _wait_for_work(self) -> tuple[object, Task] | None:
        while (found := self._next()) is None:
            if self._closed and not self._tasks:
                return None
            self._idle += 1
            notified = self._work.wait(_IDLE)
            self._idle -= 1
            if not notified and not self._tasks:
                return None
        return found

    def _count(self, client: object, change: int) -> None:
        self._total += change
        self._running[client] += change
        if not self._running[client]:
            del self._running[client]

    def _may_be_replaced(self, client: object) -> bool:
        return (
            self._replace
            and self._total_waiting < _REPLACED
            and self._waiting[client] < _REPLACED_PER_CLIENT
        )

    @contextlib.contextmanager
    def replaced(self, client: object) -> Generator[None]:
        """Another thread may do the work of this one while it waits."""
        with self._lock:
            replaced = self._may_be_replaced(client)
            if replaced:
                self._wait(client, 1)
                self._employ()
        try:
            yield
        finally:
            if replaced:
                with self._lock:
                    self._wait(client, -1)

    def _wait(self, client: object, change: int) -> None:
        self._count(client, -change)
        self._total_waiting += change
        self._waiting[client] += change
        if not self._waiting[client]:
            del self._waiting[client]


@contextlib.contextmanager
def waiting() -> Generator[None]:
    """For code that waits for an answer: if it runs on a worker, that is replaced."""
    place: tuple[Workers, object] | None = getattr(_here, "place", None)
    if place is None:
        yield
        return
    workers, client = place
    _here.place = None  # a call that runs while it waits does not wait once more
    try:
        with workers.replaced(client):
            yield
    finally:
        _here.place = place
