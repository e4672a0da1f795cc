"""One invocation of ``callbackgen generate``: what it comes to, and what is left over.

With an entry in the cache that still holds, nothing of the generator is loaded.
"""

# A check without any change comes through here: pathlib costs a tenth of its time, and
# what it does not need is imported where it is needed.

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from callbackgen.generator.cache import (
    Cache,
    Entry,
    Existence,
    KnownModule,
    KnownWarning,
    digest,
    gather,
    now,
)
from callbackgen.generator.output import Change, compare, read_content
from callbackgen.generator.project import CODE, Invocation, Settings, load, request

if TYPE_CHECKING:
    from callbackgen.generator.diagnostics import Diagnostic, Refused
    from callbackgen.generator.pipeline import Progress
    from callbackgen.generator.request import Outcome, Request

_HEAD = 4096
"""Bytes at the start of a file among which the header is looked for."""


class Result(NamedTuple):
    """What the generated files should be, beside what they are.

    `read` and `absent` are the paths whose content, or whose appearance, would
    change that.
    """

    changes: list[Change]
    warnings: list[Diagnostic]
    read: list[str]
    absent: list[str]


class Orphan(NamedTuple):
    """A generated file that nothing generates any more, and why not."""

    path: str
    reason: str


class Command:
    """One invocation, carried out as far as the texts; nothing is written here.

    Raises Refused for whatever is wrong; CBG010 if there is nothing to generate.
    """

    def __init__(
        self, invocation: Invocation, progress: Progress | None = None
    ) -> None:
        self._invocation = invocation
        self._progress = progress
        self._cache = Cache(invocation)
        self._settings: Settings | None = None
        self._entry: Entry | None = None

    def outcome(self) -> Outcome:
        """The texts of all modules, whatever their files have."""
        with _without_collecting():
            from callbackgen.generator import pipeline

            return pipeline.run(self._request(), self._progress)

    def result(self) -> Result:
        """What writing would change; from the cache if that still holds."""
        self._entry = self._cache.load()
        if self._entry is not None and all(map(_is_current, self._entry.modules)):
            return _known(self._entry)
        started = now()
        outcome = self.outcome()
        changes = compare(outcome.modules)
        read = [os.fspath(path) for path in outcome.read]
        if self._invocation.project is not None:
            read.append(self._invocation.project)
        absent = [os.fspath(path) for path in outcome.absent]
        self._keep(outcome, read, absent, started)
        return Result(changes, list(outcome.warnings), read, absent)

    def orphans(self, changes: list[Change]) -> list[Orphan]:
        """The generated files in the folders written to that nothing generates.

        Their Protocol is gone, or its module has another name now.
        """
        places = {change.path: change for change in changes}
        current = {change.interface: change.path for change in changes}
        orphans: list[Orphan] = []
        for path, interface in _generated(changes):
            if path in places:
                continue
            folder = os.path.dirname(path)
            now_at = current.get(interface)
            if now_at is not None and os.path.dirname(now_at) == folder:
                reason = f"{interface} is now generated as {os.path.basename(now_at)}"
                orphans.append(Orphan(path, reason))
            elif not self._exists(interface, folder):
                orphans.append(Orphan(path, f"{interface} is gone"))
        return orphans

    def places(self) -> list[str]:
        """The folders in which a change may cure a refused invocation."""
        from callbackgen.generator.diagnostics import Refused

        invocation = self._invocation
        places = {invocation.folder}
        if invocation.project is not None:
            places.add(os.path.dirname(invocation.project))
        try:
            wanted = self._request()
        except Refused:
            return sorted(places)
        for target in wanted.targets:
            name, colon, inside = target.rpartition(":")
            place = name if colon else inside
            if place.endswith((".py", ".pyi")) or os.sep in place:
                path = os.path.join(wanted.working_directory, place)
                places.add(os.path.dirname(path))
                continue
            for root in wanted.roots:
                path = os.fspath(root)
                for part in place.split("."):
                    places.add(path)
                    path = os.path.join(path, part)
        return sorted(filter(os.path.isdir, places))

    def _request(self) -> Request:
        if self._settings is None:
            self._settings = load(self._invocation.project)
        wanted = request(self._invocation, self._settings)
        if not wanted.targets:
            raise _no_targets()
        return wanted

    def _keep(
        self, outcome: Outcome, read: list[str], absent: list[str], started: int
    ) -> None:
        evidence = gather(read, absent, started)
        if evidence is None:
            return
        modules = [
            KnownModule(
                os.fspath(module.path),
                module.interface,
                module.reason,
                digest(module.text.encode("utf-8")),
            )
            for module in outcome.modules
        ]
        warnings = [
            KnownWarning(
                warning.code,
                warning.message,
                warning.hint,
                None if warning.path is None else os.fspath(warning.path),
                warning.line,
                warning.column,
                warning.source_line,
            )
            for warning in outcome.warnings
        ]
        self._entry = Entry(evidence, modules, warnings, {})
        self._cache.store(self._entry)

    def _exists(self, interface: str, folder: str) -> bool:
        name = f"{folder}:{interface}"
        known = self._entry.existences.get(name) if self._entry else None
        if known is not None and known.evidence.holds():
            return known.found
        from callbackgen.generator import locate

        started = now()
        found = locate.exists(interface, _with_folders_above(self._request(), folder))
        read = [os.fspath(path) for path in found.read]
        evidence = gather(read, [os.fspath(path) for path in found.absent], started)
        if self._entry is not None and evidence is not None:
            self._entry.existences[name] = Existence(found.found, evidence)
            self._cache.store(self._entry)
        return found.found


