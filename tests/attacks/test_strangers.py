"""Who has not been let in: whatever is said before the handshake, or is not said."""

from __future__ import annotations

import ssl
import zlib

import pytest

from callbackgen.runtime import envelope, wire
from tests.attacks.harness import SETTINGS, TCP, TLS, Arena, Attack, Attacker, Table

TABLE = Table()
TOO_LATE = f"refused: no handshake within {SETTINGS['handshake']:g} s"
FOREIGN = "not connected: not Pyro5's protocol"

HELLO = wire.encoded(
    wire.CONNECT, 0, b'{"handshake":"","object":"hall"}', serializer=wire.JSON
)
MARSHALLED = b"\xe9\x05\x00\x00\x00"
"""Bytes that end a process that has marshal read them."""


def say(attacker: Attacker, said: bytes) -> None:
    """Say something at once, and wait until the server hangs up."""
    peer = attacker.peer()
    peer.send(said)
    peer.ended()


def say_slowly(attacker: Attacker, said: bytes, *, secured: bool = True) -> None:
    """Say something byte by byte, until the server hangs up."""
    connected = attacker.socket() if secured else attacker.dial()
    connected.settimeout(0.2)
    for number in range(len(said)):
        connected.sendall(said[number : number + 1])
        try:
            while connected.recv(65536):
                continue
        except TimeoutError:
            continue
        return


def with_header(start: int, content: bytes) -> bytes:
    """A handshake whose header has something else at a place."""
    return HELLO[:start] + content + HELLO[start + len(content) :]


def client_hello() -> bytes:
    """What a client of TLS says first."""
    outgoing = ssl.MemoryBIO()
    end = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname="localhost"
    )
    with pytest.raises(ssl.SSLWantReadError):
        end.do_handshake()
    return outgoing.read()


# Who takes a long time


@TABLE.attack(TOO_LATE, waits=True)
def mute(attacker: Attacker) -> None:
    """One who connects and says nothing."""
    attacker.socket()


@TABLE.attack(TOO_LATE, waits=True)
def half_a_header(attacker: Attacker) -> None:
    """One who begins."""
    attacker.peer().send(HELLO[:20])


@TABLE.attack(TOO_LATE, waits=True)
def half_a_handshake(attacker: Attacker) -> None:
    """One who says all of the header, and less than it announces."""
    attacker.peer().send(HELLO[:-1])


@TABLE.attack(TOO_LATE, waits=True)
def byte_by_byte(attacker: Attacker) -> None:
    """One who says a byte from time to time, and never all."""
    say_slowly(attacker, HELLO)


@TABLE.attack(TOO_LATE, over=(TLS,), waits=True)
def silent_instead_of_tls(attacker: Attacker) -> None:
    """One who connects to a server with TLS and does not begin with it."""
    attacker.dial()


@TABLE.attack(TOO_LATE, over=(TLS,), waits=True)
def silent_within_tls(attacker: Attacker) -> None:
    """One who begins with TLS, and leaves the answer."""
    attacker.dial().sendall(client_hello())


@TABLE.attack(TOO_LATE, over=(TLS,), waits=True)
def tls_byte_by_byte(attacker: Attacker) -> None:
    """One whose first words of TLS come slowly."""
    say_slowly(attacker, client_hello(), secured=False)


# Who says something else


@TABLE.attack(FOREIGN)
def another_protocol(attacker: Attacker) -> None:
    """A client of something else: a web browser."""
    say(attacker, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")


@TABLE.attack(FOREIGN)
def wrong_magic(attacker: Attacker) -> None:
    """A header that is right but for its last two bytes."""
    say(attacker, with_header(38, b"\0\0"))


@TABLE.attack("not connected: version 77 of Pyro5's protocol")
def wrong_version(attacker: Attacker) -> None:
    """A header of a version of the protocol that there is not."""
    say(attacker, with_header(4, b"\0\x4d"))


@TABLE.attack("not connected: not a handshake")
def unknown_type(attacker: Attacker) -> None:
    """A message of a kind that there is not."""
    say(attacker, with_header(6, b"\x63"))


@TABLE.attack("not connected: a message with serializer 99")
def unknown_serializer(attacker: Attacker) -> None:
    """A handshake in a serializer that there is not."""
    say(attacker, with_header(7, b"\x63"))


@TABLE.attack("not connected: a message with serializer 2")
def marshal(attacker: Attacker) -> None:
    """A handshake that ends a process that reads it."""
    say(attacker, wire.encoded(wire.CONNECT, 0, MARSHALLED, serializer=2))


@TABLE.attack("refused: msgspec.DecodeError: JSON is malformed: .*")
def marshal_from_one_of_ours(attacker: Attacker) -> None:
    """The same, from one who says that it is one of ours."""
    ours = envelope.greeting()
    say(
        attacker,
        wire.encoded(wire.CONNECT, 0, MARSHALLED, serializer=2, annotations=ours),
    )


@TABLE.attack("not connected: a message of 1073741824 bytes; the limit is 4096")
def header_of_a_gigabyte(attacker: Attacker) -> None:
    """A header that announces a GiB, and some of it."""
    say(attacker, with_header(12, (1 << 30).to_bytes(4, "big")) + b"x" * 100_000)


@TABLE.attack("not connected: a message that unpacks to more than 4096 bytes")
def packed_bomb(attacker: Attacker) -> None:
    """A handshake of 4 KB that unpacks to 4 MB."""
    packed = zlib.compress(b"x" * 4_000_000)
    say(attacker, wire.encoded(wire.CONNECT, 0, packed, flags=wire.COMPRESSED))


@TABLE.attack("not connected: annotations of 4000000 bytes")
def empty_annotations(attacker: Attacker) -> None:
    """Half a million annotations without content."""
    annotations = wire.chunk(b"EMPT", b"") * 500_000
    say(attacker, wire.encoded(wire.CONNECT, 0, b"", annotations=annotations))


@TABLE.attack(
    "not connected: annotations that are not well-formed, or too many",
)
def many_annotations(attacker: Attacker) -> None:
    """As many annotations without content as the limit of their size lets through."""
    annotations = wire.chunk(b"EMPT", b"") * 1024
    say(attacker, wire.encoded(wire.CONNECT, 0, b"", annotations=annotations))


# TLS where there is none, and none where there is


@TABLE.attack(FOREIGN, over=(TCP,))
def tls_to_a_plain_port(attacker: Attacker) -> None:
    """A client with TLS, at a server without."""
    connected = attacker.dial()
    connected.sendall(client_hello())
    connected.recv(1)


@TABLE.attack("not connected: TLS: [A-Z_]+", over=(TLS,))
def plain_text_to_a_tls_port(attacker: Attacker) -> None:
    """A client without TLS, at a server with."""
    connected = attacker.dial()
    connected.sendall(HELLO)
    while connected.recv(1000):
        continue


@TABLE.attack("not connected: TLS: [A-Z_]+", over=(TLS,))
def noise_within_the_handshake_of_tls(attacker: Attacker) -> None:
    """A client that begins with TLS and goes on with noise."""
    connected = attacker.dial()
    connected.sendall(client_hello())
    connected.recv(65536)
    connected.sendall(b"\x17\x03\x03\x40\x00" + b"noise" * 4000)
    while connected.recv(65536):
        continue


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()


@pytest.mark.parametrize("transport", [TCP, TLS])
def test_attacks_that_wait(arena: Arena, transport: str) -> None:
    """The same holds for many who try the patience of the server side by side."""
    arena.undergo(transport, *TABLE.waiting(transport)).check()
