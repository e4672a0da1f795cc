"""The fields of the classes whose values travel by them, whoever made the class."""

from __future__ import annotations

import dataclasses
import inspect
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar, cast, get_args, get_origin

import msgspec

_MARKS: Final[set[object]] = {typing.Required, typing.NotRequired}


class Field(NamedTuple):
    """One field that travels.

    `name` is the attribute, `key` what it is called on its way, `given` by what name
    the class takes it.
    """

    name: str
    key: str
    given: str
    type: Any
    is_required: bool


class Layout(NamedTuple):
    """How the values of a class travel: as a dict, or as a list in order.

    `tag` stands before the fields, under `tag_key`. `makes_own`: there are fields that
    the class does not take but makes itself, and that do not travel; or those of attrs
    that have no annotations, which msgspec does not see.
    """

    fields: tuple[Field, ...]
    is_array: bool = False
    tag_key: str | None = None
    tag: str | int | None = None
    makes_own: bool = False


def is_typed_dict(kind: Any) -> bool:
    """Whether that is a TypedDict: of `typing`, or of `typing_extensions`."""
    return type(kind).__name__ == "_TypedDictMeta"


def has_fields(kind: Any) -> bool:
    """Whether that is a class whose values travel by their fields."""
    if not isinstance(kind, type):
        return False
    made: Any = kind
    return (
        dataclasses.is_dataclass(made)
        or is_typed_dict(made)
        or issubclass(made, msgspec.Struct)
        or hasattr(made, "__attrs_attrs__")
        or (issubclass(made, tuple) and "_fields" in vars(kind))
    )


def is_array_like(kind: Any) -> bool:
    """Whether the values of a class that has fields travel as lists."""
    if issubclass(kind, msgspec.Struct):
        config: Any = kind.__struct_config__
        return bool(config.array_like)
    return issubclass(kind, tuple)


def layout_of(resolved: Any) -> Layout:
    """The fields of a class, type arguments put in.

    Raises ImportError where the type of one cannot be looked up, TypeError for what
    cannot travel.
    """
    kind: Any = get_origin(resolved) or resolved
    hints = _hints(resolved)
    if is_typed_dict(kind):
        return Layout(tuple(_of_typed_dict(kind, hints)))
    if issubclass(kind, msgspec.Struct):
        return _of_struct(kind, hints)
    if dataclasses.is_dataclass(kind):
        fields = tuple(_of_dataclass(kind, hints))
        return Layout(fields, makes_own=len(fields) < len(dataclasses.fields(kind)))
    if hasattr(kind, "__attrs_attrs__"):
        fields = tuple(_of_attrs(kind, hints))
        is_seen = all(one.name in hints for one in kind.__attrs_attrs__)
        makes_own = len(fields) < len(kind.__attrs_attrs__) or not is_seen
        return Layout(fields, makes_own=makes_own)
    return Layout(tuple(_of_named_tuple(kind, hints)), is_array=True)


def _of_typed_dict(kind: Any, hints: dict[str, Any]) -> Iterator[Field]:
    """Python does not see a mark that is text, as all are under `annotations`."""
    required = set(cast("frozenset[str]", kind.__required_keys__))
    for name, hint in hints.items():
        marks = set(_marks(hint))
        is_required = name in required
        if typing.NotRequired in marks:
            is_required = False
        elif typing.Required in marks:
            is_required = True
        yield Field(name, name, name, hint, is_required)


def _marks(hint: Any) -> Iterator[object]:
    while (origin := get_origin(hint)) in _MARKS or is_read_only(origin):
        yield origin
        hint = get_args(hint)[0]


def is_read_only(origin: object) -> bool:
    """Whether that is ReadOnly, which Pythons before 3.13 have in typing_extensions."""
    return getattr(origin, "__name__", "") == "ReadOnly"


def _of_struct(kind: Any, hints: dict[str, Any]) -> Layout:
    config: Any = kind.__struct_config__
    fields = [
        Field(one.name, one.encode_name, one.name, hints[one.name], one.required)
        for one in msgspec.structs.fields(kind)
    ]
    return Layout(tuple(fields), config.array_like, config.tag_field, config.tag)


def _of_dataclass(kind: Any, hints: dict[str, Any]) -> Iterator[Field]:
    fields = dataclasses.fields(kind)
    others = kind.__dataclass_fields__.keys() - {one.name for one in fields}
    if not others.isdisjoint(inspect.signature(kind).parameters):
        raise TypeError(f"{kind.__qualname__} has an InitVar, which cannot travel")
    for one in fields:
        has_default = (
            one.default is not dataclasses.MISSING
            or one.default_factory is not dataclasses.MISSING
        )
        if one.init:
            yield Field(one.name, one.name, one.name, hints[one.name], not has_default)


