"""Counting for `statistics()`: what has ended, why, and how much was carried."""

from __future__ import annotations

from typing import cast

from callbackgen.runtime.counters import Counters, Statistics
from callbackgen.runtime.transport import Transport


class Carried:
    """What the counters want to know of a transport."""

    def __init__(self, received: int, sent: int) -> None:
        self.bytes_received = received
        self.bytes_sent = sent


def carried(received: int = 0, sent: int = 0) -> Transport:
    return cast(Transport, Carried(received, sent))


def test_connections_and_their_bytes_are_counted_once() -> None:
    """Those that are open with what they have carried up to now, and the others."""
    counters = Counters()
    first, second = carried(10, 1), carried(200, 20)
    for one in (first, second):
        counters.began(one)
    for what in ("calls_made", "calls_received", "calls_made", "timeouts"):
        getattr(counters, what).count()
    before = Statistics(2, 2, 2, 1, 1, 210, 21, {})
    assert counters.snapshot() == before
    counters.ended(first, "so")
    assert counters.snapshot() == Statistics(1, 2, 2, 1, 1, 210, 21, {"so": 1})
    second.bytes_sent += 5
    assert counters.snapshot().bytes_sent == 26
    assert before.closed == {}, "a snapshot does not change"


def test_numbers_in_a_reason_are_not_told_apart() -> None:
    """Else each size that was too large would be a reason of its own."""
    counters = Counters()
    for size in range(100):
        counters.ended(carried(), f"{size} bytes; the limit is 5")
    assert counters.snapshot().closed == {"N bytes; the limit is N": 100}


def test_the_reasons_have_a_limit() -> None:
    """Clients say goodbye in words of their own: these do not pile up for ever."""
    counters = Counters()
    for number in range(1000):
        counters.ended(carried(), "x" * number)
    counters.ended(carried(), "xx")
    closed = counters.snapshot().closed
    assert len(closed) <= 65
    assert sum(closed.values()) == 1001
    assert closed["xx"] == 2
    assert closed["other reasons"] == 936
