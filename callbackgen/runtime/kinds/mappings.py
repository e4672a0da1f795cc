"""Dicts, and the abstract mappings that arrive as one."""

from __future__ import annotations

import collections.abc
import math
from typing import TYPE_CHECKING, Any, Final, cast

from callbackgen.runtime.kinds.arrays import limited
from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.hashed import FEW, check, check_keys
from callbackgen.runtime.kinds.kind import (
    STR,
    TEXT,
    Convert,
    Family,
    Hashing,
    Kind,
    applied,
    marker,
)
from callbackgen.runtime.kinds.packing import are_as_they_are
from callbackgen.runtime.kinds.plain import PLAIN, check_key, plain_key
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from collections.abc import Mapping

    from callbackgen.runtime.carrier import Carrier

MAPPINGS: Final[frozenset[object]] = frozenset(
    {dict, collections.abc.Mapping, collections.abc.MutableMapping}
)


class Dict(Kind):
    """Any number of keys of one kind, with values of another."""

    name = "dict"
    families = frozenset({Family.MAPPING})
    is_hashable = False
    _is_key = False
    is_container = True

    def __init__(self, declared: Any, key: Kind, value: Kind) -> None:
        self.taken = (declared,)
        self._inner = (key, value)
        self._marker = marker(self)
        self._key = key
        self._value = value

    @property
    def is_native(self) -> bool:
        """See `Kind`. msgspec hands keys to nobody."""
        return self._key.is_key

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return not self._key.is_key

    @property
    def form(self) -> Any:
        """See `Kind`."""
        if not self._key.is_key:
            return self._marker
        return applied(dict, self._key.form, self._value.form)

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return limited(applied(dict, str, self._value.shape), self._key)

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`. Keys that are no texts have to be looked at first."""
        key, value = self._key, self._value
        is_dear = value.is_container or value.size(around).is_dear
        is_dear = is_dear or key.is_slow or value.is_slow
        return Size(math.inf, is_dear or key.families != TEXT)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        mapping = cast("Mapping[Any, Any]", value)
        if "__class__" in mapping:
            raise Misfit(
                "a dict with the key '__class__' cannot be sent: Pyro5 makes objects "
                "of them"
            )
        if (
            type(value) is dict
            and self._key.as_they_are == STR
            and are_as_they_are(mapping, self._key)
            and are_as_they_are(mapping.values(), self._value)
        ):
            return cast("dict[str, Any]", mapping)
        return self._packed(mapping, carrier)

    def _packed(self, mapping: Mapping[Any, Any], carrier: Carrier) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in mapping.items():
            try:
                packed = self._packed_key(key, carrier)
            except Misfit as misfit:
                raise Misfit(f"a key of it: {misfit}") from None
            try:
                made[packed] = self._value.pack(value, carrier)
            except Misfit as misfit:
                raise misfit.within(f"[{repr(key)[:100]}]") from None
        if len(made) != len(mapping):
            raise Misfit("two of its keys travel as the same")
        return made

    def _packed_key(self, key: object, carrier: Carrier) -> Any:
        if self._key is PLAIN:
            return plain_key(key)
        packed = self._key.pack(key, carrier)
        check_key(packed, may_be_none=carrier.is_ours)
        return packed

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        if not isinstance(data, dict):
            raise expected(self.name, data)
        arrived = cast("dict[object, object]", data)
        try:
            keys = converted([*arrived], applied(list, self._key.form), carrier)
        except Misfit as misfit:
            raise Misfit(f"a key of it: {misfit.text}") from None
        values = applied(dict, Any, self._value.form)
        found = converted(arrived, values, carrier)
        return dict(zip(keys, found.values(), strict=True))

    @property
    def hashes(self) -> bool:
        """See `Kind`. Numbers were seen, but those that are texts."""
        return self._key.hashing > Hashing.SECRET

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        if not isinstance(data, dict):
            return
        mapping = cast("dict[object, object]", data)
        if self._value.has_hashed:
            for value in mapping.values():
                self._value.look_at(value, convert)
        if self._key.hashing <= Hashing.SECRET or len(mapping) <= FEW:
            return
        if self._key.is_key and str in map(type, mapping):
            check_keys([*mapping], self._key, convert)
        elif self._key.hashing > Hashing.SEEN:
            check([*mapping], self._key, convert)
