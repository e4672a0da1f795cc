"""Calls to one object of an ordinary Pyro5 daemon, as a stub makes them.

One after the other: a stock daemon answers nothing else while it answers a call. Each
has its deadline while it waits for its turn, too.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Generator
from typing import Any, Final, NoReturn

from callbackgen.runtime import stock_payloads
from callbackgen.runtime.address import Address
from callbackgen.runtime.by_address import ToAndFrom
from callbackgen.runtime.call import Call
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.link import Link
from callbackgen.runtime.settings import settings
from callbackgen.runtime.stock_connection import StockConnection
from callbackgen.runtime.trust import host_of
from callbackgen.runtime.wire import Message
from callbackgen.runtime.workers import Task, Workers

_MOST: Final = 64
"""How many awaited calls may be under way in this process, each of another object."""

_workers: dict[int, Workers] = {}
"""The threads that make them, by process: a forked one has none of its parent's."""


class StockLink(Link):
    """The way to an object, shared by the stubs that stand for it.

    It is dialled at the first call, and again at the first call after it was lost.
    A forked process dials its own.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._lines: dict[int, _Line] = {}

    def __str__(self) -> str:
        return str(self.address)

    @property
    def identity(self) -> object:
        """See `Link`."""
        return self.address

    @property
    def deadline(self) -> float:
        """See `Link`."""
        return settings.deadline

    def run_call(self, task: Task) -> None:
        """See `Link`."""
        self._line().run_awaited(task)

    def key_at(self, session: object) -> None:
        """See `Link`."""
        return

    def is_connected(self) -> bool:
        """See `Link`."""
        line = self._lines.get(os.getpid())
        return line is not None and line.is_open

    def on_lost(self, kind: object, function: object) -> NoReturn:
        """See `Link`."""
        raise TypeError(
            "on_lost() is for stubs over a connection of ours (callbackgen.connect): "
            "over ordinary Pyro5 nobody notices before the next call"
        )

    def make(self, call: Call) -> Any:
        """See `Link`."""
        line = self._line()
        carrier = ToAndFrom(self.address, lambda: line.peer)
        used, positional, named = call.packed(carrier)
        payload = _payload(self.address, call, positional, named)
        try:
            if call.method.oneway and not call.assigns:
                line.send(payload, call.deadline)
                return None
            message = line.call(payload, call.deadline)
        except TimeoutError as error:
            raise call.too_late(self) from error
        data = stock_payloads.result_of(message)
        return call.result(data, used, carrier)

    def _line(self) -> _Line:
        process = os.getpid()
        line = self._lines.get(process)
        if line is None:
            for inherited in list(self._lines):
                self._lines.pop(inherited).close()
            line = self._lines.setdefault(process, _Line(self.address))
        return line


def _payload(
    address: Address, call: Call, positional: list[object], named: dict[str, object]
) -> bytes:
    name = call.method.name
    if call.assigns:
        positional = [name, *positional]
        name = "__setattr__"
    elif call.method.is_attribute:
        positional = [name]
        name = "__getattr__"
    payload = stock_payloads.call(address.object_id, name, positional, named)
    call.check_size(payload, settings)
    return payload


class _Line:
    """The connection of one process, used by one call at a time.

    `call` and `send` raise TimeoutError, ConnectionLost or BadReply; then the next call
    dials anew.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._turn = threading.Lock()
        self._connection: StockConnection | None = None
        self.peer: object = None
        """What the socket says of where the far end is, once it was dialled."""
        self._lock = threading.Lock()
        self._awaited: deque[Task] = deque()
        self._is_running = False

    def call(self, payload: bytes, deadline: Deadline) -> Message:
        """Sends a call and waits for its answer."""
        with self._in_turn(deadline), self._closed_by_failure():
            return self._ready(deadline).call(payload, deadline)

    def send(self, payload: bytes, deadline: Deadline) -> None:
        """Sends a call whose answer nobody waits for.

        Where there is no room for it in time, the connection stays: calls on a new one
        would overtake those that the far end has still to do.
        """
        with self._in_turn(deadline):
            with self._closed_by_failure():
                connection = self._ready(deadline)
            with self._closed_by_failure(of_late=False):
                connection.wait_for_room(deadline)
            with self._closed_by_failure():
                connection.send(payload, deadline)

    @property
    def is_open(self) -> bool:
        """Whether there is a connection."""
        return self._connection is not None

    def close(self) -> None:
        """Closes the connection; the next call dials anew."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def run_awaited(self, task: Task) -> None:
        """Runs what makes a call for a coroutine, after those that came before it.

        So one that hangs holds one thread, however many wait behind it.
        """
        with self._lock:
            self._awaited.append(task)
            if self._is_running:
                return
            self._is_running = True
        self._employ()

    def _employ(self) -> None:
        process = os.getpid()
        workers = _workers.get(process)
        if workers is None:
            workers = _workers.setdefault(process, Workers(_MOST, replace=False))
        workers.submit(host_of(self._address), self._run_next)

    def _run_next(self) -> None:
        task = self._awaited.popleft()
        try:
            task()
        finally:
            with self._lock:
                self._is_running = bool(self._awaited)
            if self._is_running:
                self._employ()

    def _ready(self, deadline: Deadline) -> StockConnection:
        """The connection, dialled if need be, with all read that has come meanwhile."""
        if self._connection is None:
            self._connection = StockConnection(self._address, deadline)
            self.peer = self._connection.peer
        else:
            self._connection.drain(deadline)
        return self._connection

    @contextlib.contextmanager
    def _in_turn(self, deadline: Deadline) -> Generator[None]:
        if not self._turn.acquire(timeout=deadline.remaining()):
            raise TimeoutError
        try:
            yield
        finally:
            self._turn.release()

    @contextlib.contextmanager
    def _closed_by_failure(self, *, of_late: bool = True) -> Generator[None]:
        """Closes the connection when something goes wrong while it is used.

        A TimeoutError of ours stays one. What the system says is a lost connection; so
        is a TimeoutError with a number, by which it gave up before us.
        """
        try:
            yield
        except BaseException as error:
            is_late = isinstance(error, TimeoutError) and error.errno is None
            if of_late or not is_late:
                self.close()
            if is_late or not isinstance(error, OSError):
                raise
            if isinstance(error, ConnectionLost):
                raise
            text = f"the connection to {self._address} failed: {error}"
            raise ConnectionLost(text) from error
