"""The decorators that a member of a Protocol may have, and what each means."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import libcst

from callbackgen.generator.annotations import Annotations, Scope, parse
from callbackgen.generator.diagnostics import Diagnostic, Problem
from callbackgen.generator.spellings import canonical
from callbackgen.interface import Symbol

if TYPE_CHECKING:
    from callbackgen.generator.place import Place


@dataclass
class Decorators:
    """What the decorators of one member say."""

    is_overload: bool = False
    is_property: bool = False
    setter_of: str | None = None
    deleter_of: str | None = None
    oneway: bool = False
    deadline: float | None = None
    deprecated: str | None = None


_WITHOUT_MEANING = frozenset(
    {
        Symbol("abc", "abstractmethod"),
        Symbol("typing", "final"),
        Symbol("typing", "override"),
    }
)
_PROPERTIES = frozenset(
    {Symbol("builtins", "property"), Symbol("abc", "abstractproperty")}
)
_ONEWAY = frozenset(
    {
        Symbol("callbackgen.markers", "oneway"),
        Symbol("Pyro5.api", "oneway"),
        Symbol("Pyro5.server", "oneway"),
    }
)
_STATIC = frozenset(
    {Symbol("builtins", "staticmethod"), Symbol("builtins", "classmethod")}
)


def read_decorators(
    listed: Sequence[libcst.Decorator],
    annotations: Annotations,
    scope: Scope,
    place: Place,
) -> tuple[Decorators, list[Diagnostic]]:
    """What the decorators say, and one diagnostic for each that is not understood."""
    read = Decorators()
    wrong: list[Diagnostic] = []
    for decorator in listed:
        try:
            expression = parse(place.tree.code(decorator.decorator))
            _read(expression, read, annotations, scope)
        except Problem as problem:
            wrong.append(place.at(decorator).of(problem))
    return read, wrong


def _read(
    node: ast.expr, read: Decorators, annotations: Annotations, scope: Scope
) -> None:
    call = node if isinstance(node, ast.Call) else None
    text = ast.unparse(call.func if call else node)
    name, _, accessor = text.rpartition(".")
    if name and accessor in ("setter", "deleter"):
        read.setter_of = name if accessor == "setter" else None
        read.deleter_of = name if accessor == "deleter" else None
        return
    symbol = canonical(annotations.symbol(text, scope))
    if symbol in _STATIC:
        raise Problem(
            "CBG106",
            f"a {symbol.name} cannot be carried: the far end has an object, not its "
            "class",
            "make it an ordinary method with self",
        )
    if symbol == Symbol("typing", "overload"):
        read.is_overload = True
    elif symbol in _PROPERTIES:
        read.is_property = True
    elif symbol in _ONEWAY and call is None:
        read.oneway = True
    elif symbol == Symbol("callbackgen.markers", "deadline"):
        read.deadline = _seconds(call)
    elif symbol in (Symbol("typing", "deprecated"), Symbol("warnings", "deprecated")):
        read.deprecated = _message(call)
    elif symbol not in _WITHOUT_MEANING:
        raise Problem(
            "CBG105",
            f"the decorator @{text} is not known",
            "leave it out of the Protocol; decorate the implementation instead",
        )


def _seconds(call: ast.Call | None) -> float:
    arguments = list(call.args) if call else []
    if call and [each.arg for each in call.keywords] == ["seconds"]:
        arguments += [each.value for each in call.keywords]
    elif call and call.keywords:
        arguments = []
    match arguments:
        case [ast.Constant(value=int() | float() as seconds)] if not isinstance(
            seconds, bool
        ) and 0 < seconds < float("inf"):
            return float(seconds)
        case _:
            raise Problem(
                "CBG112",
                "the seconds of @deadline have to stand here as a positive number",
                "write a number: @deadline(2.5)",
            )


def _message(call: ast.Call | None) -> str:
    match call.args if call else []:
        case [ast.Constant(value=str(message))]:
            return message
        case _:
            raise Problem(
                "CBG113",
                "the message of @deprecated has to stand here as a string",
                'write it out: @deprecated("use changed")',
            )


def read_class_decorators(
    node: libcst.ClassDef, annotations: Annotations, scope: Scope, place: Place
) -> None:
    """Raises Problem (CBG105) for a decorator of the class that is not known."""
    for decorator in node.decorators:
        expression = parse(place.tree.code(decorator.decorator))
        called = expression.func if isinstance(expression, ast.Call) else expression
        text = ast.unparse(called)
        symbol = annotations.symbol(text, scope)
        if symbol.module not in ("typing", "typing_extensions") or (
            symbol.name not in ("runtime_checkable", "final", "type_check_only")
        ):
            raise Problem(
                "CBG105",
                f"the decorator @{text} is not known",
                "leave it out of the Protocol",
            )
