"""Of a union's members the receiver has to tell which one has arrived."""

from __future__ import annotations

import ast
from itertools import combinations
from typing import NamedTuple

from callbackgen.generator.classes import Classes, Kind
from callbackgen.generator.enums import forms_of_enum
from callbackgen.generator.forms import (
    ANYTHING,
    ARRAY,
    INT,
    MAPPING,
    NULL,
    REFERENCE,
    REGISTERED,
    TEXT,
    form_of,
)
from callbackgen.generator.names import Found, Library
from callbackgen.generator.refusals import (
    alone,
    beside_anything,
    not_told_apart,
    two_classes,
)
from callbackgen.generator.source import Assigned, Defined
from callbackgen.interface import (
    ANNOTATED,
    CALLABLE,
    NONE,
    Apply,
    Constant,
    Symbol,
    Type,
    Union,
    Variable,
    walk,
)

_LITERAL = Symbol("typing", "Literal")
_PLAIN = frozenset(
    {
        NONE,
        _LITERAL,
        *(Symbol("builtins", name) for name in ("bool", "float", "int", "str")),
    }
)
"""What a Literal can be beside: then it is no more than a hint."""


def _is_plain(member: Type) -> bool:
    """Whether values of a type are plain data all through."""
    return all(
        not isinstance(part, Symbol)
        or part in ANYTHING
        or part == _LITERAL
        or part.module == "collections.abc"
        or (part.module == "builtins" and part.name != "bytearray")
        for part in walk(member)
    )


class _Tag(NamedTuple):
    """How an array or mapping says of which Struct it is."""

    text: str
    is_int: bool
    field: str
    is_array: bool


