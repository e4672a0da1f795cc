"""Values of a declared type, to what travels and back.

What travels is what serpent carries unchanged: None, bool, int, float, complex, str,
list, tuple, dict, set and frozenset. A reference travels as a Pyro5 Proxy.
"""

from __future__ import annotations

import functools
import math
import operator
import re
from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from callbackgen.interface import NONE, Symbol, Type
from callbackgen.runtime.address import Address
from callbackgen.runtime.annotations import (
    Plain,
    Reference,
    checked_form,
    resolve,
)
from callbackgen.runtime.hashed import has_hashed, look_at
from callbackgen.runtime.reshape import reshaper
from callbackgen.runtime.shapes import shape_of
from callbackgen.runtime.sizes import Size, size_of
from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.stub import Stub

_DEEPEST = 100
"""Python's own parser, on which serpent stands, ends at 200 brackets."""
_TOO_DEEP = f"nested more than {_DEEPEST} deep, or in itself"

_SCALARS: dict[str, type] = {"bool": bool, "float": float, "int": int, "str": str}
_SMALL_INT = 2**63
_LONGEST_INT = 4000 * 3  # bits; Python refuses to read more than 4300 digits


class Misfit(ValueError):
    """A value does not fit; the text says where in it and why."""


class Carrier(Protocol):
    """How references travel in one message."""

    @abstractmethod
    def send(self, stub: type[Stub], value: object) -> object:
        """What travels for an object. Raises Misfit."""
        ...

    @abstractmethod
    def receive(self, stub: type[Stub], data: object) -> object:
        """What has arrived, as a stub of that class. Raises Misfit."""
        ...

    @abstractmethod
    def plain(self, value: object) -> object:
        """What travels for a value under `Any`, which is made of builtins."""
        ...

    @abstractmethod
    def undo(self) -> None:
        """What was sent so far does not travel after all."""
        ...


class Value:
    """The values of one annotation, in both directions."""

    def __init__(self, annotation: Type) -> None:
        self._annotation = annotation
        self.exact: type | None = None
        """The type whose values fit, and travel as they are, if there is one."""
        if isinstance(annotation, Symbol) and annotation.module == "builtins":
            self.exact = _SCALARS.get(annotation.name)
        elif annotation == NONE:
            self.exact = type(None)

    @functools.cached_property
    def _resolved(self) -> Any:
        return resolve(self._annotation)

    @functools.cached_property
    def _form(self) -> Any:
        return checked_form(self._resolved)

    @functools.cached_property
    def _has_hashed(self) -> bool:
        return has_hashed(self._form)

    @functools.cached_property
    def size(self) -> Size:
        """What the annotation says of the size of its values as msgpack."""
        return size_of(self._form)

    @functools.cached_property
    def _shape(self) -> msgspec.msgpack.Decoder[object]:
        return msgspec.msgpack.Decoder(shape_of(self._form))

    @functools.cached_property
    def _reshape(self) -> Any:
        return reshaper(self._resolved)

    def pack(self, value: object, carrier: Carrier) -> object:
        """The value as it travels. Raises Misfit where it does not fit."""
        if type(value) is self.exact and not (self.exact is int and is_large(value)):
            return value
        if self._reshape is not None:
            try:
                value = self._reshape(value)
            except RecursionError:
                raise Misfit("nested too deeply, or in itself") from None
        return travelling(
            _converted(value, self._form, functools.partial(_pack_hook, carrier))
        )

    def check(self, data: bytes | msgspec.Raw) -> None:
        """Raises Misfit where the bytes of a value are not of its type (see `shapes`).

        WireError where they are not msgpack at all.
        """
        try:
            self._shape.decode(data)
        except msgspec.ValidationError as error:
            raise Misfit(_for_people(str(error))) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise WireError(f"not well-formed msgpack: {error}") from None

    def unpack(self, data: object, carrier: Carrier) -> Any:
        """The value in what has arrived. Raises Misfit where it does not fit."""
        if type(data) is self.exact:
            return data
        hook = functools.partial(_unpack_hook, carrier)
        if self._has_hashed:
            try:
                look_at(data, self._form, functools.partial(_converted, hook=hook))
            except WireError as error:
                raise Misfit(str(error)) from None
        return _converted(data, self._form, hook)


def is_large(value: object) -> bool:
    """Whether this is an int that does not travel as it is."""
    return isinstance(value, int) and not -_SMALL_INT <= value < _SMALL_INT


def _converted(value: object, form: Any, hook: Any) -> Any:
    try:
        return msgspec.convert(value, form, strict=True, dec_hook=hook)
    except msgspec.ValidationError as error:
        raise Misfit(_for_people(str(error))) from None
    except RecursionError:
        raise Misfit("nested too deeply") from None
    except (OverflowError, UnicodeError) as error:
        raise Misfit(f"a value that cannot be taken: {error}") from None
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        raise Misfit(f"a value that cannot stand in a set: {error}") from None


