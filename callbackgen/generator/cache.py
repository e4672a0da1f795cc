"""What is known from earlier runs, so that a check without any change is quick.

A folder ``.callbackgen_cache`` beside pyproject.toml, as ruff and mypy have one: it
ignores itself in git and backups and may be deleted at any time. It has one file an
invocation, which lists the digests of all that the result rests on: sources,
templates, settings, the absence of files that would be taken instead, and the
generator itself. A cache that is damaged or cannot be written is no error: the work
is done again.

Only what is loaded anyway is imported at the top.
"""

# A check without any change comes through here: pathlib costs a tenth of its time, and
# what it does not need is imported where it is needed.

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable
from importlib.util import source_hash
from typing import NamedTuple, cast

from callbackgen import __version__
from callbackgen.generator.project import Invocation

FOLDER = ".callbackgen_cache"
_ENTRIES = 100
"""Entries beyond this many are deleted, the oldest first."""
_CLOCK_STEP = 20_000_000
"""Nanoseconds: no file system's clock moves in steps longer than this, FAT excepted."""
_DAMAGED = (AttributeError, LookupError, TypeError, ValueError, RecursionError)
_SELF_IGNORING = {
    ".gitignore": "# Made by callbackgen.\n*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"
    "# This file is a cache directory tag created by callbackgen.\n"
    "# For information about cache directory tags see https://bford.info/cachedir/\n",
}


class Evidence(NamedTuple):
    """What an answer rests on: digests by path, and paths where there is nothing."""

    digests: dict[str, str]
    absent: list[str]

    def holds(self) -> bool:
        """Whether all of it is still so."""
        return all(
            digest_of(path) == digest for path, digest in self.digests.items()
        ) and not any(map(os.path.lexists, self.absent))


class KnownModule(NamedTuple):
    """A module that is generated, by the digest of its text."""

    path: str
    interface: str
    reason: str | None
    digest: str


class KnownWarning(NamedTuple):
    """A warning that is to be printed again; the fields of a Diagnostic."""

    code: str
    message: str
    hint: str
    path: str | None
    line: int
    column: int
    source_line: str


class Existence(NamedTuple):
    """Whether the Protocol of a generated file is still there."""

    found: bool
    evidence: Evidence


class Entry(NamedTuple):
    """The result of one invocation.

    `existences` has, by folder and dotted name, what is known of the Protocols of
    other generated files in the folders that are written to.
    """

    evidence: Evidence
    modules: list[KnownModule]
    warnings: list[KnownWarning]
    existences: dict[str, Existence]


def digest(content: bytes) -> str:
    """A digest of some bytes: the one by which Python itself knows a stale ``.pyc``.

    hashlib is not used since it loads OpenSSL, a tenth of the time of a check.
    """
    return f"{len(content)}-{source_hash(content).hex()}"


def digest_of(path: str) -> str | None:
    """The digest of a file; None if it cannot be read."""
    try:
        with open(path, "rb") as file:
            return digest(file.read())
    except OSError:
        return None


def gather(read: Iterable[str], absent: Iterable[str], started: int) -> Evidence | None:
    """What an answer rests on that was worked out since `started` (``time_ns``).

    None if something may have changed meanwhile: then the digests might not be
    those of what was read.
    """
    evidence = Evidence({}, list(absent))
    for path in read:
        current = digest_of(path)
        # In this order: a change before the reading above is seen in the times below.
        try:
            status = os.stat(path)
        except OSError:
            return None
        # The change time cannot be set back, but is the creation's on Windows.
        changed = max(status.st_mtime_ns, status.st_ctime_ns)
        if changed >= started - _CLOCK_STEP or current is None:
            return None
        evidence.digests[path] = current
    return None if any(map(os.path.lexists, evidence.absent)) else evidence


class Cache:
    """The entries in one project's cache folder."""

    def __init__(self, invocation: Invocation) -> None:
        project = invocation.project
        home = invocation.folder if project is None else os.path.dirname(project)
        self._folder = os.path.join(home, FOLDER)
        self._question = json.dumps([*invocation, sys.path, _generator()])
        name = source_hash(self._question.encode()).hex()
        self._path = os.path.join(self._folder, f"{name}.json")

    def load(self) -> Entry | None:
        """What an earlier run came to, if all that it rests on is still so."""
        try:
            with open(self._path, "rb") as file:
                sealed, _, stored = file.read().partition(b"\n")
            if sealed.decode("ascii") != digest(stored):
                return None
            entry = _entry(json.loads(stored), self._question)
            return entry if entry is not None and entry.evidence.holds() else None
        except (OSError, *_DAMAGED):
            return None

    def store(self, entry: Entry) -> None:
        """Keep an entry for the next run, where the folder can be written."""
        # A read-only checkout is as good as any other: it is only checked slower.
        with contextlib.suppress(OSError):
            self._make_folder()
            temporary = f"{self._path}.{os.getpid()}"
            stored = json.dumps([self._question, *entry]).encode("ascii")
            with open(temporary, "wb") as file:
                # Whatever damages the file, it does not answer for another one.
                file.write(digest(stored).encode("ascii") + b"\n" + stored)
            os.replace(temporary, self._path)
            self._prune()

    def _make_folder(self) -> None:
        os.makedirs(self._folder, exist_ok=True)
        for name, text in _SELF_IGNORING.items():
            path = os.path.join(self._folder, name)
            if not os.path.exists(path):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)

    def _prune(self) -> None:
        with os.scandir(self._folder) as files:
            entries = [file for file in files if ".json" in file.name]
        if len(entries) > _ENTRIES:
            entries.sort(key=lambda file: file.stat().st_mtime_ns)
            for file in entries[:-_ENTRIES]:
                os.unlink(file.path)


def now() -> int:
    """The time, in nanoseconds, to give to :func:`gather` afterwards."""
    return time.time_ns()


def _entry(stored: object, question: str) -> Entry | None:
    # Anything of another form raises one of _DAMAGED, here or where it is used.
    fields = cast("list[object]", stored)
    if fields[0] != question:
        return None
    _, evidence, modules, warnings, existences = fields
    return Entry(
        _evidence(evidence),
        [KnownModule(*item) for item in cast("list[list[str]]", modules)],
        [
            KnownWarning(*item)
            for item in cast("list[tuple[str, str, str, str, int, int, str]]", warnings)
        ],
        {
            name: Existence(found, _evidence(rests_on))
            for name, (found, rests_on) in cast(
                "dict[str, tuple[bool, object]]", existences
            ).items()
        },
    )


def _evidence(stored: object) -> Evidence:
    digests, absent = cast("tuple[dict[str, str], list[str]]", stored)
    return Evidence(dict(digests), list(absent))


def _generator() -> list[str]:
    """The generator's version: a changed one makes everything stale."""
    here = os.path.dirname(os.path.abspath(__file__))
    sources = [os.path.join(os.path.dirname(here), "interface.py")]
    # In a zip file there is nothing to list; its version number has to do.
    with contextlib.suppress(OSError):
        sources += [
            os.path.join(here, name)
            for name in sorted(os.listdir(here))
            if name.endswith(".py")
        ]
    return [__version__, sys.version, *(digest_of(path) or "" for path in sources)]
