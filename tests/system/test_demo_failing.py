"""A demo that fails or is interrupted says so, and leaves nothing behind."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import __main__ as demo
from demo import actors, stories
from demo.actors import Actor, DemoFailed
from tests.patience import patiently
from tests.system.demonstrating import (
    PATIENCE,
    Start,
    children_of,
    end_of,
    is_running,
    line_with,
    processes,
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts ``python -m MODULE ARGUMENT...``; at the end of the test it has ended."""
    with processes() as start:
        yield start


def test_two_different_stories_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo ends with 1, and says so, when the variants do not tell the same."""

    def tell(package: str, ports: list[int]) -> list[list[str]]:
        return [[package]]

    monkeypatch.setattr(demo, "dubbo", lambda: None)
    monkeypatch.setattr(stories, "both_directions", tell)

    assert demo.main() == 1
    assert "have not told the same story" in capsys.readouterr().err


def test_a_client_that_listens_on_the_network_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number of listening sockets is not only told, it has to be right."""

    def two_ports(pid: int) -> list[int]:
        return [1, 2]

    monkeypatch.setattr(actors, "listening_ports", two_ports)

    with pytest.raises(DemoFailed, match="listening sockets: server 2, Ada 2, Ben 2"):
        stories.dubbo()


def test_a_process_that_ends_too_early_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server that does not start is a failure in words, and exit code 1."""
    monkeypatch.setattr(demo, "dubbo", lambda: stories.both_directions("missing", []))

    assert demo.main() == 1
    said = capfd.readouterr().err
    assert "The demo failed: server ended before it said “serving ”" in said


def test_a_process_that_fails_at_its_end_is_a_failure() -> None:
    """What it has said before does not make up for a bad exit code."""
    with (
        Actor("Ada", "demo.client", "--port=none") as actor,
        pytest.raises(DemoFailed, match="Ada ended with 2"),
    ):
        actor.finish()


def test_a_process_that_hangs_is_a_failure_and_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting is bounded, for words and for the end; then the process is killed."""
    monkeypatch.setattr(actors, "PATIENCE", 0.2)
    with Actor("server", "demo.rmi.by_hand.server") as actor:
        with pytest.raises(
            DemoFailed, match=r"server has not in 0.2 s said “x” 2 times"
        ):
            actor.until("x", 2)
        with pytest.raises(DemoFailed, match=r"server has not ended in 0.2 s"):
            actor.finish()
        assert Path(f"/proc/{actor.pid}").exists()
    assert not Path(f"/proc/{actor.pid}").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process_behind(
    start: Start, sent: signal.Signals
) -> None:
    """Ctrl-C, or a signal to end, ends server and clients too, with no traceback."""

    def attempt(_: int) -> None:
        process = start("demo")
        line_with(process, "Ada    | hears: change")
        line_with(process, "Ben    | hears: change")
        children = children_of(process.pid)
        assert len(children) == 3, "we may be late, and Ben is killed soon"

        process.send_signal(sent)

        assert end_of(process) == (128 + sent, "")
        assert not any(map(is_running, children))

    patiently(attempt)


def test_a_killed_demo_leaves_no_process_behind(start: Start) -> None:
    """Server and clients end when there is nobody who hears what they say."""
    process = start("demo")
    line_with(process, "Ada    | hears: change")
    line_with(process, "Ben    | hears: change")
    children = children_of(process.pid)
    process.kill()
    assert process.stdout is not None
    process.stdout.close()

    end = time.monotonic() + PATIENCE
    while any(map(is_running, children)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_demo_that_nobody_reads_ends_quietly(start: Start) -> None:
    """``python -m demo | head`` is no reason for a traceback."""
    process = start("demo")
    line_with(process, "serving")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.wait(timeout=PATIENCE) == 1
    assert process.stderr.read() == ""
