"""One invocation: with a cache or without, it comes to the same; what is left over."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from callbackgen.cli import callbackgen
from callbackgen.generator import cache
from callbackgen.generator.command import Command
from callbackgen.generator.project import Invocation, find
from tests.system.command import PRICES

Action = Callable[[Path], None]
BASE = "from typing import Protocol\nclass Base(Protocol):\n    {}\n"
DERIVED = (
    "from typing import Protocol\n"
    "from base import Base\n"
    "class Derived(Base, Protocol):\n"
    "    def told(self, anything) -> None: ...\n"
)
TABLE = "[tool.callbackgen]\n"
SHAPES = "import enum\nclass Shape(enum.Enum):\n    ROUND = {}\n"
WITH_SHAPE = PRICES.replace("float", "shapes.Shape | str").replace(
    "from typing", "import shapes\nfrom typing", 1
)


def put(name: str, text: str) -> Action:
    """An action that writes a file."""

    def action(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    action.__name__ = f"put {name}: {text!r}"
    return action


def drop(name: str) -> Action:
    """An action that deletes a file, if it is there."""

    def action(folder: Path) -> None:
        (folder / name).unlink(missing_ok=True)

    action.__name__ = f"drop {name}"
    return action


def generate(*arguments: str) -> Action:
    """An action that runs the command."""

    def action(folder: Path) -> None:
        outcome(folder, "generate", *arguments)

    action.__name__ = f"generate {arguments}"
    return action


ACTIONS = [
    put("prices.py", PRICES),
    put("prices.py", PRICES.replace("float", "int")),
    put("prices.py", PRICES.replace("class Listener", "class Watcher")),
    put("prices.py", "class Listener(:\n"),
    put("prices.py", WITH_SHAPE),
    put("shapes.py", SHAPES.format(1)),
    put("shapes.py", SHAPES.format("'round'")),
    put("pyproject.toml", f"{TABLE}types = ['shapes.Shape']\n"),
    put("prices.pyi", PRICES.replace("float", "bool")),
    drop("prices.pyi"),
    put("src/prices.py", PRICES.replace("float", "str")),
    put("base.py", BASE.format("def one(self) -> int: ...")),
    put("base.py", BASE.format("def two(self, price: Missing) -> int: ...")),
    put("base/__init__.py", BASE.format("def two(self, unknown) -> int: ...")),
    drop("base/__init__.py"),
    drop("base.py"),
    put("pyproject.toml", TABLE),
    put("pyproject.toml", f"{TABLE}outputs = {{'prices.Listener' = 'fresh'}}\n"),
    put("pyproject.toml", f"{TABLE}output = 'made'\n"),
    put("pyproject.toml", f"{TABLE}output = 3\n"),
    drop("pyproject.toml"),
    put("listener_remote.py", "precious = 1\n"),
    drop("listener_remote.py"),
    drop("derived_remote.py"),
    put("other_remote.py", "x = 1\n"),
    generate("prices"),
    generate("derived"),
    generate("prices", "derived"),
]


def outcome(folder: Path, *arguments: str) -> tuple[int, str]:
    """The exit code and all that is printed, of a command run in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        result = CliRunner().invoke(callbackgen, arguments, standalone_mode=False)
    finally:
        os.chdir(before)
    if isinstance(result.exception, click.ClickException):
        return result.exception.exit_code, result.exception.format_message()
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    code = result.return_value if isinstance(result.return_value, int) else 0
    return code or result.exit_code, result.output


def nothing(_cache: cache.Cache) -> None:
    """What a cache without any entry answers."""


@settings(deadline=None, max_examples=12)
@given(actions=st.lists(st.sampled_from(ACTIONS), min_size=1, max_size=7))
def test_the_cache_changes_nothing_but_the_time(actions: list[Action]) -> None:
    """After any changes a check that knows earlier answers says what a new one says."""
    with (
        tempfile.TemporaryDirectory() as name,
        pytest.MonkeyPatch.context() as patch,
    ):
        # Nothing here changes a file while it is read; so every answer is kept.
        patch.setattr(cache, "_CLOCK_STEP", -(10**15))
        folder = Path(name)
        put("prices.py", PRICES)(folder)
        put("derived.py", DERIVED)(folder)
        put("base.py", BASE.format("def one(self) -> int: ..."))(folder)
        generate("prices", "derived")(folder)
        for action in actions:
            action(folder)
            for targets in (("prices",), ("prices.Listener", "derived")):
                first = outcome(folder, "generate", "--check", *targets)
                known = outcome(folder, "generate", "--check", *targets)
                with pytest.MonkeyPatch.context() as without:
                    without.setattr(cache.Cache, "load", nothing)
                    new = outcome(folder, "generate", "--check", *targets)
                assert first == known == new
        shutil.rmtree(folder / cache.FOLDER)


