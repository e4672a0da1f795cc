"""Protocols that lie outside the current folder: installed, or another project's."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from callbackgen.generator.header import generated_for
from tests.system.command import PRICES, Done, Project, environment

USES = """\
from typing import Protocol

from elsewhere.prices import Session


class Desk(Protocol):
    def opened(self, session: Session) -> None: ...
"""


@pytest.fixture
def library(tmp_path: Path) -> Project:
    """A package that is on sys.path, and not under the current folder."""
    made = Project(tmp_path / "library")
    made.write("elsewhere/__init__.py", "raise SystemExit('imported')\n")
    made.write("elsewhere/prices.py", PRICES)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("desk.py", USES)
    return made


def generate(project: Project, library: Project, *arguments: str) -> Done:
    path = os.pathsep.join([environment()["PYTHONPATH"], os.fspath(library.folder)])
    return project.run("generate", *arguments, variables={"PYTHONPATH": path})


def test_an_installed_protocol_needs_a_folder(
    project: Project, library: Project
) -> None:
    """Nothing is written beside somebody else's source; the message says what to do."""
    before = library.files()
    done = generate(project, library, "elsewhere.prices.Listener")

    assert done.code == 2
    assert "CBG009: elsewhere.prices.Listener lies outside the current folder" in (
        done.err
    )
    assert "hint: say where it goes: --output DIR" in done.err
    assert library.files() == before
    assert sorted(project.files()) == ["desk.py"]


@pytest.mark.parametrize(
    "target", ["elsewhere.prices.Listener", "../library/elsewhere/prices.py:Listener"]
)
def test_an_installed_protocol_goes_to_the_folder(
    project: Project, library: Project, target: str
) -> None:
    """With --output it is written there, under its own dotted name."""
    done = generate(project, library, "-o", "made", target)

    assert done.code == 0, done
    assert done.lines == [f"wrote {Path('made/listener_remote.py')}"]
    text = project.read("made/listener_remote.py")
    assert generated_for(text) == "elsewhere.prices.Listener"
    assert generate(project, library, "--check", "-o", "made", target).code == 0


def test_installed_protocols_that_refer_to_each_other_go_there_together(
    project: Project, library: Project
) -> None:
    """With --output a Protocol that is a target too is found in the same folder."""
    library.write(
        "elsewhere/circle.py",
        "from typing import Protocol\n\n\n"
        'class Chicken(Protocol):\n    def lay(self, egg: "Egg") -> None: ...\n\n\n'
        "class Egg(Protocol):\n    def hatch(self) -> Chicken: ...\n",
    )
    done = generate(project, library, "-o", "made", "elsewhere.circle")

    assert done.code == 0, done
    assert sorted(project.files()) == [
        "desk.py",
        "made/chicken_remote.py",
        "made/egg_remote.py",
    ]
    assert "from made.egg_remote import EggStub" in project.read(
        "made/chicken_remote.py"
    )
    alone = generate(project, library, "-o", "made", "elsewhere.circle.Egg")
    assert alone.code == 2
    assert "CBG009: elsewhere.circle.Chicken" in alone.err


def test_what_is_referred_to_must_be_generated_where_it_lives(
    project: Project, library: Project
) -> None:
    """A reference out of the project is refused with the command to run there."""
    done = generate(project, library, "desk.Desk")

    assert done.code == 2
    assert done.err.startswith("desk.py:")
    assert "callbackgen generate elsewhere.prices.Session" in done.err
    assert sorted(project.files()) == ["desk.py"]


def test_what_is_generated_beside_it_is_imported(
    project: Project, library: Project
) -> None:
    """Where its module lies beside the source, that is used, and not made again."""
    assert library.run("generate", "elsewhere.prices.Session").code == 0
    before = library.files()
    done = generate(project, library, "desk.Desk")

    assert done.lines == ["wrote desk_remote.py"]
    assert "elsewhere.session_remote" in project.read("desk_remote.py")
    assert library.files() == before
    assert generate(project, library, "--check", "desk.Desk").code == 0


def test_a_module_elsewhere_that_goes_away_is_noticed(
    project: Project, library: Project
) -> None:
    """A check that is answered from the cache knows what it rests on out there too."""
    assert library.run("generate", "elsewhere.prices.Session").code == 0
    assert generate(project, library, "desk.Desk").code == 0
    assert generate(project, library, "--check", "desk.Desk").code == 0
    (library.folder / "elsewhere" / "session_remote.py").unlink()
    done = generate(project, library, "--check", "desk.Desk")

    assert done.code == 2
    assert "callbackgen generate elsewhere.prices.Session" in done.err


def test_runs_at_once_do_not_disturb_each_other(library: Project) -> None:
    """Hooks and editors may run the command side by side: each ends well."""
    running = [
        subprocess.Popen(
            library.command("generate", "elsewhere.prices"),
            cwd=library.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        for _ in range(4)
    ]
    for process in running:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output.decode()

    assert sorted(library.files()) == sorted(
        ["elsewhere/__init__.py", "elsewhere/prices.py"]
        + [f"elsewhere/{name}_remote.py" for name in ("listener", "service", "session")]
    )
    library.generate("--check", "elsewhere.prices")
