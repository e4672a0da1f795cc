"""The real command, in processes of its own, in a project of its own."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
LOADED = """
import atexit, json, os, sys
path = os.path.abspath("loaded.json")
for name in [name for name in sys.modules if name.partition(".")[0] == "pathlib"]:
    del sys.modules[name]  # an editable install has loaded it before
def leave():
    with open(path, "w") as file:
        json.dump(list(sys.modules), file)
atexit.register(leave)
"""
"""Leaves the names of the modules that were loaded in ``loaded.json``."""
MAIN = "from callbackgen.cli import main; main()"

PRICES = '''\
"""Prices, as the server and its clients see them."""

from typing import Protocol


class Session(Protocol):
    def close(self) -> None: ...


class Listener(Protocol):
    def changed(self, symbol: str, price: float) -> None: ...


class Service(Protocol):
    def open(self, name: str) -> Session: ...
'''


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """The lines on stdout."""
        return self.out.splitlines()


@dataclass(frozen=True)
class Project:
    """A folder with sources, in which commands run."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        """Write a source file as editors do: nobody sees a part of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.draft")
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
        return path

    def read(self, name: str) -> str:
        """The text of a file."""
        return (self.folder / name).read_text(encoding="utf-8")

    def command(self, *arguments: str | bytes, code: str = MAIN) -> list[str | bytes]:
        """The command's words, for who starts it by itself."""
        return [sys.executable, "-c", code, *arguments]

    def run(
        self,
        *arguments: str | bytes,
        code: str = MAIN,
        folder: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> Done:
        """Run ``callbackgen`` with the arguments, to its end."""
        done = subprocess.run(
            self.command(*arguments, code=code),
            cwd=folder or self.folder,
            env=environment(variables),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=120,
        )
        out, err = (
            text.decode("utf-8", errors="surrogateescape")
            for text in (done.stdout, done.stderr)
        )
        assert "Traceback" not in err, err
        return Done(done.returncode, out, err)

    def generate(self, *arguments: str, code: int = 0) -> Done:
        """Run ``callbackgen generate``, which is to end with that code."""
        done = self.run("generate", *arguments)
        assert done.code == code, done
        return done

    def loaded(self, *arguments: str, code: int = 0) -> set[str]:
        """The packages that a command loads which ends with that code."""
        done = self.run(*arguments, code=LOADED + MAIN)
        assert done.code == code, done
        file = self.folder / "loaded.json"
        names: list[str] = json.loads(file.read_text(encoding="utf-8"))
        file.unlink()
        return {name.partition(".")[0] for name in names}

    def files(self) -> dict[str, bytes]:
        """All files with their content, the cache excepted."""
        return {
            os.fspath(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".callbackgen_cache" not in path.parts
        }

    def on_terminal(
        self, *arguments: str, variables: Mapping[str, str] | None = None
    ) -> tuple[int, str]:
        """Run ``callbackgen`` on a terminal: its code, and all that the screen got."""
        terminal, end = pty.openpty()
        with subprocess.Popen(
            self.command(*arguments),
            cwd=self.folder,
            env=environment({"TERM": "xterm", **(variables or {})}),
            stdin=end,
            stdout=end,
            stderr=end,
        ) as process:
            os.close(end)
            parts: list[bytes] = []
            while part := _read(terminal):
                parts.append(part)
            os.close(terminal)
        return process.returncode, b"".join(parts).decode("utf-8")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:
        # Linux: the last process at the other end has gone.
        return b""


def environment(variables: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of a command: the checkout is found, and nothing else decides."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "GITHUB_", "_CALLBACKGEN", "LC_", "LANG"))
        and name not in {"NO_COLOR", "FORCE_COLOR"}
    }
    return kept | {
        "PYTHONPATH": os.fspath(ROOT),
        "LC_ALL": "C.UTF-8",
        **(variables or {}),
    }
