"""The settings of a project: ``[tool.callbackgen]`` in the nearest pyproject.toml.

Only names from the standard library that are loaded anyway are imported at the top:
a check that finds nothing to do comes through here on every commit.
"""

# A check without any change comes through here: pathlib costs a tenth of its time, and
# what it does not need is imported where it is needed.

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from callbackgen.generator.diagnostics import Refused
    from callbackgen.generator.request import Request

FILE_NAME = "pyproject.toml"
TABLE = "tool.callbackgen"
KEYS = ("targets", "roots", "output", "outputs", "templates", "types")
CODE = "CBG010"


class Invocation(NamedTuple):
    """What one command line asks for, before any setting is read.

    Paths are absolute. `project` is the nearest pyproject.toml of `folder`, the
    current folder; None if there is none.
    """

    folder: str
    project: str | None
    targets: tuple[str, ...] = ()
    output: str | None = None
    templates: str | None = None


class Settings(NamedTuple):
    """What ``[tool.callbackgen]`` says; paths are absolute.

    `folder` is the pyproject.toml's, None where no such table was found.
    """

    folder: str | None = None
    targets: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    output: str | None = None
    outputs: Mapping[str, str] = {}
    templates: str | None = None
    types: tuple[str, ...] = ()


def find(folder: str) -> str | None:
    """The pyproject.toml in a folder or in the nearest one above it."""
    while True:
        candidate = os.path.join(folder, FILE_NAME)
        if os.path.isfile(candidate):
            return candidate
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above


def load(path: str | None) -> Settings:
    """The settings in a pyproject.toml; none at all where there is no such file.

    Raises Refused (CBG010), located, for whatever is wrong in it, all at once. A
    file that does not mention callbackgen is not even parsed: its mistakes are for
    others to report.
    """
    if path is None:
        return Settings()
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise _refused(
            path, f"cannot be read: {error.strerror}", "make it readable", ""
        ) from None
    if b"callbackgen" not in content:
        return Settings()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(
            path, "is not UTF-8, as TOML has to be", "save it as UTF-8", "", line
        ) from None
    table = _table(path, text)
    return Settings() if table is None else _Reader(path, text, table).settings()


def request(invocation: Invocation, settings: Settings) -> Request:
    """All that decides the result, from the command line and the settings.

    Where ``[tool.callbackgen]`` is, its folder stands for the current one, so that
    the same command gives the same names from every folder of the project. Paths on
    the command line are still relative to where it was typed.
    """
    from pathlib import Path

    from callbackgen.generator.request import Request

    base = settings.folder or invocation.folder
    targets = settings.targets
    if invocation.targets:
        targets = tuple(
            _from_base(target, invocation.folder, base) for target in invocation.targets
        )
    output = invocation.output or settings.output
    templates = invocation.templates or settings.templates
    roots = dict.fromkeys([base, os.path.join(base, "src"), *settings.roots])
    return Request(
        targets=targets,
        working_directory=Path(base),
        roots=tuple(map(Path, roots)),
        output=Path(_inside(output, base)) if output else None,
        outputs=settings.outputs,
        templates=Path(templates) if templates else None,
        types=settings.types,
    )


def _from_base(target: str, folder: str, base: str) -> str:
    place = target.rpartition(":")[0] or target
    is_path = place.endswith((".py", ".pyi")) or "/" in place or os.sep in place
    if not is_path or (folder == base and not os.path.isabs(target)):
        return target
    return os.path.relpath(_inside(os.path.join(folder, target), base), base)


def _inside(path: str, base: str) -> str:
    """A path that leads into `base` through a symbolic link, by its name there.

    The current folder is known by its real name alone, while people and editors give
    the other one: /tmp on macOS, a home folder that was moved.
    """
    folder, name = os.path.split(os.path.normpath(path))
    real = os.path.join(os.path.realpath(folder), name)
    is_inside = os.path.join(real, "").startswith(os.path.join(base, ""))
    is_there = os.path.join(path, "").startswith(os.path.join(base, ""))
    return real if is_inside and not is_there else path


def _table(path: str, text: str) -> Mapping[str, object] | None:
    import tomllib

    try:
        document: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message, line, column = _position(str(error), text)
        raise _refused(
            path, f"is not TOML: {message}", "correct it", text, line, column
        ) from None
    for key in TABLE.split("."):
        if not _is_table(document) or key not in document:
            return None
        document = document[key]
    if not _is_table(document):
        raise _refused(
            path,
            f"{TABLE} is not a table",
            f"begin it with a line [{TABLE}]",
            text,
            _line_of(text, "callbackgen"),
        )
    return document


def _position(message: str, text: str) -> tuple[str, int, int]:
    """The message of a TOML error without its position, and the position."""
    import re

    match = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if match:
        return message[: match.start()], int(match[1]), int(match[2])
    lines = text.splitlines() or [""]
    message = message.removesuffix(" (at end of document)")
    return message, len(lines), len(lines[-1]) + 1


def _is_table(value: object) -> TypeGuard[Mapping[str, object]]:
    return isinstance(value, dict)


