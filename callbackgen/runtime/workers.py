"""The threads that run calls: few, shared fairly between the clients.

Work is taken round robin by client, and of one client by connection, each with its part
of the threads: see `shares`. A thread that waits for an answer from elsewhere does not
count while it waits: another one takes its place, so that calls which wait for each
other do not use them up. These are shared like the threads, and a connection has eight.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from callbackgen.runtime.shares import Client, Clients, Share

_log = logging.getLogger("callbackgen.workers")

Task: TypeAlias = Callable[[], object]
_Found: TypeAlias = "tuple[object, Task] | None"

_IDLE: Final = 10.0
"""Seconds after which a thread without work ends."""

_MOST_CALLERS: Final = 128
_REPLACED: Final = 256
_REPLACED_PER_CONNECTION: Final = 8
_numbers = itertools.count(1)


class _Here(threading.local):
    """Where the running thread works: for whom, as one of which threads."""

    place: tuple[Workers, object] | None = None


_here = _Here()


class _Worker(threading.Thread):
    """A thread that runs tasks; `place` is where it is handed the next one.

    A queue of its own, since waiting on a condition costs 15 us more (CPython 3.11).
    """

    def __init__(self, workers: Workers) -> None:
        name = f"callbackgen worker {next(_numbers)}"
        super().__init__(name=name, daemon=True)
        self.place: SimpleQueue[_Found] = SimpleQueue()
        self.is_busy = False
        self._workers = workers

    def run(self) -> None:
        """Run tasks until there are none for a while, or no more at all."""
        workers = self._workers
        found = self._next()
        while found is not None:
            share, task = found
            _here.place = workers, share
            self.is_busy = True
            try:
                task()
            except BaseException:  # noqa: BLE001 - it is not ours, and may be SystemExit
                _log.exception("%s: a task failed", share)
            self.is_busy = False
            _here.place = None
            del found, task  # an idle thread must not keep what is the user's
            found = workers.done(self, share)
            del share
            if found is None:
                found = self._next()

    def _next(self) -> _Found:
        try:
            return self.place.get(timeout=_IDLE)
        except Empty:
            return self.place.get() if self._workers.keeps(self) else None


class Workers:
    """At most `size` threads that run tasks, and one more for each that waits.

    `replace` says whether waiting threads are replaced at all. A task is for the share
    of a connection; any other object is a client of its own, one of several.
    """

    def __init__(self, size: int, *, replace: bool = True) -> None:
        self._size = size
        self._sure = (max(size // 2, 1) + 1) // 2
        """How many threads any connection of any client may always have."""
        self._replace = replace
        self._lock = threading.Lock()
        self._tasks: dict[object, dict[object, deque[Task]]] = {}
        self._running = _Counts()
        self._waiting = _Counts()
        self._idle: list[_Worker] = []
        self._threads: set[_Worker] = set()
        self._closed = False

    @property
    def has_time(self) -> bool:
        """Whether a thread may stay with a client for a moment: nobody waits for it."""
        return not self._tasks and self._running.total * 2 <= self._size

    def submit(self, share: object, task: Task) -> None:
        """Have a task run for a connection, after those that it has already."""
        with self._lock:
            if self._idle and not self._tasks and self._is_sure(share):
                self._running.add(share, 1)
                self._idle.pop().place.put((share, task))
                return
            self._tasks_of(share).append(task)
            self._employ()

    def look_again(self) -> None:
        """Parts have become larger: somebody has left."""
        with self._lock:
            while self._employ():
                pass

    def close(self, seconds: float) -> list[str]:
        """Run what is waiting to run, and end; gives the threads that still run a task.

        It waits for them for at most that many seconds. The calling thread may be one
        of them. On a busy machine others are about to end then.
        """
        end = time.monotonic() + seconds
        threads: set[_Worker] = set()
        while more := self._dismissed() - threads:  # some start only now, for others
            threads |= more
            for thread in more:
                thread.join(max(end - time.monotonic(), 0))
        return sorted(thread.name for thread in threads if thread.is_busy)

    def done(self, worker: _Worker, share: object) -> _Found:
        """A worker has run a task; gives the next one for it, if there is one now."""
        with self._lock:
            self._running.add(share, -1)
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

    def _employ(self) -> bool:
        """Have a thread run the next task; False if none may start."""
        found = self._next()
        if found is None:
            return False
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
                return False
            self._threads.add(worker)
        worker.place.put(found)
        return True

    def _tasks_of(self, share: object) -> deque[Task]:
        of_client = self._tasks.setdefault(_client_of(share), {})
        return of_client.setdefault(share, deque())

    def _put_back(self, share: object, task: Task) -> None:
        self._running.add(share, -1)
        self._tasks_of(share).appendleft(task)

    def _next(self) -> _Found:
        """The next task, counted as running.

        Its client, and of that its connection, is the last to get another.
        """
        if not self._tasks or self._running.total >= self._size:
            return None
        for client, of_client in self._tasks.items():
            share = self._startable(client, of_client)
            if share is not None:
                break
        else:
            return None
        del self._tasks[client]
        tasks = of_client.pop(share)
        task = tasks.popleft()
        if tasks:
            of_client[share] = tasks
        if of_client:
            self._tasks[client] = of_client
        self._running.add(share, 1)
        return share, task

    def _is_sure(self, share: object) -> bool:
        """Whether there is no need to look closer whether a task may start."""
        running = self._running
        return (
            running.total < self._size
            and running.of_client.get(_client_of(share), 0) < self._sure
        )

    def _startable(self, client: object, shares: Iterable[object]) -> object:
        """The first that has not yet what it may have, in that client; or None."""
        running = self._running.of_client.get(client, 0)
        if running < self._sure:
            return next(iter(shares))
        if running >= _most(client, self._size):
            return None
        each = _most_for_each(client, self._size)
        of_share = self._running.of_share
        return next((one for one in shares if of_share.get(one, 0) < each), None)

    def _may_be_replaced(self, share: object) -> bool:
        client = _client_of(share)
        return (
            self._replace
            and self._waiting.total < _REPLACED
            and self._waiting.of_client.get(client, 0) < _most(client, _REPLACED)
            and self._waiting.of_share.get(share, 0) < _REPLACED_PER_CONNECTION
        )

    @contextlib.contextmanager
    def replaced(self, share: object) -> Generator[None]:
        """Another thread may do the work of this one while it waits."""
        with self._lock:
            replaced = self._may_be_replaced(share)
            if replaced:
                self._wait(share, 1)
                self._employ()
        try:
            yield
        finally:
            if replaced:
                with self._lock:
                    self._wait(share, -1)

    def _wait(self, share: object, change: int) -> None:
        self._running.add(share, -change)
        self._waiting.add(share, change)


class _Counts:
    """How many threads each connection has, each client, and all together."""

    __slots__ = ("of_client", "of_share", "total")

    def __init__(self) -> None:
        self.of_client: dict[object, int] = {}
        self.of_share: dict[object, int] = {}
        self.total = 0

    def add(self, share: object, change: int) -> None:
        """Written out, as it runs twice for each task."""
        self.total += change
        if count := self.of_share.get(share, 0) + change:
            self.of_share[share] = count
        else:
            del self.of_share[share]
        client = _client_of(share)
        if count := self.of_client.get(client, 0) + change:
            self.of_client[client] = count
        else:
            del self.of_client[client]


def _client_of(share: object) -> object:
    return share.client if isinstance(share, Share) else share


def _most(client: object, whole: int) -> int:
    return client.most(whole) if isinstance(client, Client) else max(whole // 2, 1)


def _most_for_each(client: object, whole: int) -> int:
    if isinstance(client, Client):
        return client.most_for_each(whole)
    return max(whole // 2, 1)


_NOT_REPLACED: Final = contextlib.nullcontext()


def waiting() -> contextlib.AbstractContextManager[None]:
    """For code that waits for an answer: if it runs on a worker, that is replaced."""
    place = _here.place
    return _NOT_REPLACED if place is None else _replaced(place)


@contextlib.contextmanager
def _replaced(place: tuple[Workers, object]) -> Generator[None]:
    workers, share = place
    _here.place = None  # a call that runs while it waits does not wait once more
    try:
        with workers.replaced(share):
            yield
    finally:
        _here.place = place


def _is_this(thread: threading.Thread) -> bool:
    return thread is threading.current_thread()


class Crew:
    """The threads of a daemon, or of all connections of a process.

    `workers` run the calls that come, `callers` wait for those that coroutines make.
    With `one_at_a_time` there is one worker; `beside` are then the threads for what has
    to go on beside it, and else the workers.
    """

    def __init__(self, size: int, *, one_at_a_time: bool = False) -> None:
        self._clients = Clients()
        self.beside = self.workers = Workers(size)
        if one_at_a_time:
            self.workers = Workers(1, replace=False)
        self.callers = Workers(_MOST_CALLERS, replace=False)
        self._parts = dict.fromkeys((self.callers, self.beside, self.workers))

    def join(self, key: object, text: str) -> Share:
        """See `Clients.join`."""
        return self._clients.join(key, text)

    def leave(self, share: Share) -> None:
        """See `Clients.leave`."""
        self._clients.leave(share)
        for part in self._parts:
            part.look_again()

    def close(self, seconds: float) -> list[str]:
        """See `Workers.close`."""
        end = time.monotonic() + seconds
        return [
            name
            for part in self._parts
            for name in part.close(max(end - time.monotonic(), 0))
        ]
