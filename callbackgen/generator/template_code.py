"""From the code of a template to patterns: where the example stands, a hole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import libcst as cst

from callbackgen.generator.template_parts import (
    Hole,
    Name,
    Pattern,
    Slots,
    Statement,
)

EXAMPLE_NAMES = frozenset({"Example", "Peer", "PeerStub", "T"})
"""What the example's own module has, which no other Protocol has."""


class Malformed(Exception):
    """A part of the template that has not the form it needs; says which."""


class Example(NamedTuple):
    """The member of the example that a piece of code is about; nothing if empty."""

    name: str = ""
    remote_name: str = ""
    parameters: tuple[tuple[str, str], ...] = ()
    """Its parameters, each with how it is passed on."""
    result: str = ""
    """Its result, if a body may name it."""
    message: str = ""
    """The message of its ``@deprecated``."""

    @property
    def constant(self) -> str:
        """The name of its constant."""
        return f"_{self.remote_name.strip('_').upper()}"

    @property
    def forwarded(self) -> list[str]:
        """Its parameters as a call passes them on."""
        return [passed for _, passed in self.parameters]


def text_of(node: cst.CSTNode) -> str:
    """The source text of a node."""
    if isinstance(node, cst.Name) and not node.lpar:
        return node.value
    return _MODULE.code_for_node(node)


_MODULE = cst.Module([])
_MARK = re.compile(r"\.?callbackgen_mark_(\d+)_")


