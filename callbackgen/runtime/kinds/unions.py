"""Values of one of several kinds, told apart by what they are on their way."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from callbackgen.runtime.kinds.arrays import Pack
from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.enums import LiteralKind
from callbackgen.runtime.kinds.kind import DEAR, MAPPING, Convert, Family, Kind, marker
from callbackgen.runtime.kinds.limits import Limited
from callbackgen.runtime.kinds.mappings import Dict
from callbackgen.runtime.kinds.plain import PLAIN
from callbackgen.runtime.kinds.records import Record
from callbackgen.runtime.kinds.referred import Reference
from callbackgen.runtime.kinds.scalars import NONE, Scalar
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size, largest

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

_FAMILIES: Final[tuple[tuple[tuple[type, ...], Family], ...]] = (
    ((bool,), Family.BOOL),
    ((int,), Family.INT),
    ((float,), Family.FLOAT),
    ((str,), Family.TEXT),
    ((bytes, bytearray), Family.BINARY),
    ((list, tuple, set, frozenset), Family.ARRAY),
    ((dict,), Family.MAPPING),
    ((complex,), Family.COMPLEX),
    ((type(None),), Family.NULL),
)
_EXACT: Final[dict[type, Family]] = {
    kind: family for kinds, family in _FAMILIES for kind in kinds
}
_ALIKE: Final = (
    {Family.TEXT, Family.BINARY},
    {Family.INT},
    {Family.ARRAY},
    {Family.MAPPING},
)
"""Of each of these msgspec knows one in a union."""


def union(kinds: tuple[Kind, ...]) -> Kind:
    """That of values of one of these kinds. `Any` takes all."""
    return PLAIN if PLAIN in kinds else Union(kinds)


class Union(Kind):
    """Values of one of several kinds."""

    def __init__(self, kinds: tuple[Kind, ...]) -> None:
        self.name = " | ".join(dict.fromkeys(kind.name for kind in kinds))
        self.taken = tuple(taken for kind in kinds for taken in kind.taken)
        self.families = frozenset().union(*(kind.families for kind in kinds))
        self.is_hashable = all(kind.is_hashable for kind in kinds)
        self.is_container = any(kind.is_container for kind in kinds)
        self.is_slow = any(kind.is_slow for kind in kinds)
        self.hashing = max(kind.hashing for kind in kinds)
        self.as_they_are = frozenset[type]().union(
            *(kind.as_they_are for kind in kinds)
        )
        self._inner = kinds
        self._others = [kind for kind in kinds if kind is not NONE]
        self._may_be_none = NONE in kinds
        self._marker = marker(self)

    @functools.cached_property
    def _is_known(self) -> bool:
        """Whether msgspec knows such a union."""
        return self._is_known_if([kind.is_custom for kind in self._others])

    def _is_known_if(self, are_custom: list[bool]) -> bool:
        others = self._others
        if any(are_custom):
            return len(others) == 1
        if _is_mistaken(others):
            return False
        if len(others) > 1 and all(map(_is_tagged, others)):
            return True
        return all(
            sum(not kind.families.isdisjoint(alike) for kind in others if _counts(kind))
            <= 1
            for alike in _ALIKE
        )

    @property
    def is_native(self) -> bool:
        """See `Kind`. Of classes in it, which may refer to it, it knows no more."""
        return self._is_known_if(
            [
                not kind.is_native if isinstance(kind, Record) else kind.is_custom
                for kind in self._others
            ]
        )

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return not self._is_known

    @property
    def is_key(self) -> bool:
        """See `Kind`."""
        return self._is_known and all(kind.is_key for kind in self.inner)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        if not self._is_known:
            return self._marker
        return typing.Union[tuple(kind.form for kind in self.inner)]  # noqa: UP007

    @property
    def bare(self) -> Any:
        """See `Kind`."""
        if not self._is_known:
            return self.form
        return typing.Union[tuple(kind.bare for kind in self.inner)]  # noqa: UP007

    @functools.cached_property
    def _has_shape(self) -> bool:
        """Whether msgspec knows the union of their shapes.

        That of a dict has a limit, those of classes are Structs.
        """
        records = [kind for kind in self._others if isinstance(kind, Record)]
        if len(records) > 1 and not all(map(_is_tagged, records)):
            return False
        return self._is_known and not (
            any(isinstance(kind, Pack) for kind in self._others)
            and any(isinstance(kind, Dict) for kind in self._others)
        )

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        if not self._has_shape:
            return Any
        return typing.Union[tuple(kind.shape for kind in self.inner)]  # noqa: UP007

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        if not self._has_shape:
            return DEAR
        return largest(kind.size(around) for kind in self.inner)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if value is None and self._may_be_none:
            return None
        if len(self._others) == 1:
            try:
                packed = self._others[0].pack(value, carrier)
            except Misfit as misfit:
                raise self._named(misfit, value) from None
            if packed is None and self._may_be_none:
                name = self._others[0].name
                raise Misfit(f"this {name} travels as None, and would arrive as that")
            return packed
        return self._taking(value).pack(value, carrier)

    def _named(self, misfit: Misfit, value: object) -> Misfit:
        """What is said of a value that is not of the one kind that is not None."""
        said = expected(self._others[0].name, value)
        is_of_all = not misfit.path and misfit.text == said.text
        return expected(self.name, value) if is_of_all else misfit

    def _taking(self, value: Any) -> Kind:
        """The kind that takes a value. Raises Misfit."""
        tests: tuple[Callable[[Kind], bool], ...] = (
            lambda kind: isinstance(kind, LiteralKind) and kind.has(value),
            lambda kind: type(value) in kind.as_they_are,
            lambda kind: type(value) in kind.taken[:1],
            lambda kind: type(value) in kind.taken,
            lambda kind: isinstance(value, kind.taken) and not kind.is_container,
            lambda kind: isinstance(value, kind.taken) and kind.families == MAPPING,
            lambda kind: isinstance(value, kind.taken),
            lambda kind: isinstance(kind, Reference),
        )
        for test in tests:
            for kind in self._others:
                if test(kind):
                    return kind
        raise expected(self.name, value)

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        fitting = self._fitting(data)
        misfit: Misfit | None = None
        for kind in fitting:
            try:
                return _made(kind, data, carrier)
            except Misfit as error:
                misfit = error if len(fitting) == 1 else misfit
        raise misfit or expected(self.name, data)

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`. Of two classes with unions in them only one looks further."""
        for kind in self._fitting(data):
            kind.look_at(data, convert)

    def _fitting(self, data: object) -> list[Kind]:
        """Those kinds of which it may be."""
        kinds = self._by_family.get(_family(data), self._others)
        return [kind for kind in kinds if kind.takes(data)]

    @functools.cached_property
    def _by_family(self) -> dict[Family, list[Kind]]:
        """Those first that take the fewest: a float may be read of an int, too."""
        return {
            family: sorted(
                (kind for kind in self.inner if family in kind.families),
                key=lambda kind: (not isinstance(kind, LiteralKind), not _counts(kind)),
            )
            for family in self.families
        }


