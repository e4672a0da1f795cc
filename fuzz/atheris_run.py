"""Runs atheris on one target, in a process of its own."""

from __future__ import annotations

import importlib
import logging
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

TARGETS: Final = ("wire", "channel", "session", "payload", "ordinary")
CORPUS: Final = Path(__file__).parent / "corpus"

LIMITS: Final = ("-timeout=10", "-rss_limit_mb=1024", "-max_len=4096")
"""For one input: seconds, MiB of the process, bytes."""

_INSTRUMENTED: Final = ["callbackgen", "serpent", "fuzz"]


def run(target: str, *arguments: str) -> str:
    """What libFuzzer says about a run with these arguments.

    Raises RuntimeError, with that, where an input has failed.
    """
    command = [sys.executable, "-m", "fuzz.atheris_run", target, *LIMITS, *arguments]
    process = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"{target}: {process.stdout}")
    return process.stdout


def main() -> None:
    """What `run` starts: ``python -m fuzz.atheris_run TARGET [libFuzzer's own]``."""
    target, *arguments = sys.argv[1:]
    logging.disable()
    os.nice(5)
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=_INSTRUMENTED):
        module = importlib.import_module(f"fuzz.{target}_target")
    itself = f"{shlex.quote(sys.executable)} -m fuzz.atheris_run {target}"
    atheris.Setup([itself, *arguments], module.run)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