def test_a_registered_class_is_taken_as_it_is(project: Path) -> None:
    """`types` in pyproject.toml makes a plain class one that travels."""
    put("shapes.py", "class Shape: ...\n")(project)
    put("prices.py", WITH_SHAPE.replace(" | str", ""))(project)
    code, said = outcome(project, "generate", "prices")
    assert code == 2
    assert '[tool.callbackgen] types = ["shapes.Shape"]' in " ".join(said.split())
    put("pyproject.toml", f"{TABLE}types = ['shapes.Shape']\n")(project)
    assert outcome(project, "generate", "prices")[0] == 0
    text = (project / "listener_remote.py").read_text(encoding="utf-8")
    assert "price: shapes.Shape" in text


def left_over(folder: Path, *targets: str) -> dict[str, str]:
    """The files that a check would call left over, with the reasons."""
    where = os.fspath(folder)
    command = Command(Invocation(where, find(where), targets))
    found = command.orphans(command.result().changes)
    return {os.path.relpath(orphan.path, folder): orphan.reason for orphan in found}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    put("prices.py", PRICES)(tmp_path)
    assert outcome(tmp_path, "generate", "prices")[0] == 0
    return tmp_path


def test_what_is_generated_is_not_left_over(project: Path) -> None:
    """Nor is what other targets of the same project have generated there."""
    assert left_over(project, "prices") == {}
    assert left_over(project, "prices.Session") == {}


def test_a_protocol_that_is_gone(project: Path) -> None:
    """A class that was renamed, and a module that was deleted, leave their files."""
    put("orders.py", PRICES.replace("Listener", "Order"))(project)
    assert outcome(project, "generate", "orders.Order")[0] == 0
    put("prices.py", PRICES.replace("class Listener", "class Watcher"))(project)

    assert left_over(project, "prices") == {
        "listener_remote.py": "prices.Listener is gone"
    }
    drop("orders.py")(project)
    assert left_over(project, "prices") == {
        "listener_remote.py": "prices.Listener is gone",
        "order_remote.py": "orders.Order is gone",
    }


def test_a_protocol_that_only_cannot_be_read_is_not_gone(project: Path) -> None:
    """A syntax error in another module is no reason to call its files left over."""
    put("orders.py", PRICES.replace("Listener", "Order"))(project)
    assert outcome(project, "generate", "orders.Order")[0] == 0
    put("orders.py", "class Order(:\n")(project)

    assert left_over(project, "prices") == {}


@pytest.mark.parametrize(
    "name", ["mine_remote.py", "README.md", "folder.py/inside", "half.py"]
)
def test_what_is_not_ours_is_not_left_over(project: Path, name: str) -> None:
    """Files without our header are nobody's business, whatever they are called."""
    put(name, '"""Remote form of gone.Protocol."""\nx = "@generated by callbackgen"\n')(
        project
    )

    assert left_over(project, "prices") == {}


def test_a_pipe_in_the_folder_does_not_block(project: Path) -> None:
    """A FIFO that is called like a module is passed over."""
    os.mkfifo(project / "pipe.py")

    assert left_over(project, "prices") == {}


def test_only_the_folders_written_to_are_searched(project: Path) -> None:
    """A generated file elsewhere belongs to another command."""
    (project / "elsewhere").mkdir()
    shutil.copy(project / "listener_remote.py", project / "elsewhere")
    put("prices.py", PRICES.replace("class Listener", "class Watcher"))(project)

    assert left_over(project, "prices") == {
        "listener_remote.py": "prices.Listener is gone"
    }


def test_a_module_under_another_name_is_left_over(project: Path) -> None:
    """The file under the old name is in the way once `outputs` gives a new one."""
    settings_text = f"{TABLE}outputs = {{'prices.Listener' = 'fresh'}}\n"
    put("pyproject.toml", settings_text)(project)

    assert left_over(project, "prices.Listener") == {
        "listener_remote.py": "prices.Listener is now generated as fresh.py"
    }


def test_nothing_is_written_when_one_file_cannot_be(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without permission stops the run before the first of its files."""
    put("locked/orders.py", PRICES)(project)
    locked = os.fspath(project / "locked")
    genuine = os.access

    def access(path: str, mode: int) -> bool:
        # The superuser, whom a container runs tests as, may write anywhere.
        return path != locked and genuine(path, mode)

    monkeypatch.setattr(os, "access", access)
    (project / "listener_remote.py").unlink()
    targets = ("prices.Listener", "locked/orders.py:Session")
    code, printed = outcome(project, "generate", *targets)

    assert code == 2
    assert "CBG033: session_remote.py cannot be" in printed
    assert not (project / "listener_remote.py").exists()