def _is_list(value: object) -> TypeGuard[list[object]]:
    return isinstance(value, list)


def _is_name(value: object) -> TypeGuard[str]:
    # No system takes a NUL in the name of a file.
    return isinstance(value, str) and value != "" and "\0" not in value


class _Reader:
    """Turns the table into settings and collects what is wrong with it."""

    def __init__(self, path: str, text: str, table: Mapping[str, object]) -> None:
        self._path = path
        self._text = text
        self._table = table
        self._folder = os.path.dirname(path)
        self._errors: list[Refused] = []

    def settings(self) -> Settings:
        for key in self._table:
            if key not in KEYS:
                self._error(key, f"no such setting: {key}", _nearest(key))
        templates = self._folder_at("templates")
        if templates and not os.path.isdir(templates):
            self._error(
                "templates",
                f"templates: there is no folder {templates}",
                "name the folder that has your example_remote.py",
            )
        settings = Settings(
            folder=self._folder,
            targets=self._texts("targets"),
            roots=tuple(map(self._absolute, self._texts("roots"))),
            output=self._folder_at("output"),
            outputs=self._outputs(),
            templates=templates,
            types=self._types(),
        )
        if self._errors:
            from callbackgen.generator.diagnostics import Refused

            found = [item for error in self._errors for item in error.diagnostics]
            raise Refused(*sorted(found, key=lambda item: (item.line, item.column)))
        return settings

    def _absolute(self, name: str) -> str:
        return os.path.normpath(os.path.join(self._folder, name))

    def _error(self, key: str, message: str, hint: str, within: str = "") -> None:
        after = _line_of(self._text, within) if within else 0
        line = _line_of(self._text, key, after)
        self._errors.append(_refused(self._path, message, hint, self._text, line))

    def _texts(self, key: str) -> tuple[str, ...]:
        value = self._table.get(key, [])
        if _is_list(value):
            texts = [item for item in value if _is_name(item)]
            if len(texts) == len(value):
                return tuple(texts)
        self._error(key, f"{key} must be a list of strings", f'write {key} = ["..."]')
        return ()

    def _types(self) -> tuple[str, ...]:
        names = self._texts("types")
        for name in names:
            module, *rest = name.split(".")
            if not rest or not all(map(_is_module_name, (module, *rest))):
                self._error(
                    "types",
                    f"types: {name} is no name of a class with its module",
                    'write the dotted name: types = ["geometry.shapes.Point"]',
                )
        return names

    def _folder_at(self, key: str) -> str | None:
        value = self._table.get(key)
        if value is None:
            return None
        if _is_name(value):
            return self._absolute(value)
        self._error(key, f"{key} must be the name of a folder", f'{key} = "generated"')
        return None

    def _outputs(self) -> dict[str, str]:
        value = self._table.get("outputs", {})
        example = 'outputs = {"orders.Listener" = "orders_listener_remote"}'
        if not _is_table(value):
            self._error("outputs", "outputs must be a table", f"write {example}")
            return {}
        outputs: dict[str, str] = {}
        for protocol, name in value.items():
            if _is_table(name):
                self._error(
                    protocol,
                    f"outputs: {protocol} is no name of a Protocol with its module",
                    f"quote the dotted name: {example}",
                    within="outputs",
                )
            elif not isinstance(name, str) or not _is_module_name(name):
                self._error(
                    protocol,
                    f"outputs: {protocol} must be given the name of a module",
                    f"a name as after `import`, without .py: {example}",
                    within="outputs",
                )
            else:
                outputs[protocol] = name
        return outputs


def _is_module_name(name: str) -> bool:
    import keyword

    return name.isidentifier() and not keyword.iskeyword(name)


def _nearest(key: str) -> str:
    import difflib

    close = difflib.get_close_matches(key, KEYS, n=1)
    known = f"the settings are {', '.join(KEYS)}"
    return f"did you mean {close[0]}? {known}" if close else known


def _line_of(text: str, key: str, after: int = 0) -> int:
    """The line from `after` on which a key of the table is set, as far as one can see.

    tomllib does not say where a value stood. A dotted or quoted key is found too;
    the table's own line, or 0, stands in for one that is written in another way.
    """
    import re

    quoted = re.escape(key)
    setting = re.compile(rf"(?:^|[\s.{{,\"'\[]){quoted}[\"']?\s*(?:[=.]|\]\s*$)")
    inside = False
    start = 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = TABLE in line.replace(" ", "").replace('"', "")
            start = number if inside and not start else start
        mentioned = inside or "callbackgen" in line
        if number < after or not mentioned:
            continue
        if setting.search(line.partition("#")[0]):
            return number
    return after or start


def _refused(
    path: str, message: str, hint: str, text: str, line: int = 0, column: int = 0
) -> Refused:
    from pathlib import Path

    from callbackgen.generator.diagnostics import Diagnostic, Refused

    lines = text.splitlines()
    source = lines[line - 1] if 0 < line <= len(lines) else ""
    if line and not column:
        column = len(source) - len(source.lstrip()) + 1
    place = Path(path)
    return Refused(Diagnostic(CODE, message, hint, place, line, column, source))
