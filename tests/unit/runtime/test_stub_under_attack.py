"""What a stub does when the far end is broken, slow or malicious."""

from __future__ import annotations

import socket
import threading
import time
import zlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from Pyro5 import protocol

from callbackgen import (
    BadReply,
    ConnectionLost,
    DeadlineExceeded,
    RemoteError,
    with_deadline,
)
from tests.unit.runtime.hostile import hostile, message, welcome
from tests.unit.runtime.thing import PATIENCE, ThingStub, mute, replying


def test_an_honest_answer_is_taken() -> None:
    """The stand-in works: what follows fails for the reason that it names."""
    with hostile(replying(message(0, 5))) as far:
        stub = ThingStub(far.address)
        assert (stub.number(), stub.number()) == (5, 5)
        assert far.connections == 1


def test_a_mute_far_end_costs_the_deadline_and_no_more() -> None:
    """No answer is DeadlineExceeded, a TimeoutError; the next call dials anew."""
    with hostile(mute) as far:
        stub = with_deadline(ThingStub(far.address), 0.2)
        for number in (1, 2):
            while far.connections < number:  # seldom was no time left to dial
                with pytest.raises(
                    DeadlineExceeded, match=r"ThingStub\.number.*0\.2 s"
                ):
                    stub.number()
                far.came(number, 1)
        assert far.connections == 2
    assert issubclass(DeadlineExceeded, TimeoutError)


def test_a_far_end_that_does_not_greet_costs_the_deadline() -> None:
    """The handshake counts against the deadline of the call."""
    with (
        hostile(mute, greet=mute) as far,
        pytest.raises(DeadlineExceeded),
    ):
        with_deadline(ThingStub(far.address), 0.2).number()


