"""The body of one Protocol, read from its libcst tree: members as they are written.

Inheritance is not looked at here; see :mod:`callbackgen.generator.read`.
"""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import NamedTuple

import libcst

from callbackgen.generator.annotations import Annotations, Scope, parse
from callbackgen.generator.decorators import Decorators, read_decorators
from callbackgen.generator.diagnostics import Diagnostic, Problem
from callbackgen.generator.naming import identifier
from callbackgen.generator.place import Place
from callbackgen.generator.signatures import SignatureReader
from callbackgen.interface import Member, MemberKind, Signature, Type


class ReadMember(NamedTuple):
    """A member and where its parts stand: ``(signature, parameter or "return")``."""

    member: Member
    place: Place
    places: dict[tuple[int, str], Place]
    first_parameters: tuple[Type | None, ...] = ()
    """How ``self`` is annotated, by signature."""


class Body:
    """The members of one class body, in order, and what is wrong with it."""

    def __init__(self) -> None:
        self.members: dict[str, ReadMember] = {}
        self.diagnostics: list[Diagnostic] = []


class BodyReader:
    """Reads one class body statement by statement."""

    def __init__(self, annotations: Annotations, scope: Scope, place: Place) -> None:
        self.annotations = annotations
        self.scope = scope
        self.place = place
        self.body = Body()
        self.signatures = SignatureReader(
            annotations, scope, place, self.body.diagnostics
        )
        self._overloaded: set[str] = set()

    def read(self) -> Body:
        """All members of the class, and all that is wrong with them."""
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
                self._attribute(identifier(name), statement)
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
        annotated: list[ast.Subscript] = []
        while isinstance(expression, ast.Subscript):
            match self._qualifier(expression.value):
                case "Final" | "ReadOnly":
                    kind = MemberKind.PROPERTY
                case "ClassVar":
                    raise _class_variable(name)
                case "Annotated":
                    annotated.append(expression)
                    expression = _first(expression.slice)
                    continue
                case _:
                    break
            expression = expression.slice
        if self._qualifier(expression) == "TypeAlias":
            return
        for outer in reversed(annotated):
            expression = _with_first(outer, expression)
        annotation = self.signatures.convert(expression, place)
        signature = Signature((), annotation)
        member = Member(name, name, kind, (signature,))
        self._add(member, self.place.at(node.target), {(0, "return"): place}, ())

    def _qualifier(self, node: ast.expr) -> str | None:
        base = self.annotations.library.base(node, self.scope.source)
        is_typing = base and base.module in ("typing", "typing_extensions")
        return base.name if base and is_typing else None

    # -- methods -----------------------------------------------------------------

    def _function(self, node: libcst.FunctionDef) -> None:
        name = identifier(node.name.value)
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
        read = self.signatures.read(node)
        type_parameters = self.signatures.type_parameters(node)
        deprecated = decorators.deprecated
        member = Member(
            name,
            name,
            MemberKind.PROPERTY if decorators.is_property else MemberKind.METHOD,
            (read.signature,),
            is_async=node.asynchronous is not None,
            oneway=decorators.oneway,
            deadline=decorators.deadline,
            docstring=node.get_docstring() or None,
            deprecated=() if deprecated is None else ((0, deprecated),),
            type_parameters=(type_parameters,) if type_parameters else (),
        )
        places = {(0, part): found for part, found in read.places.items()}
        first = (read.self_annotation,)
        self._add(member, place, places, first, is_overload=decorators.is_overload)

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
        self.body.members[name] = known._replace(member=member)

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


def _with_first(outer: ast.Subscript, inner: ast.expr) -> ast.expr:
    """``Annotated[...]`` with `inner` in the place of the type that it is about."""
    items = outer.slice.elts if isinstance(outer.slice, ast.Tuple) else [outer.slice]
    return ast.Subscript(outer.value, ast.Tuple([inner, *items[1:]]))


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
