"""Annotations as types: names looked up.

Names are looked up when a value is first checked, not when a generated module is
imported: Protocols may refer to each other, and a stub can be used without the module
that has the interface.
"""

from __future__ import annotations

import ast
import functools
import pkgutil
import typing
from typing import Any, Final

import msgspec

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
_LIMITS: Final = "msgspec.Meta("


def resolve(annotation: Type) -> Any:
    """The type that an annotation names; its names are imported.

    Raises ImportError where that fails.
    """
    match annotation:
        case Constant(text="None"):
            return None
        case Symbol(module="builtins", name="object") | Variable():
            return Any
        case Symbol() | Apply() if _is_function(annotation):
            return _function_stub(annotation)
        case Symbol(module=module, name=name):
            return _imported(f"{module}.{name}")
        case Constant(text=text) if text.startswith(_LIMITS):
            return _limits(text)
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


def _limits(text: str) -> msgspec.Meta:
    """What ``Annotated`` has in a signature, of whose text nothing is evaluated."""
    call = ast.parse(text, mode="eval").body
    if not isinstance(call, ast.Call):
        raise TypeError(f"{text} is not what limits a type")
    given = {
        keyword.arg: ast.literal_eval(keyword.value)
        for keyword in call.keywords
        if keyword.arg
    }
    return msgspec.Meta(**given)


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
