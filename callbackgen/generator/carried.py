"""Which types travel, and where in an annotation a reference may stand.

By value travels what Pyro5's serpent carries unchanged; a Protocol of the user's and a
Callable travel by reference. What is refused is refused with the nearest type that
works.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from callbackgen.generator.annotations import Annotations, Problem, Scope, variadic
from callbackgen.generator.diagnostics import Diagnostic
from callbackgen.generator.members import ReadMember
from callbackgen.generator.names import Found, Library, Role
from callbackgen.generator.place import Place
from callbackgen.generator.refusals import (
    awaited_callable,
    malformed_callable,
    misplaced,
    not_carried,
    standard_protocol,
    unknown,
)
from callbackgen.generator.source import Assigned, Defined
from callbackgen.interface import (
    ANY,
    CALLABLE,
    NONE,
    Apply,
    Arguments,
    Constant,
    MemberKind,
    Symbol,
    Type,
    Union,
    Variable,
    children,
    walk,
)

_SCALARS = {"bool", "complex", "float", "int", "object", "str"}
_ARRAYS = {"frozenset", "list", "set", "tuple"}
_ABSTRACT_ARRAYS = {
    "Collection",
    "Iterable",
    "MutableSequence",
    "MutableSet",
    "Sequence",
    "Set",
}
_ABSTRACT_MAPPINGS = {"Mapping", "MutableMapping"}
_REFERENCE_ARRAYS = {"list", "tuple", "Sequence", "Collection", "Iterable"}

_ITERATORS = {
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "Generator",
    "Iterator",
}
_AWAITED = {
    Symbol("collections.abc", "Awaitable"),
    Symbol("collections.abc", "Coroutine"),
}
_STANDARD_PROTOCOLS = {
    *(Symbol("collections.abc", name) for name in (
        "Awaitable", "Buffer", "ByteString", "Container", "Coroutine", "Hashable",
        "Reversible", "Sized",
    )),
    *(Symbol("typing", name) for name in (
        "AsyncContextManager", "ContextManager", "SupportsAbs", "SupportsBytes",
        "SupportsComplex", "SupportsFloat", "SupportsIndex", "SupportsInt",
        "SupportsRound",
    )),
    *(Symbol("contextlib", name) for name in (
        "AbstractAsyncContextManager", "AbstractContextManager",
    )),
    Symbol("os", "PathLike"),
}  # fmt: skip


def protocols(annotation: Type | None, library: Library) -> Iterator[Symbol]:
    """The Protocols in a type, in order: each travels by reference, as a stub."""
    match annotation:
        case Symbol():
            if _is_protocol(annotation, library):
                yield annotation
        case Apply(base=base, arguments=inner):
            yield from protocols(base, library)
            for part in inner:
                yield from protocols(part, library)
        case Union(members=inner) | Arguments(items=inner):
            for part in inner:
                yield from protocols(part, library)
        case _:
            return


def _refers(annotation: Type | None, library: Library) -> bool:
    """Whether something in a type travels by reference."""
    return annotation is not None and any(
        isinstance(part, Symbol) and (part == CALLABLE or _is_protocol(part, library))
        for part in walk(annotation)
    )


def _is_protocol(symbol: Symbol, library: Library) -> bool:
    found = library.find(symbol)
    return found is not None and library.role(found) is Role.PROTOCOL


class TypeRules:
    """Goes over every annotation of one member; `check` gives what is wrong."""

    def __init__(self, library: Library, read: ReadMember) -> None:
        self.library = library
        self.read = read
        self.found: list[Diagnostic] = []

    def check(self) -> list[Diagnostic]:
        """What cannot be carried in the member's annotations."""
        read = self.read
        for index, signature in enumerate(read.member.signatures):
            for parameter in signature.parameters:
                place = read.places[index, parameter.name]
                self._check(parameter.annotation, place)
            self._check(signature.result, read.places[index, "return"])
            self._check_assignable(signature.result, read.places[index, "return"])
        for first in read.first_parameters:
            if first is not None:
                self._check_self(first)
        return self.found

    def _check(self, annotation: Type | None, place: Place) -> None:
        if annotation is None:
            return
        try:
            self._value(annotation, may_refer=True, seen=frozenset())
        except Problem as problem:
            self.found.append(place.of(problem))

    def _check_self(self, first: Type) -> None:
        self.found.append(
            self.read.place.diagnostic(
                "CBG110",
                f"self of {self.read.member.name} has an annotation: {first}",
                "leave it out; whose method it is cannot depend on a type argument",
            )
        )

    def _check_assignable(self, annotation: Type | None, place: Place) -> None:
        if self.read.member.kind is not MemberKind.ATTRIBUTE:
            return
        if _refers(annotation, self.library):
            self.found.append(
                place.diagnostic(
                    "CBG133",
                    f"the attribute {self.read.member.name} holds a reference: who "
                    "reads it gets a stub, so it cannot be assigned",
                    "make it a read-only @property",
                )
            )

    def _value(
        self, annotation: Type, *, may_refer: bool, seen: frozenset[Symbol]
    ) -> None:
        """Raises Problem unless the type can be carried."""
        match annotation:
            case Variable() | Constant(text="None"):
                return
            case Symbol():
                self._symbol(annotation, may_refer, seen)
            case Apply():
                self._generic(annotation, may_refer, seen)
            case Union(members=members):
                for member in members:
                    self._value(member, may_refer=may_refer, seen=seen)
                self._distinguishable(members)
            case _:
                raise unknown(str(annotation))

    def _symbol(self, symbol: Symbol, may_refer: bool, seen: frozenset[Symbol]) -> None:
        module, name = symbol.module, symbol.name
        if symbol in (ANY, Symbol("typing", "Literal")):
            return
        if module == "builtins" and name in _SCALARS | _ARRAYS | {"dict"}:
            return
        if module == "collections.abc":
            if name in _ABSTRACT_ARRAYS | _ABSTRACT_MAPPINGS:
                return
            if name in _ITERATORS:
                raise Problem(
                    "CBG125",
                    f"{name} cannot be carried: a stream has no end to send",
                    "return a list, or pass a callback that gets one item a call",
                )
        if symbol in _STANDARD_PROTOCOLS:
            raise standard_protocol(symbol)
        found = self.library.find(symbol)
        if found is None:
            raise not_carried(symbol)
        self._defined(found, symbol, may_refer, seen)

    def _defined(
        self, found: Found, symbol: Symbol, may_refer: bool, seen: frozenset[Symbol]
    ) -> None:
        if isinstance(found.definition, Assigned):
            if self.library.declares(found.definition, found.source) == "NewType":
                if symbol in seen:
                    raise not_carried(symbol)
                inside = seen | {symbol}
                self._value(self._new_type(found), may_refer=False, seen=inside)
                return
            raise not_carried(symbol)
        match self.library.role(found):
            case Role.PROTOCOL:
                if self.library.finder.is_standard(found.source.path):
                    raise standard_protocol(symbol)
                if not may_refer:
                    raise misplaced(symbol.name)
            case Role.TYPED_DICT:
                if symbol not in seen:
                    self._typed_dict(found, seen | {symbol})
            case Role.CLASS:
                raise not_carried(symbol)

    def _typed_dict(self, found: Found, seen: frozenset[Symbol]) -> None:
        definition = found.definition
        assert isinstance(definition, Defined)
        scope = Scope(found.source, (found.source.members(definition),))
        annotations = Annotations(self.library)
        for statement in definition.node.body:
            if not isinstance(statement, ast.AnnAssign):
                continue
            field_type = annotations.convert(statement.annotation, scope)
            while isinstance(field_type, Apply) and field_type.base in _FIELD_MARKS:
                field_type = field_type.arguments[0]
            self._value(field_type, may_refer=False, seen=seen)
        for base in definition.node.bases:
            symbol = self.library.base(base, found.source)
            above = self.library.find(symbol) if symbol else None
            if above and above.symbol not in seen:
                self._typed_dict(above, seen | {above.symbol})

    def _generic(
        self, annotation: Apply, may_refer: bool, seen: frozenset[Symbol]
    ) -> None:
        base = annotation.base
        if base == Symbol("typing", "Literal"):
            for value in annotation.arguments:
                if not isinstance(value, Constant) or value.text[:2] in ('b"', "b'"):
                    raise Problem(
                        "CBG128",
                        f"Literal[{value}] cannot be carried yet",
                        "use strings, ints, bools or None as its values",
                    )
            return
        if base == CALLABLE:
            self._callable(annotation, may_refer, seen)
            return
        self._symbol(base, may_refer, seen)
        name, arguments = base.name, annotation.arguments
        if base.module == "builtins" and name == "tuple":
            arguments = tuple(a for a in arguments if a != Constant("..."))
        if _is_protocol(base, self.library):
            for argument in arguments:
                self._value(argument, may_refer=False, seen=seen)
            return
        keys = name == "dict" or name in _ABSTRACT_MAPPINGS
        inner = may_refer and (keys or name in _REFERENCE_ARRAYS)
        for index, argument in enumerate(arguments):
            allowed = inner and not (keys and index == 0)
            self._value(argument, may_refer=allowed, seen=seen)

    def _callable(
        self, annotation: Apply, may_refer: bool, seen: frozenset[Symbol]
    ) -> None:
        """A callback with one method, whose arguments and result travel as any do."""
        match annotation.arguments:
            case (Arguments() | Constant(text="...") as taken, result):
                pass
            case (Variable(name=name), _):
                raise variadic(name)
            case _:
                raise malformed_callable(annotation)
        if not may_refer:
            raise misplaced("Callable[...]")
        if (result.base if isinstance(result, Apply) else result) in _AWAITED:
            raise awaited_callable(result)
        for part in (*children(taken), result):
            self._value(part, may_refer=True, seen=seen)

    def _distinguishable(self, members: tuple[Type, ...]) -> None:
        """Of a union's members the receiver has to tell which one it got."""
        kinds: dict[str, Type] = {}
        for member in members:
            kind = self._shape(member)
            if kind is None:
                continue
            other = kinds.setdefault(kind, member)
            if other is not member and kind:
                raise Problem(
                    "CBG130",
                    f"{other} and {member} cannot be told apart on arrival",
                    "use one of the two, or a TypedDict with a field that says which",
                )
        custom = kinds.keys() & {"reference", "complex"}
        if custom and sum(_is_specific(member) for member in members) > 1:
            kind = min(custom)
            raise Problem(
                "CBG130",
                f"{kinds[kind]} can be in a union with None only",
                "pass the two as two parameters, each | None",
            )

    def _shape(self, member: Type) -> str | None:
        base = member.base if isinstance(member, Apply) else member
        match base:
            case (
                Symbol(module="builtins", name="object")
                | Symbol(module="typing", name="Any")
            ):
                return None
            case Symbol(module="typing", name="Literal"):
                return None
            case Symbol() if base == CALLABLE:
                return "reference"
            case Symbol(module="builtins" | "collections.abc", name=name):
                if name in _ARRAYS | _ABSTRACT_ARRAYS:
                    return "array"
                if name == "dict" or name in _ABSTRACT_MAPPINGS:
                    return "mapping"
                return name
            case Symbol():
                found = self.library.find(base)
                if found and isinstance(found.definition, Assigned):
                    return self._shape(self._new_type(found))
                return "reference" if _is_protocol(base, self.library) else "mapping"
            case _:
                return None

    def _new_type(self, found: Found) -> Type:
        """What ``NewType("Name", base)`` is a kind of."""
        definition = found.definition
        assert isinstance(definition, Assigned)
        match definition.value:
            case ast.Call(args=[_, base]):
                return Annotations(self.library).convert(base, Scope(found.source))
            case _:
                raise not_carried(found.symbol)


def _is_specific(member: Type) -> bool:
    """Whether a union's member needs to be told from the others."""
    return member not in (ANY, NONE, Symbol("builtins", "object"))


_FIELD_MARKS = {
    Symbol("typing", name) for name in ("NotRequired", "ReadOnly", "Required")
}
