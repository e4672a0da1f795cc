"""Annotations as types: names looked up, and put in the form that msgspec checks.

Names are looked up when a value is first checked, not when a generated module is
imported: Protocols may refer to each other, and a stub can be used without the module
that has the interface.
"""

from __future__ import annotations

import ast
import collections.abc
import functools
import pkgutil
import threading
import types
import typing
from collections.abc import Iterator
from typing import Any, Literal, NewType, TypedDict, TypeVar, cast, get_args, get_origin

from callbackgen.interface import (
    CALLABLE,
    Apply,
    Constant,
    Symbol,
    Type,
    Union,
    Variable,
)

if typing.TYPE_CHECKING:
    from callbackgen.runtime.stub import Stub

ABSTRACT: dict[object, type[list[Any] | set[Any] | dict[Any, Any]]] = {
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}
"""The abstract collections, and as what each arrives."""

_WITH_BOOL: dict[object, Any] = {int: int | bool, float: float | bool}
"""Type checkers take a bool for an int, which msgspec does not."""

_MARKS: set[object] = {typing.Annotated, typing.Required, typing.NotRequired}


class _Marker(type):
    """Makes msgspec take whatever the hook for a marker class has returned."""

    def __instancecheck__(cls, instance: object) -> bool:
        return True


class Plain(metaclass=_Marker):
    """Stands for Any and object: whatever is plain data."""


class Reference(metaclass=_Marker):
    """Stands for a stub class; each has a subclass of its own."""

    stub: type[Stub]


def resolve(annotation: Type) -> Any:
    """The type that an annotation names; its names are imported.

    Raises ImportError where that fails.
    """
    match annotation:
        case Symbol(module="builtins", name="object") | Variable():
            return Any
        case Symbol() | Apply() if _is_function(annotation):
            return _function_stub(annotation)
        case Symbol(module=module, name=name):
            return _imported(f"{module}.{name}")
        case Constant(text=text):
            return ast.literal_eval(text)
        case Apply(base=base, arguments=arguments):
            inner = tuple(resolve(argument) for argument in arguments)
            if inner == ((),):
                return tuple[()]
            return resolve(base)[inner if len(inner) != 1 else inner[0]]
        case Union(members=members):
            return functools.reduce(
                _either, (_or_able(resolve(member)) for member in members)
            )
        case _:
            raise TypeError(f"{annotation} is not the type of a value")


def _is_function(annotation: Symbol | Apply) -> bool:
    return CALLABLE in (annotation, getattr(annotation, "base", None))


def _function_stub(annotation: Symbol | Apply) -> type[Stub]:
    from callbackgen.runtime.functions import function_stub

    return function_stub(getattr(annotation, "arguments", ()))


def _either(one: Any, other: Any) -> Any:
    return one | other


def _or_able(resolved: Any) -> Any:
    return typing.Optional[resolved] if resolved is None else resolved  # noqa: UP045


def _imported(name: str) -> Any:
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ImportError(
            f"{name}, which a generated module names, cannot be imported: {error}"
        ) from error


def checked_form(resolved: Any) -> Any:
    """The type in the form that msgspec can check.

    Abstract collections are as what they arrive, Any and object :class:`Plain`, stub
    classes a :class:`Reference`.
    """
    resolved = unwrapped(resolved)
    if resolved is Any or resolved is object or isinstance(resolved, TypeVar):
        return Plain
    stub: Any = get_origin(resolved) or resolved
    if is_stub(stub):
        return _reference(stub)
    if typing.is_typeddict(resolved) or typing.is_typeddict(get_origin(resolved)):
        return _typed_dict(resolved)
    origin, arguments = get_origin(resolved), get_args(resolved)
    if origin is Literal:
        return resolved
    if origin in (types.UnionType, typing.Union):
        members = [checked_form(member) for member in arguments]
        return Plain if Plain in members else typing.Union[tuple(members)]  # noqa: UP007
    given: Any = origin or resolved
    collection: Any = ABSTRACT.get(given, given)
    if collection in (list, set, frozenset):
        item = checked_form(arguments[0] if arguments else Any)
        return cast(Any, collection)[item]
    if collection is dict:
        key, value = arguments or (Any, Any)
        return dict[checked_form(key), checked_form(value)]  # type: ignore[misc]
    if collection is tuple:
        return _tuple_form(resolved, arguments)
    return _WITH_BOOL.get(resolved, resolved)


