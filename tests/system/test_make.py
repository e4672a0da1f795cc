"""The targets of the Makefile find a Python that will do, or say what is missing."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.system.checkout import ROOT, run

MAKE = shutil.which("make") or "make"

SHIM = """\
#!/bin/sh
echo "this version of Python is not installed" >&2
exit 127
"""


@pytest.fixture
def commands(tmp_path: Path) -> Path:
    """A PATH in which python3 is a version manager's shim for nothing."""
    folder = tmp_path / "commands"
    folder.mkdir()
    shim = folder / "python3"
    shim.write_text(SHIM, encoding="utf-8")
    shim.chmod(0o755)
    return folder


def make(folder: Path, commands: Path, *arguments: str, code: int) -> str:
    """Run make on the checkout's Makefile, but in another folder."""
    path = {"PATH": str(commands)}
    makefile = str(ROOT / "Makefile")
    return run(
        MAKE, "-f", makefile, *arguments, folder=folder, code=code, variables=path
    )


def test_make_says_that_python_is_missing(commands: Path, tmp_path: Path) -> None:
    """Where no Python will do, the message says which is needed and what to write."""
    said = make(tmp_path, commands, ".venv/bin/python", code=2)
    assert "Python 3.11 or newer, with its venv module, is needed" in said
    assert "PYTHON=" in said


def test_make_passes_by_a_python_that_does_not_run(
    commands: Path, tmp_path: Path
) -> None:
    """The next candidate is taken where the first is a shim for nothing."""
    (commands / "python3.12").symlink_to(sys.executable)
    make(tmp_path, commands, ".venv/bin/python", code=0)
    assert (tmp_path / ".venv/bin/python").exists()


def test_make_refuses_a_named_python_that_will_not_do(
    commands: Path, tmp_path: Path
) -> None:
    """A Python that somebody named is not silently replaced by another."""
    (commands / "python3.12").symlink_to(sys.executable)
    said = make(tmp_path, commands, ".venv/bin/python", "PYTHON=python3", code=2)
    assert "python3 is not Python 3.11 or newer" in said


def test_make_lists_its_targets(tmp_path: Path, commands: Path) -> None:
    """`make` alone, and `make help`, say what there is to make."""
    listed = make(tmp_path, commands, code=0)
    assert listed == make(tmp_path, commands, "help", code=0)
    for target in ("demo", "test", "check", "golden", "fuzz", "bench"):
        assert f"make {target} " in listed
