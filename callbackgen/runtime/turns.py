"""Larger messages are read one at a time in the process, each client in its turn.

Reading one can take 64 times its size of memory, and several threads that read at the
same time hold up all the others for longer than one after the other: each of them may
run for 5 ms before another gets to. The same goes for what is made of them.

Even one holds up the others at each step of theirs, and a call that calls back has six:
at each, a thread waits for the interpreter. So what is large is read with pauses, in
which all steps of a smaller call may run. With pauses of 2 ms the p99 of such calls was
42 ms while twelve large ones were read, with none 65.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Generator
from typing import TYPE_CHECKING, Final, cast

from callbackgen.runtime import forking

if TYPE_CHECKING:
    from collections.abc import Sized

_SMALL: Final = 1024
"""Messages of so many bytes are read at any time."""

_LARGE: Final = 4 * 1024
"""Bytes of a message; what is made of fewer takes little longer than a thread runs."""

_MANY: Final = 500
"""Items of a value that is sent."""

_CONTAINERS: Final[frozenset[type]] = frozenset({list, tuple, dict, set, frozenset})

_PATIENCE: Final = 2.0
"""Seconds. Code of the user may convert, and may wait for others."""

_PAUSE: Final = 0.002
"""Seconds at most, behind what took as long."""

_SHORT: Final = 0.001
"""Seconds; a thread runs for as long anyway."""

_LATELY: Final = 0.05
"""Seconds since something small was read, for as long as more of it may follow."""

_AT_ONCE: Final = contextlib.nullcontext()


class Turns:
    """A lock that those who wait for it get in the order in which they came.

    A thread that has it may have it once more: what a garbage collection runs meanwhile
    may be the user's, and call.
    """

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """In a forked child: those who had it or waited for it are not there."""
        self._lock = threading.Lock()
        self._is_taken = False
        self._owner: int | None = None
        self._more = 0
        self._waiting: deque[threading.Lock] = deque()

    @property
    def waiting(self) -> int:
        """How many wait for it."""
        return len(self._waiting)

    def __enter__(self) -> None:
        self.enter_within(-1)

    def enter_within(self, seconds: float) -> bool:
        """Wait no longer than that, or with -1 for ever: whether it has its turn."""
        if self._owner == threading.get_ident():
            self._more += 1
            return True
        mine = threading.Lock()
        mine.acquire()
        try:
            has_come = self._wait(mine, seconds)
        except BaseException:  # Ctrl-C, for who waits in the main thread
            self._give_up(mine)
            raise
        if has_come:
            self._owner = threading.get_ident()
        else:
            self._give_up(mine)
        return has_come

    def __exit__(self, *_: object) -> None:
        if self._more:
            self._more -= 1
            return
        self._owner = None
        with self._lock:
            self._hand_over()

    def _wait(self, mine: threading.Lock, seconds: float) -> bool:
        with self._lock:
            self._waiting.append(mine)
            if not self._is_taken:
                self._is_taken = True
                self._hand_over()
        return mine.acquire(timeout=seconds)

    def _give_up(self, mine: threading.Lock) -> None:
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
            else:  # it has come meanwhile
                self._hand_over()

    def _hand_over(self) -> None:
        if self._waiting:
            self._waiting.popleft().release()
        else:
            self._is_taken = False


class Smaller:
    """Whether smaller messages come, whoever they are from."""

    def __init__(self) -> None:
        self._last = -_LATELY

    def come(self) -> None:
        """One is read now."""
        self._last = time.monotonic()

    def have_come(self) -> bool:
        """Whether one was read a short while ago."""
        return time.monotonic() - self._last < _LATELY


smaller: Final = Smaller()
"""What is read beside larger messages."""

reading: Final = Turns()
"""Whose turn it is to read a larger message, of whatever connection."""

converting: Final = Turns()
"""Whose turn it is to convert a larger value to its type, or from it."""


class _Step(threading.local):
    """Since when in its time a thread has run without a pause, if it has a turn."""

    began: float | None = None


_step: Final = _Step()

forking.forget_in_children(reading)
forking.forget_in_children(converting)


def turn_to_read(size: int) -> contextlib.AbstractContextManager[None]:
    """Wait for the turn to read a message of so many bytes, and have it in a block.

    The block must do nothing but read: it must not run what is the user's. What takes
    long in several steps has a block for each: there may be a pause behind it.
    """
    if size > _LARGE:
        return _in_turn()
    smaller.come()
    return _AT_ONCE if size <= _SMALL else reading


def turn_to_convert(
    size: int, value: object = None
) -> contextlib.AbstractContextManager[None]:
    """Wait for the turn to convert what came as so many bytes, or a value to be sent.

    It is waited for no longer than a while: the block may run what is the user's.
    """
    is_large = size > _LARGE or (
        value.__class__ in _CONTAINERS and len(cast("Sized", value)) > _MANY
    )
    return _patiently() if is_large else _AT_ONCE


@contextlib.contextmanager
def _in_turn() -> Generator[None]:
    with reading, _pause_behind():
        yield


@contextlib.contextmanager
def _patiently() -> Generator[None]:
    has_turn = converting.enter_within(_PATIENCE)
    try:
        with _pause_behind():
            yield
    finally:
        if has_turn:
            converting.__exit__()


@contextlib.contextmanager
def _pause_behind() -> Generator[None]:
    before, _step.began = _step.began, time.thread_time()
    try:
        yield
    finally:
        _pause_after(_SHORT)
        _step.began = before


def pause() -> None:
    """Between two parts of what has its turn: let smaller messages be read, if any are.

    For any other thread this does nothing.
    """
    if _step.began is not None:
        _pause_after(_PAUSE)


def _pause_after(seconds: float) -> None:
    """Pause where this thread has run for longer than that since the last pause."""
    ran = time.thread_time() - (_step.began or 0.0)
    if ran > seconds and smaller.have_come():
        time.sleep(min(ran, _PAUSE))
        _step.began = time.thread_time()
