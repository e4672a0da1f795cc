"""The imports of a generated module."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from callbackgen.generator.format import INDENT, LINE_LENGTH, width
from callbackgen.generator.standard_library import MODULES


class Imported(NamedTuple):
    """A name that a module imports; `name` is empty for ``import module``."""

    module: str
    name: str
    bound: str

    @property
    def is_renamed(self) -> bool:
        """Whether it is imported ``as`` something else."""
        return self.bound != (self.name or self.module)

    @property
    def is_private(self) -> bool:
        """Whether a type checker objects to its use in another module."""
        return self.name.startswith("_")


def print_imports(names: Iterable[Imported], indent: str = "") -> list[str]:
    """The lines of a block of imports, sorted as ``ruff`` sorts them by default.

    The standard library comes first, then what a generated module itself needs and
    numpy, then the user's modules. Where those lie is not asked: it differs between
    machines.
    """
    sections: dict[int, list[Imported]] = {}
    for name in names:
        sections.setdefault(_section(name.module), []).append(name)
    lines: list[str] = []
    for _, section in sorted(sections.items()):
        if lines:
            lines.append("")
        lines += _print_section(section, indent)
    return lines


def _section(module: str) -> int:
    top = module.partition(".")[0]
    if top in MODULES:
        return 0
    return 1 if top in _THIRD_PARTY else 2


_THIRD_PARTY = {"callbackgen", "numpy", "typing_extensions"}


def _print_section(names: list[Imported], indent: str) -> Iterator[str]:
    plain = sorted({each for each in names if not each.name}, key=_order)
    for each in plain:
        alias = f" as {each.bound}" if each.is_renamed else ""
        yield f"{indent}import {each.module}{alias}"
    statements: dict[tuple[str, str], list[Imported]] = {}
    for each in sorted({each for each in names if each.name}, key=_order):
        alias = each.name if each.is_renamed else ""
        statements.setdefault((each.module, alias), []).append(each)
    for statement in sorted(statements.values(), key=_statement_order):
        yield from _print_from(statement, indent)


def _order(imported: Imported) -> tuple[str, int, str, str, str]:
    """Constants before classes before all else, as ``isort`` has it."""
    name = imported.name
    is_constant = len(name) > 1 and name.isupper()
    kind = 0 if is_constant else 1 if name[:1].isupper() else 2
    return imported.module, kind, name.lower(), name, imported.bound


def _statement_order(statement: list[Imported]) -> tuple[object, ...]:
    return (statement[0].module.lower(), _order(statement[0]))


def _print_from(names: list[Imported], indent: str) -> Iterator[str]:
    start = f"{indent}from {names[0].module} import "
    items = [
        f"{each.name} as {each.bound}" if each.is_renamed else each.name
        for each in names
    ]
    line = start + ", ".join(items)
    if width(line) <= LINE_LENGTH and not any(each.is_private for each in names):
        yield line
        return
    yield f"{start}("
    for each, item in zip(names, items, strict=True):
        allowed = "  # pyright: ignore[reportPrivateUsage]" if each.is_private else ""
        yield f"{indent}{INDENT}{item},{allowed}"
    yield f"{indent})"