def _made(kind: Kind, data: object, carrier: Carrier) -> object:
    """A value of one kind, without msgspec where that takes long to do nothing."""
    if isinstance(kind, Scalar) and type(data) in kind.as_they_are:
        return data
    if kind.is_custom and not isinstance(kind, Limited):
        return kind.made(data, carrier)
    return converted(data, kind.form, carrier)


class LimitedUnion(Union):
    """One with limits, which its members have: msgspec knows none of a whole union."""

    @property
    def is_native(self) -> bool:
        """See `Kind`."""
        return False


def _family(data: object) -> Family:
    exact = _EXACT.get(type(data))
    if exact is not None:
        return exact
    for kinds, family in _FAMILIES:
        if isinstance(data, kinds):
            return family
    return Family.REFERENCE


def _is_mistaken(kinds: list[Kind]) -> bool:
    """Whether msgspec crashes the process when it drops their union.

    It takes what says what is in a container for something else, where another member
    has limits: so does 0.22, as did those before.
    """
    limited = [kind for kind in kinds if isinstance(kind, Limited)]
    containers = [
        kind for kind in kinds if kind.is_container and not isinstance(kind, Record)
    ]
    return any(one is not other for one in limited for other in containers)


def _is_tagged(kind: Kind) -> bool:
    return isinstance(kind, Record) and kind.layout.tag is not None


def _counts(kind: Kind) -> bool:
    """Floats are not ints to msgspec, though they may be read of one."""
    return Family.FLOAT not in kind.families
