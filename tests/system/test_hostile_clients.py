"""Clients that speak our protocol, but do not keep to it: each harms itself alone."""

from __future__ import annotations

import contextlib
import itertools
import logging
import zlib
from collections.abc import Callable

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import wire
from tests.system.edges.hall import Hall, open_hall, reached
from tests.system.edges.peer import (
    Peer,
    a_guest,
    answer,
    calling,
    control,
    lines_about,
    ping,
    release,
)

Attack = Callable[[Peer], object]
MODULUS = 2**61 - 1
"""Of the hashes of numbers in CPython: its multiples have all the same one."""


class Slow(Hall):
    """A hall whose oneway calls wait, too."""

    def note(self, text: str) -> None:
        self.arrived.release()
        self.release.wait()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, "callbackgen")
    return caplog


def undergo(
    log: pytest.LogCaptureFixture,
    attack: Attack,
    *,
    buffer: int = 0,
    settings: callbackgen.Settings | None = None,
) -> str:
    """Undergo an attack while another client calls; why it has ended."""
    hall = Slow()
    settings = settings or callbackgen.Settings()
    with (
        open_hall(hall, settings=settings) as address,
        calling(address),
        Peer.connected(address, buffer=buffer) as peer,
    ):
        name = peer.name
        with contextlib.suppress(ConnectionError):
            attack(peer)
        peer.ended()
        assert reached(lambda: len(lines_about(log, name)) > 1)
        connected, ended = lines_about(log, name)
        hall.release.set()
    assert connected == "connected"
    assert not [one for one in log.records if one.exc_info], "nothing failed here"
    return ended.removeprefix("the connection ended: ")


def answer_twice(peer: Peer) -> None:
    peer.call("relay", a_guest(), "text")
    sequence = peer.called().sequence
    peer.send(answer(sequence), answer(sequence))


def answer_another(peer: Peer) -> None:
    peer.call("relay", a_guest(), "text")
    peer.send(answer(peer.called().sequence ^ 1))


def leave_unread(peer: Peer) -> None:
    """Send a call that is not looked at before the one before it has ended."""
    peer.call("note", "first", oneway=True)
    peer.call("note", "second", oneway=True)


def ask_without_end(peer: Peer) -> None:
    leave_unread(peer)
    peer.flood(ping(b"taken?") * 100)


def release_behind(peer: Peer) -> None:
    leave_unread(peer)
    peer.flood(release((1, 1)) * 100)


def queue_calls(peer: Peer) -> None:
    while True:
        peer.call("note", "text", oneway=True)


def queue_bytes(peer: Peer) -> None:
    while True:
        peer.call("note", "x" * 1_000_000, oneway=True)


def nested(depth: int) -> bytes:
    """The payload of a call: tuples in each other, as extensions."""
    value: object = 1
    for _ in range(depth):
        value = msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode([value]))
    return payload_of(value)


def payload_of(value: object) -> bytes:
    return msgspec.msgpack.encode(("Room", "echo", [value], {}))


def colliding(count: int) -> bytes:
    """The payload of a call: a set whose items have all the same hash."""
    numbers = [str(MODULUS * (1024 + number)).encode() for number in range(count)]
    items = [msgspec.msgpack.Ext(0x31, number) for number in numbers]
    return payload_of(msgspec.msgpack.Ext(0x42, msgspec.msgpack.encode(items)))


def alike(count: int) -> list[tuple[int, ...]]:
    """Tuples that have all the same hash, since -1 and -2 have."""
    tuples = itertools.product((-1, -2), repeat=14)
    return list(itertools.islice(tuples, count))


def alike_in_a_set(count: int) -> bytes:
    encode = msgspec.msgpack.encode
    items = [extension(one) for one in alike(count)]
    return payload_of(msgspec.msgpack.Ext(0x42, encode(items)))


def alike_as_keys(key: Callable[[tuple[int, ...]], object], count: int) -> bytes:
    """The payload of a call: a map, made without a dict, which would take as long."""
    encode = msgspec.msgpack.encode
    keys = [encode(key(one)) for one in alike(count)]
    made = b"\xdf" + count.to_bytes(4) + b"".join(one + b"\xc0" for one in keys)
    return encode(("Room", "echo", [msgspec.Raw(made)], {}))


