"""Who has been let in, and sends what is no message, or does not take what it gets."""

from __future__ import annotations

import socket
import time
import zlib
from typing import Any

import msgspec
import pytest

from callbackgen.runtime import envelope, wire
from tests.attacks.harness import SETTINGS, TCP, TLS, Arena, Attack, Attacker, Table
from tests.system.edges.peer import Peer

TABLE = Table()
ENDED = "the connection ended: "
BLOCKED = f"{SETTINGS['blocked']:g} s"
UNENDED = f"{ENDED}a message that was begun and not ended in {BLOCKED}"
UNREAD = f"{ENDED}the other end (left what it is sent for {BLOCKED}|does not read)"

MARSHALLED = b"\xe9\x05\x00\x00\x00"
"""Bytes that end a process that has marshal read them."""

MARSHAL = 2


def a_call(payload: bytes = b"", **parts: Any) -> bytes:
    """A call of one of ours, parts of it as given."""
    given: dict[str, Any] = {"annotations": envelope.head(0, 0, "hall"), **parts}
    return wire.encoded(wire.INVOKE, 1, payload, **given)


def an_ordinary_call(value: object, **parts: Any) -> bytes:
    """A call of an ordinary client."""
    called = {"object": "open", "method": "echo", "params": [value], "kwargs": {}}
    given: dict[str, Any] = {"serializer": wire.JSON, **parts}
    return wire.encoded(wire.INVOKE, 1, msgspec.json.encode(called), **given)


def announced(size: int, call: bytes) -> bytes:
    """A call whose header announces a payload of that size."""
    return call[:12] + size.to_bytes(4, "big") + call[16:]


def say(peer: Peer, said: bytes) -> None:
    """Say something at once, and wait until the server hangs up."""
    peer.send(said)
    peer.ended()


def say_slowly(peer: Peer, said: bytes) -> None:
    """Say something byte by byte; the server hangs up."""
    for number in range(len(said)):
        peer.send(said[number : number + 1])
        time.sleep(0.2)


# Who takes a long time


@TABLE.attack(UNENDED, waits=True)
def half_a_header(attacker: Attacker) -> None:
    """One who begins a message."""
    attacker.connected().send(a_call()[:20])


@TABLE.attack(UNENDED, waits=True)
def half_a_call(attacker: Attacker) -> None:
    """One whose call is not all there."""
    attacker.connected().send(a_call(b"x" * 500_000)[:-1])


@TABLE.attack(UNENDED, waits=True)
def half_a_call_of_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    attacker.ordinary().send(an_ordinary_call("x" * 5000)[:-1])


@TABLE.attack(UNENDED, waits=True)
def byte_by_byte(attacker: Attacker) -> None:
    """One whose call comes slowly."""
    say_slowly(attacker.connected(), a_call(b"x" * 100))


@TABLE.attack(UNREAD, waits=True)
def leaves_its_answers(attacker: Attacker) -> None:
    """One who calls, and never reads what comes of it."""
    peer = attacker.connected(buffer=4096)
    for _ in attacker.counted(50, 25):
        peer.call("echo", "x" * 200_000)


@TABLE.attack(UNREAD, waits=True)
def leaves_its_answers_as_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    peer = attacker.ordinary(buffer=4096)
    for _ in attacker.counted(50, 25):
        peer.send(an_ordinary_call("x" * 200_000))


# Who sends what is no message


