"""The members of an interface, each in the form that the template has for its kind."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from callbackgen.generator.format import (
    INDENT,
    Bracket,
    Code,
    lay_out_docstring,
    quoted,
)
from callbackgen.generator.render_forms import Plan
from callbackgen.generator.render_names import Names
from callbackgen.generator.render_parts import (
    deprecation_of,
    print_function,
    print_statement,
)
from callbackgen.generator.render_types import References, TypePrinter
from callbackgen.generator.template_parts import (
    ClassKind,
    Filling,
    Function,
    Hole,
    Statement,
    Template,
    fill,
)
from callbackgen.interface import (
    ANY,
    OMITTABLE,
    Member,
    MemberKind,
    Parameter,
    ParameterKind,
    Signature,
    Type,
    arrange,
)

_PLAIN = {ParameterKind.POSITIONAL_OR_KEYWORD}


class MemberPrinter:
    """Prints the members of one interface."""

    def __init__(
        self,
        template: Template,
        names: Names,
        types: TypePrinter,
        references: References,
    ) -> None:
        self._template = template
        self._deprecation_form = deprecation_of(template)
        self._names = names
        self._types = types
        self._references = references
        self._known = template.known_names
        self._locals: dict[int, frozenset[str]] = {}

    # -- constants -----------------------------------------------------------------

    def constant(self, plan: Plan) -> list[str]:
        """The lines of a member's constant."""
        member = plan.member
        constants = self._template.constants
        form = constants.forms[plan.form]
        marks: list[Code] = []
        lines = {
            Hole.CONSTANT: (self._names.constants[member.remote_name],),
            Hole.NAME_TEXT: (quoted(member.remote_name),),
            Hole.RESULT: self._types.code(self._constant_type(plan)),
            Hole.SECONDS: (repr(member.deadline).replace("e+", "e"),),
        }
        filling = Filling(lines, {})
        if member.oneway:
            marks.append(fill(constants.oneway, filling, self._names.renamed))
        if member.deadline is not None:
            marks.append(fill(constants.deadline, filling, self._names.renamed))
        texts = tuple((quoted(text),) for text in self._signature_texts(member))
        filling = Filling(lines, {Hole.SIGNATURES: texts, Hole.MARKS: tuple(marks)})
        return print_statement(form, filling, self._names.renamed, "")

    def _constant_type(self, plan: Plan) -> Type:
        result = plan.member.signatures[0].result
        if plan.member.is_overloaded or plan.returns_variable or result is None:
            return ANY
        if plan.member.kind is MemberKind.ATTRIBUTE:
            return result
        return self._references.arriving(result)

    def _signature_texts(self, member: Member) -> Iterator[str]:
        for signature in member.signatures:
            named = Signature(
                tuple(
                    Parameter(p.name, p.kind, self._named(p.annotation), p.default)
                    for p in signature.parameters
                ),
                self._named(signature.result),
            )
            is_method = member.kind is MemberKind.METHOD
            yield str(named) if is_method else f"-> {named.result or ANY}"

    def _named(self, annotation: Type | None) -> Type | None:
        return None if annotation is None else self._references.named(annotation)

    # -- members of classes --------------------------------------------------------

    def member(self, plan: Plan, kind: ClassKind) -> list[str]:
        """The lines of a member in one of the classes."""
        form = plan.form_in(kind)
        part = self._template.of(kind).members[form]
        docstring = None
        if kind in {ClassKind.REMOTE, ClassKind.STUB}:
            docstring = plan.member.docstring
        lines: list[str] = []
        if part.overload is not None:
            lines += self._overloads(
                plan, kind, part.overload, None if part.main else docstring
            )
        main = part.main
        if isinstance(main, Statement):
            lines += self._attribute(plan, main, docstring)
        elif main is not None:
            lines += self._method(plan, kind, main, docstring)
        if plan.member.name == "__call__":
            call = self._template.of(kind).members["__call__"]
            for statement in call.follow:
                filling = Filling({Hole.NAME: (plan.name_in(kind),)}, {})
                lines += print_statement(
                    statement, filling, self._names.renamed, INDENT
                )
        return lines

    def _overloads(
        self, plan: Plan, kind: ClassKind, part: Function, docstring: str | None
    ) -> Iterator[str]:
        messages = dict(plan.member.deprecated)
        last = len(plan.member.signatures) - 1
        for index, signature in enumerate(plan.member.signatures):
            renamed = self._locals_for(part, signature)
            filling = self._filling(plan, kind, signature, renamed, declares=True)
            lines = print_function(
                part,
                filling,
                renamed,
                INDENT,
                part.body,
                docstring if index == last else None,
                self._deprecation(messages.get(index), kind),
                decorates_inside=True,
            )
            yield from lines[len(part.before) if index else 0 :]

    def _attribute(
        self, plan: Plan, part: Statement, docstring: str | None
    ) -> Iterator[str]:
        filling = self._filling(
            plan, ClassKind.REMOTE, plan.member.signatures[0], self._names.renamed
        )
        yield from print_statement(part, filling, self._names.renamed, INDENT)
        if docstring:
            yield from lay_out_docstring(docstring, INDENT)

    def _method(
        self, plan: Plan, kind: ClassKind, part: Function, docstring: str | None
    ) -> list[str]:
        signature = plan.member.signatures[0]
        renamed = self._locals_for(part, *plan.member.signatures)
        body = part.body
        if plan.returns_variable and plan.form == "label" and kind is ClassKind.STUB:
            convert = self._template.of(kind).members["convert"].main
            assert isinstance(convert, Function)
            body = convert.body
            renamed = self._locals_for(convert, signature)
        message = dict(plan.member.deprecated).get(0)
        if plan.form in {"old", "old_label"} or plan.member.is_overloaded:
            decorators: list[str] = []
        else:
            decorators = self._deprecation(message, kind)
        filling = self._filling(
            plan, kind, signature, renamed, passes=not part.is_flexible
        )
        return print_function(
            part, filling, renamed, INDENT, body, docstring, decorators
        )

    def _locals_for(self, part: Function, *signatures: Signature) -> Mapping[str, str]:
        names = self._locals.get(id(part))
        if names is None:
            names = frozenset({*part.outer_names(), *part.inner_names()}) - self._known
            self._locals[id(part)] = names
        parameters = {p.name for each in signatures for p in each.parameters}
        return self._names.locals_for(names, parameters)

    def _deprecation(self, message: str | None, kind: ClassKind) -> list[str]:
        """The lines of ``@deprecated``, as the template has it for its `old`."""
        if message is None or kind not in {ClassKind.REMOTE, ClassKind.STUB}:
            return []
        filling = Filling({Hole.MESSAGE: (quoted(message),)}, {})
        return print_statement(
            self._deprecation_form, filling, self._names.renamed, INDENT
        )

    # -- what goes into the holes --------------------------------------------------

    def _filling(
        self,
        plan: Plan,
        kind: ClassKind,
        signature: Signature,
        renamed: Mapping[str, str],
        *,
        declares: bool = False,
        passes: bool = True,
    ) -> Filling:
        member = plan.member
        name = plan.name_in(kind)
        is_call = member.name == "__call__"
        result = signature.result or ANY
        if kind is ClassKind.STUB:
            result = self._references.arriving(result)
        elif kind is ClassKind.TARGET:
            result = self._references.handed_over(result)
        messages = dict(member.deprecated)
        index = member.signatures.index(signature) if member.is_overloaded else 0
        lines: dict[Hole, Code] = {
            Hole.NAME: (name,),
            Hole.NAME_TEXT: (quoted(member.remote_name),),
            Hole.ATTRIBUTE: ("" if is_call else f".{member.name}",),
            Hole.CONSTANT: (self._names.constants[member.remote_name],),
            Hole.TYPE_PARAMETERS: (self._type_parameters(member, index),),
            Hole.RESULT: self._types.code(result),
        }
        if messages:
            lines[Hole.MESSAGE] = (quoted(messages.get(index, "")),)
        omits = kind is ClassKind.STUB and not declares
        if not passes:
            return Filling(lines, {})
        return Filling(
            lines,
            {
                Hole.PARAMETERS: tuple(self._parameters(signature, kind, omits)),
                Hole.ARGUMENTS: tuple(self._arguments(signature, kind, renamed)),
            },
        )

    def _type_parameters(self, member: Member, index: int) -> str:
        if not member.type_parameters:
            return ""
        return self._types.parameters(member.type_parameters[index])

    def _parameters(
        self, signature: Signature, kind: ClassKind, omits: bool
    ) -> Iterator[Code]:
        codes: dict[str, Code] = {}
        for parameter in signature.parameters:
            annotation = parameter.annotation or ANY
            if kind is ClassKind.TARGET:
                annotation = self._references.accepted(annotation)
            elif kind is ClassKind.STUB:
                annotation = self._references.handed_over(annotation)
            code = (f"{parameter.name}: ", *self._types.code(annotation))
            if parameter.default == OMITTABLE and omits:
                default = fill(
                    self._template.omitted, Filling({}, {}), self._names.renamed
                )
                code = (*code, " = ", *default)
            elif parameter.default is not None:
                code = (*code, " = ", *_default(parameter.default))
            codes[parameter.name] = code
        if all(each.kind in _PLAIN for each in signature.parameters):
            yield from codes.values()
            return
        arranged = [(p.kind, p.name, p.name) for p in signature.parameters]
        for item in arrange(arranged):
            name = item.lstrip("*")
            if name in codes:
                yield (item[: len(item) - len(name)], *codes[name])
            else:
                yield (item,)

    def _arguments(
        self, signature: Signature, kind: ClassKind, renamed: Mapping[str, str]
    ) -> Iterator[Code]:
        for parameter in signature.parameters:
            code: Code = (parameter.name,)
            held = None
            if kind is ClassKind.WRAPPER:
                held = self._references.argument(parameter)
            if held is not None:
                lines = {
                    Hole.VALUE: code,
                    Hole.STUB_TYPE: (quoted(self._types.text(held)),),
                }
                code = fill(self._template.reference, Filling(lines, {}), renamed)
            match parameter.kind:
                case ParameterKind.VARIADIC_POSITIONAL:
                    yield ("*", *code)
                case ParameterKind.VARIADIC_KEYWORD:
                    yield ("**", *code)
                case ParameterKind.KEYWORD_ONLY:
                    yield (f"{parameter.name}=", *code)
                case _:
                    yield code


def _default(text: str) -> Code:
    """A default; the brackets of a tuple may be broken."""
    if not text.startswith("("):
        return (text,)
    node = ast.parse(text, mode="eval").body
    if not isinstance(node, ast.Tuple) or len(node.elts) < 2:
        return (text,)
    texts = [ast.get_source_segment(text, each) or "" for each in node.elts]
    return (Bracket("(", tuple(_default(each) for each in texts), ")"),)
