"""Whose turn it is to read a larger message."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import threading
from collections.abc import Callable
from typing import Any

import pytest

from callbackgen.runtime import turns as module
from callbackgen.runtime.turns import (
    Turns,
    converting,
    reading,
    turn_to_convert,
    turn_to_read,
)
from tests.system.edges.hall import PATIENCE, reached

LARGE = 1024 * 1024


def test_small_messages_wait_for_nobody() -> None:
    """A message of 1 KiB is read at any time, a larger one in its turn."""
    with reading, turn_to_read(1024):
        assert reading.waiting == 0
    turn: Any = turn_to_read(1025)
    assert turn is reading


def test_small_values_are_converted_at_any_time() -> None:
    """Those of messages of 4 KiB, and those of 500 items."""
    with converting, turn_to_convert(4 * 1024), turn_to_convert(0, [1] * 500):
        assert converting.waiting == 0


@pytest.mark.parametrize(("size", "value"), [(4 * 1024 + 1, None), (0, [1] * 501)])
def test_larger_values_are_converted_one_at_a_time(size: int, value: object) -> None:
    """Each in its turn, in which others wait."""
    had = threading.Event()

    def convert() -> None:
        with turn_to_convert(size, value):
            had.set()

    thread = threading.Thread(target=convert)
    with turn_to_convert(size, value), turn_to_convert(size, value):
        thread.start()
        assert reached(lambda: converting.waiting == 1)
        assert not had.is_set()
    thread.join(PATIENCE)
    assert had.is_set()


def test_nobody_waits_for_ever_to_convert(monkeypatch: pytest.MonkeyPatch) -> None:
    """What converts may be the user's, and wait for who waits."""
    monkeypatch.setattr(module, "_PATIENCE", 0.01)
    had = threading.Event()

    def convert() -> None:
        with turn_to_convert(LARGE):
            had.set()

    with turn_to_convert(LARGE):
        thread = threading.Thread(target=convert)
        thread.start()
        assert had.wait(PATIENCE)
    thread.join(PATIENCE)
    assert can_be_had(converting)
    converting.forget()


class Clock:
    """In place of `time`: each look at it is three milliseconds after the one before."""

    def __init__(self, pause: Callable[[float], object]) -> None:
        self.sleep = pause
        self.thread_time: Callable[[], float] = itertools.count(1000, 0.003).__next__

    def monotonic(self) -> float:
        return 1000.0


def have_and_leave(turns: Turns) -> None:
    with turns:
        assert turns.waiting == 0


BOTH = pytest.mark.parametrize(
    ("turn", "turns"), [(turn_to_read, reading), (turn_to_convert, converting)]
)


