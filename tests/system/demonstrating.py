"""Processes of the demo, as a person or a program starts them and reads what they say."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from pathlib import Path

from tests.system.checkout import ROOT

PYTHON = [sys.executable, "-W", "error"]
COMMAND = [*PYTHON, "-m", "demo"]
PATIENCE = 240
"""Seconds that anything may take, on a busy machine."""

HIDDEN = {"NO_COLOR", "PYTHONUNBUFFERED"}
VARIABLES = {name: text for name, text in os.environ.items() if name not in HIDDEN}
"""The variables of this process without those that change how the demo prints."""

Start = Callable[..., "subprocess.Popen[str]"]


@contextlib.contextmanager
def processes() -> Generator[Start]:
    """A function that starts a module with arguments; in the end all have ended."""
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*PYTHON, "-m", module, *arguments],
                cwd=ROOT,
                env=VARIABLES,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            limit = threading.Timer(PATIENCE, process.kill)
            stack.callback(limit.join)
            stack.callback(limit.cancel)
            limit.start()
            return process

        yield start


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Reads what a process prints up to a line with these words."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line.rstrip("\n")
    raise AssertionError(f"{process.args!r} ended before it said {words!r}")


def served(server: subprocess.Popen[str]) -> str:
    """The option that leads a client to this server."""
    return f"--port={line_with(server, 'serving').rpartition(':')[2]}"


def hears_for_a_while(client: subprocess.Popen[str]) -> None:
    """A client is told of changes, and not only of those from before."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        line_with(client, "hears: change")


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what stood on stderr."""
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def children_of(pid: int) -> list[Path]:
    """The processes that one has started, as folders of the system's."""
    return [
        Path("/proc", child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


def is_running(process: Path) -> bool:
    """Whether it has not ended; it may be there still, for its parent to ask."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=ROOT,
        env=VARIABLES,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
