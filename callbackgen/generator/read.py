"""From a Protocol in a source file to an Interface, inherited members included."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import libcst

from callbackgen.generator.annotations import Annotations, Scope, parse, substitute
from callbackgen.generator.decorators import read_class_decorators
from callbackgen.generator.diagnostics import Diagnostic, Problem, Refused
from callbackgen.generator.inheritance import merged, substituted, types_of
from callbackgen.generator.members import Body, BodyReader, ReadMember
from callbackgen.generator.names import (
    KNOWN_MODULES,
    TYPING_MODULES,
    Found,
    Library,
)
from callbackgen.generator.naming import identifier
from callbackgen.generator.place import Place
from callbackgen.generator.source import Defined, Source
from callbackgen.interface import (
    ANY,
    Interface,
    Symbol,
    Type,
    TypeParameter,
    Variable,
    walk,
)


class Reading(NamedTuple):
    """One Protocol as read: its interface, where its parts stand, what is wrong."""

    interface: Interface
    place: Place
    members: tuple[ReadMember, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def source(self) -> Source:
        """The source that the Protocol itself stands in."""
        return self.place.source


class _Base(NamedTuple):
    """A Protocol that another inherits from, with the type arguments it gives."""

    symbol: Symbol
    arguments: tuple[Type, ...]


@dataclass
class _Own:
    """One Protocol by itself, nothing inherited."""

    place: Place
    scope: Scope
    body: Body
    parameters: tuple[TypeParameter, ...]
    has_parameter_syntax: bool
    bases: list[_Base] = field(default_factory=list[_Base])


class Reader:
    """Reads Protocols. Each is read once in a run, however many inherit from it."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._own: dict[Symbol, _Own] = {}

    def read(self, source: Source, qualified_name: str) -> Reading:
        """The Protocol `qualified_name` of `source`.

        Raises Refused (CBG003, CBG004, CBG008) if there is no such Protocol. What is
        wrong inside it is in the reading's `diagnostics`.
        """
        found = self.locate(source, qualified_name)
        order = self._linearised(found.symbol, ())
        own = self._own[found.symbol]
        members, diagnostics = self._flattened(found.symbol, order)
        declared = self._declared(order)
        return Reading(
            _interface(found.symbol, own, members, declared),
            own.place,
            tuple(members.values()),
            tuple(diagnostics),
        )

    def locate(self, source: Source, qualified_name: str) -> Found:
        """The Protocol of that name, through re-exports. Raises Refused."""
        found = self.library.find(Symbol(source.module_name, qualified_name))
        if found is None or not isinstance(found.definition, Defined):
            raise Refused(_no_class(source, qualified_name))
        if not self.library.is_protocol(found):
            node = found.definition.node
            raise Refused(
                Diagnostic(
                    "CBG004",
                    f"{qualified_name} is not a Protocol",
                    _how_to_be_a_protocol(node),
                    found.source.path,
                    node.lineno,
                    node.col_offset + 1,
                    found.source.lines[node.lineno - 1],
                )
            )
        return found

    def protocols(self, source: Source) -> list[str]:
        """The names of the Protocols in a module, those in classes last."""
        return [
            defined.qualified_name
            for defined in source.classes()
            if self.library.is_protocol(
                Found(
                    Symbol(source.module_name, defined.qualified_name), source, defined
                )
            )
        ]

    # -- one class by itself -------------------------------------------------------

    def _read_own(self, found: Found) -> _Own:
        if found.symbol not in self._own:
            self._own[found.symbol] = self._read_class(found)
        return self._own[found.symbol]

    def _read_class(self, found: Found) -> _Own:
        definition = found.definition
        assert isinstance(definition, Defined)
        tree = found.source.tree(definition)
        place = Place(found.source, tree, tree.node)
        listed = tree.node.type_parameters
        params = listed.params if listed else ()
        names = {identifier(each.param.name.value) for each in params}
        inner = found.source.scopes(definition)
        scope = Scope(found.source, inner, frozenset(names))
        reader = BodyReader(Annotations(self.library), scope, place)
        own = _Own(place, scope, reader.body, (), listed is not None)
        try:
            own.parameters = reader.signatures.type_parameters(tree.node)
            read_class_decorators(tree.node, reader.annotations, scope, place)
        except Problem as problem:
            own.body.diagnostics.append(place.at(tree.node.name).of(problem))
        written = self._read_bases(own, tree.node, reader)
        reader.read()
        if listed is None:
            own.parameters = tuple(
                scope.declared[name] for name in written if name in scope.declared
            )
        return own

    def _read_bases(
        self, own: _Own, node: libcst.ClassDef, reader: BodyReader
    ) -> Iterable[str]:
        """Take down the bases; give the old-style type parameters, in order."""
        explicit: list[str] = []
        used: list[str] = []
        for argument in node.bases:
            place = own.place.at(argument.value)
            try:
                expression = parse(own.place.tree.code(argument.value))
                base = self._base(expression, reader, own)
            except Problem as problem:
                own.body.diagnostics.append(place.of(problem))
                continue
            names = [
                part.name
                for part in (p for a in base.arguments for p in walk(a))
                if isinstance(part, Variable)
            ]
            if base.symbol.module in TYPING_MODULES:
                explicit += names
            else:
                own.bases.append(base)
                used += names
        return dict.fromkeys(explicit or used)

    def _base(self, node: ast.expr, reader: BodyReader, own: _Own) -> _Base:
        items: Sequence[ast.expr] = ()
        if isinstance(node, ast.Subscript):
            inner = node.slice
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            node = node.value
        symbol = reader.annotations.symbol(ast.unparse(node), own.scope)
        arguments = tuple(reader.annotations.convert(i, own.scope) for i in items)
        if symbol.module in TYPING_MODULES and symbol.name in ("Protocol", "Generic"):
            return _Base(symbol, arguments)
        found = self.library.find(symbol)
        if found is None or not self.library.is_protocol(found):
            raise _not_a_base(symbol)
        return _Base(found.symbol, arguments)

    # -- inheritance ---------------------------------------------------------------

    def _linearised(self, symbol: Symbol, below: tuple[Symbol, ...]) -> list[Symbol]:
        """The order in which members are looked up, Python's method resolution order.

        Raises Refused (CBG109).
        """
        found = self.library.find(symbol)
        assert found is not None
        own = self._read_own(found)
        if symbol in below:
            raise Refused(
                own.place.diagnostic(
                    "CBG109",
                    f"{symbol.name} inherits from itself",
                    "break the circle",
                )
            )
        bases = [base.symbol for base in own.bases]
        lines = [self._linearised(base, (*below, symbol)) for base in bases]
        order = merged([*lines, bases])
        if order is None:
            raise Refused(
                own.place.diagnostic(
                    "CBG109",
                    f"the bases of {symbol.name} have no consistent order",
                    "change the order of the bases, as Python would demand",
                )
            )
        return [symbol, *order]

    def _flattened(
        self, symbol: Symbol, order: list[Symbol]
    ) -> tuple[dict[str, ReadMember], list[Diagnostic]]:
        """All members, those of the farthest base first; the nearest wins."""
        given = self._arguments(symbol)
        members: dict[str, ReadMember] = {}
        diagnostics: list[Diagnostic] = []
        for each in reversed(order):
            own = self._own[each]
            diagnostics += own.body.diagnostics
            for name, read in own.body.members.items():
                try:
                    members[name] = substituted(read, given[each])
                except Problem as problem:
                    diagnostics.append(read.place.of(problem))
        return members, diagnostics

    def _declared(self, order: list[Symbol]) -> dict[str, TypeParameter]:
        """The ``TypeVar`` declarations that a Protocol and its bases use."""
        declared: dict[str, TypeParameter] = {}
        for each in order:
            own = self._own[each]
            for name, declaration in own.scope.declared.items():
                if declared.setdefault(name, declaration) != declaration:
                    raise Refused(
                        own.place.diagnostic(
                            "CBG131",
                            f"two different type variables are called {name}",
                            "rename one of them",
                        )
                    )
        return declared

    def _arguments(self, symbol: Symbol) -> dict[Symbol, dict[str, Type]]:
        """What each inherited Protocol's type parameters stand for in the end."""
        given: dict[Symbol, dict[str, Type]] = {symbol: {}}
        pending = [symbol]
        while pending:
            below = pending.pop()
            for base in self._own[below].bases:
                if base.symbol in given:
                    continue
                names = [p.name for p in self._own[base.symbol].parameters]
                arguments = [substitute(a, given[below]) for a in base.arguments]
                missing = [ANY] * (len(names) - len(arguments))
                given[base.symbol] = dict(
                    zip(names, [*arguments, *missing], strict=False)
                )
                pending.append(base.symbol)
        return given


