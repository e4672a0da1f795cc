"""From a request to the text of every generated module: nothing is written here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from callbackgen.generator import rules, template
from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.locate import Finder, ModuleFile
from callbackgen.generator.names import Library
from callbackgen.generator.naming import module_stem
from callbackgen.generator.read import Reader, Reading
from callbackgen.generator.render import render
from callbackgen.generator.request import GeneratedModule, Outcome, Request
from callbackgen.generator.source import Source
from callbackgen.interface import MemberKind, Symbol

_IGNORE = re.compile(r"#\s*callbackgen:\s*ignore\[([A-Z0-9,\s]+)\]")


Progress: TypeAlias = Callable[[int, int], None]
"""Called with the steps that are done and those known of: a Protocol that is found is
two, reading and rendering."""


def run(request: Request, progress: Progress | None = None) -> Outcome:
    """Read every target and what it refers to, and render a module for each.

    Raises Refused with everything that is wrong, over all targets.
    """
    run = _Run(request, progress or _unseen)
    for target in request.targets:
        with run.collecting():
            run.add_target(target)
    while run.pending:
        with run.collecting():
            run.read_next()
    found = run.diagnostics
    if not all(each.is_warning for each in found):
        raise Refused(*found)
    return run.outcome()


def _unseen(done: int, known: int) -> None:
    """Progress that nobody looks at."""


@dataclass
class _Planned:
    """A Protocol that gets a module, and where that goes."""

    reading: Reading
    path: Path
    module: str
    reason: str | None
    references: dict[Symbol, str] = field(default_factory=dict[Symbol, str])


class _Run:
    """One run: what is still to be read, what is planned, what is wrong."""

    def __init__(self, request: Request, progress: Progress) -> None:
        self.request = request
        self.progress = progress
        self.finder = Finder(request.working_directory, request.roots)
        self.library = Library(self.finder, request.types)
        self.reader = Reader(self.library)
        self.templates = request.templates or template.find_templates()
        self.template = template.load(self.templates)
        self.pending: list[tuple[Source, str, str | None]] = []
        self.named: set[Symbol] = set()
        self.planned: dict[Symbol, _Planned] = {}
        self.relied_on: dict[Path, None] = {}
        self._found: dict[Diagnostic, None] = {}

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What was found, in the order of the files; the silenced warnings left out."""
        return sorted(
            (found for found in self._found if not _is_silenced(found)),
            key=lambda found: (str(found.path or ""), found.line, found.column),
        )

    def collecting(self) -> _Collecting:
        """A context that takes down what is refused inside it, and goes on."""
        return _Collecting(self._found)

    # -- targets -------------------------------------------------------------------

    def add_target(self, text: str) -> None:
        target = self.finder.target(text)
        source = self._source(target.file)
        if target.class_name is not None:
            self._name(source, target.class_name)
            return
        names = [
            name
            for name in self.reader.protocols(source)
            if self._has_methods(source, name)
        ]
        if not names:
            raise Refused(
                Diagnostic(
                    "CBG005",
                    f"the module {source.module_name} has no Protocol with methods",
                    "name a module that defines one, or a class: pkg.mod.Class",
                    source.path,
                )
            )
        for name in names:
            self._name(source, name)

    def _name(self, source: Source, name: str) -> None:
        """Take a Protocol that was asked for by name, or by its module's."""
        self.pending.append((source, name, None))
        found = self.library.find(Symbol(source.module_name, name))
        if found is not None:
            self.named.add(found.symbol)

    def _source(self, file: ModuleFile) -> Source:
        known = self.library.source(file.name)
        if known is None or known.path != file.path:
            known = Source(file)
            self.library.add(known)
        return known

    def _has_methods(self, source: Source, name: str) -> bool:
        members = self.reader.read(source, name).interface.members
        return any(member.kind is MemberKind.METHOD for member in members)

    # -- reading -------------------------------------------------------------------

    def read_next(self) -> None:
        self.progress(len(self.planned), 2 * len(self.planned) + 2 * len(self.pending))
        source, name, reason = self.pending.pop(0)
        reading = self.reader.read(source, name)
        symbol = reading.interface.symbol
        if symbol in self.planned:
            return
        self._found.update(dict.fromkeys(reading.diagnostics))
        if not reading.members and not reading.diagnostics:
            raise Refused(
                reading.place.diagnostic(
                    "CBG007",
                    f"the Protocol {reading.interface.name} has no members",
                    "give it a method to call",
                )
            )
        found = rules.check(reading, self.library)
        self._found.update(dict.fromkeys(found))
        path, module = self._destination(reading)
        planned = _Planned(reading, path, module, reason)
        self.planned[symbol] = planned
        if not any(not d.is_warning for d in (*reading.diagnostics, *found)):
            self._follow(planned)

    def _follow(self, planned: _Planned) -> None:
        """See to the Protocols that this one refers to."""
        for symbol, reason in rules.references(planned.reading, self.library).items():
            found = self.library.find(symbol)
            assert found is not None
            if self.finder.is_own(found.source.path) or symbol in self.named:
                self.pending.append((found.source, symbol.name, reason))
                path, module = self._place(found.source, symbol)
            else:
                path, module = self._beside(found.source, self._stem(symbol))
                if not path.is_file():
                    raise Refused(_not_generated(planned, symbol, path, reason))
                self.relied_on[path] = None
            planned.references[symbol] = module

    # -- where modules go ----------------------------------------------------------

    def _destination(self, reading: Reading) -> tuple[Path, str]:
        symbol = reading.interface.symbol
        path, module = self._place(reading.source, symbol)
        for other in self.planned.values():
            if other.path == path:
                taken = other.reading.interface.symbol
                raise Refused(
                    Diagnostic(
                        "CBG032",
                        f"{taken} and {symbol} both want {path.name}",
                        "give one of them another module in pyproject.toml: "
                        f'[tool.callbackgen] outputs = {{"{symbol}" = '
                        f'"other_{path.stem}"}}',
                        path,
                    )
                )
        return path, module

    def _place(self, source: Source, symbol: Symbol) -> tuple[Path, str]:
        stem = self._stem(symbol)
        if self.request.output is not None:
            path = self.request.output / f"{stem}.py"
            return path, self.finder.name_of(path)
        if not self.finder.is_own(source.path):
            raise Refused(
                Diagnostic(
                    "CBG009",
                    f"{symbol} lies outside the current folder: its module is not "
                    "written beside it",
                    "say where it goes: --output DIR",
                    source.path,
                )
            )
        return self._beside(source, stem)

    def _beside(self, source: Source, stem: str) -> tuple[Path, str]:
        package = source.module_name
        if not source.file.is_package:
            package = package.rpartition(".")[0]
        module = f"{package}.{stem}" if package else stem
        return source.path.with_name(f"{stem}.py"), module

    def _stem(self, symbol: Symbol) -> str:
        chosen = self.request.outputs.get(str(symbol))
        return chosen or module_stem(symbol.name.rpartition(".")[2])

    # -- the result ----------------------------------------------------------------

    def outcome(self) -> Outcome:
        modules: list[GeneratedModule] = []
        count = len(self.planned)
        for planned in self.planned.values():
            self.progress(count + len(modules), 2 * count)
            interface = planned.reading.interface
            text = render(interface, planned.references, self.template)
            name = str(interface.symbol)
            modules.append(GeneratedModule(planned.path, text, name, planned.reason))
        self.progress(2 * count, 2 * count)
        read = [source.path for source in self.library.sources]
        return Outcome(
            tuple(modules),
            tuple(self.diagnostics),
            (*read, *self.relied_on, *sorted(self.templates.glob("*.py"))),
            tuple(self.finder.absent),
        )


class _Collecting:
    """Takes down what a block refuses, and lets the run go on."""

    def __init__(self, found: dict[Diagnostic, None]) -> None:
        self._found = found

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> bool:
        if isinstance(error, Refused):
            self._found.update(dict.fromkeys(error.diagnostics))
            return True
        return False


def _is_silenced(found: Diagnostic) -> bool:
    if not found.is_warning:
        return False
    codes = _IGNORE.search(found.source_line)
    return codes is not None and found.code in re.split(r"[,\s]+", codes[1])


def _not_generated(
    planned: _Planned, symbol: Symbol, path: Path, reason: str
) -> Diagnostic:
    return planned.reading.place.diagnostic(
        "CBG009",
        f"{symbol}, {reason}, lies outside the current folder and has no generated "
        "module",
        f"run `callbackgen generate {symbol}` where it lives, so that {path.name} "
        "lies beside its source; or, with --output, name it as a target too",
    )
