"""The golden cases: a folder each, with the interface, what is generated, and its use.

``interface.py`` (or ``.pyi``) is read, ``*_remote.py`` is what has to come out, and
``use.py`` has an implementation of one Protocol and the calls that are made to it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent / "cases"

NEWER_PYTHON = {"type_parameters": (3, 12)}
"""Cases whose own syntax needs a later Python than 3.11: they are generated and checked
everywhere, and run where the syntax is understood."""

ONLY_OURS = {"functions"}
"""Cases that a stock Pyro5 daemon does not serve: a function has no address there."""


def names() -> list[str]:
    """The names of all cases."""
    return sorted(
        folder.name for folder in ROOT.iterdir() if (folder / "use.py").is_file()
    )


def runnable() -> list[str]:
    """The cases whose modules the running Python can import."""
    return [
        name for name in names() if sys.version_info >= NEWER_PYTHON.get(name, (3, 11))
    ]


def interface(case: str) -> str:
    """The path of a case's interface, from the folder of the cases."""
    stub = ROOT / case / "interface.pyi"
    return f"{case}/{stub.name if stub.is_file() else 'interface.py'}"


def copy_sources(case: str, destination: Path) -> Path:
    """Copy a case without what is generated; give its new folder."""
    return Path(
        shutil.copytree(
            ROOT / case,
            destination / case,
            ignore=shutil.ignore_patterns("*_remote.py", "__pycache__"),
        )
    )


def generate(case: str, root: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command on a case in the folder `root`."""
    command = [sys.executable, "-m", "callbackgen", "generate", interface(case)]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=120
    )


def generated(folder: Path) -> dict[str, str]:
    """The generated modules in a folder, by file name."""
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in sorted(folder.glob("*_remote.py"))
    }