def test_a_far_end_that_does_not_accept_costs_the_deadline() -> None:
    """Dialling counts against the deadline of the call."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        place = full.getsockname()
        with socket.create_connection(place), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(place)
            stub = ThingStub(f"PYRO:thing@127.0.0.1:{place[1]}")
            with pytest.raises(DeadlineExceeded):
                with_deadline(stub, 0.2).number()


def test_a_dripping_far_end_cannot_make_a_call_longer() -> None:
    """Each byte that comes gives no new time: the deadline is for the whole call."""
    ended = threading.Event()

    def drip(connection: socket.socket, sequence: int, _: bytes) -> None:
        for byte in message(sequence, "x" * 10_000):
            connection.sendall(bytes([byte]))
            if ended.wait(0.05):
                return

    with hostile(drip) as far:
        begin = time.monotonic()
        with pytest.raises(DeadlineExceeded):
            with_deadline(ThingStub(far.address), 0.5).number()
        ended.set()
        assert time.monotonic() - begin < PATIENCE  # dripping all takes 500 s


def test_a_caller_that_waits_for_its_turn_has_a_deadline_too() -> None:
    """A call behind another one on the same stub ends by its own deadline."""
    answered = threading.Event()
    arrived = threading.Event()

    def late(connection: socket.socket, sequence: int, _: bytes) -> None:
        arrived.set()
        answered.wait(PATIENCE)
        connection.sendall(message(sequence, 5))

    with hostile(late) as far:
        stub = with_deadline(ThingStub(far.address), PATIENCE)
        first: list[int] = []
        thread = threading.Thread(target=lambda: first.append(stub.number()))
        thread.start()
        assert arrived.wait(PATIENCE)
        with pytest.raises(DeadlineExceeded):
            with_deadline(stub, 0.2).number()
        answered.set()
        thread.join()
        assert first == [5]
        assert len(far.calls) == 1


def test_an_answer_that_is_too_large_is_refused_unread() -> None:
    """The size in the header decides; the payload is not waited for."""
    header = bytearray(message(0, 5)[:40])
    header[12:16] = (0xFFFFFFFF).to_bytes(4, "big")
    with (
        hostile(replying(bytes(header))) as far,
        pytest.raises(BadReply, match="the limit is 1048576"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize("size", [8 * 1024 + 1, 0xFFFFFFFF])
def test_an_answer_with_large_annotations_is_refused_unread(size: int) -> None:
    """An answer cannot be large in its annotations either."""
    header = bytearray(message(0, 5)[:40])
    header[16:20] = size.to_bytes(4, "big")
    with (
        hostile(replying(bytes(header))) as far,
        pytest.raises(BadReply, match=f"annotations of {size} bytes"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize(
    "kind", [protocol.MSG_RESULT, protocol.MSG_CONNECTOK, protocol.MSG_CONNECTFAIL]
)
def test_a_packed_answer_is_unpacked_to_the_limit_alone(kind: int) -> None:
    """A small message that unpacks to a large one is refused, in the handshake too."""
    bomb = zlib.compress(b"'" + b"x" * 50_000_000 + b"'")
    assert len(bomb) < 100_000
    made = message(0, payload=bomb, kind=kind, flags=protocol.FLAGS_COMPRESSED)
    send = replying(made)
    with (
        hostile(send, greet=None if kind == protocol.MSG_RESULT else send) as far,
        pytest.raises(BadReply, match="unpacks to more than 1048576 bytes"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize("packed", [b"no zlib", zlib.compress(b"5" * 100)[:-4]])
def test_a_wrongly_packed_answer_is_refused(packed: bytes) -> None:
    """Neither garbage nor a packed answer that ends early is taken."""
    made = message(0, payload=packed, flags=protocol.FLAGS_COMPRESSED)
    with (
        hostile(replying(made)) as far,
        pytest.raises(BadReply, match="packed wrongly"),
    ):
        ThingStub(far.address).number()


def test_an_honestly_packed_answer_is_taken() -> None:
    """A daemon that is set to pack its answers can be called."""
    made = message(0, payload=zlib.compress(b"5"), flags=protocol.FLAGS_COMPRESSED)
    with hostile(replying(made)) as far:
        assert ThingStub(far.address).number() == 5


@pytest.mark.parametrize("step", [-1, 1, 5, 0x8000])
def test_an_answer_to_another_call_is_refused(step: int) -> None:
    """A wrong sequence number ends the connection; the next call dials anew."""

    def wrong(connection: socket.socket, sequence: int, _: bytes) -> None:
        connection.sendall(message((sequence + step) & 0xFFFF, 5))

    with hostile(wrong) as far:
        stub = ThingStub(far.address)
        for _ in range(2):
            with pytest.raises(BadReply, match="another call"):
                stub.number()
        assert far.connections == 2


def test_an_answer_that_nobody_asked_for_is_refused() -> None:
    """What a far end sends ahead is not taken for the answer to the next call."""

    def twice(connection: socket.socket, sequence: int, _: bytes) -> None:
        connection.sendall(message(sequence, 5) + message(sequence + 1, 666))

    with hostile(twice) as far:
        stub = ThingStub(far.address)
        assert stub.number() == 5
        with pytest.raises(BadReply, match="another call"):
            stub.number()


@pytest.mark.parametrize(
    "kind", [protocol.MSG_CONNECTOK, protocol.MSG_INVOKE, protocol.MSG_PING, 77]
)
def test_a_message_of_another_kind_is_refused(kind: int) -> None:
    """Only a result answers a call; a far end cannot make calls of its own."""
    with (
        hostile(replying(message(0, 5, kind=kind))) as far,
        pytest.raises(BadReply, match="another call"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize("serializer", [0, 2, 3, 4, 200])
def test_an_answer_in_another_serializer_is_refused(serializer: int) -> None:
    """Nothing but serpent is read: never marshal, whatever the far end names."""
    made = message(0, payload=b"\xe9\x05\x00\x00\x00", serializer=serializer)
    with (
        hostile(replying(made)) as far,
        pytest.raises(BadReply, match="not in serpent"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"\x00",
        b"__import__('os')",
        b"[" * 5000 + b"]" * 5000,
        b"-" * 50_000 + b"1",
        b"1+" * 50_000 + b"1",
        b"{[]: 1}",
        b"9" * 5000,
        b"'\\d'",
        b"5 if 1 else 6",
    ],
    ids=repr,
)
def test_a_payload_that_is_no_data_is_refused(payload: bytes) -> None:
    """Garbage, code and data that Python's parser cannot take are all BadReply."""
    with (
        hostile(replying(message(0, payload=payload))) as far,
        pytest.raises(BadReply),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize(
    "noise",
    [b"HTTP/1.1 200 OK\r\n\r\n", b"PYRO\xff\xff" + b"\0" * 40, b"PYRO" + b"\0" * 60],
)
@pytest.mark.parametrize("when", ["greeting", "answer"])
def test_another_protocol_is_refused(noise: bytes, when: str) -> None:
    """What is not a message of Pyro5's is BadReply, in the handshake and after."""

    def speak(connection: socket.socket, *_: object) -> None:
        connection.sendall(noise)

    greet = speak if when == "greeting" else None
    with (
        hostile(speak, greet=greet) as far,
        pytest.raises(BadReply, match="Pyro5's protocol"),
    ):
        ThingStub(far.address).number()


def test_a_connection_that_ends_is_lost() -> None:
    """A far end that hangs up is ConnectionLost; the next call dials anew."""

    def hang_up(connection: socket.socket, *_: object) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    with hostile(hang_up) as far:
        stub = ThingStub(far.address)
        for _ in range(2):
            with pytest.raises(ConnectionLost, match="closed the connection"):
                stub.number()
        assert far.connections == 2
    with pytest.raises(ConnectionLost, match=r"127\.0\.0\.1"):
        stub.number()


def test_a_refusal_says_why() -> None:
    """A far end that refuses the handshake is ConnectionLost with its reason."""

    def refuse(connection: socket.socket, sequence: int, _: bytes) -> None:
        made = message(sequence, "not \x1b[31mtoday", kind=protocol.MSG_CONNECTFAIL)
        connection.sendall(made)

    with (
        hostile(mute, greet=refuse) as far,
        pytest.raises(ConnectionLost, match=r"not \\x1b\[31mtoday"),
    ):
        ThingStub(far.address).number()


def test_a_refusal_in_marshal_is_not_read() -> None:
    """A daemon with no free workers refuses in marshal; that is not decoded."""

    def refuse(connection: socket.socket, sequence: int, _: bytes) -> None:
        made = message(
            sequence, payload=b"\xe9", serializer=2, kind=protocol.MSG_CONNECTFAIL
        )
        connection.sendall(made)

    with (
        hostile(mute, greet=refuse) as far,
        pytest.raises(ConnectionLost, match="no reason that can be read"),
    ):
        ThingStub(far.address).number()


@pytest.mark.parametrize(
    "meta",
    [
        {"methods": ["number"], "oneway": ["number"], "attrs": []},
        {"methods": [], "oneway": [], "attrs": ["number"]},
        {"__class__": "Pyro5.client.Proxy", "state": ()},
        None,
    ],
)
def test_what_the_far_end_says_of_itself_is_ignored(meta: object) -> None:
    """Metadata cannot make a call oneway, hide a method, or make an object."""

    def greet(connection: socket.socket, sequence: int, _: bytes) -> None:
        welcome(connection, sequence, meta)

    with hostile(replying(message(0, 5)), greet=greet) as far:
        assert ThingStub(far.address).number() == 5
        assert not far.calls[0].flags & protocol.FLAGS_ONEWAY


def test_unanswered_oneway_calls_are_bounded() -> None:
    """A far end that answers no oneway call is not sent more and more of them."""
    with hostile(mute) as far:
        stub = with_deadline(ThingStub(far.address), PATIENCE)
        for _ in range(256):
            stub.nothing()
        for _ in range(2):
            with pytest.raises(DeadlineExceeded):
                with_deadline(stub, 0.2).nothing()
        assert far.connections == 1
        assert len(far.calls) <= 256


def test_an_answer_to_no_oneway_call_is_refused() -> None:
    """The answers that are skipped have to be those of the calls that were made."""
    sent = threading.Event()

    def other(connection: socket.socket, sequence: int, payload: bytes) -> None:
        if b"nothing" in payload:
            connection.sendall(message(sequence + 9, None))
            sent.set()
        else:
            connection.sendall(message(sequence, 5))

    with hostile(other) as far:
        stub = ThingStub(far.address)
        stub.nothing()
        assert sent.wait(PATIENCE)
        with pytest.raises(BadReply, match="another call"):
            stub.number()
        assert stub.number() == 5


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(noise=st.binary(max_size=200), start=st.sampled_from([0, 4, 12, 20, 40, 60]))
def test_whatever_comes_is_a_remote_error(noise: bytes, start: int) -> None:
    """Bytes of any kind, after a good beginning of any length, raise a RemoteError."""

    def answer(connection: socket.socket, sequence: int, _: bytes) -> None:
        connection.sendall(message(sequence, "x" * 30)[:start] + noise)
        connection.shutdown(socket.SHUT_WR)

    with hostile(answer) as far, pytest.raises(RemoteError):
        with_deadline(ThingStub(far.address), PATIENCE).number()
