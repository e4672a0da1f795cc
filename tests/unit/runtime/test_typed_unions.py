"""Unions that msgspec does not know, or not well."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from typing import Annotated, NamedTuple, TypedDict

import pytest
from msgspec import Meta

from callbackgen.runtime.envelope import packed
from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import sent, value

HERE = __name__

Count = Annotated[int, Meta(ge=0)]
Word = Annotated[str, Meta(pattern="^[a-z]*$")]
Short = Annotated[list[int], Meta(max_length=2)]


@dataclass
class Counted:
    inside: Count | tuple[int, str]


class Pair(NamedTuple):
    left: str
    right: int = 0


class Named(TypedDict):
    name: str


@pytest.mark.parametrize(
    ("text", "values", "wrong"),
    [
        (f"{HERE}.Count | tuple[int, str]", [1, (2, "a")], [-1, (1, 2)]),
        (f"{HERE}.Word | list[int]", ["a", [1]], ["A", ["a"]]),
        (f"{HERE}.Word | {HERE}.Short", ["a", [1]], ["A", [1, 2, 3]]),
        (f"{HERE}.Word | dict[str, int] | None", ["a", {"a": 1}, None], ["A", {1: 1}]),
        (f"{HERE}.Short | int", [[1], 2], [[1, 2, 3], "a"]),
        (f"{HERE}.Counted", [Counted(1), Counted((1, "a"))], [Counted(-1)]),
        ("dict[str, int] | tuple[int, str]", [{"a": 1}, (1, "a")], [(1, 2)]),
    ],
)
def test_limits_beside_containers(
    text: str, values: list[object], wrong: list[object]
) -> None:
    """What msgspec has made of such a type crashes the process when it is dropped."""
    for _ in range(100):
        one = value(text)
        for given in values:
            message = packed(one.pack(given, Side().passing()))
            if not one.size.is_dear:
                one.check(message)
    assert [sent(text, given) for given in values * 100] == values * 100
    gc.collect()
    for other in wrong:
        with pytest.raises(Misfit):
            sent(text, other)


@pytest.mark.parametrize(
    ("text", "given"),
    [
        (f"float | {HERE}.Count", 5),
        (f"complex | {HERE}.Count", 2**70),
        (f"float | {HERE}.Count | list[int]", 5),
        (f"float | {HERE}.Count | list[int]", 5.0),
        ("float | typing.Literal[1, True]", 1),
        ("float | typing.Literal[1, True]", True),
        ("float | typing.Literal[1, True]", 1.0),
    ],
)
def test_numbers_stay_what_they_are(text: str, given: object) -> None:
    """An int is no float where an int is declared, too."""
    found = sent(text, given)
    assert found == given
    assert type(found) is type(given)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("Count | tuple[int, str]", -1),
        ("Count | tuple[int, str]", [1, 2]),
        ("Word | list[int]", "A"),
        ("Counted", {"inside": -1}),
    ],
)
def test_limits_beside_containers_at_the_receiver(text: str, data: object) -> None:
    """They are held to there, too."""
    with pytest.raises(Misfit, match="expected"):
        value(f"{HERE}.{text}").unpack(data, Side().passing())


def test_classes_of_two_sorts_may_be_large() -> None:
    """Up to what is taken without its type: msgspec knows no union of two shapes."""
    one = value(f"{HERE}.Pair | {HERE}.Named")
    assert one.size.is_dear
    for given in (Pair("a"), {"name": "a"}):
        one.check(packed(one.pack(given, Side().passing())))
        assert sent(f"{HERE}.Pair | {HERE}.Named", given) == given
