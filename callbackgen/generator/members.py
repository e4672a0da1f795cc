"""The body of one Protocol, read from its libcst tree: members as they are written.

Inheritance is not looked at here; see :mod:`callbackgen.generator.read`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import libcst

from callbackgen.generator.annotations import Annotations, Problem, Scope, parse
from callbackgen.generator.decorators import Decorators, read_decorators
from callbackgen.generator.diagnostics import Diagnostic
from callbackgen.generator.literals import literal
from callbackgen.generator.source import ClassTree, Source
from callbackgen.interface import (
    ANY,
    OMITTABLE,
    Member,
    MemberKind,
    Parameter,
    ParameterKind,
    Signature,
    Type,
    TypeParameter,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A node of somebody's source, from which a diagnostic can be made."""

    source: Source
    tree: ClassTree
    node: libcst.CSTNode

    def at(self, node: libcst.CSTNode) -> Place:
        return replace(self, node=node)

    def diagnostic(
        self, code: str, message: str, hint: str, *, is_warning: bool = False
    ) -> Diagnostic:
        line, column = self.tree.position(self.node)
        text = self.source.lines[line - 1]
        return Diagnostic(
            code, message, hint, self.source.path, line, column, text, is_warning
        )

    def of(self, problem: Problem) -> Diagnostic:
        return self.diagnostic(problem.code, problem.message, problem.hint)


@dataclass(frozen=True, slots=True)
class ReadMember:
    """A member and where its parts stand: ``(signature, parameter or "return")``."""

    member: Member
    place: Place
    places: dict[tuple[int, str], Place]
    first_parameters: tuple[Type | None, ...] = ()
    """How ``self`` is annotated, by signature."""


@dataclass(slots=True)
class Body:
    """The members of one class body, in order, and what is wrong with it."""

    members: dict[str, ReadMember] = field(default_factory=dict[str, ReadMember])
    diagnostics: list[Diagnostic] = field(default_factory=list[Diagnostic])


