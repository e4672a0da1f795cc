"""Sets and keys of a declared type, whose hashes a peer has chosen."""

from __future__ import annotations

import ipaddress
import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple, TypedDict, cast

import pytest

from callbackgen.runtime.by_address import REFUSING
from callbackgen.runtime.kinds.of import kind_of
from callbackgen.runtime.method import Overload
from callbackgen.runtime.misfit import Misfit

HERE = __name__
ALIKE = "more than 64 keys that have the same hash"
SAME = 2**61 - 1
"""Numbers that differ by it have the same hash."""


@dataclass(frozen=True)
class Point:
    """Has a hash of its own."""

    x: int
    y: int


@dataclass
class Places:
    """Has them in a field."""

    ids: set[uuid.UUID]
    inside: Places | None = None


class Row(NamedTuple):
    name: str
    prices: frozenset[Decimal]


class Entry(TypedDict):
    prices: dict[Decimal, int]


def unpacked(annotation: str, data: object) -> Any:
    """What arrives for a parameter with that annotation."""
    overload = Overload(f"(value: {annotation}) -> None")
    (value,), _ = overload.unpack([data], {}, REFUSING)
    return cast(Any, value)


def numbers(count: int) -> list[str]:
    """Decimals that have the same hash, as they travel."""
    return [str(7 + number * SAME) for number in range(count)]


def ids(count: int) -> list[str]:
    return [str(uuid.UUID(int=7 + number * SAME)) for number in range(count)]


def addresses(count: int) -> list[str]:
    """The hash of one of version 6 is no secret."""
    start = 2**127
    numbers = range(start, start + count * SAME, SAME)
    return [str(ipaddress.IPv6Address(one)) for one in numbers]


def pairs(count: int) -> list[list[int]]:
    """Tuples that have the same hash: as -1 and -2 have."""
    values = itertools.product([-1, -2], repeat=10)
    return [[*one] for one in itertools.islice(values, count)]


CASES: dict[str, Callable[[int], Any]] = {
    "set[decimal.Decimal]": numbers,
    "frozenset[uuid.UUID]": ids,
    "set[tuple[int, ...]]": pairs,
    "dict[decimal.Decimal, int]": lambda count: dict.fromkeys(numbers(count), 1),
    "collections.abc.Mapping[uuid.UUID, int]": lambda count: dict.fromkeys(
        ids(count), 1
    ),
    "collections.abc.Set[uuid.UUID] | None": ids,
    "set[ipaddress.IPv6Address]": addresses,
    "dict[ipaddress.IPv6Interface, int]": lambda count: dict.fromkeys(
        addresses(count), 1
    ),
    "dict[int, int]": lambda count: dict.fromkeys(numbers(count), 1),
    "dict[str, dict[int | float, int]]": lambda count: {
        "a": dict.fromkeys(numbers(count), 1)
    },
    "list[set[uuid.UUID]]": lambda count: [[], ids(count)],
    "dict[str, tuple[int, set[uuid.UUID]]]": lambda count: {"a": [1, ids(count)]},
    f"{HERE}.Places": lambda count: {"ids": [], "inside": {"ids": ids(count)}},
    f"{HERE}.Row | None": lambda count: ["a", numbers(count)],
    f"list[{HERE}.Entry]": lambda count: [{"prices": dict.fromkeys(numbers(count), 1)}],
    f"set[tuple[{HERE}.Row, ...]]": lambda count: [[["a", numbers(count)]]],
}


@pytest.mark.parametrize("annotation", CASES)
def test_too_many_alike_do_not_fit(annotation: str) -> None:
    """Wherever they are; 64 do."""
    made = CASES[annotation]
    assert unpacked(annotation, made(64)) is not None
    with pytest.raises(Misfit, match=ALIKE):
        unpacked(annotation, made(65))


def test_many_that_differ_arrive() -> None:
    """Of each kind."""
    many = range(20_000)
    assert unpacked("set[int]", [*many]) == {*many}
    texts = [str(one) for one in many]
    assert unpacked("set[decimal.Decimal]", texts) == {*map(Decimal, texts)}
    made = {uuid.UUID(int=one): one for one in many}
    assert (
        unpacked("dict[uuid.UUID, int]", {str(k): v for k, v in made.items()}) == made
    )
    points = {Point(one, -one) for one in many}
    data = [{"x": one.x, "y": one.y} for one in points]
    assert unpacked(f"set[{HERE}.Point]", data) == points


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        (set[str], False),
        (dict[str, list[float]], False),
        (dict[int, list[float]], True),
        (dict[tuple[int, str], int], True),
        (set[int], True),
        (set[tuple[str, ...]], True),
        (list[dict[Decimal, int]], True),
        (Places, True),
        (Entry, True),
        (Point, False),
    ],
)
def test_what_is_looked_at(form: Any, expected: bool) -> None:
    """Not what Python hashes with a secret. Keys that are numbers may be texts."""
    assert kind_of(form).has_hashed is expected
