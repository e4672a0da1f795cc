"""Whole processes, timed in turns: a slow minute of the machine hits them all."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Command:
    """A process to be timed.

    `prepare` is called before each run, outside the time taken.
    """

    name: str
    arguments: Sequence[str]
    folder: Path
    prepare: Callable[[], None] | None = None

    def run(self) -> float:
        """Run the process once; the seconds from its start to its end.

        Raises RuntimeError, with what the process printed, if it does not succeed.
        """
        if self.prepare is not None:
            self.prepare()
        started = time.perf_counter()
        process = subprocess.run(
            self.arguments,
            cwd=self.folder,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - started
        if process.returncode:
            raise RuntimeError(
                f"{self.name} ended with exit code {process.returncode}:\n"
                f"{process.stdout}{process.stderr}"
            )
        return seconds


def medians(
    commands: Sequence[Command], rounds: int, progress: Callable[[str], None]
) -> dict[str, float]:
    """The median of the seconds that each command takes, by its name.

    Every command runs once in each round, and once before the first, so that files
    and compiled modules are where they will be.
    """
    times: dict[str, list[float]] = {command.name: [] for command in commands}
    for number in range(rounds + 1):
        progress(f"round {number} of {rounds}")
        for command in commands:
            seconds = command.run()
            if number:
                times[command.name].append(seconds)
    return {name: median(taken) for name, taken in times.items()}


def _environment() -> dict[str, str]:
    """The environment, less what would lead Python elsewhere or slow it down."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "COVERAGE"))
    }
