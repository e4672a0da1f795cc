"""One connection to one object of a Pyro5 daemon, as a stub uses it.

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
from typing import Any, cast

from Pyro5 import config, protocol, socketutil

from callbackgen.runtime import messages
from callbackgen.runtime.address import Address
from callbackgen.runtime.deadline import ANNOTATION, Deadline
from callbackgen.runtime.errors import BadReply, ConnectionLost
from callbackgen.runtime.messages import Message
from callbackgen.runtime.resolving import Target, targets
from callbackgen.runtime.settings import settings

_CHUNK = 64 * 1024


class Link:
    """The connection to an object, shared by the stubs that stand for it.

    It is dialled at the first call, and again at the first call after it was lost.
    A forked process dials its own.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self._connections: dict[int, _Connection] = {}

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


class _Connection:
    """The connection of one process; one call at a time uses it."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._closing: weakref.finalize[..., Any] | None = None
        self._arrived = bytearray()
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
        self._arrived.clear()
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
        annotation = ANNOTATION, deadline.annotation()
        message = messages.call_message(self._sequence, payload, annotation)
        self._write(message, deadline)
        return self._sequence

    def _dial(self, deadline: Deadline) -> None:
        connected = _connected(self._address, deadline)
        self._socket = connected
        self._closing = weakref.finalize(self, connected.close)
        self._sequence = 0
        self._write(messages.connect_message(0, self._address.object_id), deadline)
        answer = self._receive(deadline)
        if answer.kind == protocol.MSG_CONNECTFAIL:
            reason = messages.refusal_text(answer, settings.message_size)
            raise ConnectionLost(f"{self._address} refused the connection: {reason}")
        if answer.kind != protocol.MSG_CONNECTOK or answer.sequence != 0:
            raise BadReply(f"{self._address} answered a handshake with something else")

    def _answer_to(self, sequence: int, deadline: Deadline) -> Message:
        answer = self._receive(deadline)
        if answer.kind != protocol.MSG_RESULT or answer.sequence != sequence:
            raise BadReply(f"{self._address} answered another call than was made")
        return answer

    def _skip(self, answer: Message) -> None:
        """Takes the answer to the oldest oneway call, whatever it says."""
        expected = self._unanswered.popleft() if self._unanswered else None
        if answer.kind != protocol.MSG_RESULT or answer.sequence != expected:
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
        return messages.take_message(self._arrived, settings.message_size)

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
        self._arrived += data

    def _write(self, data: bytes, deadline: Deadline) -> None:
        connected = self._open()
        left = memoryview(data)
        while left:
            connected.settimeout(deadline.remaining())
            left = left[connected.send(left) :]

    def _open(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionLost(f"the connection to {self._address} was closed")
        return self._socket


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
    failure: OSError | None = None
    for target in targets(address, deadline):
        try:
            return _dialled(target, deadline)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            failure = error
    assert failure is not None
    raise failure


def _dialled(target: Target, deadline: Deadline) -> socket.socket:
    connected = socket.socket(target.family, socket.SOCK_STREAM)
    try:
        if target.family != getattr(socket, "AF_UNIX", None):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(deadline.remaining())
        connected.connect(target.address)
        if cast(Any, config).SSL:
            connected.settimeout(deadline.remaining())
            connected = _context().wrap_socket(connected, server_hostname=target.host)
    except ValueError as error:  # a path, or a name in TLS, that the system refuses
        connected.close()
        raise OSError(str(error)) from error
    except BaseException:
        connected.close()
        raise
    return connected


def _context() -> ssl.SSLContext:
    """What Pyro5's own clients use, from Pyro5's settings."""
    set_to = cast(Any, config)
    context: ssl.SSLContext = cast(Any, socketutil).get_ssl_context(
        clientcert=set_to.SSL_CLIENTCERT,
        clientkey=set_to.SSL_CLIENTKEY,
        keypassword=set_to.SSL_CLIENTKEYPASSWD,
        cacerts=set_to.SSL_CACERTS,
    )
    return context