class Reader:
    """Turns the code of one part of the template into patterns."""

    def __init__(
        self, example: Example | None = None, *, passes_references: bool = False
    ) -> None:
        self.example = example or Example()
        self._passes_references = passes_references
        self.reference: Pattern | None = None
        """How the part passes its one argument on, if not simply by its name."""
        self.forwards = False
        """Whether a call with the example's arguments was seen."""

    # -- expressions ---------------------------------------------------------------

    def code(self, node: cst.CSTNode) -> Pattern:
        """The pattern of an expression."""
        match node:
            case cst.Name(value=name):
                return (self._name(name),)
            case cst.SimpleString() if self._is_own_name(node):
                return (Hole.NAME_TEXT,)
            case cst.SimpleString() if self._is_message(node):
                return (Hole.MESSAGE,)
            case cst.Attribute(value=value, attr=cst.Name(value=name)):
                if name == self.example.name:
                    return (*self.code(value), Hole.ATTRIBUTE)
                return (*self.code(value), f".{name}")
            case cst.Call(func=function, args=arguments):
                slots = Slots("(", tuple(self._arguments(function, arguments)), ")")
                return (*self.code(function), slots)
            case cst.Subscript(value=value, slice=elements):
                items = tuple(self.code(element.slice) for element in elements)
                return (*self.code(value), Slots("[", items, "]"))
            case cst.Index(value=value):
                return self.code(value)
            case cst.Await(expression=awaited):
                return ("await ", *self.code(awaited))
            case _:
                return self.pattern_of_any(node)

    def _is_own_name(self, node: cst.SimpleString) -> bool:
        return bool(self.example.name) and node.evaluated_value in {
            self.example.name,
            self.example.remote_name,
        }

    def _is_message(self, node: cst.SimpleString) -> bool:
        message = self.example.message
        return bool(message) and node.evaluated_value == message

    def _name(self, name: str) -> Name | Hole:
        if self.example.name and name == self.example.constant:
            return Hole.CONSTANT
        if name in dict(self.example.parameters):
            raise Malformed(
                f"`{name}` is a parameter of the example alone: pass all of them on, "
                f"`{', '.join(self.example.forwarded)}`"
            )
        if name in EXAMPLE_NAMES:
            raise Malformed(f"`{name}` exists for the example alone")
        return Name(name)

    def _arguments(
        self, function: cst.BaseExpression, arguments: Sequence[cst.Arg]
    ) -> Iterator[Pattern]:
        count = len(self.example.parameters)
        passed = [self._argument_text(argument) for argument in arguments]
        own = bool(count) and passed[-count:] == self.example.forwarded
        if own:
            self.forwards = True
            arguments = arguments[:-count]
        for argument in arguments:
            yield self._argument(function, argument)
        if own:
            yield (Hole.ARGUMENTS,)

    @staticmethod
    def _argument_text(argument: cst.Arg) -> str:
        keyword = f"{argument.keyword.value}=" if argument.keyword else ""
        return f"{argument.star}{keyword}{text_of(argument.value)}"

    def _argument(self, function: cst.BaseExpression, argument: cst.Arg) -> Pattern:
        passes = (
            self._passes_references
            and isinstance(function, cst.Attribute)
            and function.attr.value == self.example.name == "attach"
        )
        if passes and not argument.star:
            reader = _ReferenceReader(self.example)
            self.reference = reader.code(argument.value)
            self.forwards = True
            return (Hole.ARGUMENTS,)
        before: str = argument.star
        if argument.keyword:
            before += f"{argument.keyword.value}="
        code = self.code(argument.value)
        return (before, *code) if before else code

    def pattern_of_any(self, node: cst.CSTNode) -> Pattern:
        """Code of any other form: as it stands, its names excepted."""
        marker = _Marker(self)
        marked = node.visit(marker)
        if not isinstance(marked, cst.CSTNode):
            raise Malformed("this code cannot be used in a template")
        pieces = _MARK.split(text_of(marked).rstrip("\n"))
        return tuple(
            marker.found[int(piece)] if index % 2 else piece
            for index, piece in enumerate(pieces)
            if piece
        )

    def verbatim(self, node: cst.BaseStatement) -> Statement:
        """A statement as it stands, with the lines before it."""
        return Statement(self.pattern_of_any(node))

    # -- statements ----------------------------------------------------------------

    def statements(
        self, nodes: Sequence[cst.BaseStatement], depth: int = 0
    ) -> Iterator[Statement]:
        """The lines of a body, those inside compound statements included."""
        for node in nodes:
            before = lines_before(node)
            if isinstance(node, cst.SimpleStatementLine):
                after = comment_after(node.trailing_whitespace)
                for small in node.body:
                    yield self._small(small, before, after, depth)
                    before = ()
            else:
                yield from self._compound(node, before, depth)

    def _small(
        self,
        node: cst.BaseSmallStatement,
        before: tuple[str, ...],
        after: str,
        depth: int,
    ) -> Statement:
        target: Pattern | None = None
        match node:
            case cst.Return(value=cst.BaseExpression() as value):
                code: Pattern = ("return ", *self.code(value))
            case cst.Expr(value=value):
                code = self.code(value)
            case cst.Assign(targets=[one], value=value):
                target = self.code(one.target)
                code = self.code(value)
            case cst.AnnAssign(
                target=left, annotation=annotation, value=cst.BaseExpression() as value
            ):
                target = (*self.code(left), ": ", *self.annotation(annotation))
                code = self.code(value)
            case cst.AnnAssign(target=left, annotation=annotation):
                code = (*self.code(left), ": ", *self.annotation(annotation))
            case _:
                code = self.pattern_of_any(
                    node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
                )
        return Statement(code, target, before, after, depth)

    def annotation(self, node: cst.Annotation) -> Pattern:
        """The pattern of a type: the example's result is a hole."""
        if self.example.result and text_of(node.annotation) == self.example.result:
            return (Hole.RESULT,)
        return self.code(node.annotation)

    def _compound(
        self, node: cst.BaseStatement, before: tuple[str, ...], depth: int
    ) -> Iterator[Statement]:
        if not isinstance(node, cst.With | cst.If | cst.For | cst.While | cst.Try):
            raise Malformed("only with, if, for, while and try may stand here")
        if isinstance(node, cst.Try):
            yield Statement(("try:",), None, before, "", depth, True)
            yield from self._block(node.body, depth)
        else:
            yield self._compound_head(node, before, depth)
            yield from self._block(node.body, depth)
        if isinstance(node, cst.Try):
            for handler in node.handlers:
                yield self._compound_head(handler, (), depth)
                yield from self._block(handler.body, depth)
        if isinstance(node, cst.With):
            return
        match node.orelse:
            case cst.Else(body=body):
                yield Statement(("else:",), None, (), "", depth, True)
                yield from self._block(body, depth)
            case cst.If() as other:
                head, *rest = self._compound(other, (), depth)
                yield Statement(("el", *head.code), None, (), "", depth, True)
                yield from rest
            case _:
                pass
        if isinstance(node, cst.Try) and node.finalbody:
            yield Statement(("finally:",), None, (), "", depth, True)
            yield from self._block(node.finalbody.body, depth)

    def _compound_head(
        self, node: cst.CSTNode, before: tuple[str, ...], depth: int
    ) -> Statement:
        empty = cst.SimpleStatementSuite([cst.Expr(cst.Ellipsis())])
        changes: dict[str, object] = {"body": empty, "leading_lines": []}
        if hasattr(node, "orelse"):
            changes["orelse"] = None
        *code, last = self.pattern_of_any(node.with_changes(**changes))
        if not isinstance(last, str):
            raise Malformed("the head of this statement has not the expected form")
        end = last.rstrip().removesuffix("...").rstrip()
        return Statement((*code, end), None, before, "", depth, True)

    def _block(self, body: cst.BaseSuite, depth: int) -> Iterator[Statement]:
        yield from self.statements(block(body), depth + 1)


