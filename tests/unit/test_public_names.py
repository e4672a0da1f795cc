"""What users and generated modules import, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import callbackgen
import callbackgen.runtime

PUBLIC = [
    "BadArgument",
    "BadReply",
    "ConnectionLost",
    "DeadlineExceeded",
    "RemoteError",
    "RemoteRaised",
    "__version__",
    "settings",
    "with_deadline",
]

FOR_GENERATED_CODE = [
    "OMITTED",
    "Method",
    "Stub",
    "Wrapper",
    "attribute",
    "deprecated",
    "exposed",
    "exposed_attribute",
]


def loaded_by(statement: str) -> set[str]:
    """The modules that a new process has after a statement."""
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_the_public_names() -> None:
    """Every public name is there, is listed, and says whose it is."""
    assert callbackgen.__all__ == PUBLIC
    assert set(PUBLIC) <= set(dir(callbackgen))
    for name in PUBLIC:
        assert getattr(callbackgen, name) is not None


def test_the_names_for_generated_code() -> None:
    """Generated modules import these from `callbackgen.runtime`, and no others."""
    assert callbackgen.runtime.__all__ == FOR_GENERATED_CODE
    for name in FOR_GENERATED_CODE:
        assert getattr(callbackgen.runtime, name) is not None


def test_other_names_are_attribute_errors() -> None:
    """A misspelt name is an AttributeError like any other module's."""
    with pytest.raises(AttributeError, match="'callbackgen' has no attribute 'nope'"):
        _ = callbackgen.__getattr__("nope")


def test_every_error_is_documented_in_the_tree() -> None:
    """The tree in the docstring has every error, and each is a RemoteError."""
    from callbackgen.runtime import errors

    tree = errors.__doc__ or ""
    kinds = [value for value in vars(errors).values() if isinstance(value, type)]
    for kind in kinds:
        assert issubclass(kind, callbackgen.RemoteError)
        assert kind.__name__ in tree
        assert kind.__name__ in PUBLIC


def test_importing_the_package_loads_nothing() -> None:
    """Neither the command line nor an interface module waits for the run time."""
    for statement in ("import callbackgen", "import callbackgen.markers"):
        loaded = loaded_by(statement)
        assert not {"Pyro5", "msgspec", "libcst", "click", "typing"} & (
            loaded - loaded_by("pass")
        )


def test_the_run_time_loads_no_generator() -> None:
    """A server has neither libcst nor click, and no module of the generator."""
    loaded = loaded_by(
        "import callbackgen.runtime, callbackgen\n"
        "[getattr(callbackgen, name) for name in callbackgen.__all__]"
    )
    assert "Pyro5" in loaded
    assert not {"libcst", "click", "watchfiles"} & loaded
    assert not [name for name in loaded if name.startswith("callbackgen.generator")]