def filler(kind: Any) -> Callable[[dict[str, Any]], object]:
    """What makes an object of a dataclass of its fields, as msgspec makes one.

    Its `__init__` is not called: it may be the user's own, which takes something else.
    """
    defaults: dict[str, object] = {}
    factories: dict[str, Callable[[], object]] = {}
    for one in dataclasses.fields(kind):
        if one.default_factory is not dataclasses.MISSING:
            factories[one.name] = one.default_factory
        elif one.default is not dataclasses.MISSING:
            defaults[one.name] = one.default
    is_finished = hasattr(kind, "__post_init__")

    def make(given: dict[str, Any]) -> object:
        made: Any = kind.__new__(kind)
        for name, value in (defaults | given).items():
            object.__setattr__(made, name, value)  # of a frozen one, too
        for name, factory in factories.items():
            if name not in given:
                object.__setattr__(made, name, factory())
        if is_finished:
            made.__post_init__()
        return made

    return make


def _of_attrs(kind: Any, hints: dict[str, Any]) -> Iterator[Field]:
    import attrs

    for one in attrs.fields(kind):
        if one.init:
            hint = hints[one.name] if one.name in hints else _listed(kind, one.type)
            is_required = one.default is attrs.NOTHING
            yield Field(one.name, one.name, one.alias, hint, is_required)


def _listed(kind: Any, hint: Any) -> Any:
    """The type that ``attr.ib(type=...)`` gives, which may be text."""
    alone = type(kind.__name__, (), {"__module__": kind.__module__})
    alone.__annotations__ = {"hint": Any if hint is None else hint}
    return typing.get_type_hints(alone, include_extras=True)["hint"]


def _of_named_tuple(kind: Any, hints: dict[str, Any]) -> Iterator[Field]:
    for name in kind._fields:
        is_required = name not in kind._field_defaults
        yield Field(name, name, name, hints.get(name, Any), is_required)


def _hints(resolved: Any) -> dict[str, Any]:
    """The types of the fields, what stands for a type variable put in."""
    kind: Any = get_origin(resolved) or resolved
    try:
        hints = _looked_up(kind)
    except NameError as error:
        raise ImportError(
            f"the class {kind.__module__}.{kind.__qualname__} cannot be used: {error} "
            "at run time; import that outside of TYPE_CHECKING"
        ) from error
    given = _given(resolved)
    return {
        name: substituted(hint, given.get(name, {})) for name, hint in hints.items()
    }


def _looked_up(kind: Any) -> dict[str, Any]:
    """The annotations of a class and its bases as types.

    Python before 3.12.4 finds no type parameters (``class Box[T]``) in those that are
    text.
    """
    classes = [*_made_of(kind)]
    if not any(getattr(base, "__type_params__", ()) for base in classes):
        return typing.get_type_hints(kind, include_extras=True)
    found: dict[str, Any] = {}
    for base in classes:
        names = {one.__name__: one for one in getattr(base, "__type_params__", ())}
        own = inspect.get_annotations(base)
        if is_typed_dict(base):
            own = {name: hint for name, hint in own.items() if name not in found}
        members = {"__annotations__": own, "__module__": base.__module__}
        alone = type(base.__name__, (), members)
        seen: dict[str, Any] = {**vars(base), **names}
        found |= typing.get_type_hints(alone, localns=seen, include_extras=True)
    return found


def _made_of(kind: Any) -> Iterator[Any]:
    """A class and its bases, those first; of a TypedDict, what it is written with."""
    if not is_typed_dict(kind):
        yield from reversed(kind.__mro__)
        return
    for base in _bases(kind):
        above = get_origin(base) or base
        if is_typed_dict(above):
            yield from _made_of(above)
    yield kind


def _given(resolved: Any) -> dict[str, dict[Any, Any]]:
    """For each field what stands for the type variables of the class that has it.

    One variable can stand for different types in a class and in those it is made of.
    """
    kind: Any = get_origin(resolved) or resolved
    parameters = getattr(kind, "__parameters__", ())
    given = dict(zip(parameters, get_args(resolved), strict=False))
    found: dict[str, dict[Any, Any]] = {}
    for base in reversed(_bases(kind)):
        if _may_have_fields(get_origin(base) or base):
            found |= _given(substituted(base, given))
    own: set[str] = {*inspect.get_annotations(kind)}
    if is_typed_dict(kind):  # it has those of its bases, too
        own -= found.keys()
    return found | dict.fromkeys(own, given)


def _may_have_fields(base: Any) -> bool:
    """NamedTuple is a function, and what stands for a variable in Generic no type."""
    return isinstance(base, type) and base not in (typing.Generic, typing.Protocol)


def _bases(kind: Any) -> tuple[Any, ...]:
    own = cast("Mapping[str, Any]", vars(kind))
    return tuple(own.get("__orig_bases__", kind.__bases__))


def substituted(hint: Any, given: dict[Any, Any]) -> Any:
    """A type with what stands for its variables put in: Any, where nothing does."""
    if isinstance(hint, TypeVar):
        return given.get(hint, Any)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or get_origin(hint) is None:
        return hint
    arguments = tuple(given.get(parameter, Any) for parameter in parameters)
    return hint[arguments]