@TABLE.attack(f"{ENDED}not Pyro5's protocol")
def another_protocol(attacker: Attacker) -> None:
    """One who goes on in another protocol."""
    say(attacker.connected(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


@TABLE.attack(f"{ENDED}version 77 of Pyro5's protocol")
def another_version(attacker: Attacker) -> None:
    """One who goes on in another version of it."""
    call = a_call()
    say(attacker.connected(), call[:4] + b"\0\x4d" + call[6:])


@TABLE.attack(f"{ENDED}a message of kind 99")
def unknown_type(attacker: Attacker) -> None:
    """A message of a kind that there is not."""
    say(attacker.connected(), wire.encoded(99, 1, b""))


@TABLE.attack(f"{ENDED}a message of kind 99")
def unknown_type_from_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    say(attacker.ordinary(), wire.encoded(99, 1, b""))


@TABLE.attack(f"{ENDED}a message with serializer 99")
def unknown_serializer(attacker: Attacker) -> None:
    """A call in a serializer that there is not."""
    say(attacker.connected(), a_call(serializer=99))


@TABLE.attack(f"{ENDED}a message with serializer 99")
def unknown_serializer_of_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    say(attacker.ordinary(), an_ordinary_call("", serializer=99))


@TABLE.attack(f"{ENDED}a message with serializer 2")
def marshal_in_a_call(attacker: Attacker) -> None:
    """A call that ends a process that reads it."""
    say(attacker.connected(), a_call(MARSHALLED, serializer=MARSHAL))


@TABLE.attack(f"{ENDED}a message with serializer 2")
def marshal_from_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    said = wire.encoded(wire.INVOKE, 1, MARSHALLED, serializer=MARSHAL)
    say(attacker.ordinary(), said)


@TABLE.attack(r"a call raised TypeError: a Pyro5 SerializedBlob is not taken: .*")
def marshal_in_an_annotation(attacker: Attacker) -> None:
    """What Pyro5 has marshal read wherever a flag says so."""
    annotation = wire.chunk(b"BLBI", MARSHALLED)
    flags = wire.KEEP_SERIALIZED
    peer = attacker.ordinary()
    peer.send(an_ordinary_call("", flags=flags, annotations=annotation))
    assert peer.next().flags & wire.EXCEPTION


@TABLE.attack(rf"{ENDED}a message of {1 << 30} bytes; the limit is 1048576")
def header_of_a_gigabyte(attacker: Attacker) -> None:
    """A header that announces a GiB, and some of it."""
    say(attacker.connected(), announced(1 << 30, a_call()) + b"x" * 100_000)


@TABLE.attack(rf"{ENDED}a message of {1 << 30} bytes; the limit is 262144")
def header_of_a_gigabyte_from_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    call = announced(1 << 30, an_ordinary_call(""))
    say(attacker.ordinary(), call + b"x" * 100_000)


@TABLE.attack(f"{ENDED}a message that is packed")
def packed_bomb(attacker: Attacker) -> None:
    """A call of 50 KB that unpacks to 50 MB."""
    bomb = zlib.compress(b"x" * 50_000_000)
    say(attacker.connected(), a_call(bomb, flags=wire.COMPRESSED))


@TABLE.attack(rf"{ENDED}a message that unpacks to more than 16384 bytes")
def packed_bomb_in_serpent(attacker: Attacker) -> None:
    """A call of an ordinary client: 16 KB that unpack to 16 MB."""
    bomb = zlib.compress(b"x" * 15_000_000)
    call = wire.encoded(
        wire.INVOKE, 1, bomb, flags=wire.COMPRESSED, serializer=wire.SERPENT
    )
    say(attacker.ordinary(), call)


@TABLE.attack(f"{ENDED}a message that is packed wrongly: .*")
def packed_noise(attacker: Attacker) -> None:
    """A call of an ordinary client that says it is packed."""
    call = wire.encoded(
        wire.INVOKE, 1, b"noise", flags=wire.COMPRESSED, serializer=wire.SERPENT
    )
    say(attacker.ordinary(), call)


@TABLE.attack(f"{ENDED}annotations of 4000000 bytes")
def empty_annotations(attacker: Attacker) -> None:
    """Half a million annotations without content."""
    annotations = wire.chunk(b"EMPT", b"") * 500_000
    say(attacker.connected(), a_call(annotations=annotations))


MANY = wire.chunk(b"EMPT", b"") * 1000
"""As many annotations as the limit of their size lets through."""


@TABLE.attack(f"{ENDED}annotations that are not well-formed, or too many")
def many_annotations(attacker: Attacker) -> None:
    """As many as the limit of their size lets through."""
    say(attacker.connected(), a_call(annotations=MANY))


@TABLE.attack(f"{ENDED}annotations that are not well-formed, or too many")
def many_annotations_of_an_ordinary_client(attacker: Attacker) -> None:
    """The same from an ordinary client."""
    say(attacker.ordinary(), an_ordinary_call("", annotations=MANY))


@TABLE.attack(f"{ENDED}TLS: [A-Z_]+", over=(TLS,))
def noise_in_place_of_tls(attacker: Attacker) -> None:
    """A record that the key of the connection has not made."""
    secured = attacker.socket()
    peer = Peer(secured)
    peer.greet()
    socket.socket.sendall(secured, b"\x17\x03\x03\x01\x00" + b"x" * 256)
    peer.ended()


@TABLE.attack(f"{ENDED}a message that is packed")
def packed_ping(attacker: Attacker) -> None:
    """What is answered by the thread that reads for all, which must not unpack."""
    packed = zlib.compress(b"x" * (1 << 20))
    say(attacker.connected(), wire.encoded(wire.PING, 7, packed, flags=wire.COMPRESSED))


@TABLE.attack(None)
def packed_pings_of_an_ordinary_client(attacker: Attacker) -> None:
    """A thousand a second, each a KB that would unpack to a MB."""
    packed = zlib.compress(b"x" * (1 << 20))
    ping = wire.encoded(wire.PING, 7, packed, flags=wire.COMPRESSED)
    peer = attacker.ordinary()
    for _ in attacker.paced(0.5):
        peer.send(ping)
        assert peer.next().payload == b"pong"


@TABLE.attack(None)
def packed_calls_of_an_ordinary_client(attacker: Attacker) -> None:
    """Hundreds at once, each some hundred bytes that unpack to 200 KB."""
    call = an_ordinary_call("x" * 200_000)
    packed = zlib.compress(call[wire.HEADER.size :])
    said = wire.encoded(
        wire.INVOKE, 1, packed, flags=wire.COMPRESSED, serializer=wire.JSON
    )
    peer = attacker.ordinary()
    peer.send(said * 250)
    for _ in range(250):
        assert len(peer.next().payload) > 200_000


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()


@pytest.mark.parametrize("transport", [TCP, TLS])
def test_attacks_that_wait(arena: Arena, transport: str) -> None:
    """The same holds for many who try the patience of the server side by side."""
    arena.undergo(transport, *TABLE.waiting(transport)).check()
