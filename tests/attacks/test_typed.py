"""Values of declared types that would cost much, or give away what is in memory."""

from __future__ import annotations

import ipaddress
import itertools
import uuid
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from callbackgen.runtime import wire
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.errors import LimitExceeded, RemoteRaised
from callbackgen.runtime.unpacking import NUMBERS
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table
from tests.attacks.test_ordinary import asked, fails, invoke
from tests.attacks.typed import TYPED

TABLE = Table()
SAME = 2**61 - 1
"""Numbers that differ by it have the same hash."""


def addresses(count: int) -> list[str]:
    """Of which all have the same hash."""
    start = 2**127
    numbers = range(start, start + count * SAME, SAME)
    return [str(ipaddress.IPv6Address(one)) for one in numbers]


def points(count: int) -> list[dict[str, Any]]:
    """The same: -1 and -2 have one hash."""
    numbers: list[int] = [-1, -2]
    found = itertools.product(numbers, repeat=13)
    return [{"numbers": one} for one in itertools.islice(found, count)]


def empty(count: int) -> list[dict[str, int]]:
    """What may become as many objects."""
    return [{}] * count


def chain(depth: int) -> dict[str, Any]:
    """Two classes in each other, and a set at the end."""
    value: dict[str, Any] = {"type": "one", "ids": [str(uuid.UUID(int=1))]}
    for _ in range(depth):
        value = {"type": "other", "next": value}
    return value


def of_fields() -> object:
    """An array whose numbers have 16,000 fields each."""
    head = packed(("<i8," * 16_000, [0]))
    return msgspec.msgpack.Ext(NUMBERS, len(head).to_bytes(2) + head)


REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "addresses of equal hashes": ("addresses", lambda: addresses(8_000)),
    "interfaces of equal hashes": ("networks", lambda: addresses(8_000)),
    "points of equal hashes": ("points", lambda: points(6_000)),
    "unknown bits": ("mixed", lambda: [*range(2**40, 2**40 + 25_000)]),
    "an array of many fields": ("numbers", of_fields),
    "a long text": ("address", lambda: "\0" * 1_000_000),
}
"""Methods, and what does not fit them."""

TAKEN: dict[str, tuple[str, Callable[[], object]]] = {
    "a long chain": ("chain", lambda: chain(90)),
    "many objects": ("full", lambda: empty(16_000)),
    "many that are one of two": ("mixed", lambda: [1] * 250_000),
}
"""The same for what fits."""


def enter(name: str, method: str, make: Callable[[], object], *, fits: bool) -> None:
    """Enter the attack of a client of ours that sends it, and is answered."""

    def act(attacker: Attacker) -> None:
        """One call of it."""
        peer = attacker.connected()
        payload = packed((TYPED, method, [make()], {}))
        number = peer.call_with(payload, key="typed")
        if fits:
            assert peer.answered(number) > 0
        else:
            with pytest.raises(RemoteRaised) as caught:
                peer.answered(number)
            assert len(str(caught.value)) < 5000
        peer.hang_up()

    act.__name__ = name
    TABLE.attack(None, over=(TCP,))(act)


for _name, _one in REFUSED.items():
    enter(_name, *_one, fits=False)
for _name, _one in TAKEN.items():
    enter(_name, *_one, fits=True)


def serpent(method: str, argument: object) -> bytes:
    """The call of an ordinary client in Pyro5's own serializer."""
    payload = repr(("typed", method, [argument], {})).encode()
    return wire.encoded(wire.INVOKE, 1, payload, serializer=wire.SERPENT)


@TABLE.attack(None, over=(TCP,))
def say_where_in_memory_an_array_is(attacker: Attacker) -> None:
    """Numpy would read it there, and the server end if there is nothing."""
    interface = {**np.arange(5).__array_interface__, "data": (8, True)}
    made = {"__class__": "numpy.ndarray", "__array_interface__": interface}
    peer = attacker.ordinary()
    fails(peer, serpent("numbers", [made]))
    assert not asked(peer, serpent("numbers", [1, 2])).flags & wire.EXCEPTION
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def send_texts_for_an_array(attacker: Attacker) -> None:
    """Numpy would make them all as long as the longest."""
    peer = attacker.ordinary()
    fails(peer, invoke("numbers", ["x" * 100_000, *[""] * 40_000], name="typed"))
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def send_numbers_as_texts(attacker: Attacker) -> None:
    """Keys of equal hashes, which are texts until they are keys."""
    peer = attacker.ordinary()
    counts = {str(one * SAME): 1 for one in range(1, 9_000)}
    fails(peer, invoke("counts", counts, name="typed"))
    peer.hang_up()


@TABLE.attack("(a call|Typed.full) refused: .*", over=(TCP,), repeated=True)
def send_too_many_objects(attacker: Attacker) -> None:
    """Each is one byte on its way."""
    peer = attacker.connected()
    for count in (17_000, 1_000_000):
        with pytest.raises(LimitExceeded):
            peer.ask("full", empty(count), key="typed", interface=TYPED)
    peer.hang_up()


@TABLE.attack("a call failed: TypeError: more than 16384 lists .*", over=(TCP,))
def send_empty_dicts_for_objects(attacker: Attacker) -> None:
    """As many as a message of json has room for."""
    peer = attacker.ordinary()
    fails(peer, invoke("full", empty(80_000), name="typed"))
    peer.hang_up()


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and answers are short."""
    arena.undergo(transport, attack).check()
