"""What the classes of data are, read from their sources: nothing of them is imported.

An enum, a dataclass or attrs class (a record), a NamedTuple, a TypedDict, a
``msgspec.Struct``, or a plain class.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from callbackgen.generator.annotations import (
    Annotations,
    Scope,
    parse,
    substitute,
    union,
)
from callbackgen.generator.blocks import statements
from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.generics import Generics, items_of
from callbackgen.generator.names import Found, Library
from callbackgen.generator.source import Assigned, Defined
from callbackgen.generator.spellings import canonical
from callbackgen.interface import ANY, Symbol, Type, Union


class Kind(enum.Enum):
    """What kind of data the instances of a class are, the one that counts first."""

    ENUM = "enum"
    STRUCT = "Struct"
    TYPED_DICT = "TypedDict"
    NAMED_TUPLE = "NamedTuple"
    RECORD = "record"
    PLAIN = "plain class"


class Field(NamedTuple):
    """A field of a class of data: where it stands, and its annotation if it has one.

    `given` are the type arguments of the class that it is a field of. `may_be_unset`:
    ``msgspec.UnsetType`` in its annotation says that it may be left out.
    """

    owner: str
    name: str
    node: ast.expr | None
    scope: Scope
    given: Mapping[str, Type]
    may_be_unset: bool


ENUMS = frozenset(
    Symbol("enum", name)
    for name in ("Enum", "Flag", "IntEnum", "IntFlag", "ReprEnum", "StrEnum")
)
_ROOTS = {
    **dict.fromkeys(ENUMS, Kind.ENUM),
    Symbol("msgspec", "Struct"): Kind.STRUCT,
    Symbol("typing", "TypedDict"): Kind.TYPED_DICT,
    Symbol("typing", "NamedTuple"): Kind.NAMED_TUPLE,
}
_RECORDS = frozenset(
    {
        Symbol("dataclasses", "dataclass"),
        Symbol("attr", "dataclass"),
        *(
            Symbol(module, name)
            for module in ("attr", "attrs")
            for name in ("define", "frozen", "mutable")
        ),
    }
)
_LISTED = frozenset(Symbol("attr", name) for name in ("attributes", "attrs", "s"))
"""The decorators whose classes list their fields: ``x = attr.ib()``."""
_FIELDS = frozenset(
    {
        *(Symbol("attr", name) for name in ("attrib", "field", "ib")),
        Symbol("attrs", "field"),
    }
)
_MAKERS = frozenset(
    {
        *ENUMS,
        Symbol("attr", "make_class"),
        Symbol("attrs", "make_class"),
        Symbol("collections", "namedtuple"),
        Symbol("dataclasses", "make_dataclass"),
        Symbol("msgspec", "defstruct"),
        Symbol("typing", "NamedTuple"),
        Symbol("typing", "TypedDict"),
    }
)
_MARKS = frozenset(
    Symbol("typing", name) for name in ("Final", "NotRequired", "ReadOnly", "Required")
)
_UNSET = Symbol("msgspec", "UnsetType")
_NOT_INHERITED = {Kind.NAMED_TUPLE}
"""A class below it has fields that Python does not know of."""
_NO_FIELDS = frozenset({Symbol("typing", "ClassVar"), Symbol("dataclasses", "KW_ONLY")})


class Classes:
    """Reads classes; each is looked at once."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._annotations = Annotations(library, is_evaluated=True)
        self.generics = Generics(library, self._annotations)
        self._kinds: dict[Symbol, Kind] = {}

    # -- kinds ---------------------------------------------------------------------

    def kind(self, found: Found) -> Kind:
        """What a class is, by its decorators and bases."""
        known = self._kinds.get(found.symbol)
        if known is None:
            # A class among its own bases is no kind of data.
            self._kinds[found.symbol] = Kind.PLAIN
            known = self._kinds[found.symbol] = self._kind(found)
        return known

    def _kind(self, found: Found) -> Kind:
        if not isinstance(found.definition, Defined):
            return Kind.PLAIN
        if self._decorator(found):
            return Kind.RECORD
        kinds = {_ROOTS.get(base, Kind.PLAIN) for base in self.bases(found)}
        kinds |= {self.kind(above) for above, _ in self.above(found)} - _NOT_INHERITED
        kind = next(kind for kind in Kind if kind in kinds | {Kind.PLAIN})
        if kind is Kind.RECORD and any(self._annotated(found)):
            return Kind.PLAIN
        return kind

    def bases(self, found: Found) -> Iterator[Symbol]:
        """The bases of a class as they are called where they come from."""
        definition = found.definition
        assert isinstance(definition, Defined)
        for base in (*definition.node.bases, *self._made_enum(found)):
            symbol = self.library.base(base, found.source)
            if symbol is not None:
                yield canonical(symbol)

    def _made_enum(self, found: Found) -> Sequence[ast.expr]:
        """What the enums of the standard library have in the place of a base."""
        definition = found.definition
        assert isinstance(definition, Defined)
        for decorator in definition.node.decorator_list:
            if isinstance(decorator, ast.Call):
                symbol = self.library.base(decorator.func, found.source)
                if symbol == Symbol("enum", "_simple_enum"):
                    return decorator.args
        return ()

    def above(self, found: Found) -> Iterator[tuple[Found, ast.expr]]:
        """The bases of a class that have a source, and how they are written."""
        definition = found.definition
        assert isinstance(definition, Defined)
        for base in definition.node.bases:
            symbol = self.library.base(base, found.source)
            above = self.library.find(symbol) if symbol else None
            if above is not None and isinstance(above.definition, Defined):
                yield above, base

    def _decorator(self, found: Found) -> Symbol | None:
        """The decorator that makes a class a record, if it has one."""
        definition = found.definition
        assert isinstance(definition, Defined)
        for decorator in definition.node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            symbol = self.library.base(called, found.source)
            if symbol not in _LISTED:
                if symbol in _RECORDS:
                    return symbol
            elif "auto_attribs=True" in ast.unparse(decorator):
                return Symbol("attr", "dataclass")
            else:
                return symbol
        return None

    def maker(self, found: Found) -> str | None:
        """The function that makes a class which is not written as one."""
        match found.definition:
            case Assigned(value=value):
                calls: Sequence[ast.expr] = [value]
            case Defined(node=node):
                calls = node.bases
            case _:
                calls = ()
        for call in calls:
            if not isinstance(call, ast.Call):
                continue
            symbol = self.library.base(call.func, found.source)
            if symbol and self._makes_classes(canonical(symbol)):
                return f"{symbol.name}(...)"
        return None

    def _makes_classes(self, symbol: Symbol) -> bool:
        if symbol in _MAKERS:
            return True
        found = self.library.find(symbol)
        return found is not None and self.kind(found) is Kind.ENUM

    def supertype(self, found: Found) -> Type | None:
        """What ``NewType("Name", base)`` is a kind of; None for anything else."""
        if self.library.declares(found.definition, found.source) != "NewType":
            return None
        match found.definition:
            case Assigned(value=ast.Call(args=[_, base])):
                return self.generics.unquoted(base, Scope(found.source))
            case _:
                return None

    # -- fields --------------------------------------------------------------------

    def fields(
        self,
        found: Found,
        arguments: Sequence[Type] = (),
        below: frozenset[Symbol] = frozenset(),
    ) -> dict[str, Field]:
        """The fields of a class by name, inherited ones first.

        Raises Problem where the type arguments of a base are no types, and for
        a field that cannot be one (CBG146).
        """
        definition = found.definition
        assert isinstance(definition, Defined)
        scope = self.generics.scope(found)
        given = dict(
            zip(self.generics.parameters(found, scope), arguments, strict=False)
        )
        fields: dict[str, Field] = {}
        below |= {found.symbol}
        for above, base in reversed(list(self.above(found))):
            if above.symbol not in below:
                items = [
                    substitute(item, given)
                    for item in self.generics.arguments(base, scope)
                ]
                fields |= self.fields(above, items, below)
        owner, is_struct = definition.node.name, self.kind(found) is Kind.STRUCT
        for name, node in self._own(found):
            fields[name] = Field(owner, name, node, scope, given, is_struct)
        return fields

    def type_of(self, field: Field) -> Type:
        """The type of a field. Raises Problem for what is no type."""
        if field.node is None:
            return ANY
        meant = self._annotations.convert(field.node, field.scope)
        if field.may_be_unset and isinstance(meant, Union):
            meant = union(member for member in meant.members if member != _UNSET)
        return substitute(meant, dict(field.given))

    def _own(self, found: Found) -> Iterator[tuple[str, ast.expr | None]]:
        match self.kind(found):
            case Kind.NAMED_TUPLE | Kind.STRUCT | Kind.TYPED_DICT:
                yield from self._annotated(found)
            case Kind.RECORD:
                decorator = self._decorator(found)
                if decorator is not None:
                    only_listed = decorator in _LISTED
                    yield from self._annotated(found, only_listed=only_listed)
                    yield from self._listed(found)
            case Kind.ENUM | Kind.PLAIN:
                pass

    def _annotated(
        self, found: Found, *, only_listed: bool = False
    ) -> Iterator[tuple[str, ast.expr | None]]:
        """The annotated fields; `only_listed`: those that are ``attr.ib()``."""
        definition = found.definition
        assert isinstance(definition, Defined)
        for statement in statements(definition.node.body):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), value=value):
                    if _is_made_inside(value):
                        continue
                    if only_listed and not self._is_listed(value, found):
                        continue
                    is_field, node = self._field(statement.annotation, found, name)
                    if is_field:
                        yield name, node
                case _:
                    pass

    def _listed(self, found: Found) -> Iterator[tuple[str, ast.expr | None]]:
        definition = found.definition
        assert isinstance(definition, Defined)
        for statement in statements(definition.node.body):
            match statement:
                case ast.Assign(
                    targets=[ast.Name(id=name)], value=ast.Call() as call
                ) if self._is_listed(call, found) and not _is_made_inside(call):
                    given = {each.arg: each.value for each in call.keywords}
                    yield name, given.get("type")
                case _:
                    pass

    def _is_listed(self, value: ast.expr | None, found: Found) -> bool:
        return (
            isinstance(value, ast.Call)
            and self.library.base(value.func, found.source) in _FIELDS
        )

    def _field(
        self, node: ast.expr, found: Found, name: str
    ) -> tuple[bool, ast.expr | None]:
        """Whether an annotation is that of a field, and its type without marks."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                node = parse(node.value)
            except Problem:
                return True, node  # it is refused with the name of the field
        written = self.library.base(node, found.source)
        symbol = canonical(written) if written else None
        if symbol in _NO_FIELDS:
            return False, None
        if symbol == Symbol("dataclasses", "InitVar"):
            assert isinstance(found.definition, Defined)
            raise _init_var(found.definition.node.name, name)
        if symbol in _MARKS:
            if not isinstance(node, ast.Subscript):
                return True, None
            return self._field(node.slice, found, name)
        if symbol == Symbol("typing", "Annotated") and isinstance(node, ast.Subscript):
            inside, *metadata = items_of(node)
            is_field, meant = self._field(inside, found, name)
            if meant is None:
                return is_field, None
            items = ast.Tuple([meant, *metadata])
            return is_field, ast.Subscript(node.value, items)
        return True, node


def _is_made_inside(value: ast.expr | None) -> bool:
    """Whether a field has ``init=False``: its class makes it; it does not travel."""
    return isinstance(value, ast.Call) and any(
        keyword.arg == "init" and ast.unparse(keyword.value) == "False"
        for keyword in value.keywords
    )


def _init_var(owner: str, name: str) -> Problem:
    return Problem(
        "CBG146",
        f"the field {owner}.{name} is an InitVar: it is not kept, so it cannot be sent",
        "make it an ordinary field",
    )
