"""From the module of a template to its parts, in order."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import libcst as cst

from callbackgen.generator.diagnostics import Diagnostic
from callbackgen.generator.header import HEADER_MARK
from callbackgen.generator.template_classes import (
    EXAMPLES,
    PROTOCOL,
    ClassReader,
    read_docstring,
    read_function,
    split_docstring,
)
from callbackgen.generator.template_code import (
    Malformed,
    Reader,
    comment_after,
    lines_before,
    text_of,
)
from callbackgen.generator.template_names import (
    bound_names,
    globals_used,
    imports_from,
    plain_imports,
)
from callbackgen.generator.template_parts import (
    Block,
    ClassKind,
    ClassPart,
    Constants,
    Docstring,
    Function,
    Hole,
    Import,
    Imports,
    MemberPart,
    Pattern,
    Place,
    Slots,
    Statement,
    Template,
    TypeVariables,
    names_in,
)

HINT = "start from the templates that come with callbackgen and change one thing"

BUILTINS = frozenset(dir(builtins))


class TemplateReader:
    """Sorts the statements of a template's module into blocks.

    `diagnostics` has what is wrong with them, each at its place. `members` are those
    of the classes if they are read elsewhere: of a template that is known to be whole.
    """

    def __init__(
        self,
        path: Path,
        source: str,
        members: Mapping[str, Mapping[str, MemberPart]] | None = None,
    ) -> None:
        self._path = path
        self._members = members or {}
        self._source = source
        self._tree: ast.Module | None = None
        self.diagnostics: list[Diagnostic] = []
        self._blocks: list[Block] = []
        self._imports: list[Import] = []
        self._docstring = Docstring((), takes_own=False)
        self._constants: dict[str, Statement] = {}
        self._marks: dict[str, Pattern] = {}
        self._names: set[str] = set()

    def read(self, module: cst.Module) -> Template:
        """The template; what is wrong with it is in `diagnostics`."""
        docstring, body = split_docstring(module.body)
        text = docstring.evaluated_value if docstring is not None else None
        if docstring is None or HEADER_MARK not in str(text):
            self._refuse(f"the docstring has to have the line `{HEADER_MARK}`")
        else:
            self._docstring = read_docstring(docstring)
            if PROTOCOL not in str(text).partition("callbackgen generate ")[2]:
                self._refuse(f"the docstring lacks `callbackgen generate {PROTOCOL}`")
        for statement in body:
            try:
                self._statement(statement)
            except Malformed as problem:
                self._refuse(str(problem), self._name_of(statement))
        self._check_blocks()
        comments = [line.comment.value for line in module.header if line.comment]
        known = {each.bound for each in self._imports} | self._names | BUILTINS
        return Template(
            tuple(comments),
            self._docstring,
            tuple(self._blocks),
            (*self._used_imports(), *_OURS),
            frozenset(known | {each.bound for each in _OURS} | _CLASSES),
            frozenset(self._names),
        )

    def _used_imports(self) -> list[Import]:
        """The imports; those that the template does not use are always printed."""
        if self._members:
            return self._imports
        used = {"TYPE_CHECKING", *_names_used(self._blocks)}
        return [
            each if each.bound in used else each._replace(is_always=True)
            for each in self._imports
        ]

    def _statement(self, node: cst.BaseStatement) -> None:
        match node:
            case cst.SimpleStatementLine(body=[cst.ImportFrom() | cst.Import()]):
                self._import(node, Place.TOP)
            case cst.If(test=cst.Name(value="TYPE_CHECKING")):
                self._type_checking(node)
            case cst.ClassDef(name=cst.Name(value=name)) if name in _CLASSES:
                self._class(node)
            case cst.SimpleStatementLine(
                body=[cst.Assign(targets=[target], value=cst.Call())]
            ) if text_of(target.target) == "T":
                self._type_variable(node)
            case cst.SimpleStatementLine(
                body=[cst.AnnAssign(target=cst.Name(value=name), value=cst.Call())]
            ) if name in _CONSTANTS:
                self._constant(node, _CONSTANTS[name])
            case _:
                self._own(node)

    def _own(self, node: cst.BaseStatement) -> None:
        """What a template has besides: it comes out in every module."""
        self._names.update(bound_names(text_of(node)))
        if isinstance(node, cst.FunctionDef):
            self._blocks.append(read_function(Reader(), node))
        elif isinstance(node, cst.ClassDef):
            self._blocks.append(Reader().verbatim(node))
        else:
            self._blocks += Reader().statements([node])

    @staticmethod
    def _name_of(node: cst.BaseStatement) -> str:
        match node:
            case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
                return name.value
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])
                    | cst.AnnAssign(target=cst.Name(value=name))
                ]
            ):
                return name
            case _:
                return ""

    # -- imports -------------------------------------------------------------------

    def _import(self, node: cst.SimpleStatementLine, place: Place) -> None:
        if not any(isinstance(block, Imports) for block in self._blocks):
            future = text_of(node).strip().startswith("from __future__ ")
            if future:
                self._blocks += Reader().statements([node])
                return
            self._blocks.append(Imports(lines_before(node)))
        for statement in node.body:
            if isinstance(statement, cst.ImportFrom):
                self._imports += imports_from(statement, place)
            elif isinstance(statement, cst.Import):
                self._imports += plain_imports(statement, place)

    def _type_checking(self, node: cst.If) -> None:
        self._import_block(node.body, Place.CHECKING)
        if isinstance(node.orelse, cst.Else):
            self._import_block(node.orelse.body, Place.RUNNING)
        elif node.orelse is not None:
            raise Malformed("`if TYPE_CHECKING:` may only have an `else`")

    def _import_block(self, body: cst.BaseSuite, place: Place) -> None:
        for statement in body.body:
            if not isinstance(statement, cst.SimpleStatementLine):
                raise Malformed("only imports may stand under TYPE_CHECKING")
            self._import(statement, place)

    # -- constants and type variables ----------------------------------------------

    def _type_variable(self, node: cst.SimpleStatementLine) -> None:
        match node.body[0]:
            case cst.Assign(value=cst.Call(func=function, args=[_])):
                slots = Slots("(", ((Hole.TYPE_VARIABLE,), (Hole.ARGUMENTS,)), ")")
                code = (*Reader().code(function), slots)
            case _:
                raise Malformed('the type variable has to be `T = TypeVar("T")`')
        after = comment_after(node.trailing_whitespace)
        form = Statement(code, (Hole.NAME,), (), after)
        self._blocks.append(TypeVariables(lines_before(node), form))

    def _constant(self, node: cst.SimpleStatementLine, member: str) -> None:
        match node.body[0]:
            case cst.AnnAssign(annotation=annotation, value=cst.Call() as call):
                pass
            case _:
                raise Malformed("a constant has to be `_X: Final[Method[R]] = ...`")
        reader = Reader(EXAMPLES[member])
        items: list[Pattern] = []
        for argument in call.args:
            name = argument.keyword.value if argument.keyword else ""
            if name in {"oneway", "deadline"}:
                value: Pattern = reader.code(argument.value)
                seconds: Pattern = (Hole.SECONDS,)
                value = seconds if name == "deadline" else value
                self._marks[name] = (f"{name}=", *value)
            elif name:
                items.append((f"{name}=", *reader.code(argument.value)))
            elif not isinstance(argument.value, cst.SimpleString):
                items.append(reader.code(argument.value))
        own: list[Pattern] = [(Hole.NAME_TEXT,), (Hole.SIGNATURES,), (Hole.MARKS,)]
        code = (*reader.code(call.func), Slots("(", (*own, *items), ")"))
        target = (Hole.CONSTANT, ": ", *_with_result(reader, annotation.annotation))
        before = lines_before(node)
        if not self._constants:
            self._blocks.append(Constants(before, {}, (), ()))
            before = ()
        after = comment_after(node.trailing_whitespace)
        self._constants[member] = Statement(code, target, before, after)

    # -- classes -------------------------------------------------------------------

    def _class(self, node: cst.ClassDef) -> None:
        reader = ClassReader(node, self._members.get(node.name.value))
        self._blocks.append(reader.read())
        for member, problem in reader.problems:
            self._refuse(problem, node.name.value, member)

    # -- the whole -----------------------------------------------------------------

    def _check_blocks(self) -> None:
        found = {part.kind for part in self._blocks if isinstance(part, ClassPart)}
        for kind in ClassKind:
            if kind not in found:
                self._refuse(f"the class {kind.value} is missing")
        missing = [
            name for name in _CONSTANTS if _CONSTANTS[name] not in self._constants
        ]
        if missing:
            self._refuse(f"the constants are missing: {', '.join(missing)}")
        for mark in sorted({"oneway", "deadline"} - self._marks.keys()):
            if not missing:
                self._refuse(f"no constant has `{mark}=`: _TOLD and _CONFIRM need it")
        if not any(isinstance(block, TypeVariables) for block in self._blocks):
            self._refuse('the type variable `T = TypeVar("T")` is missing')
        if not any(isinstance(block, Imports) for block in self._blocks):
            self._refuse("the imports are missing")
        if self._marks.keys() >= {"oneway", "deadline"}:
            marks = self._marks["oneway"], self._marks["deadline"]
            self._blocks = [
                Constants(block.before, self._constants, *marks)
                if isinstance(block, Constants)
                else block
                for block in self._blocks
            ]

    def check_names(self) -> None:
        """See that every name in the template is defined somewhere."""
        import symtable  # only for templates that are not our own

        table = symtable.symtable(self._source, str(self._path), "exec")
        known = BUILTINS | set(table.get_identifiers())
        for name in dict.fromkeys(globals_used(table)):
            if name not in known:
                used = next(
                    node
                    for node in ast.walk(ast.parse(self._source))
                    if isinstance(node, ast.Name) and node.id == name
                )
                self._add(f"`{name}` is not defined", used.lineno, used.col_offset + 1)

    def _refuse(self, message: str, *place: str) -> None:
        self._add(message, *self._locate([name for name in place if name]))

    def _add(self, message: str, line: int, column: int) -> None:
        lines = self._source.splitlines()
        text = lines[line - 1] if line <= len(lines) else ""
        self.diagnostics.append(
            Diagnostic("CBG020", message, HINT, self._path, line, column, text)
        )

    def _locate(self, place: Sequence[str]) -> tuple[int, int]:
        """Line and column of a class, or of a member of it, or of the beginning."""
        if self._tree is None:
            self._tree = ast.parse(self._source)
        node: ast.AST = self._tree
        line, column = 1, 1
        for name in place:
            found = next(
                (each for each in ast.iter_child_nodes(node) if _named(each, name)),
                None,
            )
            if found is None:
                break
            node = found
            assert isinstance(node, ast.stmt)
            line, column = node.lineno, node.col_offset + 1
        return line, column


def _named(node: ast.AST, name: str) -> bool:
    match node:
        case ast.ClassDef(name=found) | ast.FunctionDef(name=found):
            return found == name
        case ast.AsyncFunctionDef(name=found):
            return found == name
        case ast.AnnAssign(target=ast.Name(id=found)):
            return found == name
        case ast.Assign(targets=[ast.Name(id=found)]):
            return found == name
        case _:
            return False


def _names_used(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        match block:
            case Function():
                yield from block.outer_names()
                yield from block.inner_names()
            case Statement():
                yield from block.names()
            case TypeVariables():
                yield from block.form.names()
            case Constants():
                for form in block.forms.values():
                    yield from form.names()
            case ClassPart():
                yield from _names_used((*block.decorators, block.head))
                yield from _names_used((*block.first, *block.last))
                for member in block.members.values():
                    parts = (member.main, member.overload, *member.follow)
                    yield from _names_used([part for part in parts if part])
                    yield from names_in((*member.omitted, *member.reference))
            case Imports():
                pass


_OURS = (
    Import("typing", "Generic", "Generic", Place.TOP),
    Import("typing_extensions", "TypeVar", "_TypeVar", Place.CHECKING),
)
"""What some modules need and the example does not."""

_CLASSES = {kind.value for kind in ClassKind}
_CONSTANTS = {example.constant: name for name, example in EXAMPLES.items()}


def _with_result(reader: Reader, node: cst.BaseExpression) -> Pattern:
    """``Final[Method[R]]`` with a hole for R."""
    match node:
        case cst.Subscript(value=base, slice=[cst.SubscriptElement(cst.Index(inner))]):
            held = (
                _with_result(reader, inner)
                if isinstance(inner, cst.Subscript) and text_of(base) != "Method"
                else (Hole.RESULT,)
            )
            return (*reader.code(base), Slots("[", (held,), "]"))
        case _:
            raise Malformed("a constant has to be annotated `Final[Method[R]]`")
