"""What a type says of the size of its values."""

from __future__ import annotations

import math
from typing import Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime import envelope
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.method import Method
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.sizes import LEAST, Size
from tests.unit.runtime.sending import value

HERE = __name__


class Point(TypedDict):
    x: int
    is_there: bool


class Tree(TypedDict):
    name: str
    inner: list[Tree]


class Node(TypedDict):
    following: Node | None


def size(text: str) -> Size:
    return value(text).size


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("None", 1, LEAST),
        ("bool", 1, LEAST),
        ("float", 9, LEAST),
        ("int", 3613, 4200),
        ("complex", 18, LEAST),
        ('typing.Literal["a", "bcd"]', 4, LEAST),
        ("bool | None", 1, LEAST),
        ("tuple[float, float, bool]", 20, LEAST),
        (f"{HERE}.Point", 3600, 4300),
    ],
)
def test_some_types_bound_their_values(text: str, least: int, most: int) -> None:
    """By no less than the largest needs, and not by much more."""
    assert least <= size(text).most <= most
    assert not size(text).is_dear


@pytest.mark.parametrize(
    "text",
    [
        "str",
        "bytes",
        "ipaddress.IPv6Address",
        "list[str]",
        "dict[str, float]",
        "set[int]",
        "tuple[int, ...]",
        "tuple[list[int], list[str]]",
        "str | None",
        "collections.abc.Iterable[str]",
    ],
)
def test_others_are_as_long_as_they_like(text: str) -> None:
    """Flat ones may have all that a message may."""
    assert size(text) == (math.inf, False)


@pytest.mark.parametrize(
    "text",
    [
        "object",
        "typing.Any",
        "list",
        "list[typing.Any]",
        "list[list[int]]",
        "list[list[int] | None]",
        "dict[str, list[int]]",
        "dict[tuple[int, int], str]",
        f"list[{HERE}.Point]",
        f"{HERE}.Tree",
        f"{HERE}.Node",
        "tuple[bool, object]",
        "str | list[tuple[int, ...]]",
        "list[ipaddress.IPv4Address | None]",
        "dict[str, ipaddress.IPv6Network]",
    ],
)
def test_nested_and_untyped_values_are_dear(text: str) -> None:
    """They may have what `untyped_size` says."""
    assert size(text).is_dear
    limits = Settings(untyped_size=1000, message_size=2000)
    assert size(text).limit(limits) == 1000
    assert size(text).limit(Settings(message_size=500)) == 500


VALUES: dict[str, st.SearchStrategy[object]] = {
    "None": st.none(),
    "bool": st.booleans(),
    "int": st.integers() | st.integers(-(2**12000) + 1, 2**12000 - 1),
    "float": st.floats() | st.integers(),
    "complex": st.complex_numbers(allow_nan=False),
    'typing.Literal[-7, "ünïcode", None]': st.sampled_from([-7, "ünïcode", None]),
    "tuple[int, float | None]": st.tuples(st.integers(), st.none() | st.floats()),
    f"{HERE}.Point": st.fixed_dictionaries(
        {"x": st.integers(), "is_there": st.booleans()}
    ),
}


@pytest.mark.parametrize("text", VALUES)
@given(data=st.data())
def test_no_value_is_larger_than_its_type_says(text: str, data: st.DataObject) -> None:
    """Whatever can be sent of it has no more bytes than that."""
    drawn = data.draw(VALUES[text])
    declared = value(text)
    try:
        payload = envelope.packed(declared.pack(drawn, BY_ADDRESS))
    except Misfit:
        return
    assert len(payload) <= declared.size.most


def test_a_method_has_the_size_of_the_largest_of_its_overloads() -> None:
    """Its arguments are dear if those of one are; an attribute's are its value."""
    method: Method[Any] = Method("get", "(a: int) -> None", "(a: list[object]) -> int")
    assert method.size == (math.inf, True)
    assert method.result_size == size("int")
    assert Method[Any]("level", "-> list[object]").size.is_dear
    assert Method[Any]("level", "-> bool").size.most == 1


def test_what_is_exceeded_is_said() -> None:
    """With the size, the limit, and what it comes from."""
    limits = Settings(untyped_size=1000, message_size=2000)
    assert size("None").exceeded(64, limits) is None
    assert (
        size("None").exceeded(65, limits) == "65 bytes; the limit is 64 (by its type)"
    )
    assert size("str").exceeded(2000, limits) is None
    assert "2000 (callbackgen.settings.message_size)" in str(
        size("str").exceeded(2001, limits)
    )
    assert "1000 (callbackgen.settings.untyped_size" in str(
        size("object").exceeded(1001, limits)
    )
