"""One socket, never waited for: whole messages in, bytes out, within limits of time.

The loop reads, unless a thread that waits for an answer does so itself: that spares a
change of threads, which costs more than all else in a call (loop and caller, one CPU:
about a third of a round trip).
"""

from __future__ import annotations

import contextlib
import math
import select
import socket
import ssl
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final, Protocol

from callbackgen.runtime.budget import Held
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.inbox import Inbox
from callbackgen.runtime.loop import READ, WRITE, Loop
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.tls import Steps, Tls
from callbackgen.runtime.unsent import Unsent
from callbackgen.runtime.wire import Limit, Message, WireError

_CHUNK: Final = 64 * 1024
_FAREWELL: Final = 0.3
"""Seconds that the last words have to reach the other end."""


class Handler(Protocol):
    """What a transport tells of its connection.

    In the loop's thread, or in one that reads by `Transport.read_within`.
    """

    def received(self, message: Message) -> None:
        """A message has arrived. WireError ends the connection."""

    def lost(self, reason: str) -> None:
        """The connection has ended; nothing follows."""


class Transport:
    """A connected socket of a loop. `send` and `close` may be called from anywhere."""

    def __init__(
        self, loop: Loop, connected: socket.socket, settings: Settings, limit: Limit
    ) -> None:
        self.loop = loop
        self.socket = connected
        self.tls: Tls | None = None
        self._handler: Handler | None = None
        self.is_misused = False
        """Whether the connection ends since the other end does not speak as it must."""
        self.bytes_received = 0
        self.bytes_sent = 0
        self._settings = settings
        self.inbox = Inbox(limit, self._inbox_changed)
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._watching = threading.Lock()
        self._is_read_by_caller = False
        self._number = connected.fileno()
        self._steps: Steps | None = None
        self._poller: select.poll | None = None
        self._unsent: Unsent | None = None  # most connections never need it
        self.outgoing: Held | None = None
        """What the connection holds of its daemon's budget of bytes to be sent."""
        self._is_checked = False
        self._closing: str | None = None
        self._is_closed = False

    def secure(self, tls: Tls, steps: Steps | None = None) -> None:
        """Have TLS spoken, before `start`. With `steps`, its handshake waits there."""
        self.tls = tls
        self._steps = steps

    def start(self, handler: Handler) -> None:
        """Begin to read, and with the TLS handshake. For the loop's thread."""
        self._handler = handler
        self.inbox.hear = handler.received
        if self._is_closed:
            handler.lost(self._closing or "closed")
            return
        if self.tls is not None:
            with self._lock:
                self.tls.begin()
                self._flush()
        self.loop.watch(self.socket, 0, self._ready)
        self._watch()

    def send(self, data: bytes) -> None:
        """Send bytes, or queue them. Raises ConnectionLost on one that has ended.

        Who sends much waits for room before. One that takes nothing of what is sent
        without that, answers to its PINGs say, is disconnected.
        """
        with self._lock:
            self._send(data)

    def wait_for_room(self, deadline: Deadline) -> None:
        """Wait until little enough is queued, or the connection has ended.

        Raises TimeoutError.
        """
        if not self.is_full:
            return
        with self._lock:
            if self._unsent is not None and self._closing is None:
                self._unsent.wait_for_room(deadline)

    @property
    def is_full(self) -> bool:
        """Whether so much is queued that no more should be made."""
        return self._unsent is not None and self._unsent.is_full

    @property
    def closing(self) -> str | None:
        """Why nothing can be sent any more, if that is so."""
        return self._closing

    @property
    def is_closing(self) -> bool:
        """Whether nothing can be sent any more."""
        return self._closing is not None

    def close(self, reason: str, farewell: bytes = b"") -> None:
        """End the connection. `farewell` is sent before, if the other end takes it."""
        with self._lock:
            if self.is_closing:
                return
            with contextlib.suppress(ConnectionLost):
                if farewell:
                    self._send(farewell)
            if not self.is_closing:
                self._closing = reason
            if self._unsent is not None:
                self._unsent.stop_waiting()
        self.loop.soon(self._say_farewell if farewell else self._end)

    def look_for_room(self) -> None:
        """Read on if there is room again. For the loop's thread."""
        if self._reading.acquire(blocking=False):  # else who reads looks itself
            try:
                if not self._is_closed:
                    self._guarded(self.inbox.look_for_room)
            finally:
                self._reading.release()

    def look_for_room_soon(self) -> None:
        """The same in any thread: from now on somebody waits for what comes."""
        if not self.inbox.has_room:
            self.loop.soon(self.look_for_room)

    def forget(self) -> None:
        """In a forked child: close the socket, which the parent goes on using."""
        self._closing = "the connection belongs to the parent process"
        self._is_closed = True
        with contextlib.suppress(OSError):
            self.socket.close()

    # In a thread that waits for an answer

    def try_reading(self) -> bool:
        """Whether the calling thread reads from now on, until `stop_reading`."""
        if not self.loop.can_be_changed or not self._reading.acquire(blocking=False):
            self.look_for_room_soon()
            return False
        self._is_read_by_caller = True
        self._watch()
        return True

    def read_within(self, seconds: float) -> None:
        """Wait for bytes for so long, and handle what has arrived."""
        if self._poller is None:
            self._poller = select.poll()
            self._poller.register(self._number, select.POLLIN)
        if self._poller.poll(seconds * 1000):
            self._read_guarded()

    def stop_reading(self) -> None:
        """Let the loop read again."""
        self._is_read_by_caller = False
        self._reading.release()
        self._watch()
        self.look_for_room_soon()

    # In the loop's thread

    def _watch(self) -> None:
        """Have the loop watch for what it has to. In any thread."""
        with self._watching:
            if self._is_closed or self._handler is None:
                return
            reads = self.inbox.is_read and not self._is_read_by_caller
            events = READ if reads else 0
            if self._unsent is not None and not self._unsent.is_empty:
                events |= WRITE
            self.loop.change(self._number, events)

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._guarded(self._write_more)
        if events & READ and not self.inbox.is_read:  # not asked for: it has hung up
            self._fail("the other end closed the connection")
        elif events & READ and self._steps is not None:
            self.inbox.pause()
            self._steps.add(self._take_step)
        elif events & READ and self._reading.acquire(blocking=False):
            try:
                self._read_guarded()
            finally:
                self._reading.release()

    def _take_step(self) -> None:
        """Goes on with the handshake of TLS."""
        self.inbox.resume()
        self._read_guarded()
        if self.tls is not None and self.tls.is_shaken:
            self._steps = None

    def _read_guarded(self) -> None:
        if not self._is_closed:
            self._guarded(self._read)

    def _guarded(self, action: Callable[[], object]) -> None:
        """Does something with the socket; what goes wrong ends the connection."""
        try:
            action()
        except BlockingIOError:
            return
        except WireError as error:
            self.is_misused = True
            self._fail(str(error))
        except ssl.SSLError as error:
            self.is_misused = True
            with self._lock, contextlib.suppress(ConnectionLost):
                self._flush()  # the alert that says why
            self._fail(f"TLS: {error.reason or error}")
        except OSError as error:
            self._fail(f"the connection failed: {error}")
        except Exception:
            self._fail("an internal error")
            raise

    def _fail(self, reason: str) -> None:
        with self._lock:
            if self._closing is None:
                self._closing = reason
            if self._unsent is not None:
                self._unsent.stop_waiting()
        if self.loop.is_this_thread:
            self._end()
        else:
            self.loop.soon(self._end)

    def _end(self) -> None:
        with self._watching:
            if self._is_closed:
                return
            self._is_closed = True
            self.loop.unwatch(self.socket)
        with contextlib.suppress(OSError):  # wakes a thread that reads
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with self._lock:
            if self._unsent is not None:
                self._unsent.drop()
        self.inbox.end()
        if self.outgoing is not None:
            self.outgoing.end()
        if self._handler is not None:
            self._handler.lost(self._closing or "closed")

    def _say_farewell(self) -> None:
        """Waits for the other end to close first, so that it reads the last words.

        Closing a socket with unread bytes would take them back (a reset).
        """
        if self._is_closed:
            return
        if self._unsent is None or self._unsent.is_empty:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)
        self.loop.later(_FAREWELL, self._end)

    def _read(self) -> None:
        data = self.socket.recv(_CHUNK)
        if not data:
            self._fail("the other end closed the connection")
            return
        self.bytes_received += len(data)
        if self._closing is not None:
            return
        if self.tls is not None:
            with self._lock:
                data = self.tls.received(data)
                self._flush()
        self.inbox.arrived(data, lambda: self._closing is None)

    def _inbox_changed(self) -> None:
        self._watch()
        if self.inbox.begun is not None:
            self.loop.soon(self._check_later)

    def _write_more(self) -> None:
        with self._lock:
            if self._unsent is None:
                return
            self._unsent.send(self._sent)
            all_sent = self._unsent.is_empty
        if all_sent:
            self._watch()
            if self._closing is not None:
                with contextlib.suppress(OSError):
                    self.socket.shutdown(socket.SHUT_WR)

    def _check_later(self, seconds: float | None = None) -> None:
        if not self._is_checked:
            self._is_checked = True
            check = weakref.WeakMethod(self._check)  # keeps none that is over
            later = seconds or self._settings.blocked
            self.loop.later(later, lambda: (found := check()) and found())

    def _check(self) -> None:
        """Ends the connection if the other end has kept it waiting for too long."""
        self._is_checked = False
        if self._is_closed:
            return
        with self._lock:
            oldest = None if self._unsent is None else self._unsent.oldest
        since, what = min(
            (oldest or math.inf, "the other end left what it is sent for"),
            (self.inbox.begun or math.inf, "a message that was begun and not ended in"),
        )
        limit = self._settings.blocked
        left = since + limit - time.monotonic()
        if left <= 0:
            self._fail(f"{what} {limit:g} s")
        elif left < math.inf:
            self._check_later(max(left, 0.01))

    # With the lock held

    def _send(self, data: bytes) -> None:
        unsent = self._unsent
        if unsent is not None and unsent.is_overfull and self._closing is None:
            self._end_soon("the other end does not read")
        if self._closing is not None:
            raise ConnectionLost(self._closing)
        if self.tls is None:
            self._write(data)
            return
        try:
            self.tls.send(data)
        except ssl.SSLError as error:
            raise self._end_soon(f"TLS: {error.reason or error}") from error
        self._flush()

    def _end_soon(self, reason: str) -> ConnectionLost:
        """Ends the connection; gives what `send` raises then."""
        if self._closing is None:
            self._closing = reason
        self.loop.soon(self._end)
        return ConnectionLost(self._closing)

    def _flush(self) -> None:
        assert self.tls is not None
        if data := self.tls.take():
            self._write(data)

    def _write(self, data: bytes) -> None:
        """Writes what the socket takes at once, and queues the rest."""
        unsent = self._unsent
        is_first = unsent is None or unsent.is_empty
        sent = self._sent(data) if is_first else 0
        if sent == len(data):
            return
        if unsent is None:
            unsent = self._unsent = Unsent(self._settings, self._lock, self.outgoing)
        unsent.add(memoryview(data)[sent:], time.monotonic())
        if is_first:  # the loop must find it when it looks
            self.loop.soon(self._watch)
            self.loop.soon(self._check_later)

    def _sent(self, piece: bytes | memoryview) -> int:
        try:
            sent = self.socket.send(piece)
        except BlockingIOError:
            return 0
        except OSError as error:
            raise self._end_soon(f"the connection failed: {error}") from error
        self.bytes_sent += sent
        return sent
