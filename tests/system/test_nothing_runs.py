"""The generator reads source: nothing of the user's is imported, run or evaluated."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.system.checkout import ROOT, run

MISCHIEF = """
import pathlib, sys
pathlib.Path(__file__).with_name("ran").write_text("it ran")
import a_module_that_is_not_there
raise SystemExit(3)
"""

CONTRACT = '''
from typing import Protocol
from . import helper
from .helper import Event

{mischief}

@print
def decorated(): ...

class Meta(type):
    def __new__(*arguments):
        raise RuntimeError

class Base(Protocol, metaclass=Meta):
    def told(self, event: Event) -> None: ...

class Listener(Base, Protocol):
    """The Protocol of a module that nobody could import."""

    def changed(self, symbol: str = 1 / 0, *, at: "Event" = sys.exit(4)) -> bool: ...
    def asked(self, text: "list[str]") -> None: ...
'''

HELPER = "{mischief}\nEvent = str\n"

WATCHED = """
import sys

OURS = ("shop", "a_module_that_is_not_there")
STARTS = ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork")

def watch(event, arguments):
    if event == "import" and arguments[0].split(".")[0] in OURS:
        print("IMPORTED", arguments[0])
    if event == "exec" and "shop" in getattr(arguments[0], "co_filename", ""):
        print("EXECUTED", arguments[0].co_filename)
    if event in STARTS:
        print("STARTED", event)
    if event == "compile" and "shop" in str(arguments[1]):
        print("COMPILED", arguments[1])

sys.addaudithook(watch)
from callbackgen.cli import main
try:
    main()
finally:
    print("LOADED", [name for name in sys.modules if name.split(".")[0] == "shop"])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A package all of whose modules do mischief when they are imported."""
    package = tmp_path / "shop" / "inner"
    package.mkdir(parents=True)
    (tmp_path / "shop" / "__init__.py").write_text(MISCHIEF, encoding="utf-8")
    (package / "__init__.py").write_text(MISCHIEF, encoding="utf-8")
    (package / "helper.py").write_text(HELPER.format(mischief=MISCHIEF), "utf-8")
    (package / "contract.py").write_text(CONTRACT.format(mischief=MISCHIEF), "utf-8")
    return tmp_path


def generate(project: Path, *arguments: str, code: int = 0) -> str:
    return run(
        *(sys.executable, "-c", WATCHED, "generate", *arguments),
        folder=project,
        code=code,
        variables={"PYTHONPATH": str(ROOT)},
    )


@pytest.mark.parametrize(
    "target",
    [
        "shop.inner.contract.Listener",
        "shop.inner.contract:Listener",
        "shop/inner/contract.py:Listener",
        "shop.inner.contract",
    ],
)
def test_module_is_read_and_never_run(target: str, project: Path) -> None:
    """Neither the module nor a parent package nor a module that it imports is run."""
    said = generate(project, target)
    assert (project / "shop" / "inner" / "listener_remote.py").is_file()
    assert not list(project.rglob("ran"))
    assert "LOADED []" in said
    for event in ("IMPORTED", "EXECUTED", "STARTED", "COMPILED"):
        assert event not in said


def test_module_that_imports_what_is_missing_says_so_only_if_it_matters(
    project: Path,
) -> None:
    """A missing import is no error until an annotation needs a name from it."""
    contract = project / "shop" / "inner" / "contract.py"
    text = contract.read_text(encoding="utf-8")
    contract.write_text(
        text.replace("text: ", "extra: a_module_that_is_not_there.X, text: "), "utf-8"
    )
    said = generate(project, "shop.inner.contract.Listener", code=2)
    assert "contract.py:" in said
    assert "CBG" in said
    assert not list(project.rglob("ran"))
    assert "LOADED []" in said


def test_check_and_cache_run_nothing_either(project: Path) -> None:
    """A check, with a cache and without one, leaves the modules alone too."""
    target = "shop.inner.contract.Listener"
    generate(project, target)
    for _ in range(2):
        said = generate(project, "--check", target)
        assert "LOADED []" in said
        assert "EXECUTED" not in said
    assert not list(project.rglob("ran"))
