"""Sets and keys of a declared type, looked at before they are made.

What arrives for them is a list, or a dict whose keys are texts, which costs little. The
hashes of what is made of that can be computed: those of 4,000 `Decimal` in 100 KB can
all be the same, which took a second, and ten times as many a hundred times as long.
"""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import functools
import types
import typing
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias, cast, get_args, get_origin

from callbackgen.runtime.annotations import ABSTRACT, Plain, Reference, unwrapped
from callbackgen.runtime.keys import SECONDS_EACH, Lookups

Convert: TypeAlias = Callable[[Any, Any], Any]
"""Makes a value of a type of what has arrived."""

_FEW: Final = 64
_UNION: Final = (types.UnionType, typing.Union)
_SETS: Final = (set, frozenset)

_SECRET: Final = (str, bytes, bool, type(None), enum.Enum, datetime.date, Reference)
"""What Python hashes with a secret, or has few of. A datetime is not among them."""

_SAME: Final = (int, float, complex)
"""Keys that were looked at when they were read."""

_KEYS: Final = (*_SECRET, *_SAME)
_QUICK: Final = (*_KEYS, decimal.Decimal, datetime.timedelta, datetime.datetime, Plain)
_SECONDS_EACH_SLOW: Final = 20e-6
"""What a class may take that has its own hash in Python."""


@functools.cache
def has_hashed(form: Any) -> bool:
    """Whether there may be something to look at in values of a type."""
    return _has_hashed(form, ())


def _has_hashed(form: Any, around: tuple[object, ...]) -> bool:
    """`around` are the types in which it stands: one of them may be the form."""
    origin, arguments = _parts(form)
    if form in around or origin is Literal:
        return False
    if origin in _SETS and not _is(arguments[0], _SECRET):
        return True
    if origin is dict and not _is(arguments[0], _KEYS):
        return True
    inner = [*arguments, *_fields(origin).values()]
    return any(_has_hashed(one, (*around, form)) for one in inner if one is not ...)


def look_at(data: Any, form: Any, convert: Convert) -> None:
    """Look at what has arrived for a value, whatever it is.

    Raises WireError where it has sets or keys that take long to be told apart, what
    `convert` raises.
    """
    origin, arguments = _parts(form)
    if not has_hashed(form):
        return
    if origin in _UNION:
        for member in arguments:
            look_at(data, member, convert)
    elif isinstance(data, list | tuple | set | frozenset):
        _look_at_array([*cast("list[Any]", data)], origin, arguments, convert)
    elif isinstance(data, dict):
        _look_at_map(cast("dict[object, object]", data), origin, arguments, convert)


def _look_at_array(
    items: list[Any], origin: Any, arguments: tuple[Any, ...], convert: Convert
) -> None:
    if origin in (list, *_SETS) or (origin is tuple and arguments[-1:] == (...,)):
        if has_hashed(arguments[0]):
            for item in items:
                look_at(item, arguments[0], convert)
        if origin in _SETS and not _is(arguments[0], _SECRET):
            _check(items, arguments[0], convert)
    elif _is_array(origin):
        forms = arguments or [*_fields(origin).values()]
        for item, form in zip(items, forms, strict=False):
            look_at(item, form, convert)


def _look_at_map(
    data: dict[Any, Any], origin: Any, arguments: tuple[Any, ...], convert: Convert
) -> None:
    if origin is dict:
        if has_hashed(arguments[1]):
            for value in data.values():
                look_at(value, arguments[1], convert)
        if not _is(arguments[0], _KEYS):
            _check([*data], arguments[0], convert)
    elif not _is_array(origin):
        fields = _fields(origin)
        for name in data.keys() & fields.keys():
            look_at(data[name], fields[name], convert)


def _check(items: list[Any], form: Any, convert: Convert) -> None:
    if len(items) > _FEW:
        each = SECONDS_EACH if _is(form, _QUICK) else _SECONDS_EACH_SLOW
        Lookups(each).check(convert(items, list[form]))


def _is(form: Any, kinds: tuple[type, ...]) -> bool:
    """Whether values of a type are of these alone, or if int is one, tuples of them."""
    origin, arguments = _parts(form)
    if origin is Literal or form is None:
        return True
    if origin in _UNION or (origin is tuple and int in kinds):
        return all(_is(one, kinds) for one in arguments if one is not ...)
    if not isinstance(origin, type):
        return False
    if issubclass(origin, datetime.datetime):  # a date, too
        return datetime.datetime in kinds
    return issubclass(origin, kinds)


@functools.cache
def _parts(form: Any) -> tuple[Any, tuple[Any, ...]]:
    """The class and its type arguments; those of collections are always there."""
    form = unwrapped(form)
    origin: Any = get_origin(form) or form
    origin = ABSTRACT.get(origin, origin)
    arguments = get_args(form)
    if not arguments:
        arguments = {dict: (Any, Any), tuple: (Any, ...)}.get(origin, ())
        if origin in (list, *_SETS):
            arguments = (Any,)
    return origin, arguments


def _is_array(kind: Any) -> bool:
    config = getattr(kind, "__struct_config__", None)
    is_tuple = isinstance(kind, type) and issubclass(kind, tuple)
    return is_tuple or getattr(config, "array_like", False)


@functools.cache
def _fields(kind: Any) -> dict[str, Any]:
    """The types of the fields of a class that has some, by their names."""
    has_fields = (
        dataclasses.is_dataclass(kind)
        or typing.is_typeddict(kind)
        or hasattr(kind, "__struct_fields__")
        or hasattr(kind, "__attrs_attrs__")
        or hasattr(kind, "_fields")
    )
    return typing.get_type_hints(kind) if has_fields else {}