@dataclass(slots=True)
class BodyReader:
    """Reads one class body statement by statement."""

    annotations: Annotations
    scope: Scope
    place: Place
    body: Body = field(default_factory=Body)
    _overloaded: set[str] = field(default_factory=set[str])
    _known: dict[tuple[str, frozenset[str]], Type] = field(
        default_factory=dict[tuple[str, "frozenset[str]"], Type]
    )
    """Annotations that were met before, by text and type parameters in force."""

    def read(self) -> Body:
        node = self.place.node
        assert isinstance(node, libcst.ClassDef)
        for statement in node.body.body:
            try:
                self._statement(statement)
            except Problem as problem:
                self.body.diagnostics.append(self.place.at(statement).of(problem))
        return self.body

    def _statement(self, statement: libcst.CSTNode) -> None:
        match statement:
            case libcst.FunctionDef():
                self._function(statement)
            case libcst.SimpleStatementLine(body=parts):
                for part in parts:
                    self._statement(part)
            case libcst.AnnAssign(target=libcst.Name(value=name)):
                self._attribute(name, statement)
            case libcst.Assign(targets=[libcst.AssignTarget(libcst.Name() as target)]):
                if not _is_dunder(target.value):
                    raise _unannotated(target.value)
            case libcst.ClassDef() | libcst.Pass() | libcst.TypeAlias():
                return
            case libcst.Expr(
                value=libcst.SimpleString()
                | libcst.ConcatenatedString()
                | libcst.Ellipsis()
            ):
                return
            case libcst.If() | libcst.Try() | libcst.For() | libcst.While():
                raise _conditional()
            case _:
                raise Problem(
                    "CBG107",
                    "this statement has no place in a Protocol",
                    "a Protocol holds methods, properties and annotated attributes",
                )

    # -- attributes --------------------------------------------------------------

    def _attribute(self, name: str, node: libcst.AnnAssign) -> None:
        place = self.place.at(node.annotation.annotation)
        expression = parse(self.place.tree.code(node.annotation.annotation))
        kind = MemberKind.ATTRIBUTE
        while isinstance(expression, ast.Subscript):
            match self._qualifier(expression.value):
                case "Final" | "ReadOnly":
                    kind = MemberKind.PROPERTY
                case "ClassVar":
                    raise _class_variable(name)
                case "Annotated":
                    expression = _first(expression.slice)
                    continue
                case _:
                    break
            expression = expression.slice
        if self._qualifier(expression) == "TypeAlias":
            return
        annotation = self._convert(expression, self.scope, place)
        signature = Signature((), annotation)
        member = Member(name, name, kind, (signature,))
        self._add(member, self.place.at(node.target), {(0, "return"): place}, ())

    def _qualifier(self, node: ast.expr) -> str | None:
        base = self.annotations.library.base(node, self.scope.source)
        is_typing = base and base.module in ("typing", "typing_extensions")
        return base.name if base and is_typing else None

    # -- methods -----------------------------------------------------------------

    def _function(self, node: libcst.FunctionDef) -> None:
        name = node.name.value
        place = self.place.at(node.name)
        decorators, problems = read_decorators(
            node.decorators, self.annotations, self.scope, self.place
        )
        self.body.diagnostics.extend(problems)
        if problems:
            return
        if decorators.setter_of or decorators.deleter_of:
            self._accessor(name, decorators, place)
            return
        signature, places, first = self._signature(node, decorators)
        if signature is None:
            return
        scope = self._method_scope(node)
        member = Member(
            name,
            name,
            MemberKind.PROPERTY if decorators.is_property else MemberKind.METHOD,
            (signature,),
            is_async=node.asynchronous is not None,
            oneway=decorators.oneway,
            deadline=decorators.deadline,
            docstring=node.get_docstring() or None,
            deprecated=((0, decorators.deprecated),)
            if decorators.deprecated is not None
            else (),
            type_parameters=self._type_parameters(node, scope, place),
        )
        self._add(member, place, places, (first,), is_overload=decorators.is_overload)

    def _accessor(self, name: str, decorators: Decorators, place: Place) -> None:
        if decorators.deleter_of:
            raise Problem(
                "CBG114",
                f"deleting the property {name} cannot be carried",
                "leave the deleter out; offer a method for it",
            )
        known = self.body.members.get(name)
        if known is None or known.member.kind is MemberKind.METHOD:
            raise Problem(
                "CBG105",
                f"there is no property {name} that this setter belongs to",
                "put the property above its setter, with the same name",
            )
        member = replace(known.member, kind=MemberKind.ATTRIBUTE)
        self.body.members[name] = replace(known, member=member)

    def _add(
        self,
        member: Member,
        place: Place,
        places: dict[tuple[int, str], Place],
        first: tuple[Type | None, ...],
        *,
        is_overload: bool = False,
    ) -> None:
        name = member.name
        known = self.body.members.get(name)
        if known is None:
            if is_overload:
                self._overloaded.add(name)
            self.body.members[name] = ReadMember(member, place, places, first)
        elif name not in self._overloaded:
            raise Problem(
                "CBG108",
                f"{name} is defined twice",
                "keep one definition, or mark each with @overload",
            )
        elif is_overload:
            self.body.members[name] = _overload(known, member, places, first)

    def _method_scope(self, node: libcst.FunctionDef) -> Scope:
        if node.type_parameters is None:
            return self.scope
        names = {item.param.name.value for item in node.type_parameters.params}
        return replace(self.scope, parameters=self.scope.parameters | names)

    def _type_parameters(
        self, node: libcst.FunctionDef, scope: Scope, place: Place
    ) -> tuple[tuple[TypeParameter, ...], ...]:
        if node.type_parameters is None:
            return ()
        return (type_parameters(node.type_parameters, self, scope),)

    def convert_node(self, node: libcst.BaseExpression, scope: Scope) -> Type:
        """The type that an annotation's node stands for. Raises Problem."""
        return self.annotations.convert(parse(self.place.tree.code(node)), scope)

    def _convert(self, expression: ast.expr, scope: Scope, place: Place) -> Type:
        """The type; Any after taking down what is wrong with it."""
        try:
            return self.annotations.convert(expression, scope)
        except Problem as problem:
            self.body.diagnostics.append(place.of(problem))
            return ANY

    # -- signatures --------------------------------------------------------------

    def _signature(
        self, node: libcst.FunctionDef, decorators: Decorators
    ) -> tuple[Signature | None, dict[tuple[int, str], Place], Type | None]:
        listed = list(_parameters(node.params))
        if not listed or listed[0][1] is ParameterKind.KEYWORD_ONLY:
            raise Problem(
                "CBG110",
                f"the method {node.name.value} has no self",
                "give it self as its first parameter",
            )
        scope = self._method_scope(node)
        first: Type | None = None
        if listed[0][1] is not ParameterKind.VARIADIC_POSITIONAL:
            me = listed.pop(0)[0]
            if me.annotation is not None:
                place = self.place.at(me.annotation.annotation)
                first = self._annotated(me.annotation, scope, place)
        places: dict[tuple[int, str], Place] = {}
        parameters: list[Parameter] = []
        leading = True
        for param, kind in listed:
            name = param.name.value
            # The older spelling of positional-only, PEP 484.
            leading = leading and name.startswith("__") and not name.endswith("__")
            if kind is ParameterKind.POSITIONAL_OR_KEYWORD and leading:
                kind = ParameterKind.POSITIONAL_ONLY
            leading = leading or kind is ParameterKind.POSITIONAL_ONLY
            places[0, name] = self.place.at(
                param.annotation.annotation if param.annotation else param.name
            )
            annotation = self._annotated(param.annotation, scope, places[0, name])
            default = None if param.default is None else literal(param.default)
            if param.default is not None and default is None:
                default = OMITTABLE
            parameters.append(Parameter(name, kind, annotation, default))
        places[0, "return"] = self.place.at(
            node.returns.annotation if node.returns else node.name
        )
        result = self._annotated(node.returns, scope, places[0, "return"])
        return Signature(tuple(parameters), result), places, first

    def _annotated(
        self, annotation: libcst.Annotation | None, scope: Scope, place: Place
    ) -> Type | None:
        if annotation is None:
            return None
        text = self.place.tree.code(annotation.annotation)
        known = self._known.get((text, scope.parameters))
        if known is not None:
            return known
        try:
            converted = self.annotations.convert(parse(text), scope)
        except Problem as problem:
            self.body.diagnostics.append(place.of(problem))
            return ANY
        self._known[text, scope.parameters] = converted
        return converted