_PLACE = re.compile(r" - at (`key` in )?`\$(.*?)`", re.DOTALL)
_NAMES = {
    "`object`": "dict",
    "`array`": "list",
    "`null`": "None",
    "bool | int": "int",
    "bool | float": "float",
    "Invalid enum value": "not one of the values that are allowed:",
    "Object missing required field": "missing key",
}


def _for_people(message: str) -> str:
    """msgspec's message in Python's words, the place first."""
    found = _PLACE.search(message)
    text = _PLACE.sub("", message)
    for theirs, ours in _NAMES.items():
        text = text.replace(theirs, ours)
    text = text.replace("`", "").replace("Expected", "expected", 1)
    if found is None:
        return text
    key, place = found.groups()
    where = f"a key of {place or 'it'}" if key else place
    return f"{where}: {text}" if where else text


def _pack_hook(carrier: Carrier, kind: type, value: object) -> object:
    if kind is Plain:
        return carrier.plain(travelling(value, references=False))
    if issubclass(kind, Reference):
        return carrier.send(kind.stub, value)
    return _complex(kind, value)


def _unpack_hook(carrier: Carrier, kind: type, data: object) -> object:
    if kind is Plain:
        return travelling(data, references=False)
    if issubclass(kind, Reference):
        return carrier.receive(kind.stub, data)
    return _complex(kind, data)


def _complex(kind: Any, value: object) -> object:
    if kind is complex and isinstance(value, complex | float | int):
        return complex(cast(complex, value))
    raise Misfit(f"expected {kind.__name__}, got {type(value).__name__}")


def travelling(value: Any, *, references: bool = True, depth: int = 0) -> Any:
    """The value, made of the types that travel and of nothing else.

    Values of their subclasses become plain ones. Raises Misfit for anything else,
    for a dict that a receiver would take for an object, and for what serpent cannot
    carry.
    """
    kind = type(cast(object, value))
    if kind is str or value is None or kind is bool:
        return value
    if depth > _DEEPEST:
        raise Misfit(_TOO_DEEP)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int | float | complex):
        return _number(value)
    if isinstance(value, list | tuple | set | frozenset):
        items = cast("list[object]", value)
        return _array(items, references=references, depth=depth + 1)
    if isinstance(value, dict):
        mapping = cast("dict[object, object]", value)
        return _mapping(mapping, references=references, depth=depth + 1)
    if references and isinstance(value, Address):
        return value.as_proxy()
    if references and isinstance(value, msgspec.msgpack.Ext):
        return value
    raise Misfit(
        f"an object of class {kind.__module__}.{kind.__qualname__} is not plain data"
    )


def _number(value: complex) -> complex:
    if isinstance(value, int):
        if value.bit_length() > _LONGEST_INT:
            raise Misfit(f"an int of {value.bit_length()} bits cannot be sent")
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if math.isnan(value.real) or math.isnan(value.imag):
        raise Misfit("a complex with nan cannot be sent")
    return complex(value.real, value.imag)


def _array(value: Any, *, references: bool, depth: int) -> Any:
    """The array, itself if it and all in it are plain: a copy takes as much again."""
    kind = type(cast(object, value))
    if isinstance(value, set | frozenset):
        items = cast("set[Any]", value)
        keys = [_key(item, depth) for item in items]
        if kind in (set, frozenset) and all(map(operator.is_, keys, items)):
            return items
        return set(keys) if isinstance(value, set) else frozenset(keys)
    made = [travelling(item, references=references, depth=depth) for item in value]
    if kind in (list, tuple) and all(map(operator.is_, made, value)):
        return value
    return tuple(made) if isinstance(value, tuple) else made


def _mapping(mapping: dict[Any, Any], *, references: bool, depth: int) -> Any:
    """The dict, itself if it and all in it are plain."""
    is_plain = type(mapping) is dict
    made: dict[Any, Any] = {}
    for key, item in mapping.items():
        if key == "__class__":
            raise Misfit(
                "a dict with the key '__class__' cannot be sent: Pyro5 makes objects "
                "of them"
            )
        key_made = _key(key, depth)
        value = travelling(item, references=references, depth=depth)
        is_plain = is_plain and key_made is key and value is item
        made[key_made] = value
    return mapping if is_plain else made


def _key(value: Any, depth: int, *, inside: bool = False) -> Any:
    """A key of a dict or an item of a set, of which serpent carries fewer types."""
    if isinstance(value, tuple):
        if depth > _DEEPEST:
            raise Misfit(_TOO_DEEP)
        items = cast("tuple[Any]", value)
        return tuple(_key(item, depth + 1, inside=True) for item in items)
    if isinstance(value, str | int | float | complex) or (inside and value is None):
        if isinstance(value, float) and math.isnan(value):
            raise Misfit("nan cannot be sent as a key or in a set")
        return travelling(value)
    raise Misfit(
        f"{type(value).__name__} cannot be sent as a key or in a set: use str, int, "
        "float, bool, complex or a tuple of those"
    )
