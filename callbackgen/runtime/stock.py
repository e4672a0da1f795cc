"""One connection to one object of an ordinary Pyro5 daemon, as a stub uses it.

It speaks Pyro5's protocol itself, since a `Pyro5.client.Proxy` does what the far end
says: which methods are oneway, which serializer, which classes to make. Its time-out
also starts again with every byte. Here the end of a call is absolute.

A oneway call is an ordinary request whose answer is skipped when it comes: the far end
then starts no thread for it, and calls stay in order.
"""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import threading
import weakref
from collections import deque
from collections.abc import Generator
from typing import Any, NoReturn

from callbackgen.runtime import envelope, stock_payloads, wire
from callbackgen.runtime.address import Address
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.call import Call
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import BadReply, ConnectionLost
from callbackgen.runtime.link import Link
from callbackgen.runtime.resolving import dialled
from callbackgen.runtime.settings import settings
from callbackgen.runtime.threads import Pool
from callbackgen.runtime.tls import client_context
from callbackgen.runtime.wire import Message, Receiver, WireError
from callbackgen.runtime.workers import Task

_CHUNK = 64 * 1024

_async_calls = Pool(64, "call")


class StockLink(Link):
    """The connection to an object, shared by the stubs that stand for it.

    It is dialled at the first call, and again at the first call after it was lost.
    A forked process dials its own.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connections: dict[int, _Connection] = {}

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
        _async_calls.of_this_process().submit(task)

    def key_at(self, session: object) -> None:
        """See `Link`."""
        return

    def is_connected(self) -> bool:
        """See `Link`."""
        connection = self._connections.get(os.getpid())
        return connection is not None and connection.is_open

    def on_lost(self, kind: object, function: object) -> NoReturn:
        """See `Link`."""
        raise TypeError(
            "on_lost() is for stubs over a connection of ours (callbackgen.connect): "
            "over ordinary Pyro5 nobody notices before the next call"
        )

    def make(self, call: Call) -> Any:
        """See `Link`."""
        used, positional, named = call.packed(BY_ADDRESS)
        payload = _payload(self.address, call, positional, named)
        try:
            if call.method.oneway and not call.assigns:
                self.send(payload, call.deadline)
                return None
            message = self.call(payload, call.deadline)
        except TimeoutError as error:
            raise call.too_late(self) from error
        data = stock_payloads.result_of(message)
        return call.result(data, used, BY_ADDRESS)

    def call(self, payload: bytes, deadline: Deadline) -> Message:
        """Sends a call and waits for its answer.

        Raises TimeoutError, ConnectionLost or BadReply; in each case the next call
        dials anew.
        """
        return self._connection().call(payload, deadline)

    def send(self, payload: bytes, deadline: Deadline) -> None:
        """Sends a call whose answer nobody waits for. Raises as `call` does."""
        self._connection().send(payload, deadline)

    def _connection(self) -> _Connection:
        process = os.getpid()
        connection = self._connections.get(process)
        if connection is None:
            for inherited in list(self._connections):
                self._connections.pop(inherited).close()
            connection = self._connections.setdefault(
                process, _Connection(self.address)
            )
        return connection


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


class _Connection:
    """The connection of one process; one call at a time uses it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closing: weakref.finalize[..., Any] | None = None
        self._receiver = Receiver(_limit)
        self._sequence = 0
        self._unanswered: deque[int] = deque()

    def call(self, payload: bytes, deadline: Deadline) -> Message:
        """See `Link.call`."""
        with _Held(self._lock, deadline), self._closed_by_failure():
            self._prepare(deadline)
            sequence = self._send(payload, deadline)
            while self._unanswered:
                self._skip(self._receive(deadline))
            return self._answer_to(sequence, deadline)

    def send(self, payload: bytes, deadline: Deadline) -> None:
        """See `Link.send`."""
        with _Held(self._lock, deadline):
            with self._closed_by_failure():
                self._prepare(deadline)
            self._wait_for_room(deadline)
            with self._closed_by_failure():
                self._unanswered.append(self._send(payload, deadline))

    @property
    def is_open(self) -> bool:
        """Whether there is a socket."""
        return self._socket is not None

    @contextlib.contextmanager
    def _closed_by_failure(self) -> Generator[None]:
        """Closes the socket when something goes wrong while it is used."""
        try:
            yield
        except OSError as error:
            self.close()
            ours = _as_ours(error, self._address)
            if ours is error:
                raise
            raise ours from error
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the socket; the next call dials anew.

        The socket is not shut down: a forked process may close what its parent uses.
        """
        self._unanswered.clear()
        self._receiver = Receiver(_limit)
        self._socket = None
        if self._closing is not None:
            self._closing()
            self._closing = None

    def _prepare(self, deadline: Deadline) -> None:
        """Dials if need be, and skips the answers that have arrived meanwhile."""
        if self._socket is None:
            self._dial(deadline)
        else:
            self._drain(deadline)

    def _wait_for_room(self, deadline: Deadline) -> None:
        """Waits until another oneway call may be sent.

        A time-out here leaves the connection open: it is in no half-way state, and
        calls on a new one would overtake those that the far end has still to do.
        """
        while len(self._unanswered) >= settings.unanswered:
            out_of_time = None
            with self._closed_by_failure():
                try:
                    self._skip(self._receive(deadline))
                except TimeoutError as error:
                    out_of_time = error
            if out_of_time is not None:
                raise out_of_time

    def _send(self, payload: bytes, deadline: Deadline) -> int:
        """Sends a call and gives its sequence number."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        remaining = envelope.remaining(deadline.milliseconds())
        self._write_message(wire.INVOKE, payload, remaining, deadline)
        return self._sequence

    def _dial(self, deadline: Deadline) -> None:
        connected = _connected(self._address, deadline)
        self._socket = connected
        self._closing = weakref.finalize(self, connected.close)
        self._sequence = 0
        greeting = stock_payloads.handshake(self._address.object_id)
        self._write_message(wire.CONNECT, greeting, b"", deadline)
        answer = self._receive(deadline)
        if answer.kind == wire.CONNECT_FAIL:
            reason = stock_payloads.refusal_text(answer)
            raise ConnectionLost(f"{self._address} refused the connection: {reason}")
        if answer.kind != wire.CONNECT_OK or answer.sequence != 0:
            raise BadReply(f"{self._address} answered a handshake with something else")

    def _answer_to(self, sequence: int, deadline: Deadline) -> Message:
        answer = self._receive(deadline)
        if answer.kind != wire.RESULT or answer.sequence != sequence:
            raise BadReply(f"{self._address} answered another call than was made")
        return answer

    def _skip(self, answer: Message) -> None:
        """Takes the answer to the oldest oneway call, whatever it says."""
        expected = self._unanswered.popleft() if self._unanswered else None
        if answer.kind != wire.RESULT or answer.sequence != expected:
            raise BadReply(f"{self._address} answered another call than was made")

    def _drain(self, deadline: Deadline) -> None:
        """Skips the answers to oneway calls that are there, without waiting."""
        while True:
            while (message := self._take()) is not None:
                self._skip(message)
            if not self._read_available():
                return
            deadline.remaining()

    def _receive(self, deadline: Deadline) -> Message:
        while (message := self._take()) is None:
            connected = self._open()
            connected.settimeout(deadline.remaining())
            self._arrive(connected.recv(_CHUNK))
        return message

    def _take(self) -> Message | None:
        try:
            return self._receiver.take()
        except WireError as error:
            text = f"what {self._address} sent cannot be read: {error}"
            raise BadReply(text) from None

    def _read_available(self) -> bool:
        connected = self._open()
        connected.settimeout(0)
        try:
            self._arrive(connected.recv(_CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True

    def _arrive(self, data: bytes) -> None:
        if not data:
            raise ConnectionLost(f"{self._address} closed the connection")
        self._receiver.feed(data)

    def _write_message(
        self, kind: int, payload: bytes, annotations: bytes, deadline: Deadline
    ) -> None:
        connected = self._open()
        message = wire.encoded(
            kind,
            self._sequence,
            payload,
            serializer=wire.SERPENT,
            annotations=annotations,
        )
        left = memoryview(message)
        while left:
            connected.settimeout(deadline.remaining())
            left = left[connected.send(left) :]

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost(f"the connection to {self._address} was closed")
        return self._socket


def _limit(_: int) -> int:
    return settings.message_size


class _Held:
    """A lock, waited for until the deadline. Raises TimeoutError after it."""

    __slots__ = ("_deadline", "_lock")

    def __init__(self, lock: threading.Lock, deadline: Deadline) -> None:
        self._lock = lock
        self._deadline = deadline

    def __enter__(self) -> None:
        if not self._lock.acquire(timeout=self._deadline.remaining()):
            raise TimeoutError

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _as_ours(error: OSError, address: Address) -> Exception:
    """A time-out of ours as it is; what the system says as a lost connection.

    A TimeoutError with a number comes from the system, which gave up before us.
    """
    if isinstance(error, ConnectionLost):
        return error
    if isinstance(error, TimeoutError) and error.errno is None:
        return error
    return ConnectionLost(f"the connection to {address} failed: {error}")


def _connected(address: Address, deadline: Deadline) -> socket.socket:
    """A socket that is connected, its TLS handshake done where Pyro5 is set to TLS."""
    context = client_context()

    def secured(connected: socket.socket, host: str) -> socket.socket:
        connected.settimeout(deadline.remaining())
        if context is None:
            return connected
        return context.wrap_socket(connected, server_hostname=host)

    return dialled(address, deadline, secured)
