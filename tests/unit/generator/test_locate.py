"""Targets and dotted names lead to files, and nothing is imported on the way."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.locate import Finder, exists
from callbackgen.generator.request import Request

LISTENER = """
from typing import Protocol

class Outer:
    class Inner(Protocol): ...

class Listener(Protocol):
    def changed(self) -> None: ...
"""


def write(path: Path, text: str = LISTENER) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def request(folder: Path) -> Request:
    return Request((), folder, (folder, folder / "src"))


@pytest.fixture
def finder(tmp_path: Path) -> Finder:
    """Looks in a project: its folder, its `src` and a configured `lib`."""
    folder = tmp_path / "project"
    folder.mkdir()
    return Finder(folder, (folder, folder / "src", folder / "lib"))


TARGETS = {
    "shop.orders.Listener": "shop.orders:Listener",
    "shop.orders:Listener": "shop.orders:Listener",
    "shop/orders.py:Listener": "shop.orders:Listener",
    "./shop/orders.py:Listener": "shop.orders:Listener",
    "shop/../shop/orders.py:Listener": "shop.orders:Listener",
    "shop.orders:Li\ufb06ener": "shop.orders:Listener",
    "shop.orders.Li\ufb06ener": "shop.orders:Listener",
    "shop.orders": "shop.orders:",
    "shop/orders.py": "shop.orders:",
    "shop.orders.Outer.Inner": "shop.orders:Outer.Inner",
    "shop.orders:Outer.Inner": "shop.orders:Outer.Inner",
    "shop/orders.py:Outer.Inner": "shop.orders:Outer.Inner",
    "shop": "shop:",
    "shop.Direct": "shop:Direct",
    "shop/__init__.py:Direct": "shop:Direct",
    "top.Listener": "top:Listener",
    "top.py": "top:",
    "inside.Listener": "inside:Listener",
    "src/inside.py:Listener": "inside:Listener",
    "src/deep/er.py:Listener": "deep.er:Listener",
    "extra.Listener": "extra:Listener",
    "lib/extra.py": "extra:",
    "names.pace.Listener": "names.pace:Listener",
}


@pytest.mark.parametrize("text", TARGETS)
def test_target_names_a_module_and_a_class_in_every_form(
    text: str, finder: Finder
) -> None:
    """Dotted names and paths, of modules and classes, come to the same."""
    folder = finder.working_directory
    for name in (
        "shop/__init__.py",
        "shop/orders.py",
        "top.py",
        "src/inside.py",
        "src/deep/er.py",
        "lib/extra.py",
        "names/pace.py",
    ):
        write(folder / name)
    target = finder.target(text)
    assert f"{target.file.name}:{target.class_name or ''}" == TARGETS[text]
    assert target.file.path.read_text(encoding="utf-8") == LISTENER


def test_absolute_path_is_a_target(finder: Finder) -> None:
    """A path may be absolute; the name is still relative to the root."""
    path = write(finder.working_directory / "shop" / "orders.py")
    assert finder.target(f"{path}:Listener").file.name == "shop.orders"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("missing", "no module for missing"),
        ("missing.Listener", "no module for missing.Listener"),
        ("missing:Listener", "no module for missing"),
        ("missing.py", "no file missing.py"),
        ("shop/missing.py:Listener", "no file shop/missing.py"),
        ("shop/", "shop/ is a folder"),
        ("", "the TARGET '' names no module"),
        (":Listener", "the TARGET ':Listener' names no module"),
        ("shop..Listener", "no module for shop..Listener"),
        ("notes.txt", "no module for notes.txt"),
        ("./notes.txt", "is no Python source file"),
        (":", "the TARGET ':' names no module"),
        ("..", "no module for"),
        ("a b.c", "no module for"),
    ],
)
def test_target_that_is_not_there_is_refused(
    text: str, said: str, finder: Finder
) -> None:
    """A target without a file says what was looked for, and what to write."""
    write(finder.working_directory / "shop" / "orders.py")
    write(finder.working_directory / "notes.txt")
    with pytest.raises(Refused) as refused:
        finder.target(text)
    (found,) = refused.value.diagnostics
    assert found.code == "CBG002"
    assert said in found.message
    assert found.hint


@pytest.mark.parametrize("name", ["my-shop/orders.py", "shop/2nd.py", "a b.py"])
def test_name_that_cannot_be_imported_is_refused(name: str, finder: Finder) -> None:
    """A folder or file whose name no import could have is pointed out."""
    write(finder.working_directory / name)
    with pytest.raises(Refused) as refused:
        finder.target(f"./{name}:Listener")
    assert [found.code for found in refused.value.diagnostics] == ["CBG002"]


def test_roots_come_before_the_search_path(
    finder: Finder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A module of the project hides one that is installed; src comes after the cwd."""
    installed = tmp_path / "installed"
    monkeypatch.setattr(sys, "path", [str(installed)])
    expected = write(installed / "shop.py")
    assert finder.target("shop.Listener").file.path == expected
    for root in reversed(finder.roots):
        expected = write(root / "shop.py")
        found = Finder(finder.working_directory, finder.roots).target("shop.Listener")
        assert found.file.path == expected