def _no_targets() -> Refused:
    from callbackgen.generator.diagnostics import Diagnostic, Refused

    return Refused(
        Diagnostic(
            CODE,
            "no TARGET is given, and pyproject.toml names none",
            "name one (callbackgen generate package.module.Protocol), or put "
            'targets = ["package.module.Protocol"] under [tool.callbackgen]',
        )
    )


@contextmanager
def _without_collecting() -> Generator[None]:
    """No garbage collection inside: syntax trees are large and live to the end.

    Looking through them again and again takes an eighth of the time of a long file.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _with_folders_above(wanted: Request, folder: str) -> Request:
    """The request that finds also what was generated from a folder further down.

    A file says by which dotted name its Protocol was known, but not from where.
    """
    from dataclasses import replace
    from pathlib import Path

    place = Path(folder)
    above = [
        path
        for path in (place, *place.parents)
        if path.is_relative_to(wanted.working_directory)
    ]
    return replace(wanted, roots=tuple(dict.fromkeys([*wanted.roots, place, *above])))


def _is_current(module: KnownModule) -> bool:
    try:
        content = read_content(module.path)
    except OSError:
        return False
    return content is not None and digest(content) == module.digest


def _known(entry: Entry) -> Result:
    warnings: list[Diagnostic] = []
    if entry.warnings:
        from pathlib import Path

        from callbackgen.generator.diagnostics import Diagnostic

        warnings = [
            Diagnostic(
                known.code,
                known.message,
                known.hint,
                None if known.path is None else Path(known.path),
                known.line,
                known.column,
                known.source_line,
                is_warning=True,
            )
            for known in entry.warnings
        ]
    changes = [
        Change(module.path, module.interface, module.reason, "unchanged")
        for module in entry.modules
    ]
    return Result(
        changes, warnings, list(entry.evidence.digests), entry.evidence.absent
    )


def _generated(changes: list[Change]) -> Iterator[tuple[str, str]]:
    """The generated files in the folders written to, with their Protocols' names."""
    from callbackgen.generator.header import generated_for

    for folder in sorted({os.path.dirname(change.path) for change in changes}):
        if not os.path.isdir(folder):
            continue
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".py"):
                continue
            path = os.path.join(folder, name)
            try:
                head = read_content(path, _HEAD) or b""
            except OSError:
                # What cannot be read is not known to be ours.
                continue
            interface = generated_for(head.decode("utf-8", errors="replace"))
            if interface is not None:
                yield path, interface
