"""Values within limits: ``Annotated[..., msgspec.Meta(...)]``."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from callbackgen.runtime.kinds.arrays import Pack
from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.kind import Convert, Family, Kind, applied, marker
from callbackgen.runtime.misfit import Misfit, misfit_of

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.sizes import Size


class Limited(Kind):
    """Values of a kind within limits: ``Annotated[..., msgspec.Meta(...)]``."""

    def __init__(self, kind: Kind, limits: tuple[msgspec.Meta, ...]) -> None:
        self._inner = (kind,)
        self._kind = kind
        self._limits = limits
        self._marker = marker(self)
        self.name = kind.name
        self.taken = kind.taken
        self.families = kind.families
        self.is_hashable = kind.is_hashable
        self.is_container = kind.is_container
        self.hashing = kind.hashing

    @property
    def is_possible(self) -> bool:
        """Whether values of that kind can have such limits."""
        if isinstance(self._kind, Pack):
            return False
        try:
            msgspec.convert(None, self._shallow, dec_hook=_as_it_is)
        except msgspec.ValidationError:
            return True
        except TypeError:
            return False
        return True

    @property
    def is_native(self) -> bool:
        """See `Kind`."""
        return self._kind.is_native

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return self._kind.is_custom

    @property
    def is_key(self) -> bool:
        """See `Kind`."""
        return self._kind.is_key

    @property
    def form(self) -> Any:
        """See `Kind`."""
        if self.is_custom:
            return self._marker
        return self._limited(self._kind.bare)

    def _limited(self, form: Any) -> Any:
        return applied(Annotated, form, *self._limits)

    @functools.cached_property
    def _shallow(self) -> Any:
        """What travels, within the limits, without what is in it."""
        if Family.ARRAY in self.families:
            return self._limited(list[Any])
        if Family.MAPPING in self.families:
            return self._limited(dict[Any, Any])
        return self._limited(self._kind.bare)

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return self._kind.shape

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return self._kind.size(around)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        packed = self._kind.pack(value, carrier)
        is_extension = isinstance(packed, msgspec.msgpack.Ext)
        self._check(value if is_extension else packed)
        return packed

    def _check(self, data: object) -> None:
        try:
            msgspec.convert(data, self._shallow, dec_hook=_as_it_is)
        except msgspec.ValidationError as error:
            raise misfit_of(error) from None

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        self._check(data)
        return self._kind.made(data, carrier)

    def takes(self, data: object) -> bool:
        """See `Kind`."""
        return self._kind.takes(data)

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        self._kind.look_at(data, convert)


_COMPARED: Final[dict[str, tuple[str, Callable[[Decimal, Decimal], bool]]]] = {
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
    "multiple_of": ("that is a multiple of", lambda one, other: one % other == 0),
}


class LimitedDecimal(Limited):
    """Decimals within limits, of which msgspec knows none."""

    def __init__(self, kind: Kind, limits: tuple[msgspec.Meta, ...]) -> None:
        super().__init__(kind, limits)
        self._tests = [
            (said, fits, Decimal(str(limit)))
            for meta in limits
            for name, (said, fits) in _COMPARED.items()
            if (limit := getattr(meta, name)) is not None
        ]

    @property
    def is_possible(self) -> bool:
        """See `Limited`."""
        return bool(self._tests)

    @property
    def is_native(self) -> bool:
        """See `Kind`."""
        return False

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return True

    @property
    def is_key(self) -> bool:
        """See `Kind`."""
        return False

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        packed = self._kind.pack(value, carrier)
        self._check(value)
        return packed

    def _check(self, data: Any) -> None:
        for said, fits, limit in self._tests:
            try:
                is_within = not data.is_nan() and fits(data, limit)
            except InvalidOperation:  # what is left of one that is far larger
                is_within = False
            if not is_within:
                raise Misfit(f"expected Decimal {said} {limit}")

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        value = converted(data, self._kind.form, carrier)
        self._check(value)
        return value


def _as_it_is(_: type, value: object) -> object:
    return value