def test_package_comes_before_a_module_of_its_name(finder: Finder) -> None:
    """Of `shop/__init__.py` and `shop.py` Python takes the package."""
    write(finder.working_directory / "shop.py")
    package = write(finder.working_directory / "shop" / "__init__.py")
    assert finder.target("shop").file.path == package


def test_stub_file_comes_before_the_source(finder: Finder) -> None:
    """A .pyi wins over the .py beside it, however the target is written."""
    write(finder.working_directory / "shop.py")
    stub = write(finder.working_directory / "shop.pyi")
    assert finder.target("shop.Listener").file.path == stub
    assert finder.target("shop.py:Listener").file.path == stub


def test_path_outside_the_roots_is_named_by_its_packages(
    finder: Finder, tmp_path: Path
) -> None:
    """Elsewhere a name goes up as far as there are `__init__` files."""
    outer = tmp_path / "elsewhere"
    path = write(outer / "shop" / "inner" / "orders.py")
    assert finder.target(str(path)).file.name == "orders"
    write(outer / "shop" / "inner" / "__init__.py")
    assert finder.target(str(path)).file.name == "inner.orders"
    write(outer / "shop" / "__init__.pyi")
    assert finder.target(str(path)).file.name == "shop.inner.orders"


def test_longest_root_names_a_path(tmp_path: Path) -> None:
    """A file under two roots is named relative to the inner one."""
    path = write(tmp_path / "src" / "vendor" / "shop.py")
    finder = Finder(tmp_path, (tmp_path, tmp_path / "src" / "vendor", tmp_path / "src"))
    assert finder.name_of(path) == "shop"


def test_absent_files_are_those_that_would_be_taken_instead(finder: Finder) -> None:
    """A new file in one of these places changes the answer, so a cache can know."""
    path = write(finder.working_directory / "src" / "shop.py")
    finder.target("shop.Listener")
    folder = finder.working_directory
    assert folder / "shop.py" in finder.absent
    assert folder / "shop" / "__init__.py" in finder.absent
    assert folder / "src" / "shop.pyi" in finder.absent
    assert path not in finder.absent
    assert not any(absent.exists() for absent in finder.absent)


def test_own_files_lie_under_the_folder_and_are_not_installed(tmp_path: Path) -> None:
    """A virtual environment inside the project is not the project's own."""
    finder = Finder(tmp_path, (tmp_path,))
    assert finder.is_own(tmp_path / "shop.py")
    installed = tmp_path / ".venv" / "lib" / "python3" / "site-packages" / "shop.py"
    assert not finder.is_own(installed)
    assert not finder.is_own(tmp_path.parent / "shop.py")


def test_standard_library_is_known(tmp_path: Path) -> None:
    """Files of Python itself are told from installed ones and from the user's."""
    finder = Finder(tmp_path, (tmp_path,))
    assert finder.is_standard(Path(os.__file__))
    assert not finder.is_standard(Path(pytest.__file__))
    assert not finder.is_standard(tmp_path / "os.py")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("shop.Listener", True),
        ("shop.Outer.Inner", True),
        ("shop.Hidden", True),
        ("shop.Gone", False),
        ("shop.Outer.Gone", False),
        ("shop.Listener.Inner", False),
        ("gone.Listener", False),
        ("shop", False),
    ],
)
def test_existence_of_the_protocol_of_a_generated_file(
    name: str, found: bool, tmp_path: Path
) -> None:
    """Only a file whose class is no longer defined anywhere counts as left over."""
    write(tmp_path / "shop.py", f"{LISTENER}\nif x:\n    class Hidden(Protocol): ...\n")
    answer = exists(name, request(tmp_path))
    assert answer.found is found
    expected = () if name.startswith("gone") else (tmp_path / "shop.py",)
    assert answer.read == expected


@pytest.mark.parametrize("text", ["class Listener(:", "\0", "x = ("])
def test_broken_source_makes_no_orphan(text: str, tmp_path: Path) -> None:
    """While a file cannot be parsed, what was generated from it is left alone."""
    write(tmp_path / "shop.py", text)
    assert exists("shop.Listener", request(tmp_path)).found


def test_existence_rests_on_the_files_that_were_looked_for(tmp_path: Path) -> None:
    """An answer says which new file would change it."""
    answer = exists("gone.Listener", request(tmp_path))
    assert not answer.found
    assert tmp_path / "gone.py" in answer.absent
