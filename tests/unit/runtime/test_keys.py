"""Keys whose hashes are equal on purpose are found before Python has to tell them apart."""

from __future__ import annotations

import contextlib
import itertools
import math
import random
import time
from collections.abc import Hashable
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime import envelope
from callbackgen.runtime.envelope import packed, plain
from callbackgen.runtime.keys import check_alike, check_keys
from callbackgen.runtime.unpacking import maps, unpacked
from callbackgen.runtime.wire import WireError

TOO_LONG = "keys that take too long to be told apart"
ALIKE = "more than 64 keys that have the same hash"


def alike(count: int) -> dict[tuple[int, ...], int]:
    """A dict whose keys are tuples that have all the same hash: as -1 and -2 have."""
    numbers: list[int] = [-1, -2]
    tuples = itertools.islice(itertools.product(numbers, repeat=10), count)
    made = {one: number for number, one in enumerate(tuples)}
    assert len(set(map(hash, made))) == 1
    return made


def chained(bits: int) -> list[int]:
    """Numbers with few equal hashes, of which the last are looked for where all are.

    The first ones stand in a dict of 2**bits places one behind the other, in the order
    in which a dict looks at its places; the others begin to be looked for at the first.
    """
    places = 2**bits
    chain: dict[int, int] = {}
    place = 0
    while len(chain) < places * 11 // 20:
        chain[place] = len(chain)
        place = (5 * place + 1) % places
    hashes = (number * places for number in range(1, 2**30))
    found = (one for one in hashes if place_found(one, chain, places) < len(chain) // 4)
    last = itertools.islice(found, places // 80)
    return [*chain, *(one + more * (2**61 - 1) for one in last for more in range(8))]


def place_found(key: int, chain: dict[int, int], places: int) -> float:
    """Where in the chain a dict comes to after it has used up the bits of the key."""
    place, bits = key % places, key
    while place in chain:
        bits >>= 5
        place = (5 * place + bits + 1) % places
        if not bits:
            return chain.get(place, math.inf)
    return math.inf


def wrapped(value: object) -> dict[str, object]:
    """Values that have it somewhere inside."""
    return {
        "alone": value,
        "in a list": [1, "a", value],
        "in a large list": [*range(100_000), value],
        "in a small dict": {"a": 1, "b": value},
        "in a large dict": dict.fromkeys(range(1000)) | {"b": value},
        "among pairs": [(number, number) for number in range(100)] + [value],
        "deep": [[[[{"a": [value]}]]]],
        "after what looks like one": ["\xde\xdf" * 500, b"\xde" * 100, value],
    }


@pytest.mark.parametrize("where", wrapped(0))
def test_too_many_alike_are_refused_at_both_ends(where: str) -> None:
    """Wherever the map is; up to 64 are taken, as they were."""
    value = wrapped(alike(64))[where]
    assert unpacked(packed(value), bytes) == msgspec.msgpack.decode(packed(value))
    value = wrapped(alike(65))[where]
    with pytest.raises(OverflowError, match=ALIKE):
        packed(value)
    with pytest.raises(WireError, match=ALIKE):
        unpacked(msgspec.msgpack.encode(value), bytes)


def test_keys_that_differ_are_as_many_as_one_likes() -> None:
    """Tuples, texts and numbers, of which no more than a few are alike by chance."""
    some: list[Hashable] = [*range(-5000, 5000), *map(str, range(5000))]
    some += [(x, y, "z") for x in range(100) for y in range(-50, 50)]
    value = dict.fromkeys(some, 1.5)
    assert unpacked(packed(value), bytes) == value


def test_no_more_are_made_than_are_looked_at() -> None:
    """The first that are too many alike end it, however many there are."""
    made: list[dict[Hashable, None]] = []

    def unpack(data: bytes) -> list[dict[Hashable, None]]:
        read = maps(data)
        made.extend(read)
        return read

    data = msgspec.msgpack.encode(alike(1000))
    with pytest.raises(WireError, match=ALIKE):
        check_keys(data, unpack)
    assert 64 < len(made) < 500


@pytest.mark.parametrize("times", [1, 2])
def test_what_takes_long_once_may_be_looked_up(
    times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A garbage collection may come between, of all that there is in the process."""
    now = [*([0, 0.5] * times), *([1, 1] * 20)]
    monkeypatch.setattr(time, "thread_time", iter(now).__next__)
    if times == 1:
        check_alike([*range(1000)])
    else:
        with pytest.raises(WireError, match=TOO_LONG):
            check_alike([*range(1000)])


def test_numbers_that_are_looked_for_in_one_place_are_refused() -> None:
    """Their hashes differ, and yet to look them up takes quadratic time."""
    encode = msgspec.msgpack.encode
    numbers = chained(16)
    keys = b"".join(encode(one) + b"\xc0" for one in numbers)
    payload = b"\xdf" + len(numbers).to_bytes(4, "big") + keys
    for made in (payload, b"\x92\x81\xa1a" + payload + b"\x01"):
        with pytest.raises(WireError, match=TOO_LONG):
            unpacked(made, bytes)
    assert unpacked(encode(numbers), bytes) == numbers


def test_many_numbers_are_keys_as_they_come() -> None:
    """In order, with gaps, at random, and those with a fraction."""
    chance = random.Random(1)
    for numbers in (
        range(50_000),
        range(0, 2**40, 2**25),
        [chance.getrandbits(64) - 2**63 for _ in range(50_000)],
        [chance.random() for _ in range(50_000)],
    ):
        value = dict.fromkeys(numbers, 1)
        assert unpacked(packed(value), bytes) == value


def test_what_is_nested_in_extensions_is_looked_at_within_one_limit() -> None:
    """A tuple under Any is one, and what is in it is read for itself."""
    payload = msgspec.msgpack.encode([b"\xde" + b"\x90" * 100 + bytes(1_000_000)])
    for _ in range(100):
        tuple_of_it = msgspec.msgpack.Ext(0x41, payload)
        payload = msgspec.msgpack.encode([tuple_of_it])
    with pytest.raises(WireError, match="looked through"):
        unpacked(payload, bytes)


def test_items_of_a_set_under_any() -> None:
    """The same for them, at both ends."""
    few, many = set(alike(64)), frozenset(alike(65))
    assert unpacked(packed(plain(few)), bytes) == few
    with pytest.raises(OverflowError, match=ALIKE):
        plain(many)
    encode = msgspec.msgpack.encode
    items = [msgspec.msgpack.Ext(0x41, encode(one)) for one in many]
    with pytest.raises(WireError, match=ALIKE):
        unpacked(encode(msgspec.msgpack.Ext(0x43, encode(items))), bytes)


def test_lists_of_tuples_may_be_alike() -> None:
    """They are not looked up."""
    value = plain(list(alike(1000)))
    assert unpacked(packed(value), bytes) == list(alike(1000))


@pytest.mark.parametrize("rest", [b"", b"\xc1", b"\xdc"])
def test_a_map_that_is_cut_short_is_not_read(rest: bytes) -> None:
    """Neither one that says that it is larger than the message."""
    whole = msgspec.msgpack.encode(alike(1000))
    for made in (whole[:-1] + rest, b"\x92" + whole + rest):
        with pytest.raises(WireError, match=f"not well-formed|{ALIKE}"):
            unpacked(made, bytes)
    with pytest.raises(WireError, match="not well-formed msgpack: a map that is too"):
        unpacked(b"\xdf\xff\xff\xff\xff" + whole[3:], bytes)


def test_maps_in_each_other_have_a_limit() -> None:
    """Each level is looked at once more."""
    value: Any = [dict.fromkeys(range(20)), [[0]] * 500]
    for _ in range(200):
        value = {"a": value, "b": dict.fromkeys(range(20))}
    data = msgspec.msgpack.encode(value)
    with pytest.raises(WireError, match=r"nested more than 128 deep$"):
        check_keys(data, lambda _: [])


@pytest.mark.parametrize(("depth", "is_taken"), [(25, True), (40, False)])
def test_what_is_large_may_not_be_that_deep(depth: int, is_taken: bool) -> None:
    """For a megabyte that is 32 levels: else it would take seconds to look at all."""
    value: Any = [b"\xde\xde"] * 260_000
    for _ in range(depth):
        value = [value]
    data = msgspec.msgpack.encode(value)
    assert 1_000_000 < len(data) < 1_300_000
    if is_taken:
        assert packed(value) == data
    else:
        for refuse, error in (
            (lambda: packed(value), OverflowError),
            (lambda: unpacked(data, bytes), WireError),
        ):
            with pytest.raises(error, match="above 32 MiB; send less of it at once"):
                refuse()


@given(st.binary(max_size=100), st.binary(max_size=100))
def test_whatever_arrives_is_a_value_or_a_wire_error(head: bytes, tail: bytes) -> None:
    """Noise around what is looked at, too."""
    data = head + msgspec.msgpack.encode(alike(40)) + tail
    with contextlib.suppress(WireError):
        assert unpacked(data, bytes) == msgspec.msgpack.decode(data)


def test_values_that_are_alike() -> None:
    """64 may have one hash; another hash is counted for itself."""
    first: list[Hashable] = [*alike(64)]
    check_alike([])
    check_alike(first + [(one, "b") for one in first])
    with pytest.raises(WireError, match=ALIKE):
        check_alike([*first, (-2,) * 10])


def test_the_names_of_arguments_are_looked_at() -> None:
    """The maps of a call itself, not its arguments alone."""
    data = msgspec.msgpack.encode(("I", "m", [], alike(65)))
    with pytest.raises(WireError, match=ALIKE):
        envelope.request_in(data, bytes)
