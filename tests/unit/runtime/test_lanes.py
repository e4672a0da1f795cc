"""The order in which the calls of a connection run."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key, Lanes

CALLBACK = 7
SERVICE = "prices"
_sequences = itertools.count(1)


def call(
    key: Key = CALLBACK, *, oneway: bool = False, chain: int = NO_CHAIN
) -> Incoming:
    return Incoming(next(_sequences), oneway, key, chain, None, b"")


def oneway(key: Key = CALLBACK) -> Incoming:
    return call(key, oneway=True)


def test_calls_of_a_callback_run_one_at_a_time() -> None:
    """The second starts when the first has ended, in order of arrival."""
    lanes = Lanes()
    first, second, third = call(), oneway(), call()
    assert lanes.arrived(first, nested=False) == [first]
    assert lanes.arrived(second, nested=False) == []
    assert lanes.arrived(third, nested=False) == []
    assert lanes.ended(first) == [second]
    assert lanes.ended(second) == [third]
    assert lanes.ended(third) == []


def test_objects_do_not_wait_for_each_other() -> None:
    """Order is per object."""
    lanes = Lanes()
    lanes.arrived(call(1), nested=False)
    other = call(2)
    assert lanes.arrived(other, nested=False) == [other]


def test_two_way_calls_of_a_service_run_side_by_side() -> None:
    """None waits for another one; only oneway calls keep an order."""
    lanes = Lanes()
    for one in (call(SERVICE), call(SERVICE), oneway(SERVICE)):
        assert lanes.arrived(one, nested=False) == [one]


def test_a_call_of_a_service_waits_for_the_oneways_before_it() -> None:
    """All that was sent before it without an answer has ended when it starts."""
    lanes = Lanes()
    before, again = oneway(SERVICE), oneway(SERVICE)
    calls = [call(SERVICE), call(SERVICE)]
    assert lanes.arrived(before, nested=False) == [before]
    for one in (again, *calls):
        assert lanes.arrived(one, nested=False) == []
    assert lanes.ended(before) == [again]
    assert lanes.ended(again) == calls


def test_a_nested_call_starts_at_once() -> None:
    """The call that holds the object waits for it, so it cannot wait in turn."""
    lanes = Lanes()
    outer, waiting, nested = call(chain=5), call(), call(chain=5)
    lanes.arrived(outer, nested=False)
    assert lanes.arrived(waiting, nested=False) == []
    assert lanes.arrived(nested, nested=True) == [nested]
    assert nested.inside
    assert lanes.ended(nested) == []
    assert lanes.ended(outer) == [waiting]
    assert not waiting.inside


def test_a_call_of_a_chain_that_nothing_waits_in_takes_its_turn() -> None:
    """The call that has the object waits for nothing: it ends without this one."""
    lanes = Lanes()
    outer, late = call(chain=5), call(chain=5)
    lanes.arrived(outer, nested=False)
    assert lanes.arrived(late, nested=False) == []
    assert not late.inside
    assert lanes.ended(outer) == [late]


def test_a_chain_that_waits_for_the_object_is_not_inside() -> None:
    """Only a chain that has the object already goes first."""
    lanes = Lanes()
    lanes.arrived(call(), nested=False)
    for one in (call(chain=5), call(chain=5)):
        assert lanes.arrived(one, nested=True) == []
        assert not one.inside


def test_waiting_calls_are_counted_by_object() -> None:
    """Those that run do not count, nor do those without an answer."""
    lanes = Lanes()
    for one in (call(), call(), oneway(), call(), call(8)):
        lanes.arrived(one, nested=False)
    assert lanes.waiting_calls(CALLBACK) == 2
    assert lanes.waiting_calls(8) == 0
    assert lanes.waiting_calls("nobody") == 0


def test_expired_calls_are_taken_out() -> None:
    """Only two-way calls that wait and whose callers gave up; the others keep order."""
    lanes = Lanes()
    running, late, kept, silent, later = call(), call(), call(), oneway(), call()
    running.expires = late.expires = silent.expires = later.expires = 1.0
    kept.expires = 3.0
    for one in (running, late, kept, silent, later):
        lanes.arrived(one, nested=False)
    assert lanes.expired(2.0, CALLBACK) == [late, later]
    assert lanes.expired(2.0, CALLBACK) == []
    assert lanes.expired(2.0, "nobody") == []
    assert lanes.ended(running) == [kept]
    assert lanes.ended(kept) == [silent]


class World:
    """Arrivals and ends as they happen, with the rules looked at after each."""

    def __init__(self) -> None:
        self.lanes = Lanes()
        self.arrived: list[Incoming] = []
        self.started: list[Incoming] = []
        self.running: list[Incoming] = []

    def arrive(self, one: Incoming, *, nested: bool) -> None:
        holds = {
            running.chain
            for running in self.running
            if running.key == one.key and not running.oneway
        }
        is_nested = nested and one.chain != NO_CHAIN and one.chain in holds
        self.arrived.append(one)
        started = self.lanes.arrived(one, nested=nested)
        assert one.inside == is_nested
        if is_nested:
            assert started == [one]
        self.start(started)

    def end(self, number: int) -> None:
        one = self.running.pop(number % len(self.running))
        self.start(self.lanes.ended(one))

    def start(self, started: list[Incoming]) -> None:
        for one in started:
            assert one not in self.started
            self.started.append(one)
            self.running.append(one)
            if not one.inside:
                self.check(one)

    def check(self, one: Incoming) -> None:
        """Nothing that had to come before has been overtaken, or still runs."""
        before = [
            other
            for other in self.arrived[: self.arrived.index(one)]
            if other.key == one.key and not other.inside
        ]
        others = [other for other in self.running if other.key == one.key]
        others.remove(one)
        if isinstance(one.key, int):
            assert not others
            assert all(other in self.started for other in before)
        assert not any(other.oneway for other in others)
        assert all(other in self.started for other in before if other.oneway)


ARRIVALS = st.builds(
    call,
    st.sampled_from([1, 2, "a"]),
    oneway=st.booleans(),
    chain=st.sampled_from([NO_CHAIN, NO_CHAIN, 1, 2]),
)


@given(
    st.lists(
        st.one_of(st.tuples(ARRIVALS, st.booleans()), st.integers(0, 20)), max_size=60
    )
)
def test_the_order_holds_whatever_arrives_and_ends(
    events: list[tuple[Incoming, bool] | int],
) -> None:
    """Callbacks one at a time and in order, oneways in order, and nothing is lost."""
    world = World()
    for event in events:
        if isinstance(event, tuple):
            like, nested = event
            one = call(like.key, oneway=like.oneway, chain=like.chain)
            world.arrive(one, nested=nested)
        elif world.running:
            world.end(event)
    while world.running:
        world.end(0)
    assert len(world.started) == len(world.arrived)
    assert set(map(id, world.started)) == set(map(id, world.arrived))
    assert not world.lanes._lanes  # pyright: ignore[reportPrivateUsage]