def _interface(
    symbol: Symbol,
    own: _Own,
    members: dict[str, ReadMember],
    declared: dict[str, TypeParameter],
) -> Interface:
    names = [parameter.name for parameter in own.parameters]
    used = dict.fromkeys(
        part.name
        for read in members.values()
        for signature in read.member.signatures
        for annotation in types_of(signature)
        for part in walk(annotation)
        if isinstance(part, Variable)
    )
    renamed = _remote_names(members)
    return Interface(
        symbol.module,
        symbol.name,
        tuple(
            replace(read.member, remote_name=renamed.get(name, name))
            for name, read in members.items()
        ),
        own.place.tree.node.get_docstring() or None,
        own.parameters,
        tuple(declared[n] for n in used if n in declared and n not in names),
        own.has_parameter_syntax,
    )


def _remote_names(members: Iterable[str]) -> dict[str, str]:
    """``__call__`` is ``call_`` on the wire, with more ``_`` if that is taken."""
    name = "call_"
    while name in members:
        name += "_"
    return {"__call__": name}


def _not_a_base(symbol: Symbol) -> Problem:
    return Problem(
        "CBG109",
        f"the base {symbol} is not a Protocol whose source can be read here",
        "inherit from Protocols only, of your own or of an installed package; a "
        "standard-library Protocol cannot be called from afar",
    )


