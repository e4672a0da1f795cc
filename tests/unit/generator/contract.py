"""A module with classes of every kind, into which a test writes a Protocol."""

from __future__ import annotations

from pathlib import Path

from callbackgen.generator.diagnostics import Diagnostic
from tests.unit.generator.reading import Result, read_text

HEAD = """\
import array, attr, attrs, collections, dataclasses, datetime, decimal, enum, fractions
import io, ipaddress, msgspec, numpy, numpy.typing, pathlib, re, threading, typing, uuid
import zoneinfo
import numpy as np
import numpy.typing as npt
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, MutableSet, Sequence, Set
from dataclasses import InitVar, dataclass, field
from enum import Enum, Flag, IntEnum, IntFlag, StrEnum, auto
from pathlib import Path
from typing import Annotated, Any, BinaryIO, ClassVar, Final, Generic, IO, Literal
from typing import NamedTuple, NewType, NotRequired, Protocol, Self, TextIO, TypeAlias
from typing import TypedDict, TypeVar

T = TypeVar("T")
S = TypeVar("S")

class Peer(Protocol):
    def told(self) -> None: ...

class Colour(Enum):
    RED = 1

class Plain: ...

class Base(Plain): ...

@dataclass(frozen=True, slots=True)
class Point:
    x: int
    names: ClassVar[threading.Lock]
    also: "ClassVar"
    y: float = 0.0
    _: dataclasses.KW_ONLY
    where: Path | None = None
    def shown(self) -> str: ...

@dataclass
class Box(Generic[T]):
    value: T
    more: "list[Box[T]]" = field(default_factory=list)

@dataclass(kw_only=True)
class Pair(Box[S], Generic[T, S]):
    other: T

@attrs.define
class Attrs:
    colour: Colour
    limit: Final[int] = 3

@attr.s
class Listed:
    old = attr.ib()
    typed = attr.ib(type=int)
    new: str = attr.ib()
    ignored: threading.Lock = 1

class Row(NamedTuple):
    point: Point
    name: str = ""

class Event(msgspec.Struct, frozen=True, tag=True):
    at: datetime.datetime
    row: Row
    limit: Annotated[int, msgspec.Meta(ge=int())]

class Sub(Event):
    next: "Sub | None" = None

class Extra(TypedDict):
    event: NotRequired[Event]
    boxes: "dict[Colour, Box[Point]]"

UserId = NewType("UserId", uuid.UUID)
Price: TypeAlias = decimal.Decimal

"""
LISTENER = "class Listener(Protocol):\n    def changed(self, value: {}) -> None: ...\n"
FIRST_LINE = HEAD.count("\n") + 3
"""Where the annotation stands, if no classes of the test's own are before it."""


def carrying(folder: Path, annotation: str, classes: str = "") -> Result:
    """Read a method whose parameter has an annotation."""
    return read_text(folder, HEAD + classes + "\n" + LISTENER.format(annotation))


def refused(folder: Path, annotation: str, classes: str = "") -> Diagnostic:
    """The one thing that is wrong with it."""
    (found,) = carrying(folder, annotation, classes).diagnostics
    return found
