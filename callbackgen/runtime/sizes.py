"""How many bytes a value may have on its way, by its declared type.

A type often says how large its values can be: what is larger need not be read to be
refused. And what is read without knowing its type, or consists of containers in a
container, takes many times its size of memory (1 MiB of msgpack up to 64), so that less
of it is taken; as of dicts whose keys are no texts, which have to be looked at first.
"""

from __future__ import annotations

import math
import types
import typing
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, get_args, get_origin

import msgspec

from callbackgen.runtime.annotations import Plain, Reference

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings

LEAST: Final = 64
"""So many bytes are taken for whatever there is to be said: None, say."""

_HEAD: Final = 5
"""Bytes before what a text, an array or a map consists of."""

_REFERENCE: Final = 16 * 1024
"""A reference has the names of an interface and maybe of a service in it."""

_SCALARS: Final[dict[object, int]] = {
    None: 1,
    type(None): 1,
    bool: 1,
    float: 9,
    int: 4096,  # the largest that travel have 3613 digits
    complex: 24,
}
_CONTAINERS: Final = (list, set, frozenset, dict)


class Size(NamedTuple):
    """What a type says of the size of its values as msgpack.

    `most` is in bytes, infinite where the type does not say; `is_dear`: they take many
    times that when they are read.
    """

    most: float
    is_dear: bool = False

    def limit(self, settings: Settings) -> int:
        """The most bytes that are taken of it."""
        dear = settings.untyped_size if self.is_dear else math.inf
        return int(min(max(self.most, LEAST), dear, settings.message_size))

    def exceeded(self, size: int, settings: Settings) -> str | None:
        """What is said of so many bytes if they are too many, else None."""
        limit = self.limit(settings)
        if size <= limit:
            return None
        if limit == settings.message_size:
            why = "callbackgen.settings.message_size"
        elif limit == settings.untyped_size:
            why = "callbackgen.settings.untyped_size, for Any and nested containers"
        else:
            why = "by its type"
        return f"{size} bytes; the limit is {limit} ({why})"


_ANY_LENGTH: Final = Size(math.inf)
_DEAR: Final = Size(math.inf, is_dear=True)


def size_of(form: Any) -> Size:
    """The size of values of a type in its checked form (see `annotations`)."""
    return _size_of(form, ())


def together(sizes: Iterable[Size]) -> Size:
    """The size of several values in one container of fixed length."""
    found = [*sizes]
    return Size(
        _HEAD + sum(size.most for size in found), any(size.is_dear for size in found)
    )


def _size_of(form: Any, around: tuple[object, ...]) -> Size:
    """`around` are the TypedDicts in which it stands: one of them may be the form."""
    if form is Plain or form in around:
        return _DEAR
    if form in _SCALARS:
        return Size(_SCALARS[form])
    if _is_reference(form):
        return Size(_REFERENCE)
    if typing.is_typeddict(form):
        return _size_of_fields(form, (*around, form))
    origin, arguments = get_origin(form), get_args(form)
    if origin is Literal:
        return Size(max(map(_packed_size, arguments)))
    if origin in (types.UnionType, typing.Union):
        return largest(_size_of(member, around) for member in arguments)
    if origin is tuple and arguments[-1:] != (...,):
        return together(_size_of(item, around) for item in arguments)
    if origin in (*_CONTAINERS, tuple):
        items = [item for item in arguments if item is not ...]
        sizes = [_size_of(item, around) for item in items]
        dear = any(size.is_dear for size in sizes) or any(map(_has_container, items))
        return Size(math.inf, dear or (origin is dict and not _is_text(items[0])))
    return _ANY_LENGTH


def _is_reference(form: object) -> bool:
    return isinstance(form, type) and issubclass(form, Reference)


def _size_of_fields(form: Any, around: tuple[object, ...]) -> Size:
    sizes: list[Size] = []
    for name, field in typing.get_type_hints(form).items():
        size = _size_of(field, around)
        sizes.append(Size(size.most + _HEAD + len(name.encode()), size.is_dear))
    return together(sizes)


def largest(sizes: Iterable[Size]) -> Size:
    """The size of one of several values."""
    found = [*sizes]
    return Size(max(size.most for size in found), any(size.is_dear for size in found))


def _is_text(form: Any) -> bool:
    """Whether values of a type are texts alone: Python hashes these with a secret."""
    if get_origin(form) is Literal:
        return all(isinstance(value, str) for value in get_args(form))
    return form is str


def _packed_size(value: object) -> int:
    return len(msgspec.msgpack.encode(value))


def _has_container(form: Any) -> bool:
    """Whether a value of a type may be a container."""
    origin = get_origin(form) or form
    if origin in (types.UnionType, typing.Union):
        return any(map(_has_container, get_args(form)))
    return origin in (*_CONTAINERS, tuple) or typing.is_typeddict(form)
