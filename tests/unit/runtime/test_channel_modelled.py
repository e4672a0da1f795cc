"""Any interleaving of what two honest ends do, beside a model of what must follow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from callbackgen.runtime import envelope
from callbackgen.runtime.channel import Pending
from callbackgen.runtime.envelope import RELEASE
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import Message, WireError
from tests.unit.runtime.ends import REFERENCE
from tests.unit.runtime.modelling import Half, Made, Place, explore, left_in

T = TypeVar("T")

SIDES = st.integers(0, 1)
PICKS = st.integers(0, 1000)
KEYS = st.sampled_from([1, 1, 2, "a", "a", "b"])
TIMES = st.sampled_from([0, 1000, 9000])
DEEPEST = 4


def picked(candidates: Sequence[T], pick: int) -> T:
    return candidates[pick % len(candidates)]


class Connection(RuleBasedStateMachine):
    """Two ends. Who makes a call, waits and runs one is a thread of its own."""

    @initialize(
        first=st.sampled_from([0, 0xFFFA]),
        in_flight=st.integers(1, 4),
        oneways=st.integers(1, 5),
        waiting=st.integers(1, 3),
    )
    def connect(self, first: int, in_flight: int, oneways: int, waiting: int) -> None:
        limits = Settings(in_flight=in_flight, oneways=oneways, waiting=waiting)
        self.halves = Half(limits, first), Half(limits, 0)
        self.halves[0].other, self.halves[1].other = self.halves[1], self.halves[0]
        self.count = 0

    def all(self, at: Callable[[Half], Sequence[T]]) -> list[tuple[Half, T]]:
        """What is there at both ends."""
        return [(half, one) for half in self.halves for one in at(half)]

    # Calls that go out

    def handlers(self, half: Half) -> list[Made | None]:
        """The threads that may make a call: one that runs no call, and those that do."""
        running = [one for one in half.other.made.values() if one.may_make_calls]
        return [None, *(one for one in running if one.depth < DEEPEST)]

    @rule(
        side=SIDES,
        key=KEYS,
        refers=st.booleans(),
        milliseconds=TIMES,
        pick=PICKS,
        inside=st.booleans(),
    )
    def call(
        self,
        side: int,
        key: Key,
        refers: bool,
        milliseconds: int,
        pick: int,
        inside: bool,
    ) -> None:
        half = self.halves[side]
        handlers = self.handlers(half)
        handler = picked(handlers[1:] or handlers if inside else handlers, pick)
        chain = NO_CHAIN if handler is None else -handler.chain
        is_nested = chain != NO_CHAIN
        if half.is_lost or not (is_nested or half.channel.may_call):
            return
        chain = chain or half.channel.new_chain()
        made = self.made(half, key, chain, handler, refers=refers)
        made.seconds = milliseconds / 1000
        made.is_nested = is_nested
        pending, data = half.channel.call(
            key, chain, milliseconds, made.payload, nested=is_nested
        )
        assert all(
            one.pending is None or one.pending.sequence != pending.sequence
            for one in half.open
        )
        half.waits(made, pending)
        half.unsent.append((made, data))
        if handler is not None:
            handler.inner.append(made)

    def made(
        self,
        half: Half,
        key: Key,
        chain: int,
        handler: Made | None,
        *,
        refers: bool,
        oneway: bool = False,
    ) -> Made:
        self.count += 1
        made = Made(self.count, key, oneway, refers, chain, handler)
        half.made[made.number] = made
        return made

    @rule(side=SIDES, key=KEYS, refers=st.booleans(), pick=PICKS)
    def call_oneway(self, side: int, key: Key, refers: bool, pick: int) -> None:
        half = self.halves[side]
        if half.is_lost or not half.channel.may_send_oneway:
            return
        handler = picked(self.handlers(half), pick)
        chain = NO_CHAIN if handler is None else -handler.chain
        made = self.made(half, key, chain, handler, refers=refers, oneway=True)
        half.send(half.channel.oneway(key, chain, made.payload))

    def send(self, half: Half, made: Made, data: bytes) -> None:
        """Calls are made with the lock of their channel, and sent without it."""
        half.unsent.remove((made, data))
        made.is_sent = True
        half.send(data)

    @rule(side=SIDES)
    def release(self, side: int) -> None:
        self.count += 1
        half = self.halves[side]
        said = envelope.control(RELEASE, (self.count, 1))
        half.send(half.channel.tell(said))

    @rule(side=SIDES)
    def wind_back(self, side: int) -> None:
        """The numbers of messages come round."""
        vars(self.halves[side].channel)["_sequence"] = 0

    # What arrives

    @rule(side=SIDES, count=st.integers(1, 200))
    def deliver(self, side: int, count: int) -> None:
        if not self.halves[side].is_lost:
            self.halves[side].deliver(count)

    @rule(side=SIDES, seconds=st.sampled_from([0.5, 1.0, 8.0, 16.0]))
    def tick(self, side: int, seconds: float) -> None:
        for half in self.halves:
            half.now += seconds
        half = self.halves[side]
        if half.is_lost:
            return
        silent = half.now - half.heard
        if silent >= half.settings.heartbeat and half.asked is None:
            half.asked = half.now
        is_dead = silent >= half.settings.dead_after and half.has_been_asked_for(5.0)
        try:
            wait = half.channel.tick(half.now)
        except WireError:
            assert is_dead
            self.lose_at(half)
            return
        assert not is_dead
        assert 0 < wait <= half.settings.heartbeat
        half.follow()

    # Calls that are run

    def begin_call(self, half: Half, made: Made) -> None:
        if half.is_lost:
            made.place = Place.ENDED
            half.lanes[made.key].remove(made)
            return
        assert made.incoming is not None
        made.place = Place.BEGUN
        half.oneways_begun += made.oneway
        if not made.refers:
            del half.unread["call", made.number]
        half.channel.begun(made.incoming)
        half.follow()

    def begin(self, half: Half, made: Made) -> None:
        half.ready.remove(made)
        self.begin_call(half, made)

    def at(self, *places: Place) -> list[tuple[Half, Made]]:
        """The calls that have come so far at the end that runs them."""
        return [
            (half.other, made)
            for half in self.halves
            for made in half.made.values()
            if made.place in places
        ]

    def read(self, half: Half, made: Made) -> None:
        assert made.incoming is not None
        made.is_read = True
        del half.unread["call", made.number]
        half.channel.read(made.incoming.ordinal)
        half.follow()

    def may_answer(self) -> list[tuple[Half, Made]]:
        return [
            (half, made)
            for half, made in self.at(Place.BEGUN)
            if made.may_make_calls and made.is_read >= made.refers
        ]

    def answer(self, half: Half, made: Made) -> None:
        assert made.incoming is not None
        made.place = Place.ANSWERED
        if made.oneway:
            return
        payload = b"answer %d " % made.number + (REFERENCE if made.number % 2 else b"")
        failed = not made.number % 3
        made.answer = payload, failed
        half.send(half.channel.answer(made.incoming, payload, failed=failed))

    def end(self, half: Half, made: Made) -> None:
        assert made.incoming is not None
        made.place = Place.ENDED
        half.lanes[made.key].remove(made)
        half.channel.ended(made.incoming)
        half.follow()
        if made.waits_for is not None:
            made.waits_for.running = None

    # Threads that wait

    def waiting(self, *, something: bool) -> list[tuple[Half, Made, Pending]]:
        """The calls for which a thread waits, and whether something is there for it."""
        return [
            (half, made, made.pending)
            for half in self.halves
            for made in half.made.values()
            if made.pending is not None
            and made.is_sent
            and not made.outcome
            and made.running is None
            and made.pending.items.empty() is not something
        ]

    def take(self, half: Half, made: Made, pending: Pending) -> None:
        item = pending.items.get_nowait()
        if isinstance(item, Incoming):
            inner = next(
                one for one in half.other.made.values() if one.incoming is item
            )
            self.begin_call(half, inner)
            made.running = inner if inner.place is Place.BEGUN else None
        elif isinstance(item, Message):
            made.outcome = "answered"
            if pending.arrival:
                half.to_read.append((pending.arrival, ("answer", made.number)))
        else:
            assert half.is_lost
            made.outcome = "lost"
        if made.outcome:
            assert pending.items.empty()

    @rule(pick=PICKS)
    def give_up(self, pick: int) -> None:
        threads = self.waiting(something=True) or self.waiting(something=False)
        if not threads:
            return
        half, made, pending = picked(threads, pick)
        made.outcome = "given up"
        if made in half.open:
            half.open.remove(made)
        elif pending.arrival:
            half.due.append(("answer", made.number))
        half.channel.abandon(pending)
        half.follow()

    def read_answer(self, half: Half, arrival: int, name: tuple[str, int]) -> None:
        half.to_read.remove((arrival, name))
        self.has_read(half, arrival, name)

    def discard(self, half: Half) -> None:
        self.has_read(half, *half.leftovers.popleft())

    def has_read(self, half: Half, arrival: int, name: tuple[str, int]) -> None:
        del half.unread[name]
        half.channel.read(arrival)
        half.follow()

    # The end

    def lose_at(self, half: Half) -> None:
        half.is_lost = True
        for lane in half.lanes.values():
            lane[:] = [one for one in lane if one.place is not Place.WAITING]
        half.held.clear()
        half.channel.lost(ConnectionLost("gone"))
        half.follow()
        assert not half.open

    @precondition(lambda self: self.count > 5)
    @rule(side=SIDES, chance=st.integers(0, 9))
    def lose(self, side: int, chance: int) -> None:
        if not chance and not self.halves[side].is_lost:
            self.lose_at(self.halves[side])

    @invariant()
    def limits_hold(self) -> None:
        for half in self.halves:
            half.check()

    def teardown(self) -> None:
        """Everything is brought to its end, and nothing is left then."""
        if not hasattr(self, "halves"):
            return
        while self.finish():
            self.limits_hold()
        for half in self.halves:
            self.check_end(half)

    def steps(self) -> list[Callable[[], None]]:
        """What can be done now without any new call."""
        found: list[Callable[[], None]] = []
        for half in self.halves:
            if half.pipe:
                found.append(partial(self.arrive_at, half))
            if half.leftovers:
                found.append(partial(self.discard, half))
            found += [partial(self.send, half, *one) for one in half.unsent]
            found += [partial(self.begin, half, one) for one in half.ready]
            found += [partial(self.read_answer, half, *one) for one in half.to_read]
        found += [partial(self.take, *one) for one in self.waiting(something=True)]
        found += [
            partial(self.read, half, made)
            for half, made in self.at(Place.BEGUN)
            if made.is_read < made.refers
        ]
        found += [partial(self.answer, *one) for one in self.may_answer()]
        found += [partial(self.end, *one) for one in self.at(Place.ANSWERED)]
        return found

    @rule(picks=st.lists(PICKS, min_size=1, max_size=6))
    def go_on(self, picks: list[int]) -> None:
        for pick in picks:
            if steps := self.steps():
                picked(steps, pick)()

    def finish(self) -> bool:
        """Does all that can be done, or has those give up who wait for each other."""
        if steps := self.steps():
            steps[0]()
        elif halves := [one for one in self.halves if one.other.is_lost > one.is_lost]:
            self.lose_at(halves[0])
        elif self.waiting(something=False):
            self.give_up(0)
        else:
            return False
        return True

    def arrive_at(self, half: Half) -> None:
        if half.is_lost:
            half.pipe.clear()
        else:
            half.deliver(len(half.pipe))

    def check_end(self, half: Half) -> None:
        assert not half.open
        assert not any(half.lanes.values())
        for made in half.made.values():
            assert made.oneway or made.outcome
            if not half.is_lost:
                assert made.place in (Place.ENDED, Place.REFUSED)
        if not half.is_lost:
            assert half.channel.may_send_oneway
            assert left_in(half.channel) == {}


def test_every_interleaving_does_what_the_model_says() -> None:
    """Calls, answers, time-outs, releases and losses in any order, cut anywhere.

    Each call has one outcome, which is its own; the calls of an object come in order;
    releases overtake nothing; the limits are kept; and in the end nothing is left.
    """
    explore(Connection, examples=100, steps=60)
