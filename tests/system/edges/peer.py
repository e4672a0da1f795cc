"""Ends of a connection that speak our protocol by hand, and need not keep to it."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections import deque
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.interfaces import interface_name
from callbackgen.runtime.lanes import Key
from callbackgen.runtime.referring import reference
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import Message
from tests.system.edges.guest_remote import GuestStub
from tests.system.edges.hall import PATIENCE, Visitor, reached
from tests.system.edges.room_remote import RoomStub

GUEST = interface_name(GuestStub)
ROOM = interface_name(RoomStub)
LARGEST = 16 * 1024 * 1024


def a_guest(key: Key = 1, *, receivers: bool = False, interface: str = GUEST) -> object:
    """A reference to an object of the sender, or of the receiver."""
    return reference(receivers=receivers, key=key, interface=interface)


def answer(sequence: int, value: object = "heard") -> bytes:
    """An answer to the call of that number."""
    return wire.encoded(wire.RESULT, sequence, packed(value))


def ping(payload: bytes = b"", sequence: int = 7) -> bytes:
    return wire.encoded(wire.PING, sequence, payload)


def control(payload: bytes) -> bytes:
    """What the two ends tell each other besides calls."""
    head = envelope.head(0, 0, envelope.CONTROL)
    return wire.encoded(wire.INVOKE, 0, payload, flags=wire.ONEWAY, annotations=head)


def release(*pairs: object) -> bytes:
    return control(envelope.control(envelope.RELEASE, *pairs))


class Peer:
    """One end: a connected socket, and what has arrived from it."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._socket.settimeout(PATIENCE)
        self._receiver = wire.Receiver(lambda _: LARGEST)
        self._sequence = 0
        self._passed_over: deque[Message] = deque()

    @classmethod
    def dialled(cls, address: str, *, buffer: int = 0) -> Self:
        """A client of a daemon, before its handshake. It keeps `buffer` bytes unread."""
        host, _, port = address.partition("@")[2].rpartition(":")
        made = socket.socket()
        if buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        made.connect((host, int(port)))
        return cls(made)

    @classmethod
    def connected(cls, address: str, *, buffer: int = 0) -> Self:
        """A client that has been let in."""
        peer = cls.dialled(address, buffer=buffer)
        peer.greet()
        return peer

    def greet(self) -> None:
        """Be let in."""
        payload = msgspec.json.encode({"handshake": "hello", "object": "hall"})
        self.send(
            wire.encoded(
                wire.CONNECT,
                0,
                payload,
                serializer=wire.JSON,
                annotations=envelope.greeting(),
            )
        )
        assert self.next().kind == wire.CONNECT_OK

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    @property
    def name(self) -> str:
        """What the other end calls this one in its log."""
        host, port = self._socket.getsockname()
        return f"{host}:{port}"

    def send(self, *messages: bytes) -> None:
        self._socket.sendall(b"".join(messages))

    def flood(self, messages: bytes) -> None:
        """Send this again and again, and read nothing, until the other end closes."""
        end = time.monotonic() + PATIENCE
        with contextlib.suppress(ConnectionError):
            while time.monotonic() < end:
                self._socket.sendall(messages)
            raise TimeoutError("the other end goes on listening")

    def next(self) -> Message:
        """The next message."""
        while (message := self._receiver.take()) is None:
            data = self._socket.recv(65536)
            if not data:
                raise EOFError
            self._receiver.feed(data)
        return message

    def break_off(self) -> None:
        """End the connection, also for a thread that sends."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def has_heard(self) -> bool:
        """Whether anything has arrived."""
        self._socket.setblocking(False)
        try:
            return bool(self._socket.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False
        finally:
            self._socket.settimeout(PATIENCE)

    def hang_up(self) -> None:
        """Say no more, and wait until the other end has seen to what was said."""
        with contextlib.suppress(OSError):
            # Not TLS's own, which would leave what comes then as it travels.
            socket.socket.shutdown(self._socket, socket.SHUT_WR)
        self.ended()

    def ended(self) -> None:
        """Wait until the other end has closed the connection."""
        with contextlib.suppress(ConnectionError, EOFError):
            while True:
                self.next()

    def call(
        self,
        method: str,
        *arguments: object,
        key: Key = "hall",
        interface: str = ROOM,
        oneway: bool = False,
    ) -> int:
        """Begin a call, without an end in time; gives its number."""
        payload = packed((interface, method, list(arguments), {}))
        return self.call_with(payload, key=key, oneway=oneway)

    def call_with(
        self,
        payload: bytes,
        *,
        key: Key = "hall",
        oneway: bool = False,
        serializer: int = wire.MSGPACK,
    ) -> int:
        """Begin a call of that payload."""
        self._sequence += 1
        message = wire.encoded(
            wire.INVOKE,
            self._sequence,
            payload,
            flags=wire.ONEWAY if oneway else 0,
            annotations=envelope.head(0, 0, key),
            serializer=serializer,
        )
        self.send(message)
        return self._sequence

    def called(self) -> Message:
        """The next call that the other end makes, also of those before an answer."""
        if self._passed_over:
            return self._passed_over.popleft()
        while (message := self.next()).kind != wire.INVOKE:
            continue
        return message

    def answered(self, sequence: int) -> Any:
        """The answer to a call. Raises RemoteError."""
        while True:
            message = self.next()
            if (message.kind, message.sequence) == (wire.RESULT, sequence):
                break
            if message.kind == wire.INVOKE:
                self._passed_over.append(message)
        if message.flags & wire.EXCEPTION:
            raise envelope.error_in(message.payload)
        return unpacked(message.payload, bytes)

    def ask(self, method: str, *arguments: object, **options: Any) -> Any:
        """A call and its answer. Raises RemoteError."""
        return self.answered(self.call(method, *arguments, **options))


@contextlib.contextmanager
def calling(address: str) -> Generator[None]:
    """Another client calls and is called back all the time; each call succeeds."""
    ends = threading.Event()
    visitor = Visitor()

    def call() -> bool:
        with callbackgen.connect(address) as connection:
            room = callbackgen.with_deadline(RoomStub(connection), 50)
            while True:
                is_last = ends.is_set()
                assert room.echo("honest") == "honest"
                assert room.relay(visitor, "honest") == "heard honest"
                if is_last:
                    return connection.is_open

    with ThreadPoolExecutor(1) as pool:
        called = pool.submit(call)
        assert reached(lambda: bool(visitor.texts))
        try:
            yield
        finally:
            ends.set()
        assert called.result() is True


def lines_about(log: pytest.LogCaptureFixture, name: str) -> list[str]:
    """What was logged of a peer, without its name."""
    messages = [record.getMessage() for record in log.records]
    start = f"{name}: "
    return [one.removeprefix(start) for one in messages if one.startswith(start)]


def refusals_in(lines: list[str]) -> int:
    """How many refusals the lines speak of."""
    counts = [re.search(r"\((and )?(\d+) more like it\)$", line) for line in lines]
    return sum(
        1 if found is None else int(found[2]) + bool(found[1]) for found in counts
    )
