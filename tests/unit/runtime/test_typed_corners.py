"""Corners of values of all types: each arrives as what was sent, or is refused."""

from __future__ import annotations

import datetime as dt
import enum
import threading
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Generic, TypedDict, TypeVar

import msgspec
import pytest
from msgspec import Meta

from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime import sending, typed
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import sent

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


Age = Annotated[int | None, Meta(ge=0)]
Place = Annotated[Path, Meta(description="where it is")]
Ranks = Annotated[dict[typed.Size, int], Meta(min_length=1)]
Anything = Annotated[Any, Meta(title="whatever")]
Zoned = Annotated[dt.datetime, Meta(tz=True)]
Aged = Annotated[list[int] | str | float, Meta(max_length=2)]
Price = Annotated[Decimal, Meta(gt=0, le=0.1)] | None
Cents = Annotated[Decimal, Meta(multiple_of=0.01)]
Wrong = Annotated[int | None, Meta(max_length=2)]
ODD = dt.timezone(dt.timedelta(minutes=19, seconds=32))


@dataclass
class Somebody:
    age: Age = None
    aged: Aged = 1.5
    price: Price = None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (f"{HERE}.Age", None),
        (f"{HERE}.Age", 5),
        (f"{HERE}.Place", Path("a")),
        (f"{HERE}.Ranks", {SIZE: 1}),
        (f"{HERE}.Anything", (1, {2})),
        (f"{HERE}.Zoned", dt.datetime(1900, 1, 1, tzinfo=ODD)),
        (f"{HERE}.Aged", [1, 2]),
        (f"{HERE}.Price", Decimal("0.1")),
        (f"{HERE}.Cents", Decimal("1.50")),
        (f"dict[{HERE}.Price, int]", {Decimal("0.05"): 1}),
        (f"list[{HERE}.Somebody]", [Somebody(5), Somebody(None, "ab", Decimal("0.1"))]),
    ],
)
def test_limits_of_any_type(text: str, value: object) -> None:
    """What msgspec limits in no way itself may have limits, too, or descriptions."""
    assert sent(text, value) == value


@pytest.mark.parametrize(
    ("text", "value", "why"),
    [
        (f"{HERE}.Age", -1, "expected int >= 0"),
        (f"{HERE}.Ranks", {}, "expected dict of length >= 1"),
        (f"{HERE}.Zoned", dt.datetime(1900, 1, 1), "with a timezone"),  # noqa: DTZ001
        (f"{HERE}.Aged", "abc", "expected str of length <= 2"),
        (f"{HERE}.Price", Decimal(0), "expected Decimal > 0"),
        (f"{HERE}.Price", Decimal("NaN"), "expected Decimal > 0"),
        (f"{HERE}.Cents", Decimal("1.505"), "that is a multiple of 0.01"),
        (f"{HERE}.Cents", Decimal("1E+1000"), "that is a multiple of 0.01"),
        (f"{HERE}.Somebody", Somebody(-1), "age: expected int >= 0"),
    ],
)
def test_beyond_limits_of_any_type(text: str, value: object, why: str) -> None:
    """They are held to at the sender."""
    with pytest.raises(Misfit, match=why):
        sent(text, value)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("Age", -1),
        ("Ranks", {}),
        ("Aged", "abc"),
        ("Zoned", "2020-01-01T00:00:00"),
        ("Price", "0.2"),
        ("Price", "sNaN"),
        ("Somebody", {"age": -1}),
        ("Somebody", {"price": "0"}),
    ],
)
def test_beyond_limits_of_any_type_at_the_receiver(text: str, data: object) -> None:
    """They are held to at the receiver, too."""
    with pytest.raises(Misfit, match="expected"):
        sending.value(f"{HERE}.{text}").unpack(data, Side().passing())


def test_limits_that_cannot_be() -> None:
    """Limits that no value of the type can have are named as such."""
    with pytest.raises(TypeError, match="cannot have the limits"):
        sent(f"{HERE}.Wrong", 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("set", {(1, "a"), 2, "b"}),
        ("frozenset[object]", frozenset({((1,), None), 2.5})),
        ("dict", {(1, ("a",)): {(1, 2)}, "b": 2}),
        ("dict[typing.Any, int]", {(1, None): 1, 2: 3}),
        ("typing.Tuple", (1, ("a",))),
        ("dict[str | None, int]", {"a": 1, None: 2}),
        ("set[int | None]", {1, None}),
        ("dict[int, int]", {2**70: 1, -(2**70): 2, 3: 4}),
    ],
)
def test_keys_and_items(text: str, value: object) -> None:
    """There may be tuples in a set and among keys, as under Any, and declared None."""
    found = sent(text, value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    "text", ["set[datetime.datetime]", "dict[datetime.datetime, int]"]
)
def test_offsets_with_seconds_as_keys(text: str) -> None:
    """They are no texts on their way: that is what is said of them."""
    value = {dt.datetime(1900, 1, 1, tzinfo=ODD): 1}
    with pytest.raises(Misfit, match="offset from UTC has seconds cannot be sent as a"):
        sent(text, value if "dict" in text else {*value})


@pytest.mark.parametrize("value", [("\ud800",), {"a": {"\ud800"}}])
def test_what_utf_8_cannot_say_does_not_fit(value: object) -> None:
    """Under Any, in what is packed on its own."""
    with pytest.raises(Misfit, match="surrogates not allowed"):
        sent("typing.Any", value)


