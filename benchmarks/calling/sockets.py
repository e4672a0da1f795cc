"""Bare sockets: the least that a callback can cost in Python with blocking calls.

A message is its length, what is called, a number and a text; an answer is its length
and a number.
"""

from __future__ import annotations

import contextlib
import functools
import socket
import struct
import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from benchmarks.calling.contender import ADDRESS, Contender

if TYPE_CHECKING:
    from benchmarks.calling.contender import Register
    from benchmarks.calling.contract import Listener

CHANGED, TELL, TOLD = range(3)
_LENGTH = struct.Struct("!I")
_REQUEST = struct.Struct("!IBd")
_ANSWER = struct.Struct("!Iq")
_BACKLOG = 1024


class SocketListener:
    """A listener at the other end of a connection; fits `Listener`."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def changed(self, text: str, price: float) -> bool:
        """Send, and wait for the answer."""
        self._send(CHANGED, text, price)
        return self._answer() == 1

    def tell(self, text: str, price: float) -> None:
        """Send."""
        self._send(TELL, text, price)

    def told(self, count: int) -> int:
        """Send, and wait for the answer."""
        self._send(TOLD, "", count)
        return self._answer()

    def _send(self, kind: int, text: str, price: float) -> None:
        encoded = text.encode()
        length = _REQUEST.size - _LENGTH.size + len(encoded)
        self._connection.sendall(_REQUEST.pack(length, kind, price) + encoded)

    def _answer(self) -> int:
        answer = b""
        while len(answer) < _ANSWER.size:
            answer += _received(self._connection)
        number: int = _ANSWER.unpack(answer)[1]
        return number


def serve_listener(connection: socket.socket, listener: Listener) -> None:
    """Answer one call after the other, until the connection ends."""
    waiting = b""
    with contextlib.suppress(ConnectionError):
        while True:
            waiting += _received(connection)
            while len(waiting) >= _LENGTH.size:
                end = _LENGTH.size + _LENGTH.unpack_from(waiting)[0]
                if len(waiting) < end:
                    break
                message, waiting = waiting[:end], waiting[end:]
                answer = _called(listener, message)
                if answer is not None:
                    length = _ANSWER.size - _LENGTH.size
                    connection.sendall(_ANSWER.pack(length, answer))


def _called(listener: Listener, message: bytes) -> int | None:
    _, kind, price = _REQUEST.unpack_from(message)
    if kind == TOLD:
        return listener.told(int(price))
    text = message[_REQUEST.size :].decode()
    if kind == CHANGED:
        return listener.changed(text, price)
    listener.tell(text, price)
    return None


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionResetError("the connection has ended")
    return data


@contextmanager
def serving(register: Register) -> Generator[str]:
    """Accepts connections; each is a listener."""
    with ExitStack() as connections, socket.socket() as accepting:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection = connections.enter_context(accepting.accept()[0])
                    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    register(functools.partial(SocketListener, connection))

        accepting.bind((ADDRESS, 0))
        accepting.listen(_BACKLOG)
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield str(accepting.getsockname()[1])
        finally:
            accepting.shutdown(socket.SHUT_RDWR)
            thread.join()


@contextmanager
def listening(address: str, listeners: Sequence[Listener]) -> Generator[None]:
    """Connects once for each listener, which a thread of its own serves."""
    connections: list[socket.socket] = []
    threads: list[threading.Thread] = []
    try:
        for listener in listeners:
            connection = socket.create_connection((ADDRESS, int(address)))
            connections.append(connection)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            arguments = (connection, listener)
            thread = threading.Thread(target=serve_listener, args=arguments)
            thread.start()
            threads.append(thread)
        yield
    finally:
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join()
        for connection in connections:
            connection.close()


CONTENDER = Contender(serving, listening)
