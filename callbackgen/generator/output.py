"""Generated modules and the files they go to: compare, show, write.

Everything is checked before the first file is written, and each file is replaced
whole or not at all. Only what a check without any change needs is imported at the top.
"""

# A check without any change comes through here: pathlib costs a tenth of its time, and
# what it does not need is imported where it is needed.

from __future__ import annotations

import contextlib
import io
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from callbackgen.generator.diagnostics import Diagnostic, Refused
    from callbackgen.generator.request import GeneratedModule

State = Literal["new", "changed", "unchanged"]
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Not to wait where a FIFO stands in place of a file, nor to translate on Windows."""


class Change(NamedTuple):
    """A generated module beside what its file has now.

    `before` is None where there is no file. Texts have LF line ends.
    """

    path: str
    interface: str
    reason: str | None
    state: State
    before: str | None = None
    after: str = ""


def compare(modules: Iterable[GeneratedModule]) -> list[Change]:
    """What writing the modules would change; nothing is written.

    Raises Refused, with everything that is in the way: a file that is not ours
    (CBG030) or was generated for another Protocol (CBG031), and what cannot be read
    (CBG033).
    """
    changes: list[Change] = []
    errors: list[Diagnostic] = []
    for module in modules:
        path = str(module.path)
        before, error = _existing(module)
        if error is not None:
            errors.append(error)
            continue
        state: State = "unchanged"
        if before is None:
            state = "new"
        elif before != module.text:
            state = "changed"
        changes.append(
            Change(path, module.interface, module.reason, state, before, module.text)
        )
    if errors:
        raise _refused(*errors)
    return changes


def read_content(path: str, limit: int = -1) -> bytes | None:
    """A file's bytes with LF line ends; None where there is no file.

    `limit` is the number of bytes to read, -1 for all of them.
    A checkout that turns line ends into CRLF leaves a generated file up to date.
    Raises OSError for what exists and cannot be read as a file.
    """
    try:
        handle = os.open(path, _READ)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError("it is not a file")
        with open(handle, "rb", closefd=False) as file:
            return file.read(limit).replace(b"\r\n", b"\n")
    finally:
        os.close(handle)


def check_writable(changes: Iterable[Change]) -> None:
    """Raise Refused (CBG033) if a change cannot be written, before any of them is."""
    errors: list[Diagnostic] = []
    for change in changes:
        if change.state == "unchanged":
            continue
        folder = os.path.dirname(os.path.realpath(change.path))
        while not os.path.lexists(folder):
            folder = os.path.dirname(folder)
        if not os.path.isdir(folder):
            errors.append(_failed(change.path, f"{folder} is not a folder"))
        elif not os.access(folder, os.W_OK | os.X_OK):
            errors.append(_failed(change.path, f"the folder {folder} is read-only"))
    if errors:
        raise _refused(*errors)


def write(change: Change) -> None:
    """Put a change into its file, whole or not at all; UTF-8 with LF line ends.

    An unchanged file is not touched. A new one gets its folders and the usual
    permissions, an existing one keeps its own; a symbolic link stays one.
    Raises Refused (CBG033) if the system does not let us.
    """
    if change.state == "unchanged":
        return
    path = os.path.realpath(change.path)
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _replace(path, change.after.encode("utf-8"))
    except OSError as error:
        raise _refused(_failed(change.path, _reason(error))) from None


def _replace(path: str, content: bytes) -> None:
    folder, name = os.path.split(path)
    # Hidden, and without the suffix .py: no import, watcher or glob takes it up.
    temporary = os.path.join(folder, f".{name}.{os.getpid()}.tmp")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    # "x" creates it with the permissions that the umask leaves, as any new file.
    try:
        with open(temporary, "xb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.chmod(temporary, stat.S_IMODE(os.stat(path).st_mode))
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def difference(change: Change, name: str) -> Iterator[str]:
    """The lines of the unified diff from the file to what it should be.

    `name` is how the file is called in it. Lines have no line ends.
    """
    import difflib

    lines = difflib.unified_diff(
        _lines(change.before or ""),
        _lines(change.after),
        "/dev/null" if change.before is None else name,
        name,
    )
    for line in lines:
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield "\\ No newline at end of file"


def _lines(text: str) -> list[str]:
    # Not splitlines: to Python and to a diff only "\n" ends a line.
    return list(io.StringIO(text, newline="\n"))


def first_difference(change: Change) -> int:
    """The first line, from 1, of the file that is not as it should be."""
    before, after = _lines(change.before or ""), _lines(change.after)
    pairs = zip(before, after, strict=False)
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)
    return len(list(same)) + 1


def _existing(module: GeneratedModule) -> tuple[str | None, Diagnostic | None]:
    from callbackgen.generator.diagnostics import Diagnostic
    from callbackgen.generator.header import generated_for

    path = str(module.path)
    try:
        content = read_content(path)
    except OSError as error:
        return None, _failed(path, _reason(error))
    if content is None:
        return None, None
    text = content.decode("utf-8", errors="replace")
    owner = generated_for(text)
    stem = f"other_{module.path.stem}"
    elsewhere = (
        "or give the module another name in pyproject.toml: [tool.callbackgen] "
        f'outputs = {{"{module.interface}" = "{stem}"}}'
    )
    if owner is None:
        return None, Diagnostic(
            "CBG030",
            f"{module.path.name} exists and was not generated by callbackgen",
            f"move it out of the way, {elsewhere}",
            module.path,
        )
    if owner != module.interface:
        return None, Diagnostic(
            "CBG031",
            f"{module.path.name} was generated for {owner}, not for {module.interface}",
            f"delete it if {owner} is gone, {elsewhere}",
            module.path,
        )
    return text, None


def _failed(path: str, reason: str) -> Diagnostic:
    from pathlib import Path

    from callbackgen.generator.diagnostics import Diagnostic

    place = Path(path)
    return Diagnostic(
        "CBG033",
        f"{place.name} cannot be read or written: {reason}",
        "see to the permissions, or name another folder: --output DIR",
        place,
    )


def _reason(error: OSError) -> str:
    return error.strerror or str(error)


def _refused(*errors: Diagnostic) -> Refused:
    from callbackgen.generator.diagnostics import Refused

    return Refused(*errors)
