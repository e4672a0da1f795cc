"""One source file: its text, what it defines by name, and its classes as libcst trees.

``ast`` is ten times faster than libcst, so it finds the names of a module, and libcst
parses only the classes that are asked for. Where the running Python's ``ast`` cannot
parse a file (PEP 695 on 3.11), libcst reads the whole file; only what libcst refuses
too is a syntax error.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, TypeAlias, cast

import libcst
from libcst.metadata import MetadataWrapper, PositionProvider

from callbackgen.generator.blocks import blocks_of, hidden_block
from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.locate import ModuleFile
from callbackgen.generator.naming import identifier
from callbackgen.generator.source_text import (
    decoded,
    is_too_deep,
    parsed,
    syntax_error,
)


class Imported(NamedTuple):
    """A name that an import statement binds: `module`, or `name` in it."""

    module: str
    name: str | None


class Assigned(NamedTuple):
    """A name that an assignment or a ``type`` statement binds."""

    qualified_name: str
    value: ast.expr
    annotation: ast.expr | None = None
    type_parameters: tuple[str, ...] = ()


class Defined(NamedTuple):
    """A class statement. `qualified_name` has the classes around it."""

    node: ast.ClassDef
    qualified_name: str


Definition: TypeAlias = Imported | Assigned | Defined
Names: TypeAlias = dict[str, Definition]


class ClassTree(NamedTuple):
    """The libcst form of one class, and how to say where a node of it stands."""

    node: libcst.ClassDef
    module: libcst.Module
    first_line: int
    """The line of the file that the module's first line is."""

    def position(self, node: libcst.CSTNode) -> tuple[int, int]:
        """Line and column of a node, both from 1. Dear: only for a finding."""
        wrapper = MetadataWrapper(self.module, unsafe_skip_copy=True)
        start = wrapper.resolve(PositionProvider)[node].start
        return start.line + self.first_line - 1, start.column + 1

    def code(self, node: libcst.CSTNode) -> str:
        """The source text of a node."""
        if isinstance(node, libcst.Name) and not node.lpar:
            return node.value
        return self.module.code_for_node(node)


class _Whole:
    """A file that only libcst can parse, and the type parameters by alias or class."""

    def __init__(self, module: libcst.Module) -> None:
        self.module = module
        self.parameters: dict[str, tuple[str, ...]] = {}


