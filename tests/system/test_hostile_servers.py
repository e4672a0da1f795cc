"""Servers that speak our protocol, but do not keep to it: what a client sees of them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Callable, Generator

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import envelope, wire
from callbackgen.runtime.wire import Message
from tests.system.edges.hall import PATIENCE, Visitor, reached
from tests.system.edges.peer import (
    GUEST,
    Peer,
    a_guest,
    answer,
    control,
    ping,
    refusals_in,
    release,
)
from tests.system.edges.room_remote import RoomStub

Script = Callable[[Peer, Message], object]
"""What a server does for a call, the first one after the handshake."""


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "callbackgen")
    return caplog


@contextlib.contextmanager
def server(script: Script) -> Generator[str]:
    """Lets one client in, and does as the script says for each call; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connected, _ = listening.accept()
            with Peer(connected) as peer:
                peer.next()
                peer.send(
                    wire.encoded(
                        wire.CONNECT_OK,
                        0,
                        b"{}",
                        serializer=wire.JSON,
                        annotations=envelope.greeting(),
                    )
                )
                with contextlib.suppress(EOFError, ConnectionError):
                    while True:
                        call = peer.called()
                        if not call.flags & wire.ONEWAY:  # that says goodbye, say
                            script(peer, call)

        thread = threading.Thread(target=serve, name="a hostile server")
        thread.start()
        try:
            yield f"PYRO:hall@127.0.0.1:{listening.getsockname()[1]}"
        finally:
            thread.join(PATIENCE)


def answered(payload: bytes, flags: int = 0) -> Script:
    """Each call gets this answer."""
    return lambda peer, call: peer.send(
        wire.encoded(wire.RESULT, call.sequence, payload, flags=flags)
    )


def first(*messages: bytes) -> Script:
    """These, and then a proper answer."""
    return lambda peer, call: peer.send(*messages, answer(call.sequence))


BREACHES: dict[str, tuple[Script, str]] = {
    "an answer that nobody asked for": (first(answer(9999)), "an answer to no call"),
    "an answer to another call": (
        lambda peer, call: peer.send(answer(call.sequence ^ 1)),
        "an answer to no call",
    ),
    "a control message of noise": (
        first(control(b"\xc1")),
        "a control message that is not well-formed",
    ),
    "a release of what is no number": (
        first(release("x")),
        "a release that is not made as one",
    ),
    "marshal": (
        first(wire.encoded(wire.RESULT, 1, b"\xe9", serializer=2)),
        "a message with serializer 2",
    ),
    "an unknown kind": (first(wire.encoded(99, 1, b"")), "a message of kind 99"),
    "another handshake": (
        first(wire.encoded(wire.CONNECT_OK, 1, b"{}")),
        f"a message of kind {wire.CONNECT_OK}",
    ),
    "a call without its annotation": (
        first(wire.encoded(wire.INVOKE, 1, b"")),
        "a call without its annotation CBGN",
    ),
    "an answer that is too large": (
        lambda peer, call: peer.send(
            wire.encoded(wire.RESULT, call.sequence, bytes(2_000_000))
        ),
        "a message of 2000000 bytes; the limit is 1048576",
    ),
    "questions without end": (
        lambda peer, call: peer.flood(ping() * 1000),
        "the other end does not read",
    ),
}


@pytest.mark.parametrize("name", BREACHES)
def test_a_server_that_breaks_the_rules_is_left(
    log: pytest.LogCaptureFixture, name: str
) -> None:
    """The call is a ConnectionLost that says why, and so does one line of the log."""
    script, reason = BREACHES[name]
    with server(script) as address, callbackgen.connect(address) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        with pytest.raises(callbackgen.ConnectionLost) as caught:  # noqa: PT012
            for _ in range(2):  # the proper answer to the first may come before
                room.echo(1)
        assert str(caught.value).endswith(reason)
        assert reached(lambda: bool(log.records))
        lines = [record.getMessage() for record in log.records]
        assert lines == [f"{address}: the connection ended: {reason}"]


def packed_tuples(depth: int) -> bytes:
    value: object = 1
    for _ in range(depth):
        value = msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode([value]))
    return msgspec.msgpack.encode(value)