def _tuple_form(resolved: Any, arguments: tuple[Any, ...]) -> Any:
    if not arguments:
        return tuple[Plain, ...] if resolved is tuple else tuple[()]
    forms = (item if item is ... else checked_form(item) for item in arguments)
    return cast(Any, tuple)[tuple(forms)]


def unwrapped(resolved: Any) -> Any:
    """The type without NewType, Annotated, Required, NotRequired and alias around."""
    while True:
        origin = get_origin(resolved)
        if isinstance(resolved, NewType):
            resolved = resolved.__supertype__
        elif origin in _MARKS or _is_read_only(origin):
            resolved = get_args(resolved)[0]
        elif type(resolved).__name__ == "TypeAliasType":
            resolved = resolved.__value__
        else:
            return resolved


def is_stub(resolved: object) -> bool:
    """Whether this is a generated stub class: what a reference arrives as."""
    from callbackgen.runtime.stub import Stub

    return isinstance(resolved, type) and issubclass(resolved, Stub)


@functools.cache
def _reference(stub: type[Stub]) -> type[Reference]:
    made: Any = _Marker(stub.__name__, (Reference,), {"stub": stub})
    return cast("type[Reference]", made)


_typed_dicts: dict[object, Any] = {}
_typed_dicts_lock = threading.RLock()


def _typed_dict(resolved: Any) -> Any:
    """A TypedDict of the same keys whose types are in the checked form.

    It is made before its keys are, since they may refer to it; another thread waits
    until it is whole.
    """
    with _typed_dicts_lock:
        known = _typed_dicts.get(resolved)
        if known is not None:
            return known
        origin: Any = get_origin(resolved) or resolved
        form: Any = cast(Any, TypedDict)(origin.__name__, {})
        _typed_dicts[resolved] = form
        try:
            form.__annotations__ = {
                name: checked_form(hint) for name, hint in typed_dict_hints(resolved)
            }
            required = _required_keys(origin)
        except BaseException:
            del _typed_dicts[resolved]
            raise
        form.__required_keys__ = required
        form.__optional_keys__ = frozenset(form.__annotations__) - required
        return form


def _required_keys(origin: Any) -> frozenset[str]:
    """The keys that must be there.

    Python itself does not see a mark that is text, as all are under ``from __future__
    import annotations``.
    """
    required = set(cast("frozenset[str]", origin.__required_keys__))
    for name, hint in typing.get_type_hints(origin, include_extras=True).items():
        marks = set(_marks(hint))
        if typing.NotRequired in marks:
            required.discard(name)
        elif typing.Required in marks:
            required.add(name)
    return frozenset(required)


def _marks(hint: Any) -> Iterator[object]:
    while (origin := get_origin(hint)) in _MARKS or _is_read_only(origin):
        yield origin
        hint = get_args(hint)[0]


def _is_read_only(origin: object) -> bool:
    return getattr(origin, "__name__", "") == "ReadOnly"


def typed_dict_hints(resolved: Any) -> list[tuple[str, Any]]:
    """The keys of a TypedDict and their types, type arguments put in."""
    origin: Any = get_origin(resolved) or resolved
    parameters = getattr(origin, "__parameters__", ())
    given = dict(zip(parameters, get_args(resolved), strict=False))
    try:
        hints = typing.get_type_hints(origin)
    except NameError as error:
        raise ImportError(
            f"the TypedDict {origin.__module__}.{origin.__qualname__} cannot be used: "
            f"{error} at run time; import that outside of TYPE_CHECKING"
        ) from error
    return [(name, _substituted(hint, given)) for name, hint in hints.items()]


def _substituted(hint: Any, given: dict[Any, Any]) -> Any:
    if isinstance(hint, TypeVar):
        return given.get(hint, Any)
    parameters = getattr(hint, "__parameters__", ())
    if not parameters or get_origin(hint) is None:
        return hint
    arguments = tuple(given.get(parameter, Any) for parameter in parameters)
    return hint[arguments]
