"""A far end that does not keep to Pyro5's protocol, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Generator
from typing import Any

import serpent
from Pyro5 import protocol

Answer = Callable[[socket.socket, int, bytes], None]
"""Given the connection, the sequence number of a call and its payload."""

METADATA: dict[str, list[str]] = {"methods": [], "oneway": [], "attrs": []}


def message(
    sequence: int,
    data: object = None,
    *,
    kind: int = protocol.MSG_RESULT,
    flags: int = 0,
    serializer: int = 1,
    payload: bytes | None = None,
) -> bytes:
    """The bytes of one message; `payload` in place of `data` goes out as it is."""
    if payload is None:
        payload = serpent.dumps(data)
    sending = protocol.SendingMessage(kind, flags, sequence, serializer, payload)
    made = bytearray(sending.data)
    made[8:10] = flags.to_bytes(2, "big")  # Pyro5 takes the flag for zlib off
    return bytes(made)


def welcome(connection: socket.socket, sequence: int, meta: object = METADATA) -> None:
    """Answers a handshake as a daemon does."""
    data = {"handshake": "hello", "meta": meta}
    connection.sendall(message(sequence, data, kind=protocol.MSG_CONNECTOK))


def read(connection: socket.socket) -> Any:
    """The next message from the caller, or None when it has hung up."""
    header = _exactly(connection, 40)
    if header is None:
        return None
    made = protocol.ReceivingMessage(header)
    body = _exactly(connection, made.data_size + made.annotations_size)
    if body is None:
        return None
    made.add_payload(body)
    return made


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        chunk = connection.recv(size - len(data))
        if not chunk:
            return None
        data += chunk
    return data


class Hostile:
    """Listens; `connections` counts those that have come, `calls` are the messages."""

    def __init__(self, answer: Answer, greet: Answer | None) -> None:
        self._answer = answer
        self._greet = greet
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._coming = threading.Condition()
        self.connections = 0
        self.calls: list[Any] = []
        port = self._listening.getsockname()[1]
        self.address = f"PYRO:thing@127.0.0.1:{port}"

    def came(self, number: int, seconds: float = 30) -> int:
        """Waits until that many connections have come; gives how many have."""
        with self._coming:
            self._coming.wait_for(lambda: self.connections >= number, seconds)
            return self.connections

    def accept(self) -> None:
        """Takes connections until the end."""
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self._open.append(connection)
            with self._coming:
                self.connections += 1
                self._coming.notify_all()
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            first = read(connection)
            if first is None:
                return
            if self._greet is None:
                welcome(connection, first.seq)
            else:
                self._greet(connection, first.seq, bytes(first.data))
            while (call := read(connection)) is not None:
                self.calls.append(call)
                self._answer(connection, call.seq, bytes(call.data))

    def end(self) -> None:
        """Closes everything; what waits on a socket ends."""
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def hostile(answer: Answer, greet: Answer | None = None) -> Generator[Hostile]:
    """A far end that answers calls, and the handshake if given, as it pleases."""
    made = Hostile(answer, greet)
    accepting = threading.Thread(target=made.accept, name="hostile")
    accepting.start()
    try:
        yield made
    finally:
        made.end()
        accepting.join()
