"""Large payloads, held to the declared types before anything is made of them.

What is read without its type may take 64 times its bytes: 1 MiB of empty lists where a
list of numbers is declared. So what is larger than `settings.untyped_size`, which only
flat types may be (see `sizes`), is first read as its type says and thrown away: that
ends at the first item that does not fit. Only then it is read as usual.
"""

from __future__ import annotations

import types
import typing
from typing import Annotated, Any, Final, cast, get_args, get_origin

import msgspec

from callbackgen.runtime.annotations import Plain, Reference

_MOST_ITEMS: Final = 64 * 1024
"""A text of one letter takes 2 bytes on its way and 50 in memory, and a key of a dict
twice that: a large message has no more of them in one container."""

_EXTENSION: Final = msgspec.msgpack.Ext
_ARRAYS: Final = (list, set, frozenset)
_UNION: Final = (types.UnionType, typing.Union)


def shape_of(form: Any) -> Any:
    """A type as which msgspec reads what travels for a type in its checked form.

    Whatever is hashed by other means than a secret is an item of a list in it.
    """
    if form is Plain:
        return Any
    if form is int:
        return int | _EXTENSION
    if form is complex:
        return int | float | _EXTENSION
    if typing.is_typeddict(form):
        return _shape_of_fields(form)
    if isinstance(form, type) and issubclass(form, Reference):
        return _EXTENSION
    origin, arguments = get_origin(form), get_args(form)
    if origin in _UNION:
        return typing.Union[tuple(map(shape_of, arguments))]  # noqa: UP007
    if origin in _ARRAYS or (origin is tuple and arguments[-1:] == (...,)):
        return _limited(list[shape_of(arguments[0])], arguments[0])  # type: ignore[misc]
    if origin is dict:
        return _limited(dict[str, shape_of(arguments[1])], str)  # type: ignore[misc]
    if origin is tuple:
        return cast(Any, tuple)[tuple(map(shape_of, arguments))]
    return cast(Any, form)


def _limited(container: Any, item: Any) -> Any:
    members = get_args(item) if get_origin(item) in _UNION else (item,)
    if all(one in (int, float, bool, None, type(None)) for one in members):
        return container
    return Annotated[container, msgspec.Meta(max_length=_MOST_ITEMS)]


def _shape_of_fields(form: Any) -> Any:
    """A class that takes no other keys: what stands there has no type."""
    hints = typing.get_type_hints(form)
    required = form.__required_keys__
    fields: list[Any] = [
        (f"f{index}", shape_of(hint), msgspec.field(name=name))
        if name in required
        else (f"f{index}", shape_of(hint), msgspec.field(name=name, default=None))
        for index, (name, hint) in enumerate(hints.items())
    ]
    return msgspec.defstruct(
        form.__name__, fields, kw_only=True, forbid_unknown_fields=True
    )
