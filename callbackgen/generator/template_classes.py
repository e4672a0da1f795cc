"""From the classes of a template to their parts: one for each member of the example."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

import libcst as cst

from callbackgen.generator.template_code import (
    Example,
    Malformed,
    Reader,
    block,
    comment_after,
    lines_before,
    text_of,
)
from callbackgen.generator.template_parts import (
    ClassKind,
    ClassPart,
    Docstring,
    Function,
    Hole,
    MemberPart,
    Name,
    Part,
    Pattern,
    Slots,
    Statement,
    holes_in,
)

PROTOCOL = "templates.example.Example"
"""The Protocol that the template is the generated form of."""

OWN_DOCSTRING = "One member of every kind; the generator goes by their names.\n\n"
MEMBER_DOCSTRING = "Tell that a price has changed."


def _example(
    name: str, *parameters: str, result: str = "", message: str = ""
) -> Example:
    remote_name = "call_" if name == "__call__" else name
    passed = tuple((text.partition("=")[0], text) for text in parameters)
    return Example(name, remote_name, passed, result, message)


EXAMPLES: Mapping[str, Example] = MappingProxyType(
    {
        example.name: example
        for example in (
            _example("level"),
            _example("label"),
            _example("changed", "symbol", "price", "final=final"),
            _example("told", "text"),
            _example("confirm", "question"),
            _example("attach", "peer"),
            _example("limited", "count"),
            _example("convert", "value", result="T"),
            _example("later", "count"),
            _example("convert_later", "value", result="T"),
            _example("limited_later", "count"),
            _example("get", "key"),
            _example("get_later", "key"),
            _example("old", "symbol", message="use changed"),
            _example("old_label", message="use label"),
            _example("__call__", "event"),
        )
    }
)
"""The members of the example: each shows the form of one kind of member."""


class ClassReader:
    """Reads one of the four classes; what is wrong with it is in `problems`.

    `members` are its members if they are read elsewhere.
    """

    def __init__(
        self, node: cst.ClassDef, members: Mapping[str, MemberPart] | None = None
    ) -> None:
        self.node = node
        self._given = members
        self.kind = ClassKind(node.name.value)
        self.problems: list[tuple[str, str]] = []
        """The member that a problem is about, or nothing, and what is wrong."""
        self._first: list[Part] = []
        self._last: list[Part] = []
        self._members: dict[str, list[cst.BaseStatement]] = {}

    def read(self) -> ClassPart:
        """The class's parts."""
        docstring, body = split_docstring(block(self.node.body))
        for statement in body:
            self._sort(statement)
        head, decorators = Statement(()), tuple[Statement, ...]()
        try:
            head, decorators = self._head(), _decorators(Reader(), self.node)
        except Malformed as problem:
            self.problems.append(("", str(problem)))
        return ClassPart(
            self.kind,
            lines_before(self.node),
            decorators,
            head,
            None if docstring is None else read_docstring(docstring),
            tuple(self._first),
            dict(self._read_members()) if self._given is None else self._given,
            tuple(self._last),
        )

    def _sort(self, statement: cst.BaseStatement) -> None:
        name = _member_name(statement)
        if name is not None:
            self._members.setdefault(name, []).append(statement)
            return
        own = self._last if self._members else self._first
        try:
            if isinstance(statement, cst.FunctionDef):
                own.append(read_function(Reader(), statement))
            elif isinstance(statement, cst.ClassDef):
                raise Malformed("a class may not stand in a class of the template")
            else:
                own += Reader().statements([statement])
        except Malformed as problem:
            self.problems.append(("", str(problem)))

    def _head(self) -> Statement:
        bases: list[Pattern] = []
        reader = Reader()
        for argument in self.node.bases:
            code = reader.code(argument.value)
            if self.kind in {ClassKind.REMOTE, ClassKind.TARGET} and not bases:
                code = (*code, Hole.TYPE_ARGUMENTS)
            bases.append(code)
        if self.kind in {ClassKind.WRAPPER, ClassKind.STUB}:
            bases.append((Hole.BASES,))
        for argument in self.node.keywords:
            assert argument.keyword is not None
            code = reader.code(argument.value)
            bases.append((f"{argument.keyword.value}=", *code))
        name = Name(self.kind.value)
        slots = Slots("(", tuple(bases), ")")
        return Statement(
            ("class ", name, Hole.TYPE_PARAMETERS, slots),
            before=tuple(_lines(self.node.lines_after_decorators)),
        )

    # -- members -------------------------------------------------------------------

    def member(self, name: str, statements: Sequence[cst.BaseStatement]) -> MemberPart:
        """The part of one member. Raises Malformed."""
        return self._member(EXAMPLES[name], statements)

    def _read_members(self) -> Iterator[tuple[str, MemberPart]]:
        for name, example in EXAMPLES.items():
            try:
                yield name, self._member(example, self._members.get(name, []))
            except Malformed as problem:
                self.problems.append((name, str(problem)))

    def _member(
        self, example: Example, statements: Sequence[cst.BaseStatement]
    ) -> MemberPart:
        if not statements:
            raise Malformed(
                f"{self.kind.value} has no `{example.name}`: the example has one "
                "member of every kind, and each needs its form"
            )
        functions = [each for each in statements if isinstance(each, cst.FunctionDef)]
        if example.name == "level":
            return MemberPart(self._attribute(example, statements[0]))
        if len(functions) != len(statements) - self._assignments(example):
            raise Malformed(f"`{example.name}` has to be a `def`")
        reader = self._reader(example)
        overload: Function | None = None
        if example.name in {"get", "get_later"} and self.kind is not ClassKind.WRAPPER:
            count = 3 if self.kind is ClassKind.STUB else 2
            if len(functions) != count:
                raise Malformed(f"`{example.name}` has to have two overloads")
            overload = read_function(reader, functions[0])
            functions = functions[2:]
        main = read_function(reader, functions[0]) if functions else None
        if main is not None:
            self._check(example, reader, main)
        omitted: Pattern = ()
        if example.name == "limited" and self.kind is ClassKind.STUB:
            omitted = _default(functions[0])
        return MemberPart(
            main,
            overload,
            tuple(self._follow(statements)),
            reader.reference or (),
            omitted,
        )

    def _reader(self, example: Example) -> Reader:
        return Reader(example, passes_references=self.kind is ClassKind.WRAPPER)

    def _assignments(self, example: Example) -> int:
        """How many assignments belong to a member: a wrapper's ``__call__ = call_``."""
        return int(example.name == "__call__" and self.kind is ClassKind.WRAPPER)

    @staticmethod
    def _follow(statements: Sequence[cst.BaseStatement]) -> Iterator[Statement]:
        for statement in statements:
            if isinstance(statement, cst.SimpleStatementLine):
                before = lines_before(statement)
                yield Statement((Hole.NAME,), ("__call__",), before)

    def _check(self, example: Example, reader: Reader, main: Function) -> None:
        """See that a body calls what it has to call."""
        if self.kind in {ClassKind.REMOTE, ClassKind.TARGET}:
            return
        holes = {hole for each in main.body for hole in holes_in(each.code)}
        needed = Hole.CONSTANT if self.kind is ClassKind.STUB else Hole.ATTRIBUTE
        if needed not in holes and not (
            example.name == "__call__" and self.kind is ClassKind.WRAPPER
        ):
            what = (
                f"self._call({example.constant}, ...)"
                if self.kind is ClassKind.STUB
                else f"self.__callback.{example.name}"
            )
            raise Malformed(f"the body has to use `{what}`")
        if example.parameters and not main.is_flexible and not reader.forwards:
            arguments = ", ".join(example.forwarded)
            raise Malformed(f"the body has to pass its arguments on: `{arguments}`")

    def _attribute(self, example: Example, statement: cst.BaseStatement) -> Part:
        match statement:
            case cst.SimpleStatementLine(body=[cst.AnnAssign(value=value)]):
                pass
            case _:
                raise Malformed(f"`{example.name}` has to be an annotated attribute")
        typed: Pattern = (Hole.NAME, ": ", Hole.RESULT)
        before = lines_before(statement)
        after = comment_after(statement.trailing_whitespace)
        if value is None:
            return Statement(typed, before=before, after=after)
        code = self._reader(example).code(value)
        if Hole.CONSTANT not in set(holes_in(code)):
            raise Malformed(f"the value has to use `{example.constant}`")
        return Statement(code, typed, before, after)


