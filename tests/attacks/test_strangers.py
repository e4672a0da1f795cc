"""Who does not speak as the protocol asks, before or after the handshake."""

from __future__ import annotations

import pytest

from tests.attacks.harness import TCP, TLS, Arena, Attack, Attacker, Table

TABLE = Table()


@TABLE.attack("not connected: not Pyro5's protocol")
def another_protocol(attacker: Attacker) -> None:
    """A client of something else: a web browser."""
    peer = attacker.peer()
    peer.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    peer.ended()


@TABLE.attack("refused: no handshake within 2.5 s", waits=True)
def mute(attacker: Attacker) -> None:
    """One who connects and says nothing."""
    attacker.socket()


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()


@pytest.mark.parametrize("transport", [TCP, TLS])
def test_attacks_that_wait(arena: Arena, transport: str) -> None:
    """The same holds for many who try the patience of the server side by side."""
    arena.undergo(transport, *TABLE.waiting(transport)).check()
