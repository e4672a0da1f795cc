"""What all kinds of values have."""

from __future__ import annotations

import enum
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callbackgen.runtime.misfit import expected
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

Convert: TypeAlias = Callable[[Any, Any], Any]
"""Makes a value of what has arrived, as a form says."""


class Family(enum.Enum):
    """What a value is on its way. The members of a union are told apart by it."""

    NULL = "null"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    TEXT = "text"
    BINARY = "binary"
    ARRAY = "array"
    MAPPING = "mapping"
    COMPLEX = "complex"
    NUMBERS = "numbers"
    REFERENCE = "reference"


STR: Final[frozenset[type]] = frozenset({str})
TEXT: Final = frozenset({Family.TEXT})
MAPPING: Final = frozenset({Family.MAPPING})
BINARY: Final = frozenset({Family.BINARY})


class Hashing(enum.IntEnum):
    """How dear it is to make a set or keys of what a peer has chosen.

    `SECRET`: Python hashes with a secret, or there are few. `SEEN`: numbers, which were
    looked at when they were read. `QUICK` and `SLOW`: in C, and in Python.
    """

    SECRET = 0
    SEEN = 1
    QUICK = 2
    SLOW = 3


class Kind(ABC):
    """The values of one type.

    `name` is for people. Values of exactly the classes `as_they_are` travel so; a
    sender takes those of the classes `taken`, too. `is_hashable`: what travels can be
    in a set, to serpent too. `is_slow`: Python itself makes a value, so that many are
    dear.
    """

    name: str
    as_they_are: frozenset[type] = frozenset()
    taken: tuple[type, ...] = ()
    families: frozenset[Family] = frozenset()
    is_hashable: bool = True
    is_container: bool = False
    is_slow: bool = False
    hashing: Hashing = Hashing.SECRET
    _inner: tuple[Kind, ...] = ()
    _is_native: bool = True
    _is_custom: bool = False
    _is_key: bool = True

    @property
    def inner(self) -> tuple[Kind, ...]:
        """The kinds of what is in a value."""
        return self._inner

    @property
    def is_native(self) -> bool:
        """Whether msgspec, reading a class of the user's, knows such a field."""
        return self._is_native

    @property
    def is_custom(self) -> bool:
        """Whether msgspec hands what has arrived to us.

        It knows no union of it with another type than None.
        """
        return self._is_custom

    @property
    def is_key(self) -> bool:
        """Whether msgspec makes the keys of a dict of it."""
        return self._is_key

    @property
    @abstractmethod
    def form(self) -> Any:
        """The type as which msgspec reads what has arrived."""
        ...

    @property
    def bare(self) -> Any:
        """The same, but for a bool in the place of a number."""
        return self.form

    def takes(self, data: object) -> bool:
        """Whether what has arrived may be of it, of all that are of its families."""
        return True

    @property
    def shape(self) -> Any:
        """The type as which msgspec reads the bytes of a large one, to refuse others.

        Nothing is made of them before.
        """
        return self.form

    @abstractmethod
    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """What it says of the size of its values; `around` are those it stands in."""
        ...

    @abstractmethod
    def pack(self, value: Any, carrier: Carrier) -> Any:
        """What travels for a value. Raises Misfit where it does not fit."""
        ...

    def packed_together(self, items: Any, carrier: Carrier) -> list[Any] | None:
        """What travels for many, where that is quicker, and None where it is not.

        None, too, where one does not fit.
        """
        return None

    def made(self, data: object, carrier: Carrier) -> object:
        """The value in what has arrived, where msgspec leaves it to us."""
        raise expected(self.name, data)

    def look_at(self, data: Any, convert: Convert) -> None:  # noqa: B027 - most have none
        """Look at what has arrived, whatever it is, for sets and keys (see `hashed`).

        Raises WireError where they take long to be told apart, what `convert` raises.
        """

    @property
    def forms(self) -> tuple[Any, ...]:
        """The types as which it has msgspec read what has arrived."""
        return (self.form,)

    @cached_property
    def reached(self) -> tuple[Kind, ...]:
        """It, and all the kinds of what is in its values. Raises as `look_up`."""
        found: dict[int, Kind] = {}
        left: list[Kind] = [self]
        while left:
            one = left.pop()
            if id(one) not in found:
                found[id(one)] = one
                left += one.inner
        return tuple(found.values())

    def look_up(self) -> None:
        """Look up all the types in it. Raises TypeError, ImportError."""
        assert self.reached

    @cached_property
    def is_endless(self) -> bool:
        """Whether its values can be nested in each other without end."""
        return _has_cycle(self, [], set())

    @cached_property
    def is_native_within(self) -> bool:
        """Whether it and all that may be in it is native."""
        return all(one.is_native for one in self.reached)

    @cached_property
    def has_bytes(self) -> bool:
        """Whether there may be bytes in its values. Not those in plain data."""
        return any(one.families == BINARY for one in self.reached)

    @cached_property
    def has_hashed(self) -> bool:
        """Whether there may be something to look at in its values."""
        return any(one.hashes for one in self.reached)

    @property
    def hashes(self) -> bool:
        """Whether it makes a set or keys of what a peer can choose."""
        return False


def _has_cycle(kind: Kind, around: list[Kind], seen: set[int]) -> bool:
    if kind in around:
        return True
    if id(kind) in seen:
        return False
    seen.add(id(kind))
    return any(_has_cycle(one, [*around, kind], seen) for one in kind.inner)


class _Marker(type):
    """Makes msgspec take whatever the hook for a marker class has returned."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


def marker(kind: Kind) -> Any:
    """A class by which msgspec hands what has arrived to the kind."""
    made: Any = _Marker("Marker", (), {"kind": kind})
    return made


class HandedOver(Kind):
    """One that msgspec does not know: it hands what has arrived to `made`."""

    _is_native = _is_key = False
    _is_custom = True

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._marker

    @cached_property
    def _marker(self) -> Any:
        return marker(self)


def applied(generic: Any, *arguments: Any) -> Any:
    """A generic class with its arguments, of which type checkers want to know less."""
    return generic[arguments]


HEAD: Final = 5
"""Bytes before what a text, an array or a map consists of."""

ANY_LENGTH: Final = Size(math.inf)
DEAR: Final = Size(math.inf, is_dear=True)


def together(sizes: Iterable[Size]) -> Size:
    """The size of several values in one container of fixed length."""
    found = [*sizes]
    return Size(
        HEAD + sum(size.most for size in found), any(size.is_dear for size in found)
    )
