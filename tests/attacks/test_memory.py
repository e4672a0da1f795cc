"""Calls over our protocol that would cost much memory, to be read or to be answered."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import packed
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table
from tests.attacks.test_our_payloads import echo
from tests.attacks.typed import TYPED
from tests.system.edges.peer import Peer

TABLE = Table()
TOO_MANY = r"a call refused: Room\.\w+: more than 65536 parts.*"


def small_things(item: bytes, number: int) -> bytes:
    return b"\xdd" + number.to_bytes(4) + item * number


def told(argument: bytes) -> bytes:
    """A call whose parameter is a text."""
    return echo(argument).replace(b"\xa4echo", b"\xa4hold", 1)


def each(peers: list[Peer], payload: bytes, times: int) -> None:
    """Sends calls over many connections at once; waits until all are answered."""

    def ask(peer: Peer) -> None:
        calls = [peer.call_with(payload) for _ in range(times)]
        for _ in calls:
            while peer.next().kind != wire.RESULT:
                continue
        peer.hang_up()

    with ThreadPoolExecutor(len(peers)) as pool:
        assert not any(pool.map(ask, peers))


@TABLE.attack(TOO_MANY, over=(TCP,), repeated=True)
def a_quarter_million_lists(attacker: Attacker) -> None:
    """Where anything may stand."""
    each([attacker.connected()], echo(small_things(b"\x90", 250_000)), 3)


@TABLE.attack(TOO_MANY, over=(TCP,), repeated=True)
def a_quarter_million_dicts(attacker: Attacker) -> None:
    """As above; an empty dict is the largest that is made of one byte."""
    each([attacker.connected()], echo(small_things(b"\x80", 250_000)), 3)


@TABLE.attack(None, over=(TCP,))
def as_many_as_are_taken(attacker: Attacker) -> None:
    """Lists and texts that are kept for as long as their call goes on, and answered."""
    peers = [attacker.connected() for _ in range(4)]
    each(peers, echo(small_things(b"\x91\xa1x", 13_000)), 3)


@TABLE.attack(TOO_MANY, over=(TCP,), repeated=True)
def a_million_dicts_for_a_text(attacker: Attacker) -> None:
    """Again and again, over many connections at once."""
    payload = told(small_things(b"\x80", 1_040_000))
    each([attacker.connected() for _ in range(8)], payload, 6)


@TABLE.attack(None, over=(TCP,))
def messages_that_are_begun(attacker: Attacker) -> None:
    """A hundred connections send all but the last byte of what is largest."""
    call = wire.encoded(
        wire.INVOKE,
        1,
        packed(("Room", "hold", ["x" * 1_040_000], {})),
        annotations=envelope.head(0, 0, "hall"),
    )
    peers = [attacker.connected() for _ in range(100)]
    with ThreadPoolExecutor(len(peers)) as pool:
        sent = [pool.submit(peer.send, call[:-1]) for peer in peers]
        for _ in attacker.paced(1.0, 20):
            continue
        for peer in peers:
            peer.break_off()
        for one in sent:
            one.exception()


@TABLE.attack("the connection ended: .*", over=(TCP,), repeated=True)
def answers_that_are_not_read(attacker: Attacker) -> None:
    """Sixty large ones, of each of four connections."""
    not_read(attacker, packed(("Room", "echo", ["x" * 200_000], {})), 60)


@TABLE.attack("the connection ended: .*", over=(TCP,), repeated=True)
def the_largest_answers_that_are_not_read(attacker: Attacker) -> None:
    """A megabyte each."""
    not_read(attacker, packed((TYPED, "text", ["x" * 1_040_000], {})), 12, "typed")


def not_read(attacker: Attacker, payload: bytes, times: int, key: str = "hall") -> None:
    """Calls so often over each of four connections, and takes no answer."""
    peers = [attacker.connected(buffer=4096) for _ in range(4)]

    def ask(peer: Peer) -> None:
        for _ in range(times):
            peer.call_with(payload, key=key)

    with ThreadPoolExecutor(len(peers)) as pool:
        sent = [pool.submit(ask, peer) for peer in peers]
        for _ in attacker.paced(1.0, 20):
            continue
        for peer in peers:
            peer.break_off()
        for one in sent:
            one.exception()


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """The server takes no more memory than it may, and nothing of it is left."""
    arena.undergo(transport, attack).check()
