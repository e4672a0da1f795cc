"""What a stranger may call here: members of all kinds, arguments of all types."""

from __future__ import annotations

import dataclasses
import enum
import ipaddress
import pathlib
import types
import uuid
from typing import Any, Final, TypedDict

import msgspec

from callbackgen.runtime import Method
from callbackgen.runtime.errors import RemoteError
from callbackgen.runtime.kinds.plain import plain_data
from callbackgen.runtime.kinds.registered import register_type
from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime.interfaces import call, interface

CHANGED: Final[Method[bool]] = Method("changed", "(text: str) -> bool")
TOLD: Final[Method[None]] = Method("told", "(text: str) -> None", oneway=True)
ListenerStub: Final = interface(CHANGED, TOLD, name="fuzz.Listener")
LISTENER: Final = "fuzz.surface.ListenerStub"
_INTERFACE: Final = "ipaddress.IPv6Interface"
_PATH: Final = "pathlib.PurePath"


class Colour(enum.Enum):
    """As a parameter's type."""

    RED = "red"
    GREEN = "green"


@dataclasses.dataclass
class Point:
    """As a parameter's type."""

    x: int
    y: float = 0.0
    name: str | None = None


class Row(TypedDict):
    """As a parameter's type."""

    symbol: str
    prices: list[float]


class Right(enum.IntFlag):
    """As a parameter's type."""

    READ = 1
    WRITE = 2


class Leaf(msgspec.Struct, tag="leaf", frozen=True):
    """One of two in a parameter's type."""

    ids: frozenset[uuid.UUID] = frozenset()
    right: Right = Right.READ


class Branch(msgspec.Struct, tag="branch"):
    """The other one."""

    inner: list[Leaf | Branch]
    leaves: set[Leaf]
    anything: Any = None


class Given:
    """As a parameter's type: it is registered."""

    def __init__(self, what: object) -> None:
        self.what = what


register_type(Given, lambda given: given.what, Given)

METHODS: Final[tuple[Method[Any], ...]] = (
    Method("plain", "(a: int, b: float, c: str, d: bool) -> str"),
    Method("kept", "(value: typing.Any) -> typing.Any"),
    Method("rows", "(rows: list[dict[str, float]]) -> int"),
    Method("sets", "(one: set[int], two: frozenset[tuple[int, str]]) -> None"),
    Method("times", "(at: datetime.datetime, on: datetime.date) -> None"),
    Method("amounts", "(amount: decimal.Decimal, who: uuid.UUID) -> None"),
    Method("numbers", "(number: complex, large: int) -> complex"),
    Method("many", "(first: int = ..., *rest: int, **named: str) -> None"),
    Method("either", "(a: int) -> int", "(a: str, b: str = 'x') -> str"),
    Method("made", "(point: fuzz.surface.Point, *, row: fuzz.surface.Row) -> None"),
    Method("chosen", "(colour: fuzz.surface.Colour | None) -> list[object]"),
    Method("listen", f"(listener: {LISTENER}) -> {LISTENER}"),
    Method("listeners", f"(listeners: dict[str, {LISTENER}]) -> list[{LISTENER}]"),
    TOLD,
    Method("level", "-> int"),
    Method("tree", "(tree: fuzz.surface.Leaf | fuzz.surface.Branch) -> None"),
    Method("places", f"(at: set[{_INTERFACE}], by: dict[int | float, {_PATH}]) -> int"),
    Method("rights", "(rights: list[fuzz.surface.Right | str]) -> None"),
    Method("array", "(numbers: numpy.ndarray) -> None"),
    Method("given", "(given: fuzz.surface.Given) -> None"),
)
SurfaceStub: Final = interface(*METHODS, name="fuzz.Surface", settable=("level",))


class Surface:
    """Does a little of everything, and calls back.

    `wrong`: something came that is not of its parameter's type.
    """

    level = 1
    wrong = False

    def _expect(self, holds: bool) -> None:
        self.wrong = self.wrong or not holds

    def _expect_all(self, kind: type | types.UnionType, *values: object) -> None:
        self._expect(all(isinstance(one, kind) for one in values))

    def _expect_plain(self, value: object) -> None:
        try:
            plain_data(value)
        except Misfit:
            self.wrong = True

    def plain(self, a: int, b: float, c: str, d: bool) -> str:
        self._expect_all(int, a)
        self._expect_all(int | float, b)
        self._expect_all(str, c)
        self._expect_all(bool, d)
        return f"{a} {b} {c!a} {d}"

    def kept(self, value: object) -> object:
        return value

    def rows(self, rows: list[dict[str, float]]) -> int:
        return len(rows)

    def sets(self, one: set[int], two: frozenset[tuple[int, str]]) -> None:
        self._expect_all(int, *one)
        self._expect_all(int, *(number for number, _ in two))

    def times(self, at: object, on: object) -> None:
        raise ValueError(f"{at} {on}")

    def amounts(self, amount: object, who: object) -> None:
        raise ValueError(f"{amount} {who}")

    def numbers(self, number: complex, large: int) -> complex:
        self._expect_all(complex, number)
        return number

    def many(self, first: int = 0, *rest: int, **named: str) -> None:
        self._expect_all(int, first, *rest)
        self._expect_all(str, *named.values())

    def either(self, a: int | str, b: str = "x") -> int | str:
        return a if isinstance(a, int) else a + b

    def made(self, point: Point, *, row: Row) -> None:
        self._expect_all(Point, point)
        self._expect(row.keys() == {"symbol", "prices"})

    def chosen(self, colour: Colour | None) -> list[object]:
        self._expect_all(Colour | None, colour)
        return [None if colour is None else colour.value]

    def listen(self, listener: Any) -> object:
        call(listener, TOLD, "told")
        return listener if call(listener, CHANGED, "text") else self

    def listeners(self, listeners: dict[str, Any]) -> list[object]:
        for listener in listeners.values():
            try:
                call(listener, CHANGED, "text")
            except RemoteError:
                continue
        return [*listeners.values(), self]

    def tree(self, tree: Leaf | Branch) -> None:
        self._expect_all(Leaf | Branch, tree)
        if isinstance(tree, Branch):
            self._expect_all(Leaf, *tree.leaves)
            self._expect_plain(tree.anything)
            for one in tree.inner:
                self.tree(one)

    def places(
        self, at: set[ipaddress.IPv6Interface], by: dict[float, pathlib.PurePath]
    ) -> int:
        self._expect_all(ipaddress.IPv6Interface, *at)
        self._expect_all(int | float, *by)
        self._expect_all(pathlib.PurePath, *by.values())
        return len(at)

    def rights(self, rights: list[Right | str]) -> None:
        self._expect_all(Right | str, *rights)

    def array(self, numbers: Any) -> None:
        self._expect(numbers.dtype.kind in "biufc")

    def given(self, given: Given) -> None:
        self._expect_plain(given.what)

    def changed(self, text: str) -> bool:
        return bool(text)

    def told(self, text: str) -> None:
        self._expect_all(str, text)