def type_parameters(
    node: libcst.TypeParameters, reader: BodyReader, scope: Scope
) -> tuple[TypeParameter, ...]:
    """PEP 695 type parameters. Raises Problem for ``*Ts`` and ``**P``."""
    read: list[TypeParameter] = []
    for item in node.params:
        if not isinstance(item.param, libcst.TypeVar):
            raise Problem(
                "CBG124",
                f"{item.param.name.value} cannot be carried: the parameters have to "
                "be known",
                "write the parameters one by one",
            )
        bound = item.param.bound
        constraints: tuple[Type, ...] = ()
        if isinstance(bound, libcst.Tuple):
            constraints = tuple(
                reader.convert_node(element.value, scope) for element in bound.elements
            )
            bound = None
        read.append(
            TypeParameter(
                item.param.name.value,
                None if bound is None else reader.convert_node(bound, scope),
                constraints,
                None
                if item.default is None
                else reader.convert_node(item.default, scope),
            )
        )
    return tuple(read)


def _parameters(
    parameters: libcst.Parameters,
) -> Iterator[tuple[libcst.Param, ParameterKind]]:
    def each(
        listed: Sequence[libcst.Param], kind: ParameterKind
    ) -> Iterator[tuple[libcst.Param, ParameterKind]]:
        return ((param, kind) for param in listed)

    yield from each(parameters.posonly_params, ParameterKind.POSITIONAL_ONLY)
    yield from each(parameters.params, ParameterKind.POSITIONAL_OR_KEYWORD)
    if isinstance(parameters.star_arg, libcst.Param):
        yield parameters.star_arg, ParameterKind.VARIADIC_POSITIONAL
    yield from each(parameters.kwonly_params, ParameterKind.KEYWORD_ONLY)
    if parameters.star_kwarg is not None:
        yield parameters.star_kwarg, ParameterKind.VARIADIC_KEYWORD


def _overload(
    known: ReadMember,
    member: Member,
    places: dict[tuple[int, str], Place],
    first: tuple[Type | None, ...],
) -> ReadMember:
    """The overloaded member with one more overload."""
    index = len(known.member.signatures)
    listed = known.member.type_parameters or ((),) * index
    added = member.type_parameters or ((),)
    merged = replace(
        known.member,
        signatures=known.member.signatures + member.signatures,
        oneway=known.member.oneway or member.oneway,
        deadline=known.member.deadline or member.deadline,
        docstring=known.member.docstring or member.docstring,
        deprecated=known.member.deprecated
        + tuple((index, text) for _, text in member.deprecated),
        type_parameters=listed + added if any(listed + added) else (),
    )
    moved = {(index, name): place for (_, name), place in places.items()}
    return ReadMember(
        merged, known.place, known.places | moved, known.first_parameters + first
    )


def _first(node: ast.expr) -> ast.expr:
    return node.elts[0] if isinstance(node, ast.Tuple) and node.elts else node


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _unannotated(name: str) -> Problem:
    return Problem(
        "CBG107",
        f"the attribute {name} has no annotation",
        f"write its type: {name}: int",
    )


def _class_variable(name: str) -> Problem:
    return Problem(
        "CBG114",
        f"the class variable {name} cannot be carried: the far end has an object, "
        "not its class",
        f"write a plain attribute or a property: {name}: int",
    )


def _conditional() -> Problem:
    return Problem(
        "CBG104",
        "a member that is only there under a condition cannot be carried",
        "define it always; both ends have to agree on the members",
    )
