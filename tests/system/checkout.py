"""The checkout as it stands, for the tests that build, install or clone it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent

_LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv*", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info"
)


def copy_checkout(folder: Path) -> Path:
    """A copy of the files as they are now, committed or not, without what is made."""
    copy = folder / "checkout"
    shutil.copytree(ROOT, copy, ignore=_LEFT_OUT)
    for made in ("build", "dist"):
        shutil.rmtree(copy / made, ignore_errors=True)
    return copy


_HIDDEN = (
    # Leads Python or git to the checkout.
    *("PYTHONPATH", "VIRTUAL_ENV", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"),
    # The settings of the `make test` that these tests may run in.
    *("MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS", "VENV", "PYTHON", "ARGS"),
)


def environment() -> dict[str, str]:
    """The variables of this process without those that lead a command elsewhere."""
    return {name: value for name, value in os.environ.items() if name not in _HIDDEN}


def run(
    *command: str | os.PathLike[str],
    folder: Path,
    code: int = 0,
    variables: Mapping[str, str] | None = None,
) -> str:
    """Run a command that is to end with that exit code; what it printed, all of it."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment() | dict(variables or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=500,
    )
    shown = " ".join(str(part) for part in command)
    assert done.returncode == code, f"{shown}: {done.returncode}\n{done.stdout}"
    return done.stdout


def make_environment(folder: Path, *requirements: str | os.PathLike[str]) -> Path:
    """A fresh virtual environment with the requirements; the folder of its commands."""
    run(sys.executable, "-m", "venv", folder, folder=folder.parent)
    commands = folder / "bin"
    install = (commands / "python", "-m", "pip", "install", "-qq", *requirements)
    run(*install, folder=folder.parent)
    return commands
