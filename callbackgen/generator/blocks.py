"""The statements in the body of a module or class, however deep in others."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence


def statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of a body, those in its ``if``, ``try`` and ``with`` too."""
    for statement in body:
        yield statement
        for block in blocks_of(statement):
            yield from statements(block)


def blocks_of(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks of a compound statement, the one that type checkers go by first."""
    match statement:
        case ast.If(test=ast.UnaryOp(op=ast.Not()), body=then, orelse=otherwise):
            return [otherwise, then]
        case ast.If(body=then, orelse=otherwise):
            return [then, otherwise]
        case ast.Try(body=then, handlers=handlers, orelse=otherwise):
            return [then, otherwise, *(handler.body for handler in handlers)]
        case ast.With(body=then):
            return [then]
        case _:
            return []


def hidden_block(statement: ast.stmt) -> list[ast.stmt] | None:
    """The block of a statement that type checkers alone look at."""
    match statement:
        case ast.If(test=test, body=block) if _is_type_checking(test):
            return block
        case ast.If(test=ast.UnaryOp(op=ast.Not(), operand=test), orelse=block) if (
            _is_type_checking(test)
        ):
            return block
        case _:
            return None


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name == "TYPE_CHECKING"
        case _:
            return False
