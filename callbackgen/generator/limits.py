"""Limits of values: the metadata of ``Annotated`` that the run time holds to.

They are ``msgspec.Meta(...)`` with literals for arguments. Titles, descriptions and the
like say nothing of the values and are left out.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.forms import ARRAY, BINARY, MAPPING, form_of
from callbackgen.generator.names import Library
from callbackgen.generator.source import Assigned, Source
from callbackgen.interface import Symbol, Type

META = Symbol("msgspec", "Meta")

_NUMBERS = ("gt", "ge", "lt", "le", "multiple_of")
_LENGTHS = ("min_length", "max_length")
_LIMITS = (*_NUMBERS, "pattern", *_LENGTHS, "tz")
"""The arguments that limit values, in the order in which they are written."""

_INT = Symbol("builtins", "int")
_STR = Symbol("builtins", "str")
_NUMERIC = frozenset({_INT, Symbol("builtins", "float"), Symbol("decimal", "Decimal")})
_TAKERS: dict[str, frozenset[Symbol]] = {
    **dict.fromkeys(_NUMBERS, _NUMERIC),
    "pattern": frozenset({_STR}),
    "tz": frozenset({Symbol("datetime", name) for name in ("datetime", "time")}),
}
"""The types that can have a limit, without their arguments."""
_LARGEST = (1 << 63) - 1

Limits: TypeAlias = Mapping[str, object]
"""Limits by their names. `...` is a value that does not stand in the source."""


def limits_in(
    node: ast.expr, source: Source, library: Library, *, is_evaluated: bool
) -> str | None:
    """The limits that one piece of metadata sets, as ``msgspec.Meta(ge=0)``.

    None for any that sets none. A value that does not stand in the source is ``...``
    where Python itself evaluates it; else a Problem (CBG145) is raised.
    """
    match node:
        case ast.Call(func=function) if library.base(function, source) == META:
            return _text(node, is_evaluated)
        case ast.Name() | ast.Attribute():
            symbol = library.base(node, source)
            found = library.find(symbol) if symbol else None
            if found is None or not isinstance(found.definition, Assigned):
                return None
            value = found.definition.value
            if not isinstance(value, ast.Call):
                return None
            return limits_in(value, found.source, library, is_evaluated=is_evaluated)
        case _:
            return None


def _text(call: ast.Call, is_evaluated: bool) -> str | None:
    is_open = call.args or any(keyword.arg is None for keyword in call.keywords)
    if is_open and not is_evaluated:
        raise _not_literal("every limit")
    given = {
        keyword.arg: _literal(keyword.arg, keyword.value, is_evaluated)
        for keyword in call.keywords
        if keyword.arg in _LIMITS
    }
    limits = [(name, given[name]) for name in _LIMITS if given.get(name)]
    if not limits:
        return None
    return f"{META}({', '.join(f'{name}={text}' for name, text in limits)})"


def _literal(name: str, node: ast.expr, is_evaluated: bool) -> str | None:
    """The text of a limit's value; None where there is no such limit."""
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=value) if _fits(name, value):
            return ast.unparse(node)
        case ast.UnaryOp(
            op=ast.USub() | ast.UAdd() as operator, operand=ast.Constant(value=value)
        ) if _fits(name, value):
            sign = "-" if isinstance(operator, ast.USub) else ""
            return sign + ast.unparse(ast.Constant(value))
        case _ if is_evaluated:
            return "..."
        case _:
            raise _not_literal(name)


def _fits(name: str, value: object) -> bool:
    if name == "tz" or isinstance(value, bool):
        return name == "tz" and isinstance(value, bool)
    if name == "pattern":
        return isinstance(value, str)
    return isinstance(value, int if name in _LENGTHS else int | float)


def _not_literal(name: str) -> Problem:
    return Problem(
        "CBG145",
        f"{name} of msgspec.Meta has to stand here as a literal",
        "write it out: msgspec.Meta(ge=0), msgspec.Meta(max_length=80)",
    )


# -- which limits can be -----------------------------------------------------------


def together(texts: Iterable[str]) -> Limits:
    """The limits of one type, of texts as ``msgspec.Meta(ge=0)``.

    Raises Problem (CBG145) for those that msgspec takes of no type.
    """
    limits: dict[str, object] = {}
    for text in texts:
        call = ast.parse(text, mode="eval").body
        assert isinstance(call, ast.Call)
        for keyword in call.keywords:
            assert keyword.arg is not None
            if keyword.arg in limits:
                raise _impossible(f"the limit {keyword.arg} is set twice")
            limits[keyword.arg] = ast.literal_eval(keyword.value)
    for one, other in (("gt", "ge"), ("lt", "le")):
        if {one, other} <= limits.keys():
            raise _impossible(f"the limits {one} and {other} exclude each other")
    for name, value in limits.items():
        amiss = _amiss(name, value)
        if amiss:
            raise _impossible(f"the limit {name} {amiss}")
    return limits


def _amiss(name: str, value: object) -> str | None:
    """Why a limit cannot have a value, if it cannot."""
    match value:
        case str():
            try:
                re.compile(value)
            except (re.error, RecursionError, OverflowError) as error:
                return f"is no regular expression: {error}"
        case bool():
            return None
        case int() if name in _LENGTHS:
            return None if 0 <= value <= _LARGEST else "is no length"
        case int() | float() if not _is_finite(value):
            return "is no finite number"
        case int() | float() if name == "multiple_of" and value <= 0:
            return "has to be more than 0"
        case _:
            return None
    return None


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def _impossible(what: str) -> Problem:
    return Problem(
        "CBG145",
        what,
        "set each limit once, to a value that msgspec.Meta takes",
    )


def can_have(base: Type, name: str, value: object) -> bool:
    """Whether the run time holds values of a type, without arguments, to a limit."""
    if name in _LENGTHS:
        form = form_of(base) if isinstance(base, Symbol) else None
        return base == _STR or form in (ARRAY, BINARY, MAPPING)
    if base == _INT and name in _NUMBERS and isinstance(value, int | float):
        # One beyond gt and lt has to be an int of 64 bits, too.
        beyond = {"gt": value + 1, "lt": value - 1}.get(name, value)
        return isinstance(value, int) and -_LARGEST - 1 <= beyond <= _LARGEST
    return base in _TAKERS[name]
