"""What a sender does with its values before they are checked.

Who promises an `Iterable` or a `Mapping` may give a generator or a read-only view.
Such a value becomes the list, set or dict as which it arrives, at whatever depth the
annotation allows it; nothing else is touched.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast, get_args, get_origin

from callbackgen.runtime.annotations import ABSTRACT, typed_dict_hints, unwrapped

Reshape: TypeAlias = Callable[[Any], Any]


def reshaper(resolved: Any) -> Reshape | None:
    """The function that reshapes values of a type, or None where none can need it."""
    resolved = unwrapped(resolved)
    origin: Any = get_origin(resolved) or resolved
    arguments = get_args(resolved)
    if typing.is_typeddict(origin):
        return _TypedDict(resolved) if _may_need(resolved, set()) else None
    if origin in (types.UnionType, typing.Union):
        return _of_union(arguments)
    if origin in ABSTRACT:
        return _of_abstract(origin, arguments)
    if origin is dict and arguments:
        return _of_concrete_mapping(arguments)
    if origin is tuple and arguments and arguments[-1] is not ...:
        return _of_fixed_tuple(arguments)
    if origin in (list, set, frozenset, tuple) and arguments:
        return _of_concrete_array(origin, arguments[0])
    return None


def _unchanged(value: Any) -> Any:
    return value


def _of_abstract(origin: Any, arguments: tuple[Any, ...]) -> Reshape:
    arrives: Any = ABSTRACT[origin]
    parts = [reshaper(argument) or _unchanged for argument in arguments]
    if arrives is dict:
        of_key, of_value = parts or [_unchanged, _unchanged]

        def reshape_mapping(value: Any) -> Any:
            if not isinstance(value, origin):
                return value
            items: Mapping[Any, Any] = value
            return {of_key(key): of_value(item) for key, item in items.items()}

        return reshape_mapping
    of_item = parts[0] if parts else _unchanged

    def reshape_array(value: Any) -> Any:
        return arrives(map(of_item, value)) if isinstance(value, origin) else value

    return reshape_array


def _of_concrete_array(origin: Any, item_type: Any) -> Reshape | None:
    of_item = reshaper(item_type)
    if of_item is None:
        return None

    def reshape(value: Any) -> Any:
        return origin(map(of_item, value)) if isinstance(value, origin) else value

    return reshape


def _of_fixed_tuple(arguments: tuple[Any, ...]) -> Reshape | None:
    parts = [reshaper(argument) for argument in arguments]
    if not any(parts):
        return None

    def reshape(value: Any) -> Any:
        items = cast("tuple[object, ...]", value)
        if not isinstance(value, tuple) or len(items) != len(parts):
            return items
        return tuple(
            (part or _unchanged)(item) for part, item in zip(parts, items, strict=True)
        )

    return reshape


def _of_concrete_mapping(arguments: tuple[Any, ...]) -> Reshape | None:
    of_key, of_value = (reshaper(argument) for argument in arguments)
    if of_key is None and of_value is None:
        return None
    for_key, for_value = of_key or _unchanged, of_value or _unchanged

    def reshape(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = cast("dict[object, object]", value)
        return {for_key(key): for_value(item) for key, item in items.items()}

    return reshape


def _of_union(members: tuple[Any, ...]) -> Reshape | None:
    """Tries the members that fit as they are first, then the one that takes a value.

    A union has at most one array and one mapping, so that one is found by what the
    value is: a mapping goes to the mapping.
    """
    plain = tuple(
        member for member in map(unwrapped, members) if member in (str, type(None))
    )
    literals = [
        value
        for member in map(unwrapped, members)
        if get_origin(member) is typing.Literal
        for value in get_args(member)
    ]
    takes_any = not {object, Any}.isdisjoint(map(unwrapped, members))
    parts = [
        (_is_mapping(member), part)
        for member in members
        if (part := reshaper(member)) is not None
    ]
    if not parts:
        return None
    has_mapping = any(map(_is_mapping, members))

    def reshape(value: Any) -> Any:
        if plain and isinstance(value, plain):
            return value
        if isinstance(value, str) and (takes_any or value in literals):
            return value
        for is_mapping, part in parts:
            if has_mapping and is_mapping is not isinstance(value, Mapping):
                continue
            return part(value)
        return value

    return reshape


def _is_mapping(resolved: Any) -> bool:
    resolved = unwrapped(resolved)
    origin: Any = get_origin(resolved) or resolved
    return (
        typing.is_typeddict(origin)
        or ABSTRACT.get(origin, origin) is dict
    )  # fmt: skip


class _TypedDict:
    """Reshapes the values of a TypedDict; its keys are looked at on first use."""

    def __init__(self, resolved: Any) -> None:
        self._resolved = resolved

    @functools.cached_property
    def _parts(self) -> dict[object, Reshape | None]:
        return {name: reshaper(hint) for name, hint in typed_dict_hints(self._resolved)}

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        items = cast("dict[object, object]", value)
        return {
            key: (self._parts.get(key) or _unchanged)(item)
            for key, item in items.items()
        }


def _may_need(resolved: Any, seen: set[Any]) -> bool:
    """Whether an abstract collection stands anywhere in a type."""
    resolved = unwrapped(resolved)
    origin: Any = get_origin(resolved) or resolved
    if origin in ABSTRACT:
        return True
    inner = list(get_args(resolved)) if origin is not typing.Literal else []
    if typing.is_typeddict(origin) and resolved not in seen:
        seen.add(resolved)
        inner += [hint for _, hint in typed_dict_hints(resolved)]
    return any(_may_need(part, seen) for part in inner if part is not ...)
