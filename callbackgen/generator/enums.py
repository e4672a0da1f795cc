"""What the members of an enum are in msgpack, as far as its source says."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from callbackgen.generator.blocks import statements
from callbackgen.generator.classes import ENUMS, Classes, Kind
from callbackgen.generator.forms import INT, TEXT, form_of
from callbackgen.generator.names import Found
from callbackgen.generator.source import Defined
from callbackgen.interface import Symbol

_OTHER = "other"
_LARGE = "an int of more than 64 bits"
_AUTO = "auto"
_EITHER = frozenset({INT, TEXT})
_FLAGS = frozenset({Symbol("enum", "Flag"), Symbol("enum", "IntFlag")})
_INTEGERS = frozenset({Symbol("builtins", "int"), Symbol("enum", "IntEnum")})
_TEXTS = frozenset({Symbol("builtins", "str"), Symbol("enum", "StrEnum")})
_OBJECTS = {Kind.NAMED_TUPLE, Kind.RECORD, Kind.STRUCT}
_OWN_VALUES = frozenset({"__new__", "__init__", "_generate_next_value_"})
"""Functions that give members other values than those that are written."""


def forms_of_enum(found: Found, classes: Classes) -> frozenset[str]:
    """What the members of an enum are: text, ints, or either if that cannot be read.

    They are text where all values are str, and where they are neither all str nor all
    ints of up to 64 bits: then their names travel.
    """
    family = list(_family(found, classes, frozenset()))
    if any(_OWN_VALUES & _functions(each) for each in family):
        return _EITHER
    bases = {base for each in family for base in classes.bases(each)}
    values = set(_values(found, classes))
    if bases & _TEXTS:
        return frozenset({TEXT})
    if bases & _FLAGS:
        return frozenset({INT})
    if bases & _INTEGERS:
        # Of what is no int, such as a tuple, `int` makes one.
        known = frozenset({TEXT if _LARGE in values else INT})
        return _EITHER if _OTHER in values else known
    if any(classes.kind(each) in _OBJECTS for each in family):
        return frozenset({TEXT})
    makers = list(_makers(bases, classes))
    if makers:
        is_known = all(form_of(each) for each in makers)
        return frozenset({TEXT}) if is_known else _EITHER
    if {_OTHER, _LARGE} & values or {INT, TEXT} <= values:
        return frozenset({TEXT})
    if not values or "" in values:
        return _EITHER
    if TEXT in values:
        return _EITHER if _AUTO in values else frozenset({TEXT})
    return frozenset({INT})


def _family(found: Found, classes: Classes, seen: frozenset[Symbol]) -> Iterator[Found]:
    """A class and all above it that have a source."""
    if found.symbol in seen:
        return
    yield found
    for above, _ in classes.above(found):
        yield from _family(above, classes, seen | {found.symbol})


def _functions(found: Found) -> set[str]:
    assert isinstance(found.definition, Defined)
    body = statements(found.definition.node.body)
    return {each.name for each in body if isinstance(each, ast.FunctionDef)}


def _makers(bases: set[Symbol], classes: Classes) -> Iterator[Symbol]:
    """The bases that make the values of members, as Decimal does."""
    for base in bases - ENUMS - {Symbol("builtins", "object")}:
        found = classes.library.find(base)
        if found is None or not isinstance(found.definition, Defined):
            yield base


def _values(found: Found, classes: Classes) -> Iterator[str]:
    """What each member's value is; an empty text for what cannot be read."""
    known: dict[str, str] = {}
    for name, node in _members(found):
        value = _value(node, found, classes, known)
        if value is not None:
            known[name] = value
            yield value


def _members(found: Found) -> Iterator[tuple[str, ast.expr]]:
    assert isinstance(found.definition, Defined)
    for statement in statements(found.definition.node.body):
        match statement:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    yield from _assigned(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                yield from _assigned(target, value)
            case _:
                pass


def _assigned(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match target, value:
        case ast.Name(id=name), _:
            if not (name.startswith("__") or (name[0] == name[-1] == "_")):
                yield name, value
        case ast.Tuple(elts=names), ast.Tuple(elts=values):
            for one, given in zip(names, values, strict=False):
                yield from _assigned(one, given)
        case ast.Tuple(elts=names), _:
            for one in names:
                yield from _assigned(one, value)
        case _:
            pass


def _value(
    node: ast.expr, found: Found, classes: Classes, known: dict[str, str]
) -> str | None:
    """What a member's value is; None for what is no member."""
    match node:
        case ast.Constant(value=value) | ast.UnaryOp(operand=ast.Constant(value=value)):
            return _constant(value)
        case ast.Tuple() | ast.List() | ast.Dict() | ast.Set() | ast.JoinedStr():
            return TEXT if isinstance(node, ast.JoinedStr) else _OTHER
        case ast.Lambda():
            return None
        case ast.Name(id=name):
            return known.get(name, "")
        case ast.Call(func=function):
            symbol = classes.library.base(function, found.source)
            if symbol == Symbol("enum", "nonmember"):
                return None
            return _AUTO if symbol == Symbol("enum", "auto") else ""
        case _:
            return ""


def _constant(value: object) -> str:
    if isinstance(value, str):
        return TEXT
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        # One sign is as good as the other: the limits lie that far apart.
        return INT if value < 1 << 63 else _LARGE
    return _OTHER
