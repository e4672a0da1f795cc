"""A tenth of the soak: clients come and die, and nothing of them is left."""

from __future__ import annotations

import sys

import pytest

from tests.system.checkout import ROOT, run


@pytest.mark.skipif(sys.platform != "linux", reason="it reads Linux's /proc")
def test_nothing_is_left_of_clients_that_die() -> None:
    """However they die: no thread, file or object; and nobody else notices."""
    amounts = ("--minutes", "0.1", "--clients", "20", "--every", "0.4", "--pace", "0.2")
    printed = run(sys.executable, "-m", "benchmarks.soak", *amounts, folder=ROOT)
    assert "\nPassed: " in printed


def test_the_generated_modules_of_the_soak_are_up_to_date() -> None:
    """What is committed is what the generator makes of the Protocols today."""
    command = (sys.executable, "-m", "callbackgen", "generate", "--check")
    run(*command, "benchmarks.soaking.contract", folder=ROOT)
