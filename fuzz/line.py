"""A session between a stranger's bytes and nothing: no socket, no thread, no clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextvars import Context
from typing import Any, Final, cast

from callbackgen.runtime.context import Peer
from callbackgen.runtime.counters import Counters
from callbackgen.runtime.errors import ConnectionLost, Unimplemented
from callbackgen.runtime.interfaces import wrapper_of
from callbackgen.runtime.session import Session
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import Receiver, WireError
from callbackgen.runtime.wrapper import Wrapper
from fuzz.surface import Surface, SurfaceStub

LIMITS: Final = Settings(
    message_size=4000,
    untyped_size=2000,
    callbacks=4,
    in_flight=4,
    waiting=2,
    nesting=4,
    oneways=8,
    queue_messages=8,
    queue_size=8000,
)
_DEEPEST: Final = 6
"""Threads that wait while another one runs something."""


class Line:
    """Stands for a transport, its loop and the workers, all in this one thread.

    What a worker would do is done while a thread waits for bytes. The members are those
    of `Transport`, `Inbox`, `Loop` and `Workers`.
    """

    def __init__(self, arriving: Iterator[bytes]) -> None:
        self.loop = self.workers = self.callers = self
        self.inbox = self
        self.has_time = False
        self.has_room = self.is_read = True
        self.is_closing = self.is_misused = self.is_full = False
        self.bytes_received = self.bytes_sent = 0
        self.closing: str | None = None
        self._arriving = arriving
        self._receiver = Receiver(lambda _: LIMITS.message_size)
        self._tasks: deque[Callable[[], object]] = deque()
        self._is_over = False
        self.surface = Surface()
        self._depth = 0
        everything = cast(Any, self)

        def ignore(*_: object) -> None:
            """Nobody wants to know."""

        self.session = Session(
            everything,
            everything,
            LIMITS,
            Peer(None, "a stranger", None),
            Counters(),
            self._service,
            ignore,
            ignore,
            ignore,
        )

    def _service(self, name: str, _: str) -> Wrapper:
        if name != "service":
            raise Unimplemented(f"there is no {name!a}")
        made: Any = wrapper_of(SurfaceStub)
        wrapper: Wrapper = made(self.surface)
        return wrapper

    def run(self) -> None:
        """Until all has arrived and been done."""
        while not self._is_over:
            self.read_within(0)
        while self._tasks:
            self._tasks.popleft()()

    # As a transport

    def send(self, data: bytes) -> None:
        if self.is_closing:
            raise ConnectionLost("it is closing")
        self.bytes_sent += len(data)

    def close(self, _: str, __: bytes = b"") -> None:
        self.is_closing = True

    def wait_for_room(self, _: object) -> None:
        """There always is."""

    def unread(self, _: int) -> None:
        """Nobody counts."""

    def try_reading(self) -> bool:
        return not self._is_over

    def stop_reading(self) -> None:
        """The loop goes on then, and sees that it was closed."""
        if self.is_closing and not self._is_over:
            self._is_over = True
            self.session.lost("it is over")

    def read_within(self, _: float) -> None:
        self._read()
        self._depth += 1
        while self._tasks and self._depth < _DEEPEST:
            Context().run(self._tasks.popleft())
        self._depth -= 1
        self.stop_reading()

    def _read(self) -> None:
        piece = b"" if self.is_closing else next(self._arriving, b"")
        if not piece:
            self.is_closing = True
        self._receiver.feed(piece)
        try:
            while not self.is_closing and (message := self._receiver.take()):
                self.session.received(message)
        except WireError:
            self.is_closing = self.is_misused = True

    # As a loop and workers

    def soon(self, task: Callable[[], object]) -> None:
        self._tasks.append(task)

    def submit(self, _: object, task: Callable[[], object]) -> None:
        self._tasks.append(task)

    def later(self, _: float, __: object) -> None:
        """Nothing here lasts so long."""
