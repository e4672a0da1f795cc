"""The lines of a template's parts, their holes filled."""

from __future__ import annotations

from collections.abc import Mapping

from callbackgen.generator.format import (
    INDENT,
    lay_out,
    lay_out_assignment,
    lay_out_docstring,
    lay_out_head,
)
from callbackgen.generator.template_parts import (
    ClassKind,
    Filling,
    Function,
    Hole,
    Statement,
    Template,
    fill,
    holes_in,
)


def deprecation_of(template: Template) -> Statement:
    """The ``@deprecated`` of a template's `old`."""
    old = template.of(ClassKind.STUB).members["old"].main
    assert isinstance(old, Function)
    return next(
        decorator
        for decorator in old.decorators
        if Hole.MESSAGE in holes_in(decorator.code)
    )


def print_lines_before(before: tuple[str, ...], indent: str) -> list[str]:
    """Blank lines and comments, indented."""
    return [f"{indent}{line}" if line else "" for line in before]


def print_statement(
    part: Statement, filling: Filling, renamed: Mapping[str, str], indent: str
) -> list[str]:
    """The lines of a statement of the template."""
    indent += INDENT * part.depth
    lines = print_lines_before(part.before, indent)
    code = fill(part.code, filling, renamed)
    if part.target is None:
        return lines + lay_out(code, indent, part.after)
    target = fill(part.target, filling, renamed)
    return lines + lay_out_assignment(target, code, indent, part.after)


def print_function(
    part: Function,
    filling: Filling,
    renamed: Mapping[str, str],
    indent: str,
    body: tuple[Statement, ...],
    docstring: str | None,
    decorators: list[str],
    *,
    decorates_inside: bool = False,
) -> list[str]:
    """The lines of a ``def`` of the template, with more decorators than its own.

    Those stand before its own, or nearer to the ``def``.
    """
    lines = print_lines_before(part.before, indent)
    own = [
        line
        for decorator in part.decorators
        for line in print_statement(decorator, filling, renamed, indent)
    ]
    lines += own + decorators if decorates_inside else decorators + own
    lines += print_lines_before(part.head.before, indent)
    code = fill(part.head.code, filling, renamed)
    docstring_lines = lay_out_docstring(
        docstring or part.docstring or "", indent + INDENT
    )
    if not docstring_lines and not body:
        return lines + lay_out_head(code, indent, f": ...{part.head.after}")
    lines += lay_out_head(code, indent, f":{part.head.after}")
    lines += docstring_lines
    if not body:
        lines.append(f"{indent}{INDENT}...")
    for statement in body:
        lines += print_statement(statement, filling, renamed, indent + INDENT)
    return lines
