"""Larger messages are read one at a time in the process, each client in its turn.

Reading one can take 64 times its size of memory, and several threads that read at the
same time hold up all the others for longer than one after the other.
"""

from __future__ import annotations

import contextlib
import threading
from collections import deque
from typing import Final

from callbackgen.runtime import forking

_SMALL: Final = 1024
"""Messages of so many bytes are read at any time."""

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
        if self._owner == threading.get_ident():
            self._more += 1
            return
        mine = threading.Lock()
        mine.acquire()
        try:
            self._wait(mine)
        except BaseException:  # Ctrl-C, for who waits in the main thread
            self._give_up(mine)
            raise
        self._owner = threading.get_ident()

    def __exit__(self, *_: object) -> None:
        if self._more:
            self._more -= 1
            return
        self._owner = None
        with self._lock:
            self._hand_over()

    def _wait(self, mine: threading.Lock) -> None:
        with self._lock:
            self._waiting.append(mine)
            if not self._is_taken:
                self._is_taken = True
                self._hand_over()
        mine.acquire()

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


reading: Final = Turns()
"""Whose turn it is to read a larger message, of whatever connection."""

forking.forget_in_children(reading)


def turn_to_read(size: int) -> contextlib.AbstractContextManager[None]:
    """Wait for the turn to read a message of so many bytes, and have it in a block.

    The block must do nothing but read: it must not run what is the user's.
    """
    return _AT_ONCE if size <= _SMALL else reading
