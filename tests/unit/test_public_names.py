"""The names that users and generated modules import, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import callbackgen
from callbackgen import runtime

CHECKOUT = Path(__file__).resolve().parents[2]


def loaded_by(program: str) -> set[str]:
    """The modules that a new process has loaded after a program."""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint(*sys.modules)"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return set(done.stdout.split())


def test_the_public_names() -> None:
    """These and no others: a name that is added or lost is a decision."""
    assert callbackgen.__all__ == [
        "BadArgument",
        "BadReply",
        "Busy",
        "Connection",
        "ConnectionLost",
        "Daemon",
        "DeadlineExceeded",
        "Forked",
        "LimitExceeded",
        "Peer",
        "Refused",
        "RemoteError",
        "RemoteRaised",
        "Settings",
        "Statistics",
        "Unimplemented",
        "Withdrawn",
        "__version__",
        "connect",
        "connected",
        "current_peer",
        "on_lost",
        "register_type",
        "settings",
        "with_deadline",
    ]


def test_the_names_that_generated_modules_import() -> None:
    """Generated modules of every version import these: none may ever be lost."""
    assert runtime.__all__ == [
        "OMITTED",
        "Method",
        "Stub",
        "Wrapper",
        "attribute",
        "deprecated",
        "exposed",
        "exposed_attribute",
    ]


@pytest.mark.parametrize("module", [callbackgen, runtime], ids=lambda m: m.__name__)
def test_every_public_name_exists_and_is_listed(module: object) -> None:
    """All of `__all__` can be got, and `dir()` shows it."""
    names: list[str] = getattr(module, "__all__")  # noqa: B009 - of either module
    assert all(getattr(module, name) is not None for name in names)
    assert set(names) <= set(dir(module))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A name that does not exist is refused in Python's own words."""
    with pytest.raises(AttributeError, match="'callbackgen' has no attribute 'nope'"):
        getattr(callbackgen, "nope")  # noqa: B009 - a type checker would refuse it


def test_the_version_is_the_distribution_s() -> None:
    """`__version__` is a plain text that needs nothing installed."""
    assert callbackgen.__version__ == "0.1.0"


def test_importing_the_package_loads_nothing() -> None:
    """Neither the run time nor the generator, nor what they stand on, is loaded."""
    loaded = loaded_by("import callbackgen, callbackgen.markers")
    assert not loaded & {"Pyro5", "msgspec", "libcst", "click", "callbackgen.runtime"}


def test_the_run_time_does_not_load_the_generator() -> None:
    """A server pays for no part of the generator, nor for the command line."""
    loaded = loaded_by("import callbackgen.runtime, templates.example_remote")
    assert not loaded & {"libcst", "click", "watchfiles", "callbackgen.generator"}
    assert "templates.example" not in loaded


def test_generated_code_does_not_need_typing_extensions() -> None:
    """typing_extensions is for type checkers; generated modules run without it."""
    loaded = loaded_by(
        "import sys\nsys.modules['typing_extensions'] = None\n"
        "import templates.example_remote"
    )
    assert "callbackgen.runtime.values" in loaded
