import datetime as dt
import ipaddress
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from data.data_remote import DataStub
from data.interface import (
    Bought,
    Box,
    Flags,
    Level,
    Money,
    Order,
    OrderId,
    Place,
    Row,
    Shape,
    Side,
    Sold,
    Unit,
)
from data.listener_remote import ListenerStub
from data.watching_remote import WatchingStub, WatchingWrapper

ID = OrderId(UUID(int=7))
PRICE = Money(Decimal("12.50"))


class Listening:
    def happened(self, event: Bought | Sold, image: bytes) -> Side:
        return Side.SELL if isinstance(event, Sold) and image == b"\x00" else Side.BUY


class Implementation:
    last: Order | None = Order(ID, PRICE)
    limit: float = 1.5

    def binary(self, a: bytes, b: bytearray) -> bytes:
        assert type(a) is bytes and type(b) is bytearray
        return a + b

    def times(
        self, a: dt.datetime, b: dt.date, c: dt.time, d: dt.timedelta
    ) -> list[dt.datetime]:
        return [a + d, dt.datetime.combine(b, c)]

    def numbers(self, a: Decimal, b: UUID, c: complex | str) -> Decimal | int:
        return a if isinstance(c, complex) else b.int

    def paths(
        self, a: Path, b: PurePosixPath, c: PureWindowsPath
    ) -> Path | None:
        return a / b / c.name

    def addresses(
        self,
        a: ipaddress.IPv4Address,
        b: ipaddress.IPv6Network,
        c: ipaddress.IPv4Interface,
    ) -> dict[ipaddress.IPv6Address, str]:
        return {b.network_address: f"{a} {c.network}"}

    def enums(
        self, a: Side, b: Level, c: Unit, d: Flags, e: Shape
    ) -> tuple[Side, Shape]:
        assert (b, c, d) == (Level.HIGH, Unit.PIECE, Flags.URGENT | Flags.SECRET)
        return a, e

    def order(self, order: Order, also: Sequence[Order] = ()) -> Order:
        return order if not also else also[-1]

    def boxes(self, a: Box[int], b: Box[Box[Order]] | None = None) -> Box[Decimal]:
        return Box(b.value.value.price.amount if b else Decimal(a.value))

    def place(self, place: Place) -> Mapping[OrderId, Place]:
        return {ID: place}

    def event(self, event: Bought | Sold | None) -> Bought | Sold:
        return event or Sold(5.0)

    def row(self, row: Row, money: Money) -> Row | Money:
        return row if row["side"] is Side.BUY else money

    def keys(
        self, a: dict[Side, int], b: dict[tuple[dt.date, Level], Any], c: set[Money]
    ) -> set[UUID]:
        assert a == {Side.BUY: 1} and c == {PRICE}
        assert b == {(dt.date(2024, 2, 29), Level.LOW): "x"}
        return {ID}

    def limited(self, percent: float, name: str) -> float:
        return percent + len(name)

    def array(
        self, a: npt.NDArray[np.float64], b: np.ndarray[Any, np.dtype[np.int64]]
    ) -> npt.NDArray[np.float64]:
        return a + b


class Watcher:
    def watch(
        self, listener: ListenerStub, call: Callable[[Order, bytes], Money]
    ) -> Side:
        assert call(Order(ID, PRICE), b"x") == Money(Decimal(1), "x")
        return listener.happened(Sold(1.0), b"\x00")


def watching(stub: WatchingStub) -> WatchingWrapper:
    def counted(order: Order, image: bytes) -> Money:
        return Money(Decimal(len(image)), image.decode())

    assert stub.watch(Listening(), counted) is Side.SELL
    return WatchingWrapper(Watcher())


def exercise(stub: DataStub) -> None:
    assert stub.binary(b"a\xff", bytearray(b"b")) == b"a\xffb"
    zone = dt.timezone(dt.timedelta(hours=2))
    at = dt.datetime(2024, 2, 29, 12, 30, 0, 5, zone)
    day, hour = dt.timedelta(days=1), dt.time(1, 2, 3)
    later, combined = stub.times(at, at.date(), hour, day)
    assert (later, later.utcoffset()) == (at + day, at.utcoffset())
    assert combined == dt.datetime(2024, 2, 29, 1, 2, 3)
    assert repr(stub.numbers(Decimal("1.50"), UUID(int=2**70), 1j)) == "Decimal('1.50')"
    assert stub.numbers(Decimal(1), UUID(int=2**70), "text") == 2**70
    path = stub.paths(Path("a"), PurePosixPath("b/c"), PureWindowsPath("d\\e"))
    assert path == Path("a/b/c/e")
    assert stub.addresses(
        ipaddress.IPv4Address("10.0.0.1"),
        ipaddress.IPv6Network("fe80::/16"),
        ipaddress.IPv4Interface("10.1.2.3/8"),
    ) == {ipaddress.IPv6Address("fe80::"): "10.0.0.1 10.0.0.0/8"}
    flags = Flags.URGENT | Flags.SECRET
    answer = stub.enums(Side.SELL, Level.HIGH, Unit.PIECE, flags, Shape.SQUARE)
    assert answer == (Side.SELL, Shape.SQUARE)
    order = Order(ID, PRICE, Side.SELL, at, {Level.LOW: ["a"]})
    assert stub.order(order) == order
    assert stub.order(order, [order, Order(ID, PRICE)]) == Order(ID, PRICE)
    assert stub.boxes(Box(3)) == Box(Decimal(3))
    assert stub.boxes(Box(3), Box(Box(order))) == Box(PRICE.amount)
    place = Place(Path("/x"), ipaddress.IPv4Address("10.0.0.1"))
    assert stub.place(place) == {ID: place}
    assert stub.event(None) == Sold(5.0)
    assert stub.event(Bought(order)) == Bought(order)
    row: Row = {"side": Side.BUY, "boxes": [Box(b"x")]}
    assert stub.row(row, PRICE) == row
    assert stub.row({"side": Side.SELL}, PRICE) == PRICE
    assert stub.keys({Side.BUY: 1}, {(at.date(), Level.LOW): "x"}, {PRICE}) == {ID}
    assert stub.limited(1.5, "abc") == 4.5
    total = stub.array(np.array([1.5, 2.5]), np.array([1, 2], np.int64))
    assert total.dtype == np.float64
    assert total.tolist() == [2.5, 4.5]
    assert stub.last == Order(ID, PRICE)
    stub.limit = 2.5
    assert stub.limit == 2.5
