"""How results are written: tables in Markdown, and what they were measured on."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Sequence
from importlib.metadata import version


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """The lines of a table whose first column is text, and all others numbers."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    dashes = tuple(
        "-" * width if number == 0 else "-" * (width - 1) + ":"
        for number, width in enumerate(widths)
    )
    for row in (head, dashes, *rows):
        cells = [
            text.ljust(width) if number == 0 else text.rjust(width)
            for number, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"| {' | '.join(cells)} |"


def machine(*packages: str) -> str:
    """The cores, and the versions of Python and of the packages."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}."