@pytest.mark.parametrize("value", [{b"a"}, {float("nan")}, {frozenset({1})}])
def test_bare_sets_of_other_items(value: object) -> None:
    """What Any does not take in a set is not taken in a bare one."""
    for text in "set", "typing.Any":
        with pytest.raises(Misfit, match="cannot be sent as a key or in a set"):
            sent(text, value)


class Ejecting(enum.Flag, boundary=enum.EJECT):
    ONE = 1
    TWO = 2


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    size: typed.Size = SIZE


@pytest.mark.parametrize(
    ("text", "data", "why"),
    [
        ("Ejecting", 8, "not one of the values that are allowed: 8"),
        ("Strict", {"other": 1}, "unknown key other"),
    ],
)
def test_what_a_class_refuses(text: str, data: object, why: str) -> None:
    """What arrives is of the class, and what the class takes."""
    with pytest.raises(Misfit, match=why):
        sending.value(f"{HERE}.{text}").unpack(data, Side().passing())


def test_namesakes_are_told_apart() -> None:
    """What is said of a class that has the name of the one that is wanted."""
    other = type("Colour", (), {"__module__": "elsewhere"})
    with pytest.raises(Misfit, match=r"expected Colour, got elsewhere\.Colour"):
        sent(f"{typed.__name__}.Colour", other())


class Factor(Decimal, enum.Enum):
    HALF = "0.5"


class Feast(dt.date, enum.Enum):
    NEW_YEAR = (2026, 1, 1)


class Stamp(dt.datetime):
    def isoformat(self, sep: str = "T", timespec: str = "auto") -> str:
        return "in a format of its own"


class Span(dt.timedelta):
    """As that of pandas."""


@pytest.mark.parametrize(
    ("text", "value", "arrives"),
    [
        ("decimal.Decimal", Factor.HALF, Decimal("0.5")),
        ("datetime.date", Feast.NEW_YEAR, dt.date(2026, 1, 1)),
        ("datetime.datetime", Stamp(2026, 1, 1), dt.datetime(2026, 1, 1)),  # noqa: DTZ001
        ("datetime.timedelta", Span(-1, 2, 3), dt.timedelta(-1, 2, 3)),
        ("int", typed.Level.HIGH, 3),
        ("str", typed.Name.ANN, "ann"),
    ],
)
def test_subclasses(text: str, value: object, arrives: object) -> None:
    """However it writes itself, it arrives as an object of the declared class."""
    found = sent(text, value)
    assert found == arrives
    assert type(found) is type(arrives)


@dataclass(frozen=True)
class At:
    x: int
    y: int


class Spot(At, enum.Enum):
    """Its members have the fields of a dataclass."""

    HERE = 1, 2
    THERE = 3, 4


class Shown(enum.Enum):
    """A base whose members have a name and a value of the user's."""

    @property
    def name(self) -> str:
        return "the same for all"

    @property
    def value(self) -> str:
        return "this, too"


class Number(Shown):
    """They travel by value."""

    ONE = "one"
    TWO = "two"


class Amount(Shown):
    """They travel by name."""

    ONE = 1.5
    TWO = "two"


@pytest.mark.parametrize("member", [Spot.THERE, Number.TWO, Amount.TWO])
def test_members_of_odd_enums(member: enum.Enum) -> None:
    """Whatever else they are, they arrive as the members; as keys and in sets, too."""
    text = f"{HERE}.{type(member).__name__}"
    assert sent(f"list[{text}]", [member])[0] is member
    assert sent(f"dict[{text}, {text} | None]", {member: member}) == {member: member}
    assert [*sent(f"set[{text}]", {member})] == [member]


@dataclass
class Opened:
    """Its own ``__init__`` does not take its fields."""

    size: typed.Size
    number: int
    rest: list[int] = field(default_factory=list[int])

    def __init__(self, number: int) -> None:
        self.size = SIZE
        self.number = number + 1
        self.rest = [number]


def test_a_dataclass_with_an_init_of_its_own() -> None:
    """It arrives with the fields that it was sent with."""
    found = sent(f"{HERE}.Opened", Opened(3))
    assert found == Opened(3)
    some = sending.value(f"{HERE}.Opened").unpack(
        {"size": "ODD", "number": 1}, Side().passing()
    )
    assert vars(some) == {"size": typed.Size.ODD, "number": 1, "rest": []}


@dataclass
class Locked:
    """What it makes itself could not travel."""

    size: typed.Size
    lock: threading.Lock = field(init=False, compare=False)

    def __post_init__(self) -> None:
        self.lock = threading.Lock()


def test_what_a_class_makes_itself_may_be_anything() -> None:
    """It does not travel: what arrives has made its own."""
    value = Locked(SIZE)
    found = sent(f"list[{HERE}.Locked]", [value])
    assert found == [value]
    assert found[0].lock is not value.lock


def test_objects_of_generic_classes_have_no_mark() -> None:
    """What arrives has the attributes of what was sent, and no others."""
    value = Both(1, {"a": SIZE})
    found = sent(f"{HERE}.Both[int, {typed.__name__}.Size]", value)
    assert vars(found) == vars(value)
