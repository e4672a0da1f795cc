"""Limits of values: the metadata of ``Annotated`` that the run time holds to.

They are ``msgspec.Meta(...)`` with literals for arguments. Titles, descriptions and the
like say nothing of the values and are left out.
"""

from __future__ import annotations

import ast

from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.names import Library
from callbackgen.generator.source import Assigned, Source
from callbackgen.interface import Symbol, Type

META = Symbol("msgspec", "Meta")

_NUMBERS = ("gt", "ge", "lt", "le", "multiple_of")
_LENGTHS = ("min_length", "max_length")
_LIMITS = (*_NUMBERS, "pattern", *_LENGTHS, "tz")
"""The arguments that limit values, in the order in which they are written."""

_BUILTIN = {name: Symbol("builtins", name) for name in (
    *("int", "float", "str", "bytes", "bytearray"),
    *("list", "tuple", "set", "frozenset", "dict"),
)}  # fmt: skip
_LONG = frozenset(_BUILTIN.values()) - {_BUILTIN["int"], _BUILTIN["float"]}
_NUMERIC = frozenset({_BUILTIN["int"], _BUILTIN["float"], Symbol("decimal", "Decimal")})
_TAKERS: dict[str, frozenset[Symbol]] = {
    **dict.fromkeys(_NUMBERS, _NUMERIC),
    "pattern": frozenset({_BUILTIN["str"]}),
    "tz": frozenset({Symbol("datetime", name) for name in ("datetime", "time")}),
}
"""The types that can have a limit, without their arguments."""


def limits_in(node: ast.expr, source: Source, library: Library) -> str | None:
    """The limits that one piece of metadata sets, as ``msgspec.Meta(ge=0)``.

    None for any that sets none. Raises Problem (CBG145) for limits that do not stand
    in the source.
    """
    match node:
        case ast.Call(func=function) if library.base(function, source) == META:
            return _text(node)
        case ast.Name() | ast.Attribute():
            symbol = library.base(node, source)
            found = library.find(symbol) if symbol else None
            if found is None or not isinstance(found.definition, Assigned):
                return None
            value = found.definition.value
            if not isinstance(value, ast.Call):
                return None
            return limits_in(value, found.source, library)
        case _:
            return None


def _text(call: ast.Call) -> str | None:
    if call.args or any(keyword.arg is None for keyword in call.keywords):
        raise _not_literal("every limit")
    given = {
        keyword.arg: _literal(keyword.arg, keyword.value)
        for keyword in call.keywords
        if keyword.arg in _LIMITS
    }
    limits = [(name, given[name]) for name in _LIMITS if given.get(name)]
    if not limits:
        return None
    return f"{META}({', '.join(f'{name}={text}' for name, text in limits)})"


def _literal(name: str, node: ast.expr) -> str | None:
    """The text of a limit's value; None where there is no such limit."""
    match node:
        case ast.Constant(value=None):
            return None
        case ast.Constant(value=value):
            sign = ""
        case ast.UnaryOp(
            op=ast.USub() | ast.UAdd() as operator, operand=ast.Constant(value=value)
        ):
            sign = "-" if isinstance(operator, ast.USub) else ""
        case _:
            raise _not_literal(name)
    if not _fits(name, value):
        raise _not_literal(name)
    return sign + ast.unparse(ast.Constant(value))


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


def names_in(limits: str) -> list[str]:
    """The limits in the text ``msgspec.Meta(ge=0)``, by their names."""
    call = ast.parse(limits, mode="eval").body
    assert isinstance(call, ast.Call)
    return [keyword.arg for keyword in call.keywords if keyword.arg]


def can_have(base: Type, name: str) -> bool:
    """Whether the run time holds values of a type, without arguments, to a limit."""
    if name in _LENGTHS:
        return base in _LONG or getattr(base, "module", "") == "collections.abc"
    return base in _TAKERS[name]
