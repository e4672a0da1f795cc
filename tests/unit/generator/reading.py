"""Reads sources that a test writes, the way a run of the generator does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from callbackgen.generator import rules
from callbackgen.generator.diagnostics import Diagnostic
from callbackgen.generator.locate import Finder
from callbackgen.generator.names import Library
from callbackgen.generator.read import Reader, Reading
from callbackgen.interface import Interface, Member

LISTENER = """
class Listener(Protocol):
    def changed(self, symbol: str) -> None: ...
"""
"""A Protocol without its import."""


@dataclass(frozen=True)
class Result:
    """One Protocol, read and checked."""

    reading: Reading
    diagnostics: list[Diagnostic]
    references: dict[str, str]

    @property
    def interface(self) -> Interface:
        return self.reading.interface

    @property
    def codes(self) -> list[str]:
        return [found.code for found in self.diagnostics]

    def member(self, name: str) -> Member:
        return next(m for m in self.interface.members if m.name == name)

    def signatures(self) -> dict[str, list[str]]:
        return {
            member.name: [str(signature) for signature in member.signatures]
            for member in self.interface.members
        }


def library(folder: Path, types: Iterable[str] = ()) -> Library:
    return Library(Finder(folder, (folder,)), types)


def read(folder: Path, target: str, known: Library | None = None) -> Result:
    """Read `target` (``module.Class``) under `folder`. Raises Refused."""
    known = known or library(folder)
    found = known.finder.target(target)
    source = known.source(found.file.name)
    assert source is not None
    assert found.class_name is not None
    reading = Reader(known).read(source, found.class_name)
    diagnostics = [*reading.diagnostics, *rules.check(reading, known)]
    references = rules.references(reading, known)
    return Result(
        reading, diagnostics, {str(key): why for key, why in references.items()}
    )


def read_text(folder: Path, text: str, name: str = "Listener") -> Result:
    """Read the Protocol `name` of a module with the source `text`."""
    (folder / "contract.py").write_text(text, encoding="utf-8")
    return read(folder, f"contract.{name}")
