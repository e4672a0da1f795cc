"""Plain data: what `Any` and `object` stand for.

It is what serpent carries unchanged, and bytes: None, bool, int, float, complex, str,
bytes, list, tuple, dict, set and frozenset.
"""

from __future__ import annotations

import cmath
import operator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from callbackgen.runtime.kinds.kind import DEAR, Family, HandedOver, Hashing, Kind
from callbackgen.runtime.kinds.scalars import is_huge
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.turns import pause

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.sizes import Size

_DEEPEST: Final = 100
"""Python's own parser, on which serpent stands, ends at 200 brackets."""

TOO_DEEP: Final = f"nested more than {_DEEPEST} deep, or in itself"


class Plain(HandedOver):
    """Whatever is plain data."""

    name = "plain data"
    taken = (object,)
    families = frozenset(Family)
    hashing = Hashing.QUICK
    is_container = True

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return Any

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return DEAR

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if is_simple(value):
            return value
        try:
            return carrier.plain(plain_data(value))
        except (OverflowError, UnicodeEncodeError) as error:
            raise Misfit(str(error)) from None

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        return data if is_simple(data) else plain_data(data)


PLAIN: Final = Plain()

_SIMPLE: Final[frozenset[type]] = frozenset(
    {type(None), bool, int, float, str, bytes, list, dict}
)
_TEXTS: Final[set[type]] = {str}
_values: Final = operator.methodcaller("values")
_DEEPEST_SIMPLE: Final = 50
_MOST_SIMPLE: Final = 1_000_000


def is_simple(value: object) -> bool:
    """Whether a value is quickly seen to be plain, and to need no change to travel.

    All that is as deep in each other is looked at together: for lists and dicts of
    many that takes an eighth of the time of `plain_data`.
    """
    level: list[Any] = [value]
    left = _MOST_SIMPLE
    for _ in range(_DEEPEST_SIMPLE):
        kinds = {*map(type, level)}
        if not kinds <= _SIMPLE or (int in kinds and _has_huge(level)):
            return False
        maps = [one for one in level if one.__class__ is dict] if dict in kinds else []
        keys: list[object] = [*chain.from_iterable(maps)]
        if not {*map(type, keys)} <= _TEXTS or "__class__" in keys:
            return False
        arrays = (
            (one for one in level if one.__class__ is list) if list in kinds else ()
        )
        level = [
            *chain.from_iterable(map(_values, maps)),
            *chain.from_iterable(arrays),
        ]
        left -= len(level)
        if not level or left < 0:
            break
        pause()
    return not level


def _has_huge(level: list[Any]) -> bool:
    ints = [one for one in level if one.__class__ is int]
    return is_huge(min(ints)) or is_huge(max(ints))


def plain_data(value: Any, depth: int = 0) -> Any:
    """The value, made of the types of plain data and of nothing else.

    Values of their subclasses become plain ones. Raises Misfit for anything else,
    for a dict that a receiver would take for an object, and for what serpent cannot
    carry.
    """
    kind = type(cast(object, value))
    if kind is str or value is None or kind is bool or kind is bytes:
        return value
    if depth > _DEEPEST:
        raise Misfit(TOO_DEEP)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float | complex):
        return _number(value)
    if isinstance(value, list | tuple | set | frozenset):
        return _array(cast("list[object]", value), depth + 1)
    if isinstance(value, dict):
        return _mapping(cast("dict[object, object]", value), depth + 1)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    raise Misfit(
        f"an object of class {kind.__module__}.{kind.__qualname__} is not plain data"
    )


def check_depth(data: object) -> None:
    """Raises Misfit for what is nested too deeply to be read."""
    level = [data]
    for _ in range(_DEEPEST + 1):
        inner: list[object] = []
        for one in level:
            if isinstance(one, dict):
                inner += cast("dict[object, object]", one).values()
            elif isinstance(one, list | tuple | set | frozenset):
                inner += cast("list[object]", one)
        if not inner:
            return
        level = inner
    raise Misfit(TOO_DEEP)


def _number(value: complex) -> complex:
    if isinstance(value, int):
        if is_huge(value):
            raise Misfit(f"an int of {value.bit_length()} bits cannot be sent")
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if cmath.isnan(value):
        raise Misfit("a complex with nan cannot be sent")
    return complex(value.real, value.imag)


def _array(value: Any, depth: int) -> Any:
    """The array, itself if it and all in it are plain: a copy takes as much again."""
    kind = type(cast(object, value))
    if isinstance(value, set | frozenset):
        items = cast("set[Any]", value)
        keys = [plain_key(item, depth) for item in items]
        if kind in (set, frozenset) and all(map(operator.is_, keys, items)):
            return items
        return set(keys) if isinstance(value, set) else frozenset(keys)
    made = [plain_data(item, depth) for item in value]
    if kind in (list, tuple) and all(map(operator.is_, made, value)):
        return value
    return tuple(made) if isinstance(value, tuple) else made


def _mapping(mapping: dict[Any, Any], depth: int) -> Any:
    """The dict, itself if it and all in it are plain."""
    is_plain = type(mapping) is dict
    made: dict[Any, Any] = {}
    for key, item in mapping.items():
        if key == "__class__":
            raise Misfit(
                "a dict with the key '__class__' cannot be sent: Pyro5 makes objects "
                "of them"
            )
        key_made = plain_key(key, depth)
        value = plain_data(item, depth)
        is_plain = is_plain and key_made is key and value is item
        made[key_made] = value
    return mapping if is_plain else made


def plain_key(value: Any, depth: int = 0) -> Any:
    """A key of a dict or an item of a set, as `plain_data`."""
    check_key(value)
    if isinstance(value, tuple):
        if depth > _DEEPEST:
            raise Misfit(TOO_DEEP)
        items = cast("tuple[Any]", value)
        return tuple(_key_item(item, depth + 1) for item in items)
    return plain_data(value)


def _key_item(value: Any, depth: int) -> Any:
    return None if value is None else plain_key(value, depth)


def check_key(value: Any, *, may_be_none: bool = False) -> None:
    """Raises Misfit for a key of a dict or an item of a set that serpent cannot carry.

    It carries fewer types there; None only in a tuple.
    """
    if isinstance(value, tuple):
        for item in cast("tuple[Any]", value):
            check_key(item, may_be_none=True)
        return
    if isinstance(value, float | complex) and cmath.isnan(value):
        raise Misfit("nan cannot be sent as a key or in a set")
    if isinstance(value, msgspec.msgpack.Ext):
        raise Misfit(
            "a time whose offset from UTC has seconds cannot be sent as a key or in a "
            "set"
        )
    if not isinstance(value, str | int | float | complex) and not (
        may_be_none and value is None
    ):
        raise Misfit(
            f"{type(value).__name__} cannot be sent as a key or in a set: use str, "
            "int, float, bool, complex or a tuple of those"
        )
