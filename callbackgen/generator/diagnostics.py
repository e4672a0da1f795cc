"""What the generator has to say about somebody's source or settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding, located, with what is wrong and what to do about it.

    `line` counts from 1, `column` from 1 in characters, as editors do. `line` is 0
    for a finding about a whole file or about no file (`path` None: the command line).
    """

    code: str
    message: str
    hint: str
    path: Path | None = None
    line: int = 0
    column: int = 0
    source_line: str = ""
    is_warning: bool = False


class Refused(Exception):
    """The request cannot be carried out; everything that was found wrong with it."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        super().__init__("; ".join(f"{d.code}: {d.message}" for d in diagnostics))
        self.diagnostics = diagnostics


class Problem(Exception):
    """What is wrong with a piece of source: code, message and hint of a diagnostic."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.hint = hint
