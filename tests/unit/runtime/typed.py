"""Classes of every sort whose values travel, as a user has them."""

from __future__ import annotations

import enum
import pathlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from ipaddress import IPv4Address
from typing import (
    Annotated,
    Any,
    ClassVar,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypedDict,
    TypeVar,
)

import attr
import attrs
import msgspec
import typing_extensions
from msgspec import Meta

T = TypeVar("T")

OrderId = NewType("OrderId", uuid.UUID)
Share = Annotated[float, Meta(ge=0, le=1)]


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Name(enum.StrEnum):
    ANN = enum.auto()
    BOB = enum.auto()


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 3


class Size(enum.Enum):
    """Values that are neither all texts nor all ints: members travel by name."""

    SMALL = (1, 2)
    LARGE = 2.5
    ODD = "odd"
    GREAT = "great"
    GRAND = "great"  # noqa: PIE796


class Huge(enum.Enum):
    """Beyond 64 bits."""

    ONE = 2**70
    TWO = 2**71


class Right(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
    RUN = enum.auto()


class Bits(enum.IntFlag):
    A = 1
    B = 2


@dataclass
class Price:
    value: Decimal
    at: datetime
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: OrderId
    items: tuple[Item, ...] = ()
    tags: frozenset[str] = frozenset()
    colour: Colour = Colour.RED
    limits: Mapping[str, Share] = field(default_factory=dict[str, float])
    everything: ClassVar[int] = 5


@dataclass(frozen=True)
class Item:
    name: str
    price: Decimal
    amount: int = 1


@dataclass
class Box(Generic[T]):
    inside: T
    others: list[T] = field(default_factory=list[T])


@dataclass
class IntBox(Box[int]):
    label: str = ""


@dataclass
class Node:
    value: int
    children: list[Node] = field(default_factory=list["Node"])


@dataclass
class Sum:
    """A field that it makes itself."""

    numbers: list[int]
    total: int = field(init=False)

    def __post_init__(self) -> None:
        self.total = sum(self.numbers)


@dataclass
class Positive:
    """Takes not everything."""

    value: int

    def __post_init__(self) -> None:
        if self.value <= 0:
            raise KeyError("it must be positive")


@dataclass
class Checked:
    """It says why it does not take something, as msgspec does."""

    value: str

    def __post_init__(self) -> None:
        raise ValueError(f"Expected no `array` - at `{self.value}`")


@dataclass
class Mixed:
    """Fields of which msgspec alone cannot make what they are."""

    size: Size
    right: Right
    anything: Any
    text_or_bytes: str | bytes
    by_size: dict[Size, int]


@dataclass
class Initialised:
    value: int
    extra: InitVar[int] = 0


@attrs.define
class Person:
    name: str = attrs.field(validator=attrs.validators.min_len(1))
    _age: int = 3
    friend: Person | None = None


@attrs.frozen
class Renamed:
    value: Size = attrs.field(alias="given")


class Point(NamedTuple):
    x: int
    y: int = 0


class Pair(NamedTuple):
    size: Size
    rest: Any = None


class Row(TypedDict):
    id: int
    colour: NotRequired[Colour]
    at: NotRequired[date]


class Circle(msgspec.Struct, tag=True):
    radius: float


class Square(msgspec.Struct, tag=True):
    side: float
    size: Size = Size.SMALL


class Line(msgspec.Struct, array_like=True, rename="camel", frozen=True):
    from_point: Point
    to_point: Point


class Camel(msgspec.Struct, rename="camel", kw_only=True):
    first_name: str
    last_name: str | msgspec.UnsetType = msgspec.UNSET


Shape = Circle | Square


@dataclass
class All:
    """One of many."""

    order: Order
    path: pathlib.Path
    address: IPv4Address
    shape: Shape
    points: Sequence[Point]
    number: complex
    choice: Literal["a", 1] | None


class Money:
    """A class that nothing but its user knows."""

    def __init__(self, amount: Fraction, currency: str) -> None:
        self.amount = amount
        self.currency = currency

    def __repr__(self) -> str:
        return f"Money({self.amount}, {self.currency!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Money) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(self.currency)

    def to_builtins(self) -> object:
        return [str(self.amount), self.currency]

    @staticmethod
    def from_builtins(data: Any) -> Money:
        amount, currency = data
        return Money(Fraction(amount), currency)


class Nothing:
    """Its objects travel as None, where that can be told from none of them."""


@dataclass
class Bill:
    """A registered class in a field."""

    sums: list[Money]


_attr: Any = attr
"""As those use it who have no type checker."""


@_attr.s
class _Old:
    """With types in a listing, not in annotations."""

    price = _attr.ib(type=Decimal)
    day = _attr.ib(type="date", default=date(2000, 1, 1))
    rest = _attr.ib(default=None)


Old: Any = _Old


class Partial(typing_extensions.TypedDict):
    """Of `typing_extensions`."""

    price: typing_extensions.NotRequired[Decimal]
    count: int
