"""From a target on the command line to the file that has it: nothing is imported.

``importlib.util.find_spec("a.b")`` executes ``a/__init__.py``; here dotted names are
looked up as files only.
"""

from __future__ import annotations

import ast
import os
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.naming import identifier
from callbackgen.generator.request import Request

_SUFFIXES = (".pyi", ".py")
_STANDARD_LIBRARY = Path(os.__file__).parent
_INSTALLED = frozenset({"site-packages", "dist-packages"})


class ModuleFile(NamedTuple):
    """A module by its dotted name and the file that has its source."""

    name: str
    path: Path

    @property
    def is_package(self) -> bool:
        """Whether it is a package's ``__init__``."""
        return self.path.stem == "__init__"


class Target(NamedTuple):
    """What one TARGET of the command line names; `class_name` None: the module."""

    file: ModuleFile
    class_name: str | None


class Finder:
    """Looks modules up under the roots, then on ``sys.path``, and remembers where.

    `absent` has the files that would have been taken instead had they been there:
    with the files that were read, they say when an answer is stale.
    """

    def __init__(self, working_directory: Path, roots: tuple[Path, ...]) -> None:
        self.working_directory = working_directory
        self.roots = roots
        self.absent: dict[Path, None] = {}
        self._found: dict[str, ModuleFile | None] = {}

    @property
    def places(self) -> list[Path]:
        """The folders in which a top-level module is looked for, best first."""
        listed = [*self.roots, *map(Path, map(os.path.abspath, sys.path))]
        return list(dict.fromkeys(listed))

    def module(self, name: str) -> ModuleFile | None:
        """The file of the module `name`, a stub file before a source file."""
        if name not in self._found:
            self._found[name] = self._look_up(name)
        return self._found[name]

    def _look_up(self, name: str) -> ModuleFile | None:
        parts = name.split(".")
        if not all(part.isidentifier() for part in parts):
            return None
        for place in self.places:
            base = place.joinpath(*parts)
            candidates = [base / f"__init__{suffix}" for suffix in _SUFFIXES]
            candidates += [base.with_name(base.name + suffix) for suffix in _SUFFIXES]
            for candidate in candidates:
                if candidate.is_file():
                    return ModuleFile(name, candidate)
                self.absent[candidate] = None
        return None

    def name_of(self, path: Path) -> str:
        """The dotted name of a source file, or of one that is to be written.

        Relative to the longest root that it lies under, else as far up as there is
        an ``__init__`` file. Raises Refused if a folder's name cannot be imported.
        """
        above = [root for root in self.roots if path.is_relative_to(root)]
        if above:
            root = max(above, key=lambda root: len(root.parts))
        else:
            root = path.parent
            while any((root / f"__init__{suffix}").is_file() for suffix in _SUFFIXES):
                root = root.parent
        parts = list(path.relative_to(root).with_suffix("").parts)
        if parts[-1] == "__init__" and len(parts) > 1:
            del parts[-1]
        for part in parts:
            if not part.isidentifier():
                raise Refused(
                    Diagnostic(
                        "CBG002",
                        f"{'.'.join(parts)} is no name that can be imported",
                        f"rename {part!r}, or name the folder above the package in "
                        "`roots` of [tool.callbackgen]",
                        path,
                    )
                )
        return ".".join(parts)

    def is_own(self, path: Path) -> bool:
        """Whether a file belongs to the project: under the cwd and not installed."""
        if not path.is_relative_to(self.working_directory):
            return False
        inside = path.relative_to(self.working_directory)
        return _INSTALLED.isdisjoint(inside.parts)

    def is_standard(self, path: Path) -> bool:
        """Whether a file belongs to Python's standard library."""
        return path.is_relative_to(_STANDARD_LIBRARY) and _INSTALLED.isdisjoint(
            path.parts
        )

    def target(self, text: str) -> Target:
        """What `text` names: a module, or a class in one, by dotted name or path.

        Raises Refused (CBG002) if there is no such file or module.
        """
        place, colon, class_name = text.rpartition(":")
        if not colon:
            place, class_name = text, ""
        class_name = identifier(class_name)
        if not place:
            raise Refused(
                Diagnostic(
                    "CBG002",
                    f"the TARGET {text!r} names no module",
                    "write package.module.Protocol or path/to/module.py:Protocol",
                )
            )
        if place.endswith(_SUFFIXES) or os.sep in place or "/" in place:
            return Target(self._file(place), class_name or None)
        if colon:
            found = self.module(place)
            return Target(found or self._missing(place), class_name or None)
        parts = place.split(".")
        if not all(parts):
            self._missing(place)
        for length in range(len(parts), 0, -1):
            found = self.module(".".join(parts[:length]))
            if found:
                return Target(found, identifier(".".join(parts[length:])) or None)
        return Target(self._missing(place), None)

    def _file(self, text: str) -> ModuleFile:
        path = Path(os.path.abspath(self.working_directory / text))
        if not path.is_file():
            is_folder = f"{text} is a folder, not a file"
            raise Refused(
                Diagnostic(
                    "CBG002",
                    is_folder if path.is_dir() else f"there is no file {text}",
                    "name a .py or .pyi file, or a dotted name: pkg.mod.Class",
                )
            )
        if path.suffix not in _SUFFIXES:
            raise Refused(
                Diagnostic(
                    "CBG002",
                    f"{text} is no Python source file",
                    "name a .py or .pyi file",
                )
            )
        stub = path.with_suffix(".pyi")
        if path.suffix == ".py" and stub.is_file():
            path = stub
        elif path.suffix == ".py":
            self.absent[stub] = None
        return ModuleFile(self.name_of(path), path)

    def _missing(self, name: str) -> ModuleFile:
        looked = ", ".join(os.path.relpath(root) for root in self.roots)
        raise Refused(
            Diagnostic(
                "CBG002",
                f"there is no module for {name}",
                f"looked under {looked} and on sys.path; give the path of the file "
                "(path/to/mod.py:Class), or name its folder in `roots` of "
                "[tool.callbackgen]",
            )
        )


class Existence(NamedTuple):
    """Whether a Protocol is still there, and the files that the answer rests on."""

    found: bool
    read: tuple[Path, ...]
    absent: tuple[Path, ...]


def exists(dotted_name: str, request: Request) -> Existence:
    """Whether the class that a generated file was made for is still defined.

    A source that cannot be parsed counts as having it: that is for a later run to
    say, and no reason to call a generated file an orphan.
    """
    finder = Finder(request.working_directory, request.roots)
    try:
        target = finder.target(dotted_name)
    except Refused:
        return Existence(False, (), tuple(finder.absent))
    read = (target.file.path,)
    found = target.class_name is not None and _defines(
        target.file.path, target.class_name.split(".")
    )
    return Existence(found, read, tuple(finder.absent))


def _defines(path: Path, names: list[str]) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            body = ast.parse(path.read_bytes()).body
        except (SyntaxError, ValueError):
            return True
    for name in names:
        classes = [
            node
            for statement in body
            for node in ast.walk(statement)
            if isinstance(node, ast.ClassDef) and node.name == name
        ]
        if not classes:
            return False
        body = classes[0].body
    return True