def read_function(reader: Reader, node: cst.FunctionDef) -> Function:
    """A ``def`` of the template: of a member, or of the template's own."""
    docstring, body = split_docstring(block(node.body))
    statements = tuple(reader.statements(body))
    if [each.code for each in statements] == [("...",)]:
        statements = ()
    is_flexible = isinstance(node.params.star_arg, cst.Param)
    is_member = bool(reader.example.name)
    text = None if docstring is None else evaluated(docstring)
    if is_member and text == MEMBER_DOCSTRING:
        text = None
    return Function(
        lines_before(node),
        _decorators(reader, node),
        _function_head(node, is_member=is_member, is_flexible=is_flexible),
        statements,
        text,
        is_flexible,
    )


def _function_head(
    node: cst.FunctionDef, *, is_member: bool, is_flexible: bool
) -> Statement:
    takes_own = is_member and not is_flexible
    items: list[Pattern] = []
    for star, parameter in list(_parameters(node.params))[: 1 if takes_own else None]:
        items.append(_parameter(star, parameter))
        if parameter in node.params.posonly_params[-1:]:
            items.append(("/",))
    if takes_own:
        items.append((Hole.PARAMETERS,))
    start = f"{'async ' if node.asynchronous else ''}def "
    slots = Slots("(", tuple(items), ")")
    head: Pattern = (start, Name(node.name.value), slots)
    if is_member:
        head = (start, Hole.NAME, Hole.TYPE_PARAMETERS, slots)
    head = (*head, *_result(node, takes_own=takes_own))
    return Statement(head, before=tuple(_lines(node.lines_after_decorators)))


