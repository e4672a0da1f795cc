"""From a type to the kind of its values."""

from __future__ import annotations

import decimal
import enum
import types
import typing
from threading import RLock
from typing import Any, Final, Literal, NewType, TypeVar, get_args, get_origin

import msgspec

from callbackgen.runtime.kinds.arrays import ARRAYS, Array, Pack
from callbackgen.runtime.kinds.enums import LiteralKind, enum_kind
from callbackgen.runtime.kinds.fields import has_fields, is_read_only, substituted
from callbackgen.runtime.kinds.kind import Kind
from callbackgen.runtime.kinds.limits import Limited, LimitedDecimal
from callbackgen.runtime.kinds.mappings import MAPPINGS, Dict
from callbackgen.runtime.kinds.numbers import is_array, numbers_kind
from callbackgen.runtime.kinds.plain import PLAIN
from callbackgen.runtime.kinds.records import record
from callbackgen.runtime.kinds.referred import Reference
from callbackgen.runtime.kinds.registered import registered
from callbackgen.runtime.kinds.scalars import SCALARS
from callbackgen.runtime.kinds.texts import TEXTS
from callbackgen.runtime.kinds.unions import LimitedUnion, union

_LEAVES: Final = SCALARS | TEXTS
_MARKS: Final[set[object]] = {
    typing.Final,
    typing.Required,
    typing.NotRequired,
}
_UNIONS: Final[set[object]] = {types.UnionType, typing.Union}
_kinds: Final[dict[Any, Kind]] = {}
_lock: Final = RLock()


def kind_of(resolved: Any) -> Kind:
    """The kind of the values of a type.

    Raises TypeError for a type that does not travel, ImportError where one in it cannot
    be imported.
    """
    with _lock:
        try:
            known = _kinds.get(resolved)
        except TypeError:  # metadata that cannot be hashed
            return _kind_of(resolved)
        if known is None:
            known = _kinds[resolved] = _kind_of(resolved)
        return known


def _kind_of(resolved: Any) -> Kind:
    inner, limits = _unwrapped(resolved)
    if limits:
        return _limited(inner, limits)
    if inner is not resolved:
        return kind_of(inner)
    if resolved is Any or resolved is object or isinstance(resolved, TypeVar):
        return PLAIN
    if resolved in _LEAVES:
        return _LEAVES[resolved]
    return _of_class(resolved) or _of_generic(resolved)


def _unwrapped(resolved: Any) -> tuple[Any, tuple[msgspec.Meta, ...]]:
    """The type without NewType, Annotated, Required, NotRequired and alias around."""
    limits: list[msgspec.Meta] = []
    while True:
        origin = get_origin(resolved)
        if isinstance(resolved, NewType):
            resolved = resolved.__supertype__
        elif origin is typing.Annotated:
            limits += [one for one in resolved.__metadata__ if _is_limit(one)]
            resolved = resolved.__origin__
        elif origin in _MARKS or is_read_only(origin):
            resolved = get_args(resolved)[0]
        elif _is_alias(resolved):
            resolved = resolved.__value__
        elif _is_alias(origin):
            given = dict(zip(origin.__type_params__, get_args(resolved), strict=False))
            resolved = substituted(origin.__value__, given)
        else:
            return resolved, tuple(limits)


_DECIMAL: Final = TEXTS[decimal.Decimal]
_LIMITS: Final = (
    *("gt", "ge", "lt", "le", "multiple_of"),
    *("pattern", "min_length", "max_length", "tz"),
)


def _is_alias(resolved: object) -> bool:
    """Whether that is what a ``type`` statement makes, which Python 3.11 has not."""
    return type(resolved).__name__ == "TypeAliasType"


def _is_limit(metadata: object) -> bool:
    """Titles and descriptions say nothing of the values."""
    return isinstance(metadata, msgspec.Meta) and any(
        getattr(metadata, name) is not None for name in _LIMITS
    )


def _limited(inner: Any, limits: tuple[msgspec.Meta, ...]) -> Kind:
    """Limits of a union are those of its members that can have them."""
    is_union = get_origin(inner) in _UNIONS
    members = get_args(inner) if is_union else (inner,)
    kinds = {member: kind_of(member) for member in members}
    limited = {
        member: (LimitedDecimal if kind is _DECIMAL else Limited)(kind, limits)
        for member, kind in kinds.items()
    }
    possible = {member: kind for member, kind in limited.items() if kind.is_possible}
    if not possible:
        raise TypeError(f"{inner!r} cannot have the limits {limits}")
    found = tuple((kinds | possible).values())
    return LimitedUnion(found) if is_union else found[0]


def _of_class(resolved: Any) -> Kind | None:
    kind: Any = get_origin(resolved) or resolved
    if (known := registered(kind)) is not None:
        return known
    if is_stub(kind):
        return Reference(kind)
    if is_array(kind):
        return numbers_kind(resolved)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return enum_kind(kind)  # its members may be dataclass objects, too
    if has_fields(kind):
        return record(resolved, kind_of)
    return None


def is_stub(resolved: object) -> bool:
    """Whether this is a generated stub class: what a reference arrives as."""
    from callbackgen.runtime.stub import Stub

    return isinstance(resolved, type) and issubclass(resolved, Stub)


def _of_generic(resolved: Any) -> Kind:
    origin: Any = get_origin(resolved) or resolved
    arguments = get_args(resolved)
    if origin is Literal:
        return LiteralKind(resolved)
    if origin in _UNIONS:
        members = [member for member in arguments if member is not msgspec.UnsetType]
        kinds = dict.fromkeys(map(kind_of, members))
        return union(tuple(kinds)) if len(kinds) > 1 else next(iter(kinds))
    if origin in ARRAYS:
        item = kind_of(arguments[0] if arguments else Any)
        return Array(origin, ARRAYS[origin], item)
    if origin in MAPPINGS:
        key, value = map(kind_of, arguments or (Any, Any))
        return Dict(origin, key, value)
    if origin is tuple:
        return _tuple_kind(resolved, arguments)
    raise TypeError(
        f"{origin!r} does not travel: register it (callbackgen.register_type) before "
        "the first call, or use a dataclass"
    )


def _tuple_kind(resolved: Any, arguments: tuple[Any, ...]) -> Kind:
    if resolved in (tuple, typing.Tuple):  # noqa: UP006
        return Array(tuple, tuple, PLAIN)
    if arguments[-1:] == (...,):
        return Array(tuple, tuple, kind_of(arguments[0]))
    return Pack(tuple(map(kind_of, arguments)))


def travels_anyway(kind: type) -> bool:
    """Whether the objects of a class travel without being registered."""
    builtin = (_LEAVES, ARRAYS, MAPPINGS, (object, tuple))
    return any(kind in kinds for kinds in builtin)