class _ReferenceReader(Reader):
    """Reads how a wrapper passes a reference on: ``cast("PeerStub", peer)``."""

    def code(self, node: cst.CSTNode) -> Pattern:
        match node:
            case cst.Name(value=name) if name in dict(self.example.parameters):
                return (Hole.VALUE,)
            case cst.SimpleString() if node.evaluated_value == "PeerStub":
                return (Hole.STUB_TYPE,)
            case cst.Call(func=function, args=arguments):
                items = tuple(self.code(argument.value) for argument in arguments)
                return (*Reader.code(self, function), Slots("(", items, ")"))
            case _:
                return Reader.code(self, node)


class _Marker(cst.CSTTransformer):
    """Replaces the names in a piece of code by marks that are then split at."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader
        self.found: list[Name | Hole] = []
        """What stands at each mark, by its number."""

    def _mark(self, part: str | Name | Hole | Slots) -> cst.Name:
        if not isinstance(part, Name | Hole):
            raise Malformed("this code cannot be used in a template")
        self.found.append(part)
        return cst.Name(f"callbackgen_mark_{len(self.found) - 1}_")

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        if original_node.attr.value == self._reader.example.name:
            return updated_node.with_changes(attr=self._mark(Hole.ATTRIBUTE))
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.BaseSmallStatement:
        return updated_node.with_changes(module=original_node.module)

    def leave_ImportAlias(
        self, original_node: cst.ImportAlias, updated_node: cst.ImportAlias
    ) -> cst.ImportAlias:
        name: cst.BaseExpression = original_node.name
        if original_node.asname is None:
            if not isinstance(name, cst.Name):
                raise Malformed(f"write `import {text_of(name)} as name`")
            name = self._mark(Name(name.value, is_import=True))
        return updated_node.with_changes(name=name)

    def leave_Name(
        self, original_node: cst.Name, updated_node: cst.Name
    ) -> cst.BaseExpression:
        return self._mark(self._reader.code(original_node)[0])


def block(body: cst.BaseSuite) -> Sequence[cst.BaseStatement]:
    """The statements of a body, one on the ``def`` line included."""
    if isinstance(body, cst.IndentedBlock):
        return body.body
    assert isinstance(body, cst.SimpleStatementSuite)
    return [cst.SimpleStatementLine(body.body)]


def lines_before(node: cst.CSTNode) -> tuple[str, ...]:
    """The blank lines and comments before a statement."""
    lines: Sequence[cst.EmptyLine] = getattr(node, "leading_lines", ())
    return tuple(line.comment.value if line.comment else "" for line in lines)


def comment_after(whitespace: cst.TrailingWhitespace) -> str:
    """The comment behind a statement, with the blanks before it."""
    comment = whitespace.comment
    return f"  {comment.value}" if comment else ""
