"""``callbackgen generate`` as it is used: what it writes, shows and checks."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from callbackgen.generator.header import generated_for
from tests.system.command import PRICES, Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("prices.py", PRICES)
    return made


def test_a_module_is_written_beside_its_source(project: Project) -> None:
    """One Protocol in, one module out, under a header that names the Protocol."""
    done = project.generate("prices.Listener")

    assert done.lines == ["wrote listener_remote.py"]
    assert done.err == ""
    text = project.read("listener_remote.py")
    assert generated_for(text) == "prices.Listener"
    assert "    callbackgen generate prices.Listener\n" in text
    assert sorted(project.files()) == ["listener_remote.py", "prices.py"]


def test_an_unchanged_file_is_not_touched(project: Project) -> None:
    """A second run leaves the file, its inode and its time as they are."""
    project.generate("prices.Listener")
    path = project.folder / "listener_remote.py"
    before = path.stat()
    done = project.generate("prices.Listener")

    assert done.lines == ["unchanged listener_remote.py"]
    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize(
    "target", ["prices:Listener", "prices.py:Listener", "./prices.py:Listener"]
)
def test_every_form_of_a_target_gives_the_same_module(
    project: Project, target: str
) -> None:
    """A Protocol by dotted name, by colon or by path: the same bytes."""
    project.generate("prices.Listener")
    expected = project.files()
    (project.folder / "listener_remote.py").unlink()
    project.generate(target)

    assert project.files() == expected


@pytest.mark.parametrize("target", ["prices", "prices.py"])
def test_a_module_alone_means_its_protocols(project: Project, target: str) -> None:
    """A whole module gives every Protocol in it that has methods."""
    done = project.generate(target)

    assert done.lines == [
        "wrote session_remote.py",
        "wrote listener_remote.py",
        "wrote service_remote.py",
    ]


def test_a_module_alone_means_protocols_in_classes_too(project: Project) -> None:
    """A Protocol inside a class is one of the module's."""
    project.write(
        "nested.py",
        "from typing import Protocol\n\n\n"
        "class Outer:\n"
        "    class Middle:\n"
        "        class Callback(Protocol):\n"
        "            def ring(self) -> None: ...\n",
    )

    assert project.generate("nested").lines == ["wrote callback_remote.py"]
    assert project.generate("nested.Outer.Middle.Callback").lines == [
        "unchanged callback_remote.py"
    ]


def test_what_is_referred_to_is_written_with_the_reason(project: Project) -> None:
    """A Protocol that another one returns is generated too, and the output says why."""
    done = project.generate("prices.Service")

    assert done.lines == [
        "wrote service_remote.py",
        "wrote session_remote.py: result of Service.open",
    ]


def test_quiet_says_nothing(project: Project) -> None:
    """With -q a run without mistakes prints nothing at all."""
    done = project.generate("-q", "prices")

    assert done.out == done.err == ""
    assert len(project.files()) == 4


def test_stdout_prints_the_one_module(project: Project) -> None:
    """--stdout prints the named Protocol's module, what it pulls in left out."""
    done = project.generate("--stdout", "prices.Service")

    assert sorted(project.files()) == ["prices.py"]
    project.generate("prices.Service")
    assert done.out == project.read("service_remote.py")


def test_stdout_refuses_more_than_one_module(project: Project) -> None:
    """--stdout with a module that has several Protocols names them."""
    done = project.generate("--stdout", "prices", code=2)

    assert done.out == ""
    assert "prices.Session, prices.Listener, prices.Service" in done.err


def test_output_names_the_folder(project: Project) -> None:
    """-o writes into a folder, which is made if need be."""
    done = project.generate("-o", "made/here", "prices.Listener")

    assert done.lines == [f"wrote {Path('made/here/listener_remote.py')}"]
    assert generated_for(project.read("made/here/listener_remote.py"))


def test_diff_shows_and_writes_nothing(project: Project) -> None:
    """--diff prints what would change, leaves all as it is, and exits with 0."""
    project.generate("prices.Listener")
    project.write("prices.py", PRICES.replace("price: float", "price: int"))
    before = project.files()
    done = project.generate("--diff", "prices.Listener")

    assert project.files() == before
    assert done.lines[:2] == ["--- listener_remote.py", "+++ listener_remote.py"]
    assert any(line.startswith("-") and "float" in line for line in done.lines)
    assert any(line.startswith("+") and "int" in line for line in done.lines)


def test_check_says_that_all_is_well(project: Project) -> None:
    """--check of what is up to date writes nothing and exits with 0."""
    project.generate("prices")
    before = project.files()
    done = project.generate("--check", "prices")

    assert done.lines == ["3 files up to date"]
    assert project.files() == before