def extension(key: tuple[int, ...]) -> object:
    return msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode(key))


def large_set(count: int) -> bytes:
    items = msgspec.msgpack.encode(list(range(count)))
    return payload_of(msgspec.msgpack.Ext(0x42, items))


def announced(size: int) -> bytes:
    """The header of a message of that many bytes."""
    made = bytearray(wire.encoded(wire.INVOKE, 1, b""))
    made[12:16] = size.to_bytes(4, "big")
    return bytes(made)


def bomb() -> bytes:
    payload = zlib.compress(b"x" * 50_000_000)
    return wire.encoded(wire.INVOKE, 1, payload, flags=wire.COMPRESSED)


def again(kind: int) -> bytes:
    return wire.encoded(kind, 1, b"{}")


ATTACKS: dict[str, tuple[Attack, str]] = {
    "an answer that nobody asked for": (
        lambda peer: peer.send(answer(9)),
        "an answer to no call",
    ),
    "a second answer": (answer_twice, "an answer to no call"),
    "an answer to another call": (answer_another, "an answer to no call"),
    "questions without end": (
        ask_without_end,
        "too many questions that wait for an answer",
    ),
    "releases without end": (
        release_behind,
        "too many releases behind messages that are not read",
    ),
    "a release of what is no number": (
        lambda peer: peer.send(release(("x", 1))),
        "a release that is not made as one",
    ),
    "a control message of noise": (
        lambda peer: peer.send(control(b"\xc1\xff")),
        "a control message that is not well-formed",
    ),
    "a control message without an end": (
        lambda peer: peer.send(control(b"\x91" * 10_000)),
        "a control message that is not well-formed",
    ),
    "a control message that is no list": (
        lambda peer: peer.send(control(b"\x05")),
        "a control message that is not well-formed",
    ),
    "a large control message": (
        lambda peer: peer.send(release(*[(1, 1)] * 10_000)),
        "a control message of 30011 bytes",
    ),
    "extensions 500 deep": (
        lambda peer: peer.call_with(nested(500)),
        "nested more than 128 deep",
    ),
    "a set of equal hashes": (
        lambda peer: peer.call_with(colliding(5000)),
        "more than 1024 complex and large numbers",
    ),
    "keys of equal hashes": (
        lambda peer: peer.call_with(alike_as_keys(list, 16_000)),
        "more than 64 keys that have the same hash",
    ),
    "extensions of equal hashes as keys": (
        lambda peer: peer.call_with(alike_as_keys(extension, 12_000)),
        "more than 64 keys that have the same hash",
    ),
    "a set of tuples of equal hashes": (
        lambda peer: peer.call_with(alike_in_a_set(4_000)),
        "more than 64 keys that have the same hash",
    ),
    "a large set": (
        lambda peer: peer.call_with(large_set(5000)),
        "a set of more than 4096 items under Any",
    ),
    "a call of noise": (
        lambda peer: peer.call_with(b"\xc1"),
        (
            "not well-formed msgpack: MessagePack data is malformed: invalid opcode "
            "'\\xc1' (byte 0)"
        ),
    ),
    "a call that is none": (
        lambda peer: peer.call_with(msgspec.msgpack.encode([1, 2, 3, 4])),
        "not made as it should be: Expected `str`, got `int` - at `$[0]`",
    ),
    "a reference that is none": (
        lambda peer: peer.call("echo", msgspec.msgpack.Ext(0x40, b"\x93\xc2\xc0\xc0")),
        "a reference that is not made as one",
    ),
    "an unknown extension": (
        lambda peer: peer.call("echo", msgspec.msgpack.Ext(0x55, b"")),
        "an extension of type 85",
    ),
    "marshal": (
        lambda peer: peer.call_with(b"\xe9\x05\0\0\0", serializer=2),
        "a message with serializer 2",
    ),
    "an unknown serializer": (
        lambda peer: peer.call_with(b"", serializer=200),
        "a message with serializer 200",
    ),
    "an unknown kind": (
        lambda peer: peer.send(wire.encoded(99, 1, b"")),
        "a message of kind 99",
    ),
    "a second handshake": (
        lambda peer: peer.send(again(wire.CONNECT)),
        f"a message of kind {wire.CONNECT}",
    ),
    "the server's part of the handshake": (
        lambda peer: peer.send(again(wire.CONNECT_OK)),
        f"a message of kind {wire.CONNECT_OK}",
    ),
    "a message that is too large": (
        lambda peer: peer.send(announced(5_000_000)),
        "a message of 5000000 bytes; the limit is 1048576",
    ),
    "a packed message": (
        lambda peer: peer.send(bomb()),
        "a message that is packed",
    ),
    "another protocol": (
        lambda peer: peer.send(b"GET / HTTP/1.1\r\n\r\n" + b"x" * 100),
        "not Pyro5's protocol",
    ),
    "calls without end": (queue_calls, "more than 256 calls queued"),
    "large calls without end": (queue_bytes, "more than 4194304 bytes queued"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_who_breaks_the_rules_is_disconnected(
    log: pytest.LogCaptureFixture, name: str
) -> None:
    """One line in the log says who it was and why; another client does not notice."""
    attack, reason = ATTACKS[name]
    assert undergo(log, attack) == reason


def test_who_asks_and_does_not_read_is_disconnected(
    log: pytest.LogCaptureFixture,
) -> None:
    """PINGs are answered only as long as the answers are taken."""
    reason = undergo(log, lambda peer: peer.flood(ping() * 1000), buffer=4096)
    assert reason == "the other end does not read"


def test_who_reads_no_answers_is_disconnected(log: pytest.LogCaptureFixture) -> None:
    """Answers that are left for longer than `blocked` allows end the connection."""

    def attack(peer: Peer) -> None:
        for _ in range(15):  # less than makes others wait for it, who end it as well
            peer.call("echo", "x" * 200_000)
        assert reached(lambda: len(lines_about(log, peer.name)) > 1)

    settings = callbackgen.Settings(blocked=1.0)
    reason = undergo(log, attack, buffer=4096, settings=settings)
    assert reason == "the other end left what it is sent for 1 s"


def test_who_does_not_end_a_message_is_disconnected(
    log: pytest.LogCaptureFixture,
) -> None:
    """However much of it has come."""
    message = wire.encoded(wire.INVOKE, 1, b"x" * 1000)
    reason = undergo(
        log,
        lambda peer: peer.send(ping(), message[:500]),
        settings=callbackgen.Settings(blocked=1.0),
    )
    assert reason == "a message that was begun and not ended in 1 s"


def test_who_gives_no_sign_of_life_is_disconnected(
    log: pytest.LogCaptureFixture,
) -> None:
    """One that is asked for it, and reads the question, but does not answer."""
    heard: list[bytes] = []
    reason = undergo(
        log,
        lambda peer: heard.append(peer.next().payload),
        settings=callbackgen.Settings(heartbeat=0.5, dead_after=2.0),
    )
    assert reason == "no sign of life for 2 s"
    assert heard == [b"heartbeat"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (wire.encoded(wire.INVOKE, 1, b"x"), "not a handshake"),
        (ping(), "not a handshake"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not Pyro5's protocol"),
        (wire.encoded(wire.CONNECT, 1, b"x" * 5000), "a message of 5000 bytes; the limit is 4096"),
        (wire.encoded(wire.CONNECT, 1, b"x", serializer=2),
         "a message with serializer 2"),
        (wire.encoded(wire.CONNECT, 1, b"x", serializer=77),
         "a message with serializer 77"),
        (wire.encoded(wire.CONNECT, 1, b"{}", annotations=b"CBGN\xff\xff\xff\xff"),
         "annotations that are not well-formed, or too many"),
    ],
)  # fmt: skip
def test_who_does_not_greet_is_not_let_in(
    log: pytest.LogCaptureFixture, said: bytes, reason: str
) -> None:
    """Nothing that is said before the handshake is looked at any further."""
    with (
        open_hall() as address,
        calling(address),
        Peer.dialled(address) as peer,
    ):
        peer.send(said)
        peer.ended()
        assert reached(lambda: bool(lines_about(log, peer.name)))
        assert lines_about(log, peer.name) == [f"not connected: {reason}"]
