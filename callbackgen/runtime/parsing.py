"""Parsing in several threads at once, in spite of a fault of some Pythons."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

Text = TypeVar("Text")
Parsed = TypeVar("Parsed")

_TRIES = 10

# Python warns of each odd spelling in what a peer has sent (``1if 1else 1``), and each
# time: an answer of 1 MiB printed 8 MB. ``<unknown>`` is its name for a text that is no
# file. A filter for one call alone would not be safe with threads.
for _category in (SyntaxWarning, DeprecationWarning):
    warnings.filterwarnings("ignore", category=_category, module="<unknown>$")


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
