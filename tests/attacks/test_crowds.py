"""Strangers who come in numbers: at once, or one after the other without an end."""

from __future__ import annotations

import os
import resource
import socket
import struct

import pytest

from tests.attacks.harness import (
    SETTINGS,
    TCP,
    TLS,
    Arena,
    Attack,
    Attacker,
    Table,
)
from tests.attacks.test_strangers import HELLO, client_hello

TABLE = Table()

COUNT = 10_000 if os.environ.get("CALLBACKGEN_WHOLE") else 1_000
"""How many connections say nothing."""

SECONDS = 0.5
"""For how long a thousand a second come and go."""

LOST = (
    "not connected: (the other end closed the connection|the connection failed: .*)"
    "|refused: too many connections in their handshake"
)
"""Who leaves before the server looks at it is not heard of at all."""

CROWDED = f"{LOST}|refused: no handshake within {SETTINGS['handshake']:g} s"


def reset(connected: socket.socket) -> None:
    """Hang up at once, as a process does that is killed with unread bytes."""
    linger = struct.pack("ii", 1, 0)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connected.close()


def allow_files(count: int) -> None:
    """Let this process have so many sockets open, if the system does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count <= hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


@TABLE.attack(LOST, repeated=True)
def connect_and_reset(attacker: Attacker) -> None:
    """A thousand a second who hang up before they have said anything."""
    for _ in attacker.paced(SECONDS):
        reset(attacker.dial())


@TABLE.attack(LOST, repeated=True)
def half_a_handshake_and_reset(attacker: Attacker) -> None:
    """The same in the middle of their first words, which are those of TLS there."""
    said = HELLO[:-1] if attacker.transport == TCP else client_hello()
    for _ in attacker.paced(SECONDS):
        connected = attacker.dial()
        connected.sendall(said)
        reset(connected)


@TABLE.attack(CROWDED, repeated=True)
def a_crowd_that_says_nothing(attacker: Attacker) -> None:
    """A thousand a second who connect and stay, ten thousand in all outside CI."""
    allow_files(COUNT + 1_000)
    for _ in attacker.counted(COUNT):
        attacker.dial()


@TABLE.attack(CROWDED, over=(TLS,), repeated=True)
def a_crowd_that_says_nothing_within_tls(attacker: Attacker) -> None:
    """The same, a tenth of them, who have begun with TLS before."""
    allow_files(COUNT + 1_000)
    for _ in attacker.counted(COUNT // 10):
        attacker.dial().sendall(client_hello())


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()
