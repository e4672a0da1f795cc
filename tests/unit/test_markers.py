"""The markers cost nothing and bring nothing with them."""

from __future__ import annotations

import subprocess
import sys

from callbackgen import markers

LOADED = """
import sys
before = set(sys.modules)
import callbackgen.markers
print(sorted(set(sys.modules) - before))
"""


def test_marked_method_is_the_method_itself() -> None:
    """A mark changes nothing about the function that it stands on."""

    def method() -> None: ...

    assert markers.oneway(method) is method
    assert markers.deadline(2.5)(method) is method
    assert markers.deadline(seconds=2.5)(method) is method
    assert not vars(method)


def test_importing_the_markers_loads_nothing_of_a_third_party() -> None:
    """An interface module that imports markers stays as light as plain Python."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert "'callbackgen.markers'" in done.stdout
    for name in ("Pyro5", "libcst", "click", "msgspec"):
        assert f"'{name}'" not in done.stdout
