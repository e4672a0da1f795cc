"""The benchmarks run. What they measure is asserted nowhere."""

from __future__ import annotations

import sys

import pytest

from benchmarks import attacks
from benchmarks.calling.commands import Answers, Arrived, Calls, Oneways
from benchmarks.calling.contender import BASE, NAMES
from benchmarks.calling.processes import running
from benchmarks.carrying.ways import WAYS
from tests.system.checkout import ROOT, run


@pytest.mark.parametrize("name", [name for name in NAMES if name != BASE])
def test_all_ways_of_calling_back_answer_the_same(name: str) -> None:
    """Each way carries every call, text and oneway, as bare sockets do."""
    seen: list[object] = []
    for way in (BASE, name):
        with running(way) as server:
            first = server.add_clients(2)
            asked = [
                server.ask(Calls(text, 20), Answers) for text in ("ACME", "é" * 600)
            ]
            arrived = server.ask(Oneways("ACME", 30), Arrived)
        assert all(len(answers.nanoseconds) == 20 for answers in asked)
        seen.append((first, [answers.answers for answers in asked], arrived.count))
    assert seen[0] == seen[1]


@pytest.mark.skipif(
    sys.platform != "linux", reason="it runs on one CPU, and reads Linux's /proc"
)
def test_the_benchmark_of_the_calls_shows_every_way() -> None:
    """All tables have a line for each way, however little is measured."""
    amounts = ("--rounds", "1", "--calls", "3", "--oneways", "3", "--clients", "2")
    printed = run(sys.executable, "-m", "benchmarks.calls", *amounts, folder=ROOT)
    _, trips, oneways, idle = printed.split("\n## ")
    for name in NAMES.values():
        assert f"| {name}, a short str " in trips
        assert f"| {name} " in trips
        assert f"| {name}, a str of 1 KiB " in oneways
        assert f"| {name} " in idle or name == NAMES[BASE]


def test_the_benchmark_of_the_values_shows_every_way() -> None:
    """Each brings back what was sent, an event and many rows."""
    printed = run(
        sys.executable, "-m", "benchmarks.values", "--rounds", "1", folder=ROOT
    )
    _, event, rows = printed.split("\n## ")
    for name in WAYS:
        assert f"| {name} " in event
        assert f"| {name} " in rows


@pytest.mark.skipif(
    sys.platform != "linux", reason="attackers have addresses that Linux alone gives"
)
def test_the_benchmark_of_the_attacks_has_a_line_for_each() -> None:
    """And one for each of what it is measured beside, over TCP and TLS."""
    printed, _ = attacks.report(calls=5, only="wrong magic")
    _, plain, secured = printed.split("\n## ")
    for text in (plain, secured):
        assert "| nobody attacks " in text
        assert "| a process burns a CPU " in text
        assert "| strangers: wrong magic " in text


def test_the_generated_modules_of_the_benchmarks_are_up_to_date() -> None:
    """What is committed is what the generator makes of the Protocols today."""
    command = (sys.executable, "-m", "callbackgen", "generate", "--check")
    run(*command, "benchmarks.calling.contract", folder=ROOT)
