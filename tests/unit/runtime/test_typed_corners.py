"""Corners of values of all types: each arrives as what was sent, or is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypedDict, TypeVar

import msgspec
import pytest

from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime import typed
from tests.unit.runtime.test_typed_values import sent

HERE = __name__
T = TypeVar("T")
U = TypeVar("U")


@dataclass
class Both(Generic[T, U]):
    first: T
    others: dict[str, U] = field(default_factory=dict[str, U])


@dataclass
class Half(Both[int, T]):
    """Its T is the U of what it is made of."""

    last: T | None = None


@dataclass
class Whole(Half[typed.Size]):
    more: int = 0


class Cell(msgspec.Struct, Generic[T]):
    inside: T


class Cells(Cell[list[T]], Generic[T]):
    one: T


class Keyed(TypedDict, Generic[T]):
    inside: T


class KeyedMore(Keyed[list[T]], Generic[T]):
    one: T


SIZE = typed.Size.SMALL


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{HERE}.Half[str]", Half(1, {"a": "b"}, "c")),
        (f"{HERE}.Half[{typed.__name__}.Size]", Half(1, {"a": SIZE}, SIZE)),
        (f"{HERE}.Whole", Whole(1, {"a": SIZE}, SIZE, 2)),
        (f"{HERE}.Cells[{typed.__name__}.Size]", Cells([SIZE], SIZE)),
        (f"{HERE}.KeyedMore[{typed.__name__}.Size]", {"inside": [SIZE], "one": SIZE}),
    ],
)
def test_inherited_generic(text: str, value: object) -> None:
    """A type variable means what it does in the class whose field has it."""
    assert sent(text, value) == value


class Listed(msgspec.Struct, array_like=True):
    first: int | msgspec.UnsetType = msgspec.UNSET
    second: int | msgspec.UnsetType = msgspec.UNSET
    third: int | msgspec.UnsetType = 3


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (Listed(second=2), ".first: UNSET cannot be sent before what is set"),
        (Listed(1, 2, msgspec.UNSET), ".third: UNSET cannot be sent where it is not"),
    ],
)
def test_unset_misplaced(value: Listed, why: str) -> None:
    """UNSET that would arrive as another value, or move others, is refused."""
    with pytest.raises(Misfit, match=why):
        sent(f"{HERE}.Listed", value)
