"""Dicts, and the abstract mappings that arrive as one."""

from __future__ import annotations

import collections.abc
import functools
import math
from typing import TYPE_CHECKING, Any, Final, cast

from callbackgen.runtime.kinds.arrays import are_exact, limited
from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.hashed import check
from callbackgen.runtime.kinds.kind import (
    Convert,
    Family,
    Hashing,
    Kind,
    marker,
)
from callbackgen.runtime.kinds.plain import check_key
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
    is_key = is_hashable = False
    is_container = True

    def __init__(self, declared: Any, key: Kind, value: Kind) -> None:
        self.taken = (declared,)
        self.inner = (key, value)
        self._key = key
        self._value = value
        self.is_native = key.is_key
        self.is_custom = not key.is_key

    @functools.cached_property
    def form(self) -> Any:
        """See `Kind`. msgspec hands keys to nobody."""
        if not self._key.is_key:
            return marker(self)
        return dict[self._key.form, self._value.form]  # type: ignore[name-defined]

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return limited(dict[str, self._value.shape], self._key)  # type: ignore[name-defined]

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`. Keys that are no texts have to be looked at first."""
        key, value = self._key, self._value
        is_dear = value.is_container or value.size(around).is_dear
        return Size(math.inf, is_dear or key.families != {Family.TEXT})

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
            type(mapping) is dict
            and self._key.exact is str
            and are_exact(mapping, self._key)
            and are_exact(mapping.values(), self._value)
        ):
            return mapping
        return self._packed(mapping, carrier)

    def _packed(self, mapping: Mapping[Any, Any], carrier: Carrier) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in mapping.items():
            try:
                packed = self._key.pack(key, carrier)
                check_key(packed)
            except Misfit as misfit:
                raise Misfit(f"a key of it: {misfit}") from None
            try:
                made[packed] = self._value.pack(value, carrier)
            except Misfit as misfit:
                raise misfit.within(f"[{repr(key)[:100]}]") from None
        if len(made) != len(mapping):
            raise Misfit("two of its keys travel as the same")
        return made

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        if not isinstance(data, dict):
            raise expected(self.name, data)
        arrived = cast("dict[Any, Any]", data)
        try:
            keys = converted([*arrived], list[self._key.form], carrier)  # type: ignore[name-defined]
        except Misfit as misfit:
            raise Misfit(f"a key of it: {misfit.text}") from None
        values = dict[Any, self._value.form]  # type: ignore[name-defined]
        found = converted(arrived, values, carrier)
        return dict(zip(keys, found.values(), strict=True))

    @property
    def hashes(self) -> bool:
        """See `Kind`."""
        return self._key.hashing > Hashing.SEEN

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        if not isinstance(data, dict):
            return
        mapping = cast("dict[Any, Any]", data)
        if self._value.has_hashed:
            for value in mapping.values():
                self._value.look_at(value, convert)
        if self.hashes:
            check([*mapping], self._key, convert)