@BOTH
def test_smaller_messages_have_pauses(
    turn: Any, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While any come they have time behind each step, before anything large goes on.

    That is so as well if the step has failed; it is at most 2 ms.
    """
    pauses: list[float] = []
    waiting = threading.Thread(target=have_and_leave, args=[turns])

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 1:
            waiting.start()
            assert reached(lambda: turns.waiting == 1)

    monkeypatch.setattr(module, "time", Clock(pause))
    with turn_to_read(4 * 1024):
        assert pauses == []
    with turn(4 * 1024 + 1):
        assert pauses == []
    waiting.join(PATIENCE)
    assert pauses == [0.002]
    with pytest.raises(ValueError, match="wrong"), turn(LARGE):
        raise ValueError("wrong")
    assert pauses == [0.002, 0.002]


@BOTH
def test_parts_of_a_step_have_pauses_between_them(
    turn: Any, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where those of this thread have taken 2 ms since the last one, in its turn."""
    pauses: list[float] = []
    clock = Clock(pauses.append)
    monkeypatch.setattr(module, "time", clock)
    with turn_to_read(0):
        module.pause()
    assert pauses == []
    with turn(LARGE):
        module.pause()
        module.pause()
        other = threading.Thread(target=module.pause)
        other.start()
        other.join(PATIENCE)
        assert pauses == [0.002] * 2
        clock.thread_time = lambda: 1000.0
        module.pause()
    assert pauses == [0.002] * 2
    assert turns.waiting == 0


@BOTH
def test_what_is_large_has_no_pauses_by_itself(
    turn: Any, turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would have anything of it."""
    pauses: list[float] = []
    monkeypatch.setattr(module, "time", Clock(pauses.append))
    monkeypatch.setattr(module, "smaller", module.Smaller())
    with turn(LARGE), turn(LARGE):
        module.pause()
        assert turns.waiting == 0
    assert pauses == []


def test_who_came_first_is_next() -> None:
    """The turn is not taken again by who has just had it, while others wait."""
    turns = Turns()
    had: list[int] = []

    def have(number: int) -> None:
        with turns:
            had.append(number)

    threads = [threading.Thread(target=have, args=[number]) for number in range(10)]
    with turns:
        started: list[threading.Thread] = []
        for thread in threads:
            thread.start()
            started.append(thread)
            assert reached(lambda: turns.waiting == len(started))
    have(10)
    for thread in threads:
        thread.join(PATIENCE)
    assert had == [*range(11)]


def test_one_at_a_time() -> None:
    """Never are two in it, and it can be had again after an error."""
    turns = Turns()
    inside = 0
    most = 0

    def have() -> None:
        nonlocal inside, most
        for _ in range(200):
            with turns:
                inside += 1
                most = max(most, inside)
                inside -= 1

    threads = [threading.Thread(target=have) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert most == 1
    with pytest.raises(ValueError, match="wrong"), turns:
        raise ValueError("wrong")
    assert can_be_had(turns)


def can_be_had(turns: Turns) -> bool:
    """Whether nobody has it for ever."""
    thread = threading.Thread(target=turns.__enter__, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return not thread.is_alive()


class _Interrupted:
    """A lock that is interrupted at the second `acquire`, as by Ctrl-C."""

    def __init__(self, meanwhile: Any) -> None:
        self._calls = 0
        self._meanwhile = meanwhile

    def acquire(self, timeout: float = -1) -> bool:
        self._calls += 1
        if self._calls > 1:
            self._meanwhile()
            raise KeyboardInterrupt
        return True

    def release(self) -> None:
        pass


@pytest.mark.parametrize("has_come", [False, True])
def test_ctrl_c_while_waiting(has_come: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who is interrupted gives its turn up, also if it came just then."""
    turns = Turns()
    assert can_be_had(turns)  # by another thread, which keeps it

    def leave() -> None:
        turns.__exit__(None, None, None)

    mine = _Interrupted(leave if has_come else lambda: None)
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Lock", lambda: mine)
        with pytest.raises(KeyboardInterrupt):
            turns.__enter__()
    if not has_come:
        leave()
    assert turns.waiting == 0
    assert can_be_had(turns)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_does_not_wait_for_its_parent() -> None:
    """The turn of a thread of the parent is nobody's in the child."""
    with reading:
        child = os.fork()
        if child == 0:
            signal.alarm(int(PATIENCE))
            with reading:
                os._exit(7)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 7


class Last:
    """Something of a user's that reads as it goes, in a garbage collection."""

    def __init__(self, turns: Turns, read: list[str]) -> None:
        self.itself = self
        self._turns = turns
        self._read = read

    def __del__(self) -> None:
        with self._turns:
            self._read.append("inside")


def test_what_goes_meanwhile_may_read_too() -> None:
    """A thread does not wait for itself: what is the user's may run in a collection."""
    turns = Turns()
    read: list[str] = []

    def collect() -> None:
        with turns:
            Last(turns, read)
            gc.collect()
            read.append("outside")

    thread = threading.Thread(target=collect, daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert read == ["inside", "outside"]
    assert can_be_had(turns)
