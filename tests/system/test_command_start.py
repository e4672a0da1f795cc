"""What the command loads and what it remembers: help, completion, the cache."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import callbackgen
from tests.system.command import PRICES, Project

GENERATOR = "libcst"
CACHE = ".callbackgen_cache"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of which everything is up to date, and known to be."""
    made = Project(tmp_path / "project")
    made.write("base.py", PRICES.replace("class Listener", "class Base"))
    made.write(
        "prices.py",
        "from typing import Protocol\n"
        "from base import Base\n"
        "class Listener(Base, Protocol):\n"
        "    def told(self, anything) -> None: ...\n",
    )
    made.write("pyproject.toml", '[tool.callbackgen]\ntargets = ["prices.Listener"]\n')
    made.generate()
    made.generate("--check")
    return made


@pytest.mark.parametrize("option", ["--help", "--version", "-h"])
def test_help_loads_nothing_dear(tmp_path: Path, option: str) -> None:
    """--help and --version load neither half of the package nor its libraries."""
    loaded = Project(tmp_path).loaded(option)

    assert "click" in loaded
    assert not loaded & {GENERATOR, "Pyro5", "msgspec", "watchfiles", "pathlib"}


def test_the_version(tmp_path: Path) -> None:
    """--version prints the name and the version of the package."""
    done = Project(tmp_path).run("--version")

    assert done.lines == [f"callbackgen {callbackgen.__version__}"]


def test_an_unchanged_check_does_not_load_the_generator(project: Project) -> None:
    """A check without any change is answered from the cache alone."""
    loaded = project.loaded("generate", "--check")

    assert not loaded & {GENERATOR, "Pyro5", "msgspec", "watchfiles", "tomllib"}


def test_an_unchanged_generate_does_not_load_the_generator(project: Project) -> None:
    """What is up to date is not generated again just to see that."""
    project.generate("-q")

    assert GENERATOR not in project.loaded("generate")


def test_warnings_are_printed_again(project: Project) -> None:
    """A check that is answered from the cache has the same warnings and lines."""
    known = project.generate("--check")
    (project.folder / CACHE).rename(project.folder / "put aside")
    fresh = project.generate("--check")

    assert known == fresh
    assert "prices.py:4:20: CBG140: warning: " in known.err
    assert known.err.splitlines()[-1] == "1 warning"


def edit_a_base(project: Project) -> None:
    text = project.read("base.py")
    project.write("base.py", text.replace("price: float", "price: int"))


def put_a_module_in_front(project: Project) -> None:
    text = project.read("base.py").replace("price: float", "price: int")
    project.write("base.pyi", text)


def give_another_name(project: Project) -> None:
    text = project.read("pyproject.toml")
    project.write(
        "pyproject.toml", text + 'outputs = {"prices.Listener" = "another"}\n'
    )


def remove_the_output(project: Project) -> None:
    (project.folder / "listener_remote.py").unlink()


def edit_the_output(project: Project) -> None:
    project.write("listener_remote.py", project.read("listener_remote.py") + "\n")


def leave_something_over(project: Project) -> None:
    text = project.read("listener_remote.py").replace("prices.Listener", "prices.Old")
    project.write("old_remote.py", text)


@pytest.mark.parametrize(
    "change",
    [
        edit_a_base,
        put_a_module_in_front,
        give_another_name,
        remove_the_output,
        edit_the_output,
        leave_something_over,
    ],
)
def test_every_change_is_noticed(
    project: Project, change: Callable[[Project], None]
) -> None:
    """Whatever makes a file stale, the cache does not hide it."""
    change(project)

    assert "To repair that:" in project.generate("--check", code=1).out


def test_what_was_left_over_is_remembered_too(project: Project) -> None:
    """A Protocol that is gone and comes back is looked for only when files change."""
    leave_something_over(project)
    project.generate("--check", code=1)
    assert GENERATOR not in project.loaded("generate", "--check", code=1)

    text = project.read("prices.py")
    project.write("prices.py", text + "class Old(Base, Protocol): ...\n")
    project.generate("--check")