def _how_to_be_a_protocol(node: ast.ClassDef) -> str:
    bases = [
        base.value if isinstance(base, ast.Subscript) else base for base in node.bases
    ]
    if any(isinstance(base, ast.Name) and base.id == "Protocol" for base in bases):
        return "this Protocol is not that of typing: from typing import Protocol"
    return (
        "name Protocol among its bases (a class that only inherits from a Protocol is "
        "an implementation of it)"
    )


def _no_class(source: Source, qualified_name: str) -> Diagnostic:
    name = qualified_name.rpartition(".")[2]
    if source.module_name in KNOWN_MODULES and source.definition(qualified_name):
        return Diagnostic(
            "CBG126",
            f"nothing is generated for {source.module_name}.{qualified_name}",
            "name a Protocol of your own, with ordinary methods",
            source.path,
        )
    if isinstance(source.definition(name), Defined):
        return Diagnostic(
            "CBG003",
            f"there is no class {qualified_name} in {source.path.name}",
            f"did you mean {source.module_name}.{name}?",
            source.path,
        )
    hidden = source.hidden_class(name)
    if hidden is not None:
        return Diagnostic(
            "CBG008",
            f"the class {hidden.name} is defined inside a function or another class",
            "move it to the top level of the module, or name the class around it "
            "(mod.Outer.Inner)",
            source.path,
            hidden.lineno,
            hidden.col_offset + 1,
            source.lines[hidden.lineno - 1],
        )
    known = ", ".join(defined.qualified_name for defined in source.classes())
    what = f"no class {qualified_name} in {source.path.name}"
    if source.file.is_package:
        what = f"neither a module nor a class {qualified_name} in {source.module_name}"
    return Diagnostic(
        "CBG003",
        f"there is {what}",
        f"it has {known}" if known else "the module has no class at its top level",
        source.path,
    )