class Source:
    """One source file. Raises Refused (CBG001, CBG006) if it cannot be read."""

    def __init__(self, file: ModuleFile) -> None:
        self.file = file
        self.text = decoded(file.path)
        self.stars: list[str] = []
        self._whole: _Whole | None = None
        try:
            tree = parsed(self.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            tree = self._parse_whole(error)
        self.names: Names = {}
        self._hidden: dict[str, bool] = {}
        self._collect(tree.body, self.names, "")

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text, without their ends."""
        return self.text.split("\n")

    @property
    def module_name(self) -> str:
        """The dotted name of the module."""
        return self.file.name

    @property
    def path(self) -> Path:
        """The file."""
        return self.file.path

    # -- names ---------------------------------------------------------------

    def is_hidden(self, name: str) -> bool:
        """Whether only type checkers see a name: under ``if TYPE_CHECKING``."""
        return self._hidden.get(name, False)

    def definition(self, qualified_name: str) -> Definition | None:
        """What a dotted name is bound to, class by class."""
        first, *rest = qualified_name.split(".")
        found = self.names.get(first)
        for name in rest:
            if not isinstance(found, Defined):
                return None
            found = self.members(found).get(name)
        return found

    def members(self, defined: Defined) -> Names:
        """The classes and aliases that a class body defines."""
        inside: Names = {}
        self._collect(defined.node.body, inside, f"{defined.qualified_name}.")
        return inside

    def scopes(self, defined: Defined) -> tuple[Names, ...]:
        """What a class body and the classes around it define, innermost first."""
        scopes = [self.members(defined)]
        outer = defined.qualified_name.rpartition(".")[0]
        while outer:
            around = self.definition(outer)
            assert isinstance(around, Defined)
            scopes.append(self.members(around))
            outer = outer.rpartition(".")[0]
        return tuple(scopes)

    def type_parameters(self, defined: Defined) -> tuple[str, ...]:
        """The names in ``class C[S, T]`` (PEP 695)."""
        return self._parameters_of(defined.node.name) or _type_params(defined.node)

    def classes(self) -> Iterator[Defined]:
        """Every class of the module and of its classes, in order."""
        waiting = [self.names]
        while waiting:
            for found in waiting.pop(0).values():
                if isinstance(found, Defined):
                    yield found
                    waiting.append(self.members(found))

    def hidden_class(self, name: str) -> ast.ClassDef | None:
        """A class of that name inside a function, if there is one."""
        try:
            tree = parsed(self.text)
        except (SyntaxError, ValueError):
            return None
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == name:
                return node
        return None

    def _collect(
        self,
        body: Sequence[ast.stmt],
        names: Names,
        prefix: str,
        *,
        is_hidden: bool = False,
    ) -> None:
        """Bind what statements bind; of two alternatives the first one counts."""
        for statement in body:
            for name, definition in self._bindings(statement, prefix):
                names.setdefault(name, definition)
                if not prefix:
                    self._hidden[name] = is_hidden and self._hidden.get(name, True)
            for block in blocks_of(statement):
                hides = is_hidden or block is hidden_block(statement)
                self._collect(block, names, prefix, is_hidden=hides)

    def _bindings(
        self, statement: ast.stmt, prefix: str
    ) -> Iterator[tuple[str, Definition]]:
        """The names that one statement binds by itself."""
        match statement:
            case ast.Import(names=imports):
                for alias in imports:
                    module = alias.name if alias.asname else _head(alias.name)
                    yield alias.asname or module, Imported(module, None)
            case ast.ImportFrom():
                yield from self._imported_from(statement)
            case ast.ClassDef(name=name):
                yield name, Defined(statement, prefix + name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, Assigned(prefix + name, value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                parameters = self._parameters_of(name)
                annotation = statement.annotation
                yield name, Assigned(prefix + name, value, annotation, parameters)
            case _ if type(statement).__name__ == "TypeAlias":
                yield _type_statement(statement, prefix)
            case _:
                return

    def _imported_from(
        self, statement: ast.ImportFrom
    ) -> Iterator[tuple[str, Definition]]:
        module = self._absolute(statement.module, statement.level)
        for alias in statement.names:
            if alias.name == "*":
                self.stars.append(module)
            else:
                yield alias.asname or alias.name, Imported(module, alias.name)

    def _absolute(self, module: str | None, level: int) -> str:
        """The absolute name in ``from ..module import``."""
        if not level:
            return module or ""
        parts = self.module_name.split(".")
        drop = level - 1 if self.file.is_package else level
        kept = parts[: len(parts) - drop] if drop else parts
        return ".".join([*kept, module] if module else kept)

    # -- trees ---------------------------------------------------------------

    def tree(self, defined: Defined) -> ClassTree:
        """The libcst form of a class."""
        if self._whole:
            module = self._whole.module
            node = _find(module, defined.qualified_name)
            return ClassTree(node, module, 1)
        top = self.names[_head(defined.qualified_name)]
        assert isinstance(top, Defined)
        first = min([top.node.lineno, *(d.lineno for d in top.node.decorator_list)])
        lines = self.lines[first - 1 : top.node.end_lineno]
        if lines[0][:1].isspace():
            lines.insert(0, "if True:")
            first -= 1
        module = libcst.parse_module("\n".join(lines) + "\n")
        return ClassTree(_find(module, defined.qualified_name), module, first)

    def _parse_whole(self, error: Exception) -> ast.Module:
        try:
            if is_too_deep(self.text, error):
                raise RecursionError
            module = libcst.parse_module(self.text)
            self._whole = _Whole(module)
            plain = module.visit(_Plain(self._whole.parameters))
            return parsed(plain.code)
        except (
            libcst.ParserSyntaxError,
            SyntaxError,
            ValueError,
            RecursionError,
            MemoryError,
        ):
            raise Refused(syntax_error(self.path, self.lines, error)) from None

    def _parameters_of(self, name: str) -> tuple[str, ...]:
        return self._whole.parameters.get(name, ()) if self._whole else ()


_TYPE_STATEMENT = ast.Name(id="TypeAlias")
"""Stands as the annotation of a name that a ``type`` statement defines."""


def _type_statement(statement: ast.stmt, prefix: str) -> tuple[str, Definition]:
    # ``ast.TypeAlias`` came with Python 3.12, so its fields are asked for by name.
    name = cast(ast.Name, getattr(statement, "name"))  # noqa: B009
    value = cast(ast.expr, getattr(statement, "value"))  # noqa: B009
    parameters = _type_params(statement)
    return name.id, Assigned(prefix + name.id, value, _TYPE_STATEMENT, parameters)


def _type_params(statement: ast.stmt) -> tuple[str, ...]:
    # As above.
    listed = cast("list[ast.AST]", getattr(statement, "type_params", []))
    return tuple(str(getattr(item, "name", "")) for item in listed)


class _Plain(libcst.CSTTransformer):
    """Takes out what the running Python's ``ast`` may not know, names kept."""

    def __init__(self, parameters: dict[str, tuple[str, ...]]) -> None:
        self.parameters = parameters

    def visit_FunctionDef(self, node: libcst.FunctionDef) -> bool:
        return False

    def leave_FunctionDef(
        self, original_node: libcst.FunctionDef, updated_node: libcst.FunctionDef
    ) -> libcst.RemovalSentinel:
        return libcst.RemoveFromParent()

    def leave_ClassDef(
        self, original_node: libcst.ClassDef, updated_node: libcst.ClassDef
    ) -> libcst.ClassDef:
        self._take_down(original_node.name, original_node.type_parameters)
        return updated_node.with_changes(type_parameters=None)

    def leave_FormattedString(
        self,
        original_node: libcst.FormattedString,
        updated_node: libcst.FormattedString,
    ) -> libcst.BaseExpression:
        return libcst.SimpleString('""')

    def leave_TypeAlias(
        self, original_node: libcst.TypeAlias, updated_node: libcst.TypeAlias
    ) -> libcst.AnnAssign:
        self._take_down(original_node.name, original_node.type_parameters)
        return libcst.AnnAssign(
            updated_node.name,
            libcst.Annotation(libcst.Name("TypeAlias")),
            updated_node.value,
        )

    def _take_down(
        self, name: libcst.Name, listed: libcst.TypeParameters | None
    ) -> None:
        self.parameters[identifier(name.value)] = tuple(
            identifier(item.param.name.value)
            for item in (listed.params if listed else ())
        )


def _find(module: libcst.Module, qualified_name: str) -> libcst.ClassDef:
    body: Sequence[libcst.BaseStatement | libcst.BaseSmallStatement] = module.body
    found: libcst.ClassDef | None = None
    for name in qualified_name.split("."):
        found = next(
            node for node in _class_nodes(body) if identifier(node.name.value) == name
        )
        body = found.body.body
    assert found is not None
    return found


def _class_nodes(
    body: Sequence[libcst.CSTNode],
) -> Iterator[libcst.ClassDef]:
    """The classes of a body, those in ``if`` and ``try`` blocks too, in order."""
    for statement in body:
        match statement:
            case libcst.ClassDef():
                yield statement
            case libcst.If(body=block, orelse=otherwise):
                yield from _class_nodes(block.body)
                if otherwise is not None:
                    yield from _class_nodes([otherwise])
            case libcst.Else(body=block) | libcst.With(body=block):
                yield from _class_nodes(block.body)
            case libcst.Try(body=block, handlers=handlers, orelse=otherwise):
                yield from _class_nodes(block.body)
                for handler in handlers:
                    yield from _class_nodes(handler.body.body)
                if otherwise is not None:
                    yield from _class_nodes(otherwise.body.body)
            case _:
                continue


def _head(dotted: str) -> str:
    return dotted.partition(".")[0]
