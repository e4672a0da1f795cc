"""Data of every kind that travels by value."""

import dataclasses
import datetime as dt
import enum
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Annotated, Any, ClassVar, Generic, NamedTuple, NewType, Protocol
from typing import TypedDict, TypeVar
from uuid import UUID

import attrs
import msgspec
import numpy as np
import numpy.typing as npt
from typing_extensions import NotRequired, TypeAlias

T = TypeVar("T")

OrderId = NewType("OrderId", UUID)
Percent: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=100)]


class Side(enum.Enum):
    BUY = "buy"
    SELL = "sell"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Unit(enum.StrEnum):
    PIECE = enum.auto()


class Flags(enum.Flag):
    URGENT = enum.auto()
    SECRET = enum.auto()


class Shape(enum.Enum):
    """Values that are neither all str nor all int: the names travel."""

    NONE = None
    SQUARE = (2, 2)


class Money(NamedTuple):
    amount: Decimal
    currency: str = "EUR"


@dataclasses.dataclass(frozen=True, slots=True)
class Order:
    id: OrderId
    price: Money
    side: Side = Side.BUY
    at: dt.datetime | None = None
    limit: ClassVar[int] = 5
    notes: dict[Level, list[str]] = dataclasses.field(default_factory=dict[Level, list[str]])


@dataclasses.dataclass
class Box(Generic[T]):
    value: T
    inner: "Box[T] | None" = None


@attrs.define
class Place:
    path: Path
    address: ipaddress.IPv4Address | None = None


class Bought(msgspec.Struct, tag=True):
    order: Order


class Sold(msgspec.Struct, tag=True, frozen=True):
    percent: Percent
    place: Place | None = None


class Row(TypedDict):
    side: Side
    boxes: NotRequired[list[Box[bytes]]]


class Listener(Protocol):
    def happened(self, event: Bought | Sold, image: bytes) -> Side: ...


class Data(Protocol):
    def binary(self, a: bytes, b: bytearray) -> bytes: ...
    def times(self, a: dt.datetime, b: dt.date, c: dt.time, d: dt.timedelta) -> list[dt.datetime]: ...
    def numbers(self, a: Decimal, b: UUID, c: complex | str) -> Decimal | int: ...
    def paths(self, a: Path, b: PurePosixPath, c: PureWindowsPath) -> Path | None: ...
    def addresses(
        self,
        a: ipaddress.IPv4Address,
        b: ipaddress.IPv6Network,
        c: ipaddress.IPv4Interface,
    ) -> dict[ipaddress.IPv6Address, str]: ...
    def enums(self, a: Side, b: Level, c: Unit, d: Flags, e: Shape) -> tuple[Side, Shape]: ...
    def order(self, order: Order, also: Sequence[Order] = ()) -> Order: ...
    def boxes(self, a: Box[int], b: Box[Box[Order]] | None = None) -> Box[Decimal]: ...
    def place(self, place: Place) -> Mapping[OrderId, Place]: ...
    def event(self, event: Bought | Sold | None) -> Bought | Sold: ...
    def row(self, row: Row, money: Money) -> Row | Money: ...
    def keys(self, a: dict[Side, int], b: dict[tuple[dt.date, Level], Any], c: set[Money]) -> set[UUID]: ...
    def limited(self, percent: Percent, name: Annotated[str, msgspec.Meta(max_length=3, pattern="^a")]) -> Percent: ...
    def array(self, a: npt.NDArray[np.float64], b: np.ndarray[Any, np.dtype[np.int64]]) -> npt.NDArray[np.float64]: ...
    @property
    def last(self) -> Order | None: ...
    limit: Percent


class Watching(Protocol):
    def watch(self, listener: Listener, call: Callable[[Order, bytes], Money]) -> Side: ...
