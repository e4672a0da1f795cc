"""What is said of those who are refused: enough, however many they are."""

from __future__ import annotations

import logging
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.refusals import Refusals, harmless

SECOND = 1.0
MOST = 128


class Kept(logging.Handler):
    """A log's lines, and the number of refusals that they speak of."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())

    @property
    def counted(self) -> int:
        return sum(counted(line) for line in self.lines)


def counted(line: str) -> int:
    """How many refusals a line speaks of."""
    if found := re.search(r"\(and (\d+) more like it\)$", line):
        return 1 + int(found[1])
    if found := re.search(r"\((\d+) more like it\)$|^(\d+) refusals of more", line):
        return int(found[1] or found[2])
    return 1


class Desk:
    """Refusals with a clock that is set by hand."""

    def __init__(self) -> None:
        self.time = 100.0
        self.kept = Kept()
        log = logging.getLogger("a log of its own")
        log.setLevel(logging.INFO)
        log.propagate = False
        log.handlers = [self.kept]
        self.refusals = Refusals(log, lambda: self.time)
        self.told = 0

    def refuse(self, origin: str = "here", reason: str = "unwanted") -> None:
        self.told += 1
        who = f"{origin}:{self.told}"
        self.refusals.tell(logging.WARNING, who, origin, "refused", reason)

    def lines(self) -> list[str]:
        lines, self.kept.lines = self.kept.lines, []
        return lines


def test_one_line_a_second() -> None:
    """The next one says how many were left out."""
    desk = Desk()
    for _ in range(313):
        desk.refuse()
    assert desk.lines() == ["here:1: refused: unwanted"]
    desk.time += SECOND
    desk.refuse()
    desk.refuse()
    assert desk.lines() == ["here:314: refused: unwanted (and 312 more like it)"]
    desk.time += SECOND
    desk.refuse()
    desk.time += SECOND
    desk.refuse()
    assert desk.lines() == [
        "here:316: refused: unwanted (and 1 more like it)",
        "here:317: refused: unwanted",
    ]


def test_each_reason_and_each_address_has_its_own() -> None:
    """Numbers in a reason make no other one."""
    desk = Desk()
    for _ in range(3):
        desk.refuse("here", "a message of 70000 bytes")
        desk.refuse("here", f"a message of {desk.told} bytes")
        desk.refuse("there", "a message of 70000 bytes")
        desk.refuse("there", "not Pyro5's protocol")
    assert [line.partition(": refused: ")[2] for line in desk.lines()] == [
        "a message of 70000 bytes",
        "a message of 70000 bytes",
        "not Pyro5's protocol",
    ]


def test_what_was_left_out_is_told_in_the_end() -> None:
    """As soon as nothing else can be told."""
    desk = Desk()
    for _ in range(5):
        desk.refuse("here")
    desk.refuse("there")
    desk.lines()
    desk.refusals.close()
    assert desk.lines() == ["here:1: refused: unwanted (4 more like it)"]
    desk.refusals.close()
    assert desk.lines() == []


def test_those_beyond_are_counted_together() -> None:
    """A stranger who makes up reasons gets no more lines, nor any more memory."""
    desk = Desk()
    for _ in range(10):
        for number in range(10 * MOST):
            desk.refuse("there", "x" * (number % 199) + "y" * (number // 199))
        lines = desk.lines()
        assert MOST <= len(lines) <= 3 * MOST
        assert len(desk.refusals._told) == MOST  # pyright: ignore[reportPrivateUsage]
        desk.time += SECOND
        desk.refuse("here")
        desk.time += SECOND


def test_others_are_told_while_there_are_too_many() -> None:
    """At their own rate, with what was left out of those whose place they take."""
    desk = Desk()
    for number in range(MOST):
        desk.refuse(f"host {number}")
    desk.refuse("host 0")
    desk.time += SECOND / 2
    desk.lines()
    desk.refuse("late")
    desk.time += SECOND / 2
    desk.refuse("later")
    assert desk.lines() == [
        "host 0:1: refused: unwanted (1 more like it)",
        f"later:{desk.told}: refused: unwanted",
    ]
    desk.refusals.close()
    assert desk.lines() == ["1 refusals of more kinds"]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.floats(0, 2 * SECOND)),
        min_size=1,
        max_size=300,
    )
)
def test_all_are_counted(refused: list[tuple[int, float]]) -> None:
    """Whenever and wherever they come from, the lines speak of all in the end."""
    desk = Desk()
    for number, seconds in refused:
        desk.refuse(f"host {number}")
        desk.time += seconds
    desk.refusals.close()
    assert desk.kept.counted == desk.told


def test_what_the_log_does_not_take_costs_nothing() -> None:
    """It is not counted either."""
    desk = Desk()
    for _ in range(3):
        desk.refusals.tell(logging.DEBUG, "here:1", "here", "refused", "unwanted")
    desk.refusals.close()
    assert desk.lines() == []


@pytest.mark.parametrize(
    "text", ["a\nb\r\x1b[31mc", "é" * 500, "x" * 10_000, "\U0001f600" * 300]
)
def test_a_text_from_elsewhere_is_harmless(text: str) -> None:
    """One line of printable ASCII, and no more than 200 characters."""
    shown = harmless(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert len(shown) <= 200
    desk = Desk()
    desk.refuse(reason=text)
    assert desk.lines() == [f"here:1: refused: {shown}"]
