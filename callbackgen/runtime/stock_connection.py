"""One connection to an ordinary Pyro5 daemon, from its handshake to its first failure.

It speaks Pyro5's protocol itself, since a `Pyro5.client.Proxy` does what the far end
says: which methods are oneway, which serializer, which classes to make. Its time-out
also starts again with every byte. Here the end of a call is absolute.

A oneway call is an ordinary request whose answer is skipped when it comes: the far end
then starts no thread for it, and calls stay in order.
"""

from __future__ import annotations

import socket
import ssl
import weakref
from collections import deque

from callbackgen.runtime import envelope, stock_payloads, wire
from callbackgen.runtime.address import Address
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import BadReply, ConnectionLost
from callbackgen.runtime.resolving import dialled
from callbackgen.runtime.settings import settings
from callbackgen.runtime.tls import client_context
from callbackgen.runtime.wire import Message, Receiver, WireError

_CHUNK = 64 * 1024


class StockConnection:
    """A connection that was dialled and let in; one thread at a time uses it.

    All its methods raise OSError, TimeoutError or BadReply. It is of no use then, but
    after a TimeoutError of `wait_for_room`.
    """

    def __init__(self, address: Address, deadline: Deadline) -> None:
        self._address = address
        self._receiver = Receiver(_limit)
        self._sequence = 0
        self._unanswered: deque[int] = deque()
        self._socket = _connected(address, deadline)
        # Not shut down: a forked process may close what its parent uses.
        self.close = weakref.finalize(self, self._socket.close)
        try:
            self.peer: object = self._socket.getpeername()
            """What the socket says of where the far end is."""
            self._greet(deadline)
        except BaseException:
            self.close()
            raise

    def call(self, payload: bytes, deadline: Deadline) -> Message:
        """Sends a call, and gives its answer."""
        sequence = self._send(payload, deadline)
        while self._unanswered:
            self._skip(self._receive(deadline))
        answer = self._receive(deadline)
        self._check(answer, sequence)
        return answer

    def send(self, payload: bytes, deadline: Deadline) -> None:
        """Sends a call whose answer is skipped when it comes."""
        self._unanswered.append(self._send(payload, deadline))

    def wait_for_room(self, deadline: Deadline) -> None:
        """Waits until another such call may be sent."""
        while len(self._unanswered) >= settings.unanswered:
            self._skip(self._receive(deadline))

    def drain(self, deadline: Deadline) -> None:
        """Skips the answers that have come, without waiting for more."""
        while True:
            while (message := self._take()) is not None:
                self._skip(message)
            if not self._read_available():
                return
            deadline.remaining()

    def _greet(self, deadline: Deadline) -> None:
        greeting = stock_payloads.handshake(self._address.object_id)
        self._write(wire.CONNECT, greeting, b"", deadline)
        answer = self._receive(deadline)
        if answer.kind == wire.CONNECT_FAIL:
            reason = stock_payloads.refusal_text(answer)
            raise ConnectionLost(f"{self._address} refused the connection: {reason}")
        if answer.kind != wire.CONNECT_OK or answer.sequence != 0:
            raise BadReply(f"{self._address} answered a handshake with something else")

    def _send(self, payload: bytes, deadline: Deadline) -> int:
        """Sends a call and gives its sequence number."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        remaining = envelope.remaining(deadline.milliseconds())
        self._write(wire.INVOKE, payload, remaining, deadline)
        return self._sequence

    def _write(
        self, kind: int, payload: bytes, annotations: bytes, deadline: Deadline
    ) -> None:
        message = wire.encoded(
            kind,
            self._sequence,
            payload,
            serializer=wire.SERPENT,
            annotations=annotations,
        )
        left = memoryview(message)
        while left:
            self._socket.settimeout(deadline.remaining())
            left = left[self._socket.send(left) :]

    def _skip(self, answer: Message) -> None:
        """Takes the answer to the oldest oneway call, whatever it says."""
        self._check(answer, self._unanswered.popleft() if self._unanswered else None)

    def _check(self, answer: Message, sequence: int | None) -> None:
        if answer.kind != wire.RESULT or answer.sequence != sequence:
            raise BadReply(f"{self._address} answered another call than was made")

    def _receive(self, deadline: Deadline) -> Message:
        while (message := self._take()) is None:
            self._socket.settimeout(deadline.remaining())
            self._arrive(self._socket.recv(_CHUNK))
        return message

    def _read_available(self) -> bool:
        self._socket.settimeout(0)
        try:
            self._arrive(self._socket.recv(_CHUNK))
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        return True

    def _arrive(self, data: bytes) -> None:
        if not data:
            raise ConnectionLost(f"{self._address} closed the connection")
        self._receiver.feed(data)

    def _take(self) -> Message | None:
        try:
            return self._receiver.take()
        except WireError as error:
            text = f"what {self._address} sent cannot be read: {error}"
            raise BadReply(text) from None


def _limit(_: int) -> int:
    return settings.message_size


def _connected(address: Address, deadline: Deadline) -> socket.socket:
    """A socket that is connected, its TLS handshake done where Pyro5 is set to TLS."""
    context = client_context()

    def secured(connected: socket.socket, host: str) -> socket.socket:
        connected.settimeout(deadline.remaining())
        if context is None:
            return connected
        return context.wrap_socket(connected, server_hostname=host)

    return dialled(address, deadline, secured)
