"""What both formatters say about a piece of code, with nothing configured."""

from __future__ import annotations

import difflib
import subprocess
import sys

import black


def by_black(text: str) -> str:
    """What black makes of `text`, as the ``black`` command does."""
    mode = black.Mode()
    formatted = black.format_str(text, mode=mode)
    if formatted != text:
        black.assert_equivalent(text, formatted)
    return formatted


def by_ruff(text: str) -> str:
    """What ``ruff format`` makes of `text`."""
    return subprocess.run(
        [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "-"],
        input=text,
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    ).stdout


def difference(before: str, after: str) -> str:
    """The lines that a formatter would change; nothing if it leaves all as it is."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="")
    return "\n".join(lines)
