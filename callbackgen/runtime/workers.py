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
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

_log = logging.getLogger("callbackgen.workers")

Task: TypeAlias = Callable[[], object]
_Found: TypeAlias = "tuple[object, Task] | None"

_IDLE: Final = 10.0
"""Seconds after which a thread without work ends."""

_MOST_CALLERS: Final = 128
_REPLACED: Final = 256
_REPLACED_PER_CLIENT: Final = 8
_numbers = itertools.count(1)
_here = threading.local()


class _Worker(threading.Thread):
    """A thread that runs tasks; `place` is where it is handed the next one.

    A queue of its own, since waiting on a condition costs 15 us more (CPython 3.11).
    """

    def __init__(self, workers: Workers) -> None:
        name = f"callbackgen worker {next(_numbers)}"
        super().__init__(name=name, daemon=True)
        self.place: SimpleQueue[_Found] = SimpleQueue()
        self._workers = workers

    def run(self) -> None:
        """Run tasks until there are none for a while, or no more at all."""
        workers = self._workers
        found = self._next()
        while found is not None:
            client, task = found
            _here.place = workers, client
            try:
                task()
            except BaseException:  # noqa: BLE001 - it is not ours, and may be SystemExit
                _log.exception("%s: a task failed", client)
            _here.place = None
            del found, task  # an idle thread must not keep what is the user's
            found = workers.done(self, client)
            del client
            if found is None:
                found = self._next()

    def _next(self) -> _Found:
        try:
            return self.place.get(timeout=_IDLE)
        except Empty:
            return self.place.get() if self._workers.keeps(self) else None


class Workers:
    """At most `size` threads that run tasks, and one more for each that waits.

    `replace` says whether waiting threads are replaced at all.
    """

    def __init__(self, size: int, *, replace: bool = True) -> None:
        self._size = size
        self._share = max(size // 2, 1)
        self._replace = replace
        self._lock = threading.Lock()
        self._tasks: dict[object, deque[Task]] = {}
        self._running: Counter[object] = Counter()
        self._total = 0
        self._waiting: Counter[object] = Counter()
        self._total_waiting = 0
        self._idle: list[_Worker] = []
        self._threads: set[_Worker] = set()
        self._closed = False

    @property
    def has_time(self) -> bool:
        """Whether a thread may stay with a client for a moment: nobody waits for it."""
        return not self._tasks and self._total * 2 <= self._size

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
        end = time.monotonic() + seconds
        threads: set[_Worker] = set()
        while more := self._dismissed() - threads:  # some start only now, for others
            threads |= more
            for thread in more:
                thread.join(max(end - time.monotonic(), 0))
        return sorted(thread.name for thread in threads if thread.is_alive())

    def done(self, worker: _Worker, client: object) -> tuple[object, Task] | None:
        """A worker has run a task; gives the next one for it, if there is one now."""
        with self._lock:
            self._count(client, -1)
            found = self._next()
            if found is None:
                if self._closed:
                    self._dismiss(worker)
                else:
                    self._idle.append(worker)
            return found

    def keeps(self, worker: _Worker) -> bool:
        """Whether an idle worker has something to wait for: it was just called."""
        with self._lock:
            if worker not in self._idle:
                return True
            self._idle.remove(worker)
            self._threads.discard(worker)
            return False

    def _dismissed(self) -> set[_Worker]:
        """Let the threads end when there is no more to run; gives those to wait for."""
        with self._lock:
            self._closed = True
            threads = {one for one in self._threads if not _is_this(one)}
            while self._idle:
                self._dismiss(self._idle.pop())
            return threads

    def _dismiss(self, worker: _Worker) -> None:
        self._threads.discard(worker)
        worker.place.put(None)

    def _employ(self) -> None:
        """Have a thread run the next task, if it may start."""
        found = self._next()
        if found is None:
            return
        if self._idle:
            worker = self._idle.pop()
        else:
            worker = _Worker(self)
            try:
                worker.start()
            except RuntimeError:  # no more threads: one that is there does it later
                self._put_back(*found)
                if not self._threads:
                    raise
                return
            self._threads.add(worker)
        worker.place.put(found)

    def _put_back(self, client: object, task: Task) -> None:
        self._count(client, -1)
        self._tasks.setdefault(client, deque()).appendleft(task)

    def _next(self) -> tuple[object, Task] | None:
        """The next task, counted as running; its client is the last to get another."""
        if self._total >= self._size:
            return None
        startable = (one for one in self._tasks if self._running[one] < self._share)
        client = next(startable, None)
        if client is None:
            return None
        tasks = self._tasks[client]
        task = tasks.popleft()
        del self._tasks[client]
        if tasks:
            self._tasks[client] = tasks
        self._count(client, 1)
        return client, task

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


_NOT_REPLACED: Final = contextlib.nullcontext()


def waiting() -> contextlib.AbstractContextManager[None]:
    """For code that waits for an answer: if it runs on a worker, that is replaced."""
    place: tuple[Workers, object] | None = getattr(_here, "place", None)
    return _NOT_REPLACED if place is None else _replaced(place)


@contextlib.contextmanager
def _replaced(place: tuple[Workers, object]) -> Generator[None]:
    workers, client = place
    _here.place = None  # a call that runs while it waits does not wait once more
    try:
        with workers.replaced(client):
            yield
    finally:
        _here.place = place


def _is_this(thread: threading.Thread) -> bool:
    return thread is threading.current_thread()


class Crew:
    """The threads of a daemon, or of all connections of a process.

    `workers` run the calls that come, `callers` wait for those that coroutines make.
    """

    def __init__(self, size: int, *, replace: bool = True) -> None:
        self.workers = Workers(size, replace=replace)
        self.callers = Workers(_MOST_CALLERS, replace=False)

    def close(self, seconds: float) -> list[str]:
        """See `Workers.close`."""
        return self.callers.close(seconds) + self.workers.close(seconds)