class Unions:
    """Goes over the members of unions."""

    def __init__(self, library: Library, classes: Classes) -> None:
        self.library = library
        self.classes = classes

    def check(self, members: tuple[Type, ...]) -> None:
        """Raises Problem (CBG130) unless all members can be told apart."""
        for member in members:
            if self._forms(member) & {REFERENCE, REGISTERED} and (
                sum(each != NONE and each not in ANYTHING for each in members) > 1
            ):
                raise alone(member)
        if any(each in ANYTHING or isinstance(each, Variable) for each in members):
            for member in members:
                if not _is_plain(member):
                    raise beside_anything(member)
        for one, other in combinations(members, 2):
            if not self._are_apart(one, other):
                if self._is_made_of_fields(one) and self._is_made_of_fields(other):
                    raise two_classes(one, other)
                raise not_told_apart(one, other)

    def _are_apart(self, one: Type, other: Type) -> bool:
        first, second = self._struct(one), self._struct(other)
        if first is not None and second is not None:
            return self._have_tags(first, second)
        if not self._forms(one) & self._forms(other):
            return True
        bases = {self.base(one), self.base(other)}
        return _LITERAL in bases and bases <= _PLAIN

    # -- forms ---------------------------------------------------------------------

    def base(self, member: Type) -> Type:
        """A type without its arguments and limits, and what a NewType is one of."""
        while True:
            if isinstance(member, Apply):
                is_limited = member.base == ANNOTATED
                member = member.arguments[0] if is_limited else member.base
            found = self.library.find(member) if isinstance(member, Symbol) else None
            supertype = self.classes.supertype(found) if found else None
            if supertype is None:
                if not isinstance(member, Apply):
                    return member
            else:
                member = supertype

    def _forms(self, member: Type) -> frozenset[str]:
        """What a member may be in msgpack; nothing for what takes all there is."""
        match member:
            case Constant(text="None"):
                return frozenset({NULL})
            case Union(members=inner):
                return frozenset(form for each in inner for form in self._forms(each))
            case Apply(base=base, arguments=(inner, *_)) if base == ANNOTATED:
                return self._forms(inner)
            case Apply(base=base, arguments=values) if base == _LITERAL:
                return frozenset(map(_form_of_literal, values))
            case Apply(base=base):
                return self._forms_of(base)
            case Symbol():
                return self._forms_of(member)
            case _:
                return frozenset()

    def _forms_of(self, symbol: Symbol) -> frozenset[str]:
        if symbol in ANYTHING:
            return frozenset()
        if self.library.is_registered(symbol):
            return frozenset({REGISTERED})
        known = REFERENCE if symbol == CALLABLE else form_of(symbol)
        if known is not None:
            return frozenset({known})
        found = self.library.find(symbol)
        if found is None:
            return frozenset()
        supertype = self.classes.supertype(found)
        if supertype is not None:
            return self._forms(supertype)
        if self.library.is_protocol(found):
            return frozenset({REFERENCE})
        return self._forms_of_class(found)

    def _forms_of_class(self, found: Found) -> frozenset[str]:
        match self.classes.kind(found):
            case Kind.ENUM:
                return forms_of_enum(found, self.classes)
            case Kind.NAMED_TUPLE:
                return frozenset({ARRAY})
            case Kind.STRUCT:
                is_array = self._keywords(found).get("array_like") == "True"
                return frozenset({ARRAY if is_array else MAPPING})
            case _:
                return frozenset({MAPPING})

    # -- Structs -------------------------------------------------------------------

    def _found(self, member: Type) -> Found | None:
        """The class of the user's that a member is, if it is one."""
        base = self.base(member)
        found = self.library.find(base) if isinstance(base, Symbol) else None
        return found if found and isinstance(found.definition, Defined) else None

    def _is_made_of_fields(self, member: Type) -> bool:
        found = self._found(member)
        return found is not None and self.classes.kind(found) is not Kind.ENUM

    def _struct(self, member: Type) -> Found | None:
        found = self._found(member)
        if found is None or self.classes.kind(found) is not Kind.STRUCT:
            return None
        return found

    def _have_tags(self, one: Found, other: Found) -> bool:
        first, second = self._tag(one), self._tag(other)
        if first is None or second is None or first.text == second.text:
            return False
        # msgspec wants all else the same.
        return first[1:] == second[1:]

    def _tag(self, found: Found) -> _Tag | None:
        given = self._keywords(found)
        tag, field = given.get("tag"), given.get("tag_field", "'type'")
        if tag == "False" or (tag is None and "tag_field" not in given):
            return None
        is_array = given.get("array_like") == "True"
        value = _constant(tag or "True")
        if value is True:
            return _Tag(repr(found.symbol.name), False, field, is_array)
        if isinstance(value, int | str):
            return _Tag(repr(value), isinstance(value, int), field, is_array)
        # A function makes the tag of the name.
        return _Tag(f"{tag}({found.symbol.name})", False, field, is_array)

    def _keywords(self, found: Found) -> dict[str, str]:
        """The keywords of a Struct class, those that it inherits too, as text."""
        return self._inherited(found, frozenset())

    def _inherited(self, found: Found, below: frozenset[Symbol]) -> dict[str, str]:
        assert isinstance(found.definition, Defined)
        given: dict[str, str] = {}
        below |= {found.symbol}
        for above, _ in reversed(list(self.classes.above(found))):
            if above.symbol not in below:
                given |= self._inherited(above, below)
        for keyword in found.definition.node.keywords:
            text = ast.unparse(self._written_out(keyword.value, found))
            if keyword.arg and text != "None":
                given[keyword.arg] = text
        return given

    def _written_out(self, node: ast.expr, found: Found) -> ast.expr:
        """A constant in the place of its name."""
        symbol = self.library.base(node, found.source)
        named = self.library.find(symbol) if symbol else None
        match named.definition if named else None:
            case Assigned(value=ast.Constant() as value):
                return value
            case _:
                return node


def _constant(text: str) -> object:
    try:
        value: object = ast.literal_eval(text)
    except ValueError:
        return None
    return value


def _form_of_literal(value: Type) -> str:
    match _constant(str(value)):
        case None:
            return NULL
        case bool():
            return "bool"
        case int():
            return INT
        case _:
            return TEXT
