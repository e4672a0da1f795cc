"""Values of one of several kinds, told apart by what they are on their way."""

from __future__ import annotations

import functools
import typing
from typing import TYPE_CHECKING, Any, Final

from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.enums import LiteralKind
from callbackgen.runtime.kinds.kind import DEAR, Convert, Family, Kind, marker, names
from callbackgen.runtime.kinds.others import Reference
from callbackgen.runtime.kinds.plain import PLAIN, Plain
from callbackgen.runtime.kinds.records import Record
from callbackgen.runtime.kinds.scalars import NONE
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
        self.inner = kinds
        self._others = [kind for kind in kinds if kind is not NONE]
        self._may_be_none = NONE in kinds

    @functools.cached_property
    def name(self) -> str:  # type: ignore[override]
        """See `Kind`."""
        return " | ".join(names(self.inner))

    @functools.cached_property
    def taken(self) -> tuple[type, ...]:  # type: ignore[override]
        """See `Kind`."""
        return tuple(taken for kind in self.inner for taken in kind.taken)

    @functools.cached_property
    def families(self) -> frozenset[Family]:  # type: ignore[override]
        """See `Kind`."""
        return frozenset(family for kind in self.inner for family in kind.families)

    @functools.cached_property
    def _is_known(self) -> bool:
        """Whether msgspec knows such a union."""
        return self._is_known_if([kind.is_custom for kind in self._others])

    def _is_known_if(self, are_custom: list[bool]) -> bool:
        others = self._others
        if any(are_custom):
            return len(others) == 1
        if len(others) > 1 and all(map(_is_tagged, others)):
            return True
        return all(
            sum(not kind.families.isdisjoint(alike) for kind in others if _counts(kind))
            <= 1
            for alike in _ALIKE
        )

    @property
    def is_native(self) -> bool:  # type: ignore[override]
        """See `Kind`. Of classes in it, which may refer to it, it knows no more."""
        return self._is_known_if(
            [
                not kind.is_native if isinstance(kind, Record) else kind.is_custom
                for kind in self._others
            ]
        )

    @property
    def is_custom(self) -> bool:  # type: ignore[override]
        """See `Kind`."""
        return not self._is_known

    @property
    def is_key(self) -> bool:  # type: ignore[override]
        """See `Kind`."""
        return self._is_known and all(kind.is_key for kind in self.inner)

    @property
    def is_hashable(self) -> bool:  # type: ignore[override]
        """See `Kind`."""
        return all(kind.is_hashable for kind in self.inner)

    @property
    def is_container(self) -> bool:  # type: ignore[override]
        """See `Kind`."""
        return any(kind.is_container for kind in self.inner)

    @property
    def hashing(self) -> Any:
        """See `Kind`."""
        return max(kind.hashing for kind in self.inner)

    @functools.cached_property
    def form(self) -> Any:
        """See `Kind`."""
        if not self._is_known:
            return marker(self)
        return typing.Union[tuple(kind.form for kind in self.inner)]  # noqa: UP007

    @property
    def bare(self) -> Any:
        """See `Kind`."""
        if not self._is_known:
            return self.form
        return typing.Union[tuple(kind.bare for kind in self.inner)]  # noqa: UP007

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        if not self._is_known:
            return Any
        return typing.Union[tuple(kind.shape for kind in self.inner)]  # noqa: UP007

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        if not self._is_known:
            return DEAR
        return largest(kind.size(around) for kind in self.inner)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if value is None and self._may_be_none:
            return None
        if len(self._others) == 1:
            try:
                return self._others[0].pack(value, carrier)
            except Misfit as misfit:
                raise self._named(misfit, value) from None
        return self._taking(value).pack(value, carrier)

    def _named(self, misfit: Misfit, value: object) -> Misfit:
        """What is said of a value that is not of the one kind that is not None."""
        said = expected(self._others[0].name, value)
        is_of_all = not misfit.path and misfit.text == said.text
        return expected(self.name, value) if is_of_all else misfit

    def _taking(self, value: Any) -> Kind:
        """The kind that takes a value. Raises Misfit."""
        kinds = self._others
        for kind in kinds:
            if isinstance(kind, LiteralKind) and kind.has(value):
                return kind
        for kind in kinds:
            if type(value) is kind.exact:
                return kind
        for kind in kinds:
            if type(value) in kind.taken:
                return kind
        for kind in sorted(kinds, key=lambda kind: kind.is_container):
            if isinstance(value, kind.taken):
                return kind
        for kind in kinds:
            if isinstance(kind, Reference | Plain):
                return kind
        raise expected(self.name, value)

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        family = _family(data)
        alike = [kind for kind in self.inner if family in kind.families]
        fitting = [kind for kind in alike if kind.takes(data)]
        misfit = expected(self.name, data)
        for kind in fitting or ([] if alike else self._others):
            try:
                return converted(data, kind.form, carrier)
            except Misfit as error:
                misfit = error if len(fitting) == 1 else misfit
        raise misfit

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        for kind in self.inner:
            kind.look_at(data, convert)


def _family(data: object) -> Family:
    for kinds, family in _FAMILIES:
        if isinstance(data, kinds):
            return family
    return Family.REFERENCE


def _is_tagged(kind: Kind) -> bool:
    return isinstance(kind, Record) and kind.layout.tag is not None


def _counts(kind: Kind) -> bool:
    """Floats are not ints to msgspec, though they may be read of one."""
    return Family.FLOAT not in kind.families