def _result(node: cst.FunctionDef, *, takes_own: bool) -> Pattern:
    if node.returns is None:
        return ()
    annotation = node.returns.annotation
    if takes_own and text_of(annotation) != "Any":
        return (" -> ", Hole.RESULT)
    return (" -> ", *Reader().code(annotation))


def _parameter(star: str, parameter: cst.Param) -> Pattern:
    code: Pattern = (Name(parameter.name.value),)
    if star:
        code = (star, *code)
    if parameter.annotation is not None:
        code = (*code, ": ", *Reader().code(parameter.annotation.annotation))
    if parameter.default is not None:
        equal = " = " if parameter.annotation is not None else "="
        code = (*code, equal, *Reader().code(parameter.default))
    return code


def _parameters(parameters: cst.Parameters) -> Iterator[tuple[str, cst.Param]]:
    for parameter in (*parameters.posonly_params, *parameters.params):
        yield "", parameter
    if isinstance(parameters.star_arg, cst.Param):
        yield "*", parameters.star_arg
    for parameter in parameters.kwonly_params:
        yield "", parameter
    if parameters.star_kwarg is not None:
        yield "**", parameters.star_kwarg


def _default(node: cst.FunctionDef) -> Pattern:
    last = node.params.params[-1:]
    if not last or last[0].default is None:
        raise Malformed("the parameter of `limited` has to have a default: OMITTED")
    return Reader().code(last[0].default)


def _decorators(
    reader: Reader, node: cst.FunctionDef | cst.ClassDef
) -> tuple[Statement, ...]:
    return tuple(
        Statement(
            ("@", *reader.code(each.decorator)),
            before=tuple(_lines(each.leading_lines)),
            after=comment_after(each.trailing_whitespace),
        )
        for each in node.decorators
    )


def _lines(lines: Sequence[cst.EmptyLine]) -> Iterator[str]:
    for line in lines:
        yield line.comment.value if line.comment else ""


def _member_name(statement: cst.BaseStatement) -> str | None:
    match statement:
        case cst.FunctionDef(name=cst.Name(value=name)):
            pass
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name))]):
            pass
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]
        ):
            pass
        case _:
            return None
    if name == "call_":
        return "__call__"
    return name if name in EXAMPLES else None


def split_docstring(
    body: Sequence[cst.BaseStatement],
) -> tuple[cst.SimpleString | None, Sequence[cst.BaseStatement]]:
    """The docstring at the beginning of a body, and the rest of the body."""
    match body:
        case [
            cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString() as text)]),
            *rest,
        ]:
            return text, rest
        case _:
            return None, body


def evaluated(node: cst.SimpleString) -> str:
    """The text of a docstring, without its indentation."""
    value = node.evaluated_value
    if not isinstance(value, str):
        raise Malformed("a docstring has to be text")
    return inspect.cleandoc(value)


def read_docstring(node: cst.SimpleString) -> Docstring:
    """A docstring with the places where the Protocol's name stands."""
    text = evaluated(node)
    takes_own = text.startswith(OWN_DOCSTRING)
    pieces = _PROTOCOL.split(text.removeprefix(OWN_DOCSTRING))
    return Docstring(tuple(pieces), takes_own)


_PROTOCOL = re.compile(rf"(?<![\w.]){re.escape(PROTOCOL)}(?!\w)")
