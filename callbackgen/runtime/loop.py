"""One thread that waits for many sockets, and for moments in time."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import logging
import select
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final, Protocol, TypeAlias

_log = logging.getLogger("callbackgen.loop")

Action: TypeAlias = Callable[[], object]
Ready: TypeAlias = Callable[[int], object]
"""Called with the `selectors` events that a socket is ready for."""

_AT_ONCE: Final = 256
"""How many actions run before the sockets are looked at again."""

_HELD_UP: Final = 1.0
"""Seconds by which a timer is late when this process has not run, or hardly."""

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE


class Poller(Protocol):
    """Waits for many sockets, known by their numbers."""

    def add(self, number: int, events: int) -> None:
        """Wait for events of one more; 0: not yet."""
        ...

    def change(self, number: int, events: int) -> None:
        """Wait for other events of one; 0: not now."""
        ...

    def remove(self, number: int) -> None:
        """Forget one."""
        ...

    def wait(self, seconds: float | None) -> Iterable[tuple[int, int]]:
        """Numbers and events, when there are some."""
        ...

    def close(self) -> None:
        """Give back what the system gave."""
        ...


class _Epoll:
    """Linux's own, without `selectors` around it, which costs 4 us for each change."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._of = [
            0,
            select.EPOLLIN,
            select.EPOLLOUT,
            select.EPOLLIN | select.EPOLLOUT,
        ]
        self.close = self._epoll.close

    def add(self, number: int, events: int) -> None:
        self._epoll.register(number, self._of[events])

    def change(self, number: int, events: int) -> None:
        self._epoll.modify(number, self._of[events])

    def remove(self, number: int) -> None:
        self._epoll.unregister(number)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        return [
            (number, _from_epoll(events))
            for number, events in self._epoll.poll(-1 if seconds is None else seconds)
        ]


def _from_epoll(events: int) -> int:
    """An error or a hang-up is for whoever reads or writes."""
    return (READ if events & ~select.EPOLLOUT else 0) | (
        WRITE if events & ~select.EPOLLIN else 0
    )


class _Selector:
    """What there is elsewhere."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self.close = self._selector.close

    def add(self, number: int, events: int) -> None:
        if events:
            self._selector.register(number, events)

    def change(self, number: int, events: int) -> None:
        if number not in self._selector.get_map():
            self.add(number, events)
        elif events:
            self._selector.modify(number, events)
        else:
            self._selector.unregister(number)

    def remove(self, number: int) -> None:
        self.change(number, 0)

    def wait(self, seconds: float | None) -> list[tuple[int, int]]:
        return [(key.fd, events) for key, events in self._selector.select(seconds)]


class Loop:
    """A thread that runs what sockets, timers and other threads ask for.

    Nothing that it runs may block. What raises is logged, and the loop goes on.
    """

    def __init__(self, name: str) -> None:
        self._poller: Poller = _Epoll() if hasattr(select, "epoll") else _Selector()
        self.change = self._poller.change
        """Watch a socket that is known, by its number, for other events; 0: not now."""
        self.can_be_changed = isinstance(self._poller, _Epoll)
        """Whether other threads may call `change`."""
        self._ready: dict[int, Ready] = {}
        self._actions: deque[Action] = deque()
        self._timers: list[tuple[float, int, Action]] = []
        self._numbers = itertools.count()
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        self.watch(self._woken, READ, self._drain)
        self._is_waking = False
        self._was_held_up = False
        self._ends = False
        self.is_forgotten = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def is_this_thread(self) -> bool:
        """Whether the calling thread is the loop's."""
        return threading.current_thread() is self._thread

    def soon(self, action: Action) -> None:
        """Run an action in the loop's thread. For every thread; takes no lock."""
        self._actions.append(action)
        if not self._is_waking:
            self._is_waking = True
            self._wake()

    def later(self, seconds: float, action: Action) -> None:
        """Run an action in so many seconds. For the loop's own thread only."""
        due = time.monotonic() + seconds
        heapq.heappush(self._timers, (due, next(self._numbers), action))

    def watch(self, watched: socket.socket, events: int, ready: Ready) -> None:
        """Call `ready` when a socket is; 0 for `events`: not now."""
        number = watched.fileno()
        if number in self._ready:
            self._poller.change(number, events)
        else:
            self._ready[number] = ready
            self._poller.add(number, events)

    def unwatch(self, watched: socket.socket) -> None:
        """Forget a socket, before it is closed. For the loop's own thread only."""
        if self._ready.pop(watched.fileno(), None) is not None:
            self._poller.remove(watched.fileno())

    def end(self) -> None:
        """End the thread after what it has been asked for, and wait for it."""
        self._ends = True
        self._actions.append(lambda: None)
        self._wake()  # whoever was about to do it may have been interrupted by us
        if not self.is_this_thread:
            self._thread.join()

    def forget(self) -> None:
        """In a forked child: give the sockets back, and touch nothing else."""
        self.is_forgotten = True
        with contextlib.suppress(OSError):
            self._poller.close()
        self._woken.close()
        self._waker.close()

    def _wake(self) -> None:
        with contextlib.suppress(OSError):  # full is as good, closed is too late
            self._waker.send(b"\0")

    def _run(self) -> None:
        try:
            while not self._ends or self._actions:
                self._turn()
            timers, self._timers = self._timers, []
            for _, _, action in timers:  # what waits for the other end to close, say
                _guarded(action)
        finally:
            self._poller.close()
            self._woken.close()
            self._waker.close()

    def _turn(self) -> None:
        wait = None
        if self._actions:
            wait = 0.0
        elif self._timers:
            wait = max(self._timers[0][0] - time.monotonic(), 0)
        for number, events in self._poller.wait(wait):
            ready = self._ready.get(number)
            if ready is not None:
                _guarded(ready, events)
        self._is_waking = False
        for _ in range(min(len(self._actions), _AT_ONCE)):
            _guarded(self._actions.popleft())
        self._run_timers(time.monotonic())

    def _run_timers(self, now: float) -> None:
        """Runs what is due, unless this process has not run for a while.

        Then the sockets come first: what has arrived may be what a timer waits for.
        """
        is_late = bool(self._timers) and self._timers[0][0] + _HELD_UP < now
        self._was_held_up = is_late and not self._was_held_up
        if self._was_held_up:
            return
        while self._timers and self._timers[0][0] <= now:
            _guarded(heapq.heappop(self._timers)[2])

    def _drain(self, _: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._woken.recv(4096)


def _guarded(action: Callable[..., object], *arguments: object) -> None:
    try:
        action(*arguments)
    except Exception:  # noqa: BLE001 - it is not ours
        _log.exception("an action of the loop failed")
