"""Clients that have been let in, and refer to objects and members as no honest one would."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import wire
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table
from tests.system.edges.peer import GUEST, Peer, a_guest, answer, release

TABLE = Table()
REFUSED = r"[A-Za-z._\\'()0-9]+ refused: .*"


def fails(peer: Peer, *arguments: object, **options: object) -> None:
    """A call that is refused, or raises; the connection goes on."""
    ask: Callable[..., object] = peer.ask
    with pytest.raises(callbackgen.RemoteError):
        ask(*arguments, **options)


@TABLE.attack(REFUSED, repeated=True)
def name_objects_of_others(attacker: Attacker) -> None:
    """The numbers of another client's objects, and of the server's, in any place."""
    other, peer = attacker.connected(), attacker.connected()
    for number in range(1, 6):
        other.ask("join", a_guest(number))
    for number in range(1, 100):
        fails(peer, "told", "x", key=number % 10 + 1, interface=GUEST)
        fails(peer, "relay", a_guest(number % 10 + 1, receivers=True), "x")
    other.call("echo", "after")
    assert other.next().kind == wire.RESULT  # and nothing before it
    for one in (other, peer):
        one.hang_up()


NAMES = ("Pyro.Daemon", "cellar", "", "hall\0", "os", "../hall", "x" * 3000)


@TABLE.attack(REFUSED, repeated=True)
def name_what_is_not_there(attacker: Attacker) -> None:
    """Objects that there are not, and the daemon's own."""
    peer = attacker.connected()
    for number in attacker.paced(0.3, 300):
        name = NAMES[number % len(NAMES)]
        fails(peer, "registered", key=name, interface="Pyro5.server.DaemonObject")
        fails(peer, "relay", a_guest(name, receivers=True), "x")
        fails(peer, "echo", key=2**63 + number)
    peer.hang_up()


@TABLE.attack(REFUSED, repeated=True, over=(TCP,))
def name_what_is_private(attacker: Attacker) -> None:
    """Members that are private, not of the interface, or paths to others."""
    peer = attacker.connected()
    names = ("_pyroId", "__class__", "__init__", "release", "daemon", "echo.__func__")
    for number in attacker.paced(0.3, 300):
        fails(peer, names[number % len(names)], "x")
    peer.hang_up()


@TABLE.attack(None)
def register_and_release(attacker: Attacker) -> None:
    """A new object for each call, which is dropped by the server after it."""
    peer = attacker.connected()
    for number in attacker.paced(0.5):
        asking = peer.call("relay", a_guest(number + 1), "x")
        while (
            message := peer.next()
        ).sequence != asking or message.kind != wire.RESULT:
            if not message.flags & wire.ONEWAY:
                peer.send(answer(message.sequence))
    peer.hang_up()


@TABLE.attack(None)
def release_what_it_has_not_got(attacker: Attacker) -> None:
    """Releases of any numbers, as often as it may."""
    peer = attacker.connected()
    for number in attacker.paced(0.5):
        peer.send(release(*((number + one, 2**40) for one in range(100))))
    assert peer.ask("echo", "after") == "after"
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def refer_100_000_times(attacker: Attacker) -> None:
    """One object, as often as a call has room for it, again and again."""
    peer = attacker.connected()
    for _ in range(25):
        fails(peer, "echo", [a_guest(1)] * 4000)
    peer.hang_up()


@TABLE.attack(REFUSED, repeated=True, over=(TCP,))
def refer_to_too_many(attacker: Attacker) -> None:
    """More objects than the server takes."""
    peer = attacker.connected()
    for number in range(10):
        fails(peer, "echo", [a_guest(number * 2000 + one) for one in range(1, 2001)])
    peer.hang_up()


@TABLE.attack("the connection ended: a reference that is not made as one", over=(TCP,))
def refer_to_nothing(attacker: Attacker) -> None:
    """A reference that is none."""
    peer = attacker.connected()
    peer.call("echo", msgspec.msgpack.Ext(0x40, b"\x93\xc2\xc0\xc0"))
    peer.ended()


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()
