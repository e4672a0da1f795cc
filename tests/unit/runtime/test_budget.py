"""How many bytes all connections of a daemon hold, and who has to wait."""

from __future__ import annotations

import functools
from collections.abc import Callable
from itertools import cycle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbackgen import Settings
from callbackgen.runtime.budget import Budget, Held
from callbackgen.runtime.shares import Clients
from callbackgen.runtime.wire import WireError

FREE = 16 * 1024
MESSAGE = 100_000
MOST = 400_000
SETTINGS = Settings(held_size=MOST, message_size=MESSAGE)


class Hall:
    """Connections of some clients, and the tasks that the loop has to run."""

    def __init__(self, clients: int = 2, connections: int = 4) -> None:
        self.tasks: list[Callable[[], object]] = []
        self.budget = Budget(SETTINGS, self.tasks.append)
        self.woken: list[int] = []
        self._clients = clients
        self._known = Clients()
        self.held = [*map(self.connected, range(clients * connections))]

    def connected(self, number: int) -> Held:
        """Another connection of that number; its client is one of so many in turn."""
        share = self._known.join(number % self._clients)
        return Held(self.budget, share, functools.partial(self.woken.append, number))

    def run(self) -> list[int]:
        """Runs what the loop has to; gives who is to go on."""
        self.woken.clear()
        while self.tasks:
            self.tasks.pop()()
        return sorted(self.woken)


def test_what_most_connections_hold_is_not_counted() -> None:
    """Up to 16 KiB each, read or not, however many they are."""
    hall = Hall(connections=500)
    for held in hall.held:
        held.unread(FREE // 2)
        assert held.arrives(FREE // 2, needed=False)
    assert hall.budget.total == 0


def test_who_would_hold_more_than_its_half_waits() -> None:
    """Until one of its own is read; another client has room all the time."""
    hall = Hall()
    one, other, third, *_ = hall.held[::2]
    another = hall.held[1]
    assert one.arrives(FREE + MESSAGE, needed=False)
    assert other.arrives(FREE + MESSAGE, needed=False)
    assert not third.arrives(FREE + MESSAGE, needed=False)
    assert another.arrives(FREE + MESSAGE, needed=False)
    assert hall.run() == []
    one.unread(FREE + MESSAGE)
    assert one.arrives(0, needed=False)
    hall.run()
    assert not third.arrives(FREE + MESSAGE, needed=False)
    one.unread(0)
    assert hall.run() == [4]
    assert third.arrives(FREE + MESSAGE, needed=False)


def test_each_client_may_hold_one_message() -> None:
    """Also when the others hold all that there is."""
    hall = Hall(clients=20, connections=2)
    for held in hall.held[:20]:
        assert held.arrives(FREE + MESSAGE, needed=False)
    assert not any(held.arrives(FREE + 1, needed=False) for held in hall.held[20:])


def test_what_has_arrived_already_is_counted_in_any_case() -> None:
    """Then nothing more is read of it, until it holds less."""
    hall = Hall()
    one = hall.held[0]
    one.unread(MOST)
    assert not one.arrives(0, needed=False)
    one.unread(MESSAGE)
    assert hall.run() == [0]
    assert one.arrives(0, needed=False)


def test_what_somebody_waits_for_is_let_in() -> None:
    """One message; more end the connection if its client holds its half already."""
    hall = Hall()
    first, other, *_ = hall.held[::2]
    hall.held[1].unread(MOST)
    first.unread(MOST // 4)
    assert first.arrives(MOST // 4, needed=True)
    assert other.arrives(FREE + MESSAGE, needed=True)
    other.unread(FREE + MESSAGE)
    with pytest.raises(WireError, match="too many bytes that are not read"):
        other.arrives(MESSAGE, needed=True)


def test_a_connection_that_has_ended_holds_nothing_and_waits_for_nothing() -> None:
    """Those that wait for its room are told; it is not."""
    hall = Hall()
    one, other, third, fourth = hall.held[::2]
    for held in (one, other, third, fourth):
        held.arrives(FREE + MESSAGE, needed=False)
    third.end()
    one.end()
    assert hall.run() == [6]
    for held in (other, fourth):
        held.end()
    assert hall.budget.total == 0
    one.unread(MOST)  # by a call that still runs
    assert one.arrives(MOST, needed=False)
    one.unread(0)
    assert hall.budget.total == 0
    assert hall.run() == []


STEPS = st.lists(
    st.tuples(st.integers(0, 7), st.sampled_from(["arrives", "heard", "read", "end"])),
    max_size=80,
)


@example([(0, "arrives"), (0, "heard"), (0, "arrives")], [8193])
@given(STEPS, st.lists(st.integers(1, MESSAGE), min_size=1, max_size=8))
def test_the_sum_is_what_they_hold_and_nobody_waits_for_nothing(
    steps: list[tuple[int, str]], sizes: list[int]
) -> None:
    """Whatever they do, and in whichever order."""
    hall = Hall()
    size_of = cycle(sizes)
    arriving = dict.fromkeys(range(8), 0)
    unread = dict.fromkeys(range(8), 0)
    waiting: dict[int, int] = {}

    def arrives(number: int, size: int) -> None:
        if hall.held[number].arrives(size, needed=False):
            arriving[number] = size
            waiting.pop(number, None)
        else:
            waiting[number] = size

    for number, step in steps:
        held = hall.held[number]
        if step == "arrives" and not arriving[number] and number not in waiting:
            arrives(number, next(size_of))
        elif step == "heard" and arriving[number]:
            unread[number] += arriving[number]
            held.unread(unread[number])
            arriving[number] = 0
            arrives(number, 0)
        elif step == "read":
            unread[number] //= 2
            held.unread(unread[number])
        elif step == "end":
            held.end()
            hall.held[number] = hall.connected(number)
            arriving[number] = unread[number] = 0
            waiting.pop(number, None)
        for woken in hall.run():
            arrives(woken, waiting[woken])
        counted = [max(unread[one] + arriving[one] - FREE, 0) for one in range(8)]
        assert hall.budget.total == sum(counted)
        assert hall.budget.total <= MOST + 8 * MESSAGE
    for number, held in enumerate(hall.held):
        unread[number] = 0
        held.end()
    assert hall.budget.total == 0
    assert {*hall.run()} <= waiting.keys()
