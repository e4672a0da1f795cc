"""Runs one variant of the story as processes, and gathers what they tell."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from demo.hosting import READY
from demo.people import NAMES

CHECKOUT = Path(__file__).resolve().parent.parent
LONGEST = 120.0
"""Seconds after which a process that has not ended is killed."""


class DemoFailed(Exception):
    """A process of the demo did not do what it should; the text says which."""


@dataclass(frozen=True, slots=True)
class Part:
    """What one process has told, line by line."""

    who: str
    lines: tuple[str, ...]


def tell(variant: str) -> list[Part]:
    """Runs the server and the clients of a variant, and gives what each has told.

    Raises DemoFailed where one of them ends early or with an error.
    """
    with ExitStack() as stack:
        server = stack.enter_context(_Teller("the server", f"{variant}.server"))
        address = server.until_ready()
        clients: list[_Teller] = []
        for name in NAMES:
            client = _Teller(name, f"{variant}.client", name, address)
            clients.append(stack.enter_context(client))
            client.until_ready()
        return [server.to_the_end(), *(client.to_the_end() for client in clients)]


class _Teller:
    """A process of the demo."""

    def __init__(self, who: str, module: str, *arguments: str) -> None:
        self._who = who
        self._lines: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, *_warnings(), "-m", f"demo.{module}", *arguments],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self._limit = threading.Timer(LONGEST, self._process.kill)
        self._limit.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends the process, which it does by itself unless something went wrong."""
        self._limit.cancel()
        self._limit.join()
        if self._process.poll() is None:
            self._process.kill()
        self._process.__exit__(None, None, None)

    def until_ready(self) -> str:
        """Waits for the line that says where the process can be reached."""
        for line in self._output():
            if line.startswith(READY):
                return line.removeprefix(READY).strip()
            self._lines.append(line.rstrip("\n"))
        raise DemoFailed(f"{self._who} ended before it was ready")

    def to_the_end(self) -> Part:
        """Tells the process that nothing more will come, and waits for its end."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._lines += [line.rstrip("\n") for line in self._output()]
        if self._process.wait():
            raise DemoFailed(f"{self._who} ended with {self._process.returncode}")
        return Part(self._who, tuple(self._lines))

    def _output(self) -> IO[str]:
        assert self._process.stdout is not None
        return self._process.stdout


def _warnings() -> list[str]:
    """The options for warnings that this process was started with."""
    return [f"-W{option}" for option in sys.warnoptions]
