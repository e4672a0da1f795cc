"""A thread that has run a call, and stays for the next one of that connection.

It reads for a moment itself: to wake a thread for each call costs more than the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callbackgen.runtime.lanes import Incoming
    from callbackgen.runtime.transport import Transport
    from callbackgen.runtime.workers import Workers

_SOON: Final = 0.002
"""Seconds for which it reads."""


class Staying:
    """The thread that stays with a connection, if there is one."""

    def __init__(self, transport: Transport, workers: Workers) -> None:
        self._transport = transport
        self._workers = workers
        self._thread: int | None = None
        self._next: Incoming | None = None

    def run(self, first: Incoming, run: Callable[[Incoming], None]) -> None:
        """Run a call, and those that follow soon as long as the thread stays."""
        incoming: Incoming | None = first
        del first
        while incoming is not None:
            incoming.may_stay = True
            try:
                run(incoming)
            except BaseException:
                self._end()
                raise
            incoming = self._read()

    def begin(self) -> None:
        """Have this thread read what follows the answer that it is about to send."""
        is_read = self._transport.inbox.is_read
        if is_read and self._workers.has_time and self._transport.try_reading():
            self._thread = threading.get_ident()

    def takes(self, incoming: Incoming) -> bool:
        """Whether this thread runs a call next, which it has just read."""
        if self._thread != threading.get_ident() or self._next is not None:
            return False
        self._next = incoming
        return True

    def _read(self) -> Incoming | None:
        """The next call, if this thread reads and one comes soon."""
        if self._thread != threading.get_ident():
            return None
        try:
            if not self._transport.is_closing:
                self._transport.read_within(_SOON)
        finally:
            # Before another thread reads, which may find one, too.
            incoming, self._next = self._next, None
            self._end()
        return incoming

    def _end(self) -> None:
        if self._thread == threading.get_ident():
            self._thread = None
            self._transport.stop_reading()