def test_other_files_of_ours_cost_nothing(project: Project) -> None:
    """A generated file of other targets in the same folder keeps the check quick."""
    project.generate("base.Session")
    project.generate("--check")

    assert GENERATOR not in project.loaded("generate", "--check")


def test_the_cache_ignores_itself(project: Project) -> None:
    """Neither git nor a backup takes the cache up."""
    folder = project.folder / CACHE

    assert (folder / ".gitignore").read_text(encoding="utf-8").endswith("\n*\n")
    tag = (folder / "CACHEDIR.TAG").read_bytes()
    assert tag.startswith(b"Signature: 8a477f597d28d172789f06886806bc55")


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\x00", b"[]", b"{}", b"null", b"[" * 100_000, b'["a", 1]']
)
def test_a_damaged_cache_is_made_anew(project: Project, damage: bytes) -> None:
    """Whatever stands in the cache's files, the check does its work."""
    for entry in (project.folder / CACHE).glob("*.json"):
        entry.write_bytes(damage)
    assert project.generate("--check").lines == ["1 file up to date"]

    edit_a_base(project)
    project.generate("--check", code=1)


def test_a_cache_that_cannot_be_written(project: Project) -> None:
    """Where the cache cannot be kept, the check does its work without it."""
    folder = project.folder / CACHE
    folder.rename(project.folder / "put aside")
    folder.write_bytes(b"")

    assert project.generate("--check").lines == ["1 file up to date"]
    edit_a_base(project)
    project.generate("--check", code=1)


def test_permissions_are_kept(project: Project) -> None:
    """A file that is written anew has the permissions that it had."""
    path = project.folder / "listener_remote.py"
    path.chmod(0o640)
    edit_a_base(project)
    project.generate()

    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_explain_prints_a_page(tmp_path: Path) -> None:
    """`explain` prints the page of a code, however the code is typed."""
    project = Project(tmp_path)
    done = project.run("explain", "CBG030")

    assert done.code == 0
    assert done.out.startswith("# CBG030: ")
    assert project.run("explain", "cbg030") == done
    assert project.run("explain", "030") == done
    assert GENERATOR not in project.loaded("explain", "CBG030")


def test_explain_lists_the_codes(tmp_path: Path) -> None:
    """`explain` alone lists every code with its meaning."""
    done = Project(tmp_path).run("explain")

    assert done.code == 0
    codes = [line.split()[0] for line in done.lines]
    assert {"CBG010", "CBG030", "CBG033"} <= set(codes)
    assert codes == sorted(codes)
    assert all(len(line.split()) > 1 for line in done.lines)


def test_explain_an_unknown_code(tmp_path: Path) -> None:
    """An unknown code is wrong use; the nearest one and all codes are named."""
    done = Project(tmp_path).run("explain", "CBG3O")

    assert done.code == 2
    assert "There is no code CBG3O. Did you mean CBG" in done.err
    assert "CBG033" in done.err


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("callbackgen ex", "plain,explain"),
        ("callbackgen explain CBG03", "plain,CBG033"),
        ("callbackgen explain cbg03", "plain,CBG033"),
        ("callbackgen generate pri", "file,pri"),
        ("callbackgen generate --ch", "plain,--check"),
        ("callbackgen generate --format g", "plain,github"),
    ],
)
def test_shell_completion(tmp_path: Path, words: str, expected: str) -> None:
    """A shell completes commands, options, codes and files."""
    done = Project(tmp_path).run(
        variables={
            "_CALLBACKGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(words.split()) - 1),
        }
    )

    assert done.code == 0
    assert expected in done.lines


def test_completion_script(tmp_path: Path) -> None:
    """The script for the shell completes the command by the name of its executable."""
    variables = {"_CALLBACKGEN_COMPLETE": "zsh_source"}
    done = Project(tmp_path).run(variables=variables)

    assert done.code == 0
    assert done.out.startswith(f"#compdef callbackgen{os.linesep}")
