"""Calls over our protocol whose arguments would cost much to read."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import msgspec
import pytest

from callbackgen.runtime.envelope import packed
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table
from tests.system.test_hostile_clients import (
    alike_as_keys,
    alike_in_a_set,
    colliding,
    extension,
    large_set,
)

TABLE = Table()


def echo(argument: bytes) -> bytes:
    """A call with that as its argument."""
    return (
        packed(("Room", "echo")).replace(b"\x92", b"\x94", 1)
        + b"\x91"
        + argument
        + b"\x80"
    )


def nested(depth: int) -> bytes:
    value: object = 1
    for _ in range(depth):
        value = msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode([value]))
    return packed(("Room", "echo", [value], {}))


DEAR: dict[str, tuple[str, Callable[[], bytes]]] = {
    "arrays 100,000 deep": (
        "not well-formed msgpack: .*",
        lambda: echo(b"\x91" * 100_000),
    ),
    "maps 100,000 deep": (
        "not well-formed msgpack: .*",
        lambda: echo(b"\x81\xa0" * 100_000),
    ),
    "an array of four thousand million": (
        "not well-formed msgpack: .*",
        lambda: echo(b"\xdd\xff\xff\xff\xff"),
    ),
    "tuples 500 deep": (
        "nested more than 128 deep",
        lambda: nested(500),
    ),
    "lists of equal hashes as keys": (
        "more than 64 keys that have the same hash",
        lambda: alike_as_keys(list, 16_000),
    ),
    "tuples of equal hashes as keys": (
        "more than 64 keys that have the same hash",
        lambda: alike_as_keys(extension, 12_000),
    ),
    "a set of tuples of equal hashes": (
        "more than 64 keys that have the same hash",
        lambda: alike_in_a_set(4_000),
    ),
    "numbers of equal hashes": (
        "more than 1024 complex and large numbers",
        lambda: colliding(5_000),
    ),
    "a large set": (
        "a set of more than 4096 items under Any",
        lambda: large_set(5_000),
    ),
}
"""What the log says of each, and its bytes."""


def enter(name: str, says: str, payload: Callable[[], bytes]) -> None:
    """Enter the attack of a client that sends such a call."""

    def act(attacker: Attacker) -> None:
        """One call; it ends the connection."""
        peer = attacker.connected()
        with contextlib.suppress(ConnectionError):
            peer.call_with(payload())
        peer.ended()

    act.__name__ = name
    TABLE.attack(f"the connection ended: {says}", over=(TCP,))(act)


for _name, _one in DEAR.items():
    enter(_name, *_one)


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()