REPLIES: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 0, "not well-formed msgpack"),
    "noise": (b"\xc1", 0, "not well-formed msgpack"),
    "arrays without end": (b"\x91" * 10_000, 0, "not well-formed msgpack"),
    "more arrays without end": (b"\x91" * 100_000, 0, "more than 65536 parts"),
    "extensions 500 deep": (packed_tuples(500), 0, "nested more than 128 deep"),
    "an unknown extension": (
        msgspec.msgpack.encode(msgspec.msgpack.Ext(0x55, b"")),
        0,
        "an extension of type 85",
    ),
    "an exception of noise": (b"\xc1", wire.EXCEPTION, "not what"),
    "an exception of an unknown kind": (
        envelope.failure("meltdown", "it melts"),
        wire.EXCEPTION,
        "it melts",
    ),
    "an object that the client does not have": (
        msgspec.msgpack.encode(a_guest(7, receivers=True)),
        0,
        "expected str",
    ),
    "another type": (msgspec.msgpack.encode(5), 0, "expected str, got int"),
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_reply_that_is_none(name: str) -> None:
    """It is a BadReply for that call alone: the connection goes on."""
    payload, flags, text = REPLIES[name]
    with (
        server(answered(payload, flags)) as address,
        callbackgen.connect(address) as connection,
    ):
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        for _ in range(3):
            with pytest.raises(callbackgen.BadReply, match=text):
                room.hold("text")
        assert connection.is_open


def test_a_server_calls_what_a_client_does_not_have(
    log: pytest.LogCaptureFixture,
) -> None:
    """Each call is refused and answered: an object, a service, another interface."""
    errors: list[callbackgen.RemoteError] = []

    def script(peer: Peer, call: Message) -> None:
        for key, interface in ((99, GUEST), ("hall", GUEST), (1, "os.path")):
            with pytest.raises(callbackgen.RemoteError) as caught:
                peer.ask("told", "text", key=key, interface=interface)
            errors.append(caught.value)
        assert peer.ask("told", "text", key=1, interface=GUEST) == "heard text"
        peer.send(answer(call.sequence, None))

    with server(script) as address, callbackgen.connect(address) as connection:
        visitor = Visitor()
        callbackgen.with_deadline(RoomStub(connection), PATIENCE).join(visitor)
        assert visitor.texts == ["text"]
    assert [(type(error).__name__, str(error)) for error in errors] == [
        ("Withdrawn", "the object 99 is not there any more"),
        ("Unimplemented", "a client has no object named 'hall'"),
        ("Withdrawn", "the object 1 is not there any more"),
    ]
    refused = [one.getMessage() for one in log.records if "refused" in one.getMessage()]
    assert [line.partition(" refused: ")[0] for line in refused] == [
        f"{address}: Guest.told",
        f"{address}: Guest.told",
        f"{address}: path.told",
    ]


def test_a_flood_of_refused_calls_is_a_few_lines(
    log: pytest.LogCaptureFixture,
) -> None:
    """One a second for each reason; all are counted when the client ends."""
    count = 40

    def script(peer: Peer, call: Message) -> None:
        for number in range(count):
            with pytest.raises(callbackgen.Withdrawn):
                peer.ask("told", "text", key=100 + number, interface=GUEST)
        peer.send(answer(call.sequence, "done"))

    began = time.monotonic()
    with server(script) as address, callbackgen.connect(address) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        assert room.echo("text") == "done"
    seconds = time.monotonic() - began
    lines = [one for one in log.messages if "Guest.told refused: the object " in one]
    assert refusals_in(lines) == count
    assert len(lines) <= seconds + 2


def test_a_server_that_releases_what_it_has_not_got() -> None:
    """Other objects of the client stay; what was released too early is gone for it."""

    def script(peer: Peer, call: Message) -> None:
        peer.send(*(release((key, 1_000_000)) for key in (1, 5, 7)))
        with pytest.raises(callbackgen.Withdrawn):
            peer.ask("told", "text", key=1, interface=GUEST)
        peer.send(answer(call.sequence, "done"))

    with server(script) as address, callbackgen.connect(address) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        assert room.relay(Visitor(), "text") == "done"
        assert connection.is_open


@pytest.mark.parametrize(
    "said",
    [
        wire.encoded(wire.RESULT, 0, b"{}"),
        wire.encoded(wire.CONNECT_OK, 0, bytes(10_000), serializer=wire.JSON),
        b"PYRO" + bytes(100),
    ],
)
def test_a_greeting_that_is_none(said: bytes) -> None:
    """Whatever answers the handshake wrongly is a ConnectionLost."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connected, _ = listening.accept()
            with Peer(connected) as peer:
                peer.next()
                peer.send(said)
                peer.ended()

        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(callbackgen.ConnectionLost, match="no connection to"):
            callbackgen.connect(
                f"PYRO:hall@127.0.0.1:{listening.getsockname()[1]}", timeout=PATIENCE
            )
        thread.join(PATIENCE)


def test_a_large_answer_is_of_its_type_before_it_is_read() -> None:
    """A million empty dicts for a text: the error names the method, no more happens."""
    many = b"\xdd" + (1_000_000).to_bytes(4) + b"\x80" * 1_000_000
    with (
        server(answered(many)) as address,
        callbackgen.connect(address) as connection,
    ):
        with pytest.raises(
            callbackgen.BadReply, match="hold: reply: expected str, got list"
        ):
            RoomStub(connection).hold("")
        assert connection.is_open
