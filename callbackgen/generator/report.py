"""Diagnostics as people and as GitHub read them."""

# Only text: nothing here touches a file.

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from callbackgen.generator.diagnostics import Diagnostic

_INDENT = "    "
_UNPRINTABLE = ("Cc", "Cs", "Cf", "Zl", "Zp")
_WIDTH = 160
"""Longer source lines are shown in part, around the column."""


def shown(path: str | os.PathLike[str], folder: str) -> str:
    """A path as it is shown: relative to a folder if it lies in that, else whole."""
    text = os.fspath(path)
    if text == folder or text.startswith(folder.rstrip(os.sep) + os.sep):
        return os.path.relpath(text, folder)
    return text


def as_text(diagnostics: Sequence[Diagnostic], folder: str) -> str:
    """All diagnostics, each with its source line, a caret and a hint, then the count.

    Coloured with ANSI codes, which click takes out again where they do not belong.
    """
    blocks = [_block(diagnostic, folder) for diagnostic in diagnostics]
    return "\n".join([*blocks, count(diagnostics)])


def as_github(diagnostics: Iterable[Diagnostic], folder: str) -> str:
    """One workflow command a diagnostic, so that GitHub shows it beside the line."""
    return "\n".join(
        annotation(
            "warning" if diagnostic.is_warning else "error",
            diagnostic.message
            + (f"\nhint: {diagnostic.hint}" if diagnostic.hint else ""),
            diagnostic.code,
            None if diagnostic.path is None else os.fspath(diagnostic.path),
            diagnostic.line,
            diagnostic.column,
            folder,
        )
        for diagnostic in diagnostics
    )


def annotation(
    level: str,
    message: str,
    title: str,
    path: str | None,
    line: int,
    column: int,
    folder: str,
) -> str:
    """A GitHub workflow command; `line` and `column` 0 are left out.

    Paths are relative to the checkout (``GITHUB_WORKSPACE``) where that is known,
    else to `folder`.
    """
    properties: list[tuple[str, str]] = []
    if path is not None:
        workspace = os.environ.get("GITHUB_WORKSPACE", "")
        name = shown(path, os.path.normpath(workspace)) if workspace else path
        name = shown(name, folder)
        properties.append(("file", name.replace(os.sep, "/")))
    if line:
        properties.append(("line", str(line)))
    if column:
        properties.append(("col", str(column)))
    properties.append(("title", title))
    listed = ",".join(f"{name}={_escape_property(text)}" for name, text in properties)
    return f"::{level} {listed}::{_escape(message)}"


def count(diagnostics: Iterable[Diagnostic]) -> str:
    """How many there are: ``2 errors, 1 warning``."""
    kinds = [diagnostic.is_warning for diagnostic in diagnostics]
    parts: list[str] = []
    for word, number in (("error", kinds.count(False)), ("warning", kinds.count(True))):
        if number:
            parts.append(f"{number} {word}{'' if number == 1 else 's'}")
    return ", ".join(parts)


def _block(diagnostic: Diagnostic, folder: str) -> str:
    place = "callbackgen"
    if diagnostic.path is not None:
        place = _clean(shown(diagnostic.path, folder))
    for number in (diagnostic.line, diagnostic.column):
        place += f":{number}" if number and diagnostic.line else ""
    colour = "yellow" if diagnostic.is_warning else "red"
    kind = "warning: " if diagnostic.is_warning else ""
    code = click.style(diagnostic.code, fg=colour, bold=True)
    message = _clean(diagnostic.message)
    lines = [f"{click.style(place, bold=True)}: {code}: {kind}{message}"]
    if diagnostic.source_line.strip():
        lines += _pointed(diagnostic.source_line, diagnostic.column, colour)
    if diagnostic.hint:
        hint = _clean(diagnostic.hint).replace("\n", f"\n{_INDENT}      ")
        lines.append(f"{_INDENT}{click.style('hint:', fg='cyan')} {hint}")
    return "\n".join(lines)


def _pointed(source: str, column: int, colour: str) -> list[str]:
    """The source line and, below it, a caret under the column."""
    source = _clean(source.rstrip("\r\n"), but="\t")
    if len(source) > _WIDTH:
        start = max(0, column - 1 - _WIDTH // 2)
        source = source[start : start + _WIDTH]
        column -= start
    if not 0 < column <= len(source) + 1:
        return [_INDENT + source.rstrip()]
    blank = "".join(map(_blank, source[: column - 1]))
    return [
        _INDENT + source.rstrip(),
        _INDENT + blank + click.style("^", fg=colour, bold=True),
    ]


def _clean(text: str, but: str = "\n") -> str:
    """The text without what would command a terminal: names and sources may have it.

    `but`: control characters that stay.
    """
    return "".join(
        character
        if character in but or unicodedata.category(character) not in _UNPRINTABLE
        else "\N{REPLACEMENT CHARACTER}"
        for character in text
    )


def _blank(character: str) -> str:
    """White space that is as wide as the character: tabs stay tabs."""
    if character == "\t":
        return character
    if unicodedata.combining(character):
        return ""
    return "  " if unicodedata.east_asian_width(character) in "WF" else " "


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