def test_check_names_the_command_that_repairs(project: Project) -> None:
    """--check of a stale file gives a diff, exit code 1 and a command that helps."""
    project.generate("-o", "made", "prices.Listener")
    project.write("prices.py", PRICES.replace("price: float", "price: int"))
    before = project.files()
    done = project.generate("--check", "-o", "made", "prices.Listener", code=1)

    assert project.files() == before
    assert any(line.startswith("+") and "int" in line for line in done.lines)
    assert done.lines[-2] == "1 file out of date. To repair that:"
    program, *arguments = shlex.split(done.lines[-1])
    assert program == "callbackgen"
    assert project.run(*arguments).code == 0
    project.generate("--check", "-o", "made", "prices.Listener")


def test_check_misses_a_file(project: Project) -> None:
    """A module that is not there at all is out of date, shown as a new file."""
    done = project.generate("--check", "prices.Listener", code=1)

    assert done.lines[:2] == ["--- /dev/null", "+++ listener_remote.py"]
    assert sorted(project.files()) == ["prices.py"]


def test_the_diff_can_be_applied(project: Project) -> None:
    """The diff of --check, given to ``git apply``, brings the file up to date."""
    path = project.folder / "listener_remote.py"
    project.generate("prices.Listener")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.rstrip("\n").replace("changed", "CHANGED"), encoding="utf-8")
    done = project.generate("--check", "prices.Listener", code=1)
    difference = done.out.partition("1 file out of date")[0]
    subprocess.run(
        ["git", "apply", "-p0", "-"],
        cwd=project.folder,
        input=difference.encode(),
        check=True,
        timeout=60,
    )

    assert path.read_text(encoding="utf-8") == text


def test_check_finds_what_is_left_over(project: Project) -> None:
    """A generated file whose Protocol is gone fails the check until it is deleted."""
    project.generate("prices")
    project.write("prices.py", PRICES.replace("class Listener", "class Watcher"))
    project.generate("prices")
    done = project.generate("--check", "prices", code=1)

    assert done.lines == [
        "listener_remote.py: left over, prices.Listener is gone",
        "1 file left over. To repair that:",
        "    rm listener_remote.py",
    ]
    (project.folder / "listener_remote.py").unlink()
    project.generate("--check", "prices")


def test_check_finds_what_has_another_name_now(project: Project) -> None:
    """A file that `outputs` gave another name is left over under its old one."""
    project.generate("prices.Listener")
    project.write(
        "pyproject.toml",
        '[tool.callbackgen]\noutputs = {"prices.Listener" = "fresh"}\n',
    )
    project.generate("prices.Listener")
    done = project.generate("--check", "prices.Listener", code=1)

    assert done.lines[0] == (
        "listener_remote.py: left over, prices.Listener is now generated as fresh.py"
    )


def test_a_file_of_another_command_is_not_left_over(project: Project) -> None:
    """What other targets or another folder's run made is no business of a check."""
    project.write("inner/orders.py", PRICES)
    project.generate("prices")
    made = project.run("generate", "orders", folder=project.folder / "inner")
    assert made.code == 0
    project.generate("inner/orders.py:Session", "-o", "inner/deep")

    project.generate("--check", "prices.Listener")
    project.write("inner/prices.py", PRICES.replace("Listener", "Watcher"))
    project.generate("inner.prices.Watcher")
    project.generate("--check", "inner.prices.Watcher")


def test_settings_come_from_the_nearest_pyproject(project: Project) -> None:
    """Without a TARGET, [tool.callbackgen] says what, where from and where to."""
    project.write("lib/orders.py", PRICES.replace("Listener", "OrderListener"))
    project.write(
        "pyproject.toml",
        """\
[tool.callbackgen]
targets = ["prices.Listener", "orders.OrderListener"]
roots = ["lib"]
output = "made"
outputs = {"orders.OrderListener" = "orders_remote"}
""",
    )
    inner = project.folder / "some" / "where"
    inner.mkdir(parents=True)
    done = project.run("generate", folder=inner)

    assert done.code == 0, done
    made = {
        name: generated_for(content.decode())
        for name, content in project.files().items()
        if name.startswith("made")
    }
    assert made == {
        os.fspath(Path("made/listener_remote.py")): "prices.Listener",
        os.fspath(Path("made/orders_remote.py")): "orders.OrderListener",
    }
    assert project.run("generate", "--check", folder=inner).code == 0
    project.generate("--check")


def test_the_output_is_the_same_from_every_folder(project: Project) -> None:
    """With [tool.callbackgen] a path gives the same name and bytes from anywhere."""
    project.write("pyproject.toml", "[tool.callbackgen]\n")
    source = project.write("src/shop/events.py", PRICES)
    project.generate("src/shop/events.py:Listener")
    expected = project.files()
    done = project.run("generate", "events.py:Listener", folder=source.parent)

    assert done.lines == ["unchanged listener_remote.py"]
    assert project.files() == expected
    text = project.read("src/shop/listener_remote.py")
    assert generated_for(text) == "shop.events.Listener"
