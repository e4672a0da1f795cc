"""Enums and literals: values of which there are few.

`name` and `value` of a member may be properties of the user's: those are not asked for.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast, get_args

import msgspec

from callbackgen.runtime.kinds.kind import (
    ANY_LENGTH,
    Family,
    HandedOver,
    Hashing,
    Kind,
    marker,
)
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

_SMALL: Final = 2**63
_MOST_COMBINED: Final = 16 * 1024
"""Combinations of the members of a flag, each of which Python keeps forever."""

_FAMILIES: Final[dict[type, Family]] = {
    bool: Family.BOOL,
    int: Family.INT,
    str: Family.TEXT,
    type(None): Family.NULL,
}


def enum_kind(kind: type[enum.Enum]) -> Kind:
    """That of the members of an enum."""
    if issubclass(kind, enum.Flag):
        return FlagKind(kind)
    values = [member._value_ for member in kind]
    if values and all(type(value) is str for value in values):
        return ByValue(kind, Family.TEXT)
    if values and all(_is_small_int(value) for value in values):
        return ByValue(kind, Family.INT)
    return ByName(kind)


def _is_small_int(value: object) -> bool:
    return type(value) is int and -_SMALL <= value < _SMALL


class _EnumKind(Kind):
    """The members of one enum."""

    def __init__(self, kind: type[enum.Enum], family: Family) -> None:
        self.name = kind.__name__
        self.taken = (kind,)
        self.families = frozenset({family})

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return ANY_LENGTH

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return str if Family.TEXT in self.families else int

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self.taken[0]

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        return self._packed(value)

    def _packed(self, value: Any) -> Any:
        return value._value_


class ByValue(_EnumKind):
    """Members travel by their values, which are all texts, or all ints."""


class ByName(HandedOver, _EnumKind):
    """Members whose values are of other classes travel by their names."""

    def __init__(self, kind: type[enum.Enum]) -> None:
        super().__init__(kind, Family.TEXT)
        self._members: Mapping[str, enum.Enum] = kind.__members__

    def _packed(self, value: Any) -> Any:
        return value._name_

    def made(self, data: object, carrier: Carrier) -> enum.Enum:
        """See `Kind`."""
        if not isinstance(data, str):
            raise expected(self.name, data)
        member = self._members.get(data)
        if member is None:
            raise Misfit(f"not one of the values that are allowed: {data[:200]!a}")
        return member


class FlagKind(HandedOver, _EnumKind):
    """Combinations of the members of a flag, as ints.

    Python keeps each that was ever made, so that peers can have it make some only.
    """

    hashing = Hashing.SEEN

    def __init__(self, kind: type[enum.Flag]) -> None:
        super().__init__(kind, Family.INT)
        self._kind = kind
        self._unknown = -1
        for one in kind:
            self._unknown &= ~one._value_

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return int | msgspec.msgpack.Ext

    def made(self, data: object, carrier: Carrier) -> enum.Flag:
        """See `Kind`."""
        if type(data) is not int:
            raise expected(self.name, data)
        known: Mapping[object, enum.Enum] = self._kind._value2member_map_
        if (made := known.get(data)) is not None:
            return cast(enum.Flag, made)
        if not self._may_be_made(data, len(known)):
            raise Misfit(f"more than {_MOST_COMBINED} combinations of {self.name}")
        try:
            found: object = self._kind(data)
        except ValueError:
            found = None
        if not isinstance(found, self._kind):  # with EJECT an int is made
            raise Misfit(f"not one of the values that are allowed: {data}")
        return found

    def _may_be_made(self, data: int, made: int) -> bool:
        """Whether one more is made. Those that others need do not run out.

        An IntFlag takes bits that it does not know: a peer must not use up the room of
        those that it knows by them, nor make huge ones.
        """
        if not self._unknown & data:
            return made <= 2 * _MOST_COMBINED
        return made <= _MOST_COMBINED and -_SMALL <= data < 2 * _SMALL


class LiteralKind(Kind):
    """Values that are named in the type."""

    def __init__(self, resolved: Any) -> None:
        self._values: list[Any] = [*get_args(resolved)]
        self.name = " | ".join(map(repr, self._values))
        self.families = frozenset(_FAMILIES[type(value)] for value in self._values)
        self._is_native = self._is_key = Family.BOOL not in self.families
        self._is_custom = not self._is_native
        self._form = resolved if self._is_native else marker(self)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._form

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return self._form if self._is_native else bool | str | int | None

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return Size(max(len(msgspec.msgpack.encode(one)) for one in self._values))

    def has(self, value: object) -> bool:
        """Whether a value is one of these."""
        return any(_is_like(value, one) for one in self._values)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        return self.made(value, carrier)

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        for value in self._values:
            if _is_like(data, value):
                return value
        said = type(data).__name__
        if isinstance(data, str):
            said = repr(data[:200])
        elif isinstance(data, int):
            said = repr(data)[:200]
        raise Misfit(f"not one of the values that are allowed: {said}")


def _is_like(value: object, literal: object) -> bool:
    """Whether it is equal to a literal, and of its class or a subclass of that."""
    if isinstance(value, bool) is not isinstance(literal, bool):
        return False
    return isinstance(value, type(literal)) and value == literal
