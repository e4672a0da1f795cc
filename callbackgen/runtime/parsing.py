"""Parsing in several threads at once, in spite of a fault of some Pythons."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Text = TypeVar("Text")
Parsed = TypeVar("Parsed")

_TRIES = 10


def parsed(parse: Callable[[Text], Parsed], text: Text) -> Parsed:
    """What `parse` makes of a text by way of ``ast``.

    ``ast.parse`` of CPython before 3.11.9 and 3.12.3 raises a SystemError ("AST
    constructor recursion depth mismatch") now and then when another thread parses at
    the same time (python/cpython#106905). It was seen here once in some thousand runs,
    so it is tried again.
    """
    for _ in range(_TRIES - 1):
        try:
            return parse(text)
        except SystemError:
            continue
    return parse(text)
