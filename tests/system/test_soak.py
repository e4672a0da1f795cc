"""A tenth of the soak: clients come and die, and nothing of them is left."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.checkout import ROOT, run
from tests.system.edges.hall import reached

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="it needs Linux's /proc")


@ON_LINUX
def test_nothing_is_left_of_clients_that_die() -> None:
    """However they die: no thread, file or object; and nobody else notices."""
    amounts = ("--minutes", "0.1", "--clients", "20", "--every", "0.4", "--pace", "0.2")
    printed = run(sys.executable, "-m", "benchmarks.soak", *amounts, folder=ROOT)
    assert "\nPassed: " in printed


def children_of(process_id: int) -> list[int]:
    task = Path(f"/proc/{process_id}/task/{process_id}/children")
    return [int(child) for child in task.read_text(encoding="ascii").split()]


def is_at_work(process_id: int) -> bool:
    """Whether it has begun what it is for: it has more threads than one then."""
    return len(list(Path(f"/proc/{process_id}/task").iterdir())) > 1


def has_ended(process_id: int) -> bool:
    """A zombie has, whoever is to bury it."""
    with contextlib.suppress(OSError):
        stat = Path(f"/proc/{process_id}/stat").read_text(encoding="ascii")
        return stat.rpartition(")")[2].split()[0] == "Z"
    return True


@ON_LINUX
def test_no_process_outlives_the_soak() -> None:
    """Though it is killed, and though they are stopped."""
    soak = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.soak", "--clients", "5", "--every", "1000"],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
    )
    children: list[int] = []
    with soak:
        try:
            assert reached(lambda: sum(map(is_at_work, children_of(soak.pid))) == 2)
            children = children_of(soak.pid)
            for child in children:
                os.kill(child, signal.SIGSTOP)
        finally:
            soak.kill()
    try:
        assert reached(lambda: all(map(has_ended, children)))
    finally:
        for child in children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)


def test_the_generated_modules_of_the_soak_are_up_to_date() -> None:
    """What is committed is what the generator makes of the Protocols today."""
    command = (sys.executable, "-m", "callbackgen", "generate", "--check")
    run(*command, "benchmarks.soaking.contract", folder=ROOT)
