"""An honest end in any interleaving with a peer that sends whatever it likes."""

from __future__ import annotations

from collections import deque

from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
)

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.channel import Channel, Pending
from callbackgen.runtime.envelope import ANNOTATION, CONTROL, GOODBYE, RELEASE
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import Message, Receiver, WireError
from tests.unit.runtime.ends import REFERENCE
from tests.unit.runtime.modelling import explore, left_in

LIMITS = Settings(
    message_size=300,
    in_flight=3,
    waiting=2,
    oneways=4,
    queue_messages=6,
    queue_size=800,
)
MOST_ASKED = 1024 + 2

KEYS = st.sampled_from([1, 2, "a", "b", CONTROL])
CHAINS = st.integers(-4, 4)
NUMBERS = st.one_of(st.integers(0, 8), st.sampled_from([0xFFFF]))
HEADS = st.one_of(
    st.builds(envelope.head, st.sampled_from([0, 1, 1000]), CHAINS, KEYS),
    st.builds(wire.chunk, st.sampled_from([ANNOTATION, b"OTHR"]), st.binary()),
    st.binary(max_size=40),
)
PAYLOADS = st.one_of(
    st.sampled_from(
        [
            b"",
            b"pong",
            b"taken?",
            b"heartbeat",
            REFERENCE,
            b"\xc0",
            bytes(290),
            REFERENCE + bytes(280),
            envelope.control(RELEASE, (1, 1)),
            envelope.control(GOODBYE, "over"),
        ]
    ),
    st.binary(max_size=60),
)
MESSAGES = st.builds(
    Message,
    kind=st.sampled_from([wire.INVOKE] * 4 + [wire.RESULT] * 2 + [wire.PING, 0, 99]),
    flags=st.sampled_from([0, wire.ONEWAY, wire.EXCEPTION, wire.COMPRESSED, 0xFFFF]),
    sequence=NUMBERS,
    serializer=st.sampled_from([wire.MSGPACK] * 9 + [wire.SERPENT]),
    annotations=HEADS,
    payload=PAYLOADS,
)
PICKS = st.integers(0, 1000)


class Attacked(RuleBasedStateMachine):
    """The honest end, which is driven as a session drives it."""

    def __init__(self) -> None:
        super().__init__()
        self.connect()

    def connect(self) -> None:
        """A new connection, as often as the peer has the last one ended."""
        self.channel = Channel(LIMITS, 0.0)
        self.receiver = Receiver(lambda _: LIMITS.message_size)
        self.now = 0.0
        self.is_lost = False
        self.ready: list[Incoming] = []
        self.running: list[Incoming] = []
        self.pending: list[Pending] = []
        self.outcomes: dict[Pending, str] = {}
        self.to_read: deque[int] = deque()

    # The peer

    @rule(message=MESSAGES)
    def sends(self, message: Message) -> None:
        self.arrives(message.encoded())

    @rule(
        key=KEYS,
        chain=CHAINS,
        payload=st.sampled_from([b"", REFERENCE, REFERENCE + bytes(250)]),
        oneway=st.booleans(),
        times=st.integers(1, 10),
    )
    def calls(
        self, key: Key, chain: int, payload: bytes, oneway: bool, times: int
    ) -> None:
        flags = wire.ONEWAY if oneway else 0
        head = envelope.head(1000, chain, key)
        call = wire.encoded(wire.INVOKE, 1, payload, flags=flags, annotations=head)
        for _ in range(times):
            self.arrives(call)

    @rule(pick=PICKS, payload=PAYLOADS)
    def answers(self, pick: int, payload: bytes) -> None:
        if self.pending:
            pending = self.pending[pick % len(self.pending)]
            self.arrives(wire.encoded(wire.RESULT, pending.sequence, payload))

    @rule(message=MESSAGES, place=st.integers(0, 400), byte=st.integers(0, 255))
    def sends_broken(self, message: Message, place: int, byte: int) -> None:
        data = bytearray(message.encoded())
        data[place % len(data)] = byte
        self.arrives(bytes(data))

    def arrives(self, data: bytes) -> None:
        """It is taken, or ends the connection; nothing else is raised."""
        self.receiver.feed(data)
        try:
            while (message := self.receiver.take()) is not None:
                self.channel.receive(message, self.now)
                self.follow()
        except WireError:
            self.lose()

    # The end itself

    def follow(self) -> None:
        turn = self.channel.take()
        self.ready += turn.ready
        self.to_read += [arrival for arrival, _ in turn.discarded]

    @rule(key=st.sampled_from([1, "a"]), pick=PICKS, nested=st.booleans())
    def call(self, key: Key, pick: int, nested: bool) -> None:
        chains = [one.chain for one in self.running if one.chain]
        nested = nested and bool(chains)
        if not (nested or self.channel.may_call):
            return
        new = self.channel.new_chain
        chain = chains[pick % len(chains)] if nested else new()
        pending, _ = self.channel.call(key, chain, 0, b"", nested=nested)
        waiting = [one for one in self.pending if one not in self.outcomes]
        assert all(one.sequence != pending.sequence for one in waiting)
        self.pending.append(pending)

    @rule()
    def call_oneway(self) -> None:
        if self.channel.may_send_oneway:
            self.channel.oneway(1, NO_CHAIN, b"")

    @rule(pick=PICKS)
    def begin(self, pick: int) -> None:
        if self.ready:
            self.run_call(self.ready.pop(pick % len(self.ready)))

    def run_call(self, incoming: Incoming) -> None:
        if self.is_lost:
            return
        self.channel.begun(incoming)
        if incoming.is_tracked:
            self.channel.read(incoming.ordinal)
        self.running.append(incoming)
        self.follow()

    @rule(pick=PICKS)
    def end(self, pick: int) -> None:
        if self.running:
            incoming = self.running.pop(pick % len(self.running))
            self.channel.ended(incoming)
            self.follow()

    @rule(pick=PICKS)
    def take(self, pick: int) -> None:
        waiting = [one for one in self.pending if not one.items.empty()]
        if not waiting:
            return
        pending = waiting[pick % len(waiting)]
        item = pending.items.get_nowait()
        if isinstance(item, Incoming):
            self.run_call(item)
            return
        assert pending not in self.outcomes
        self.outcomes[pending] = type(item).__name__
        if pending.arrival:
            self.to_read.append(pending.arrival)

    @rule(pick=PICKS)
    def give_up(self, pick: int) -> None:
        waiting = [one for one in self.pending if one not in self.outcomes]
        if waiting:
            pending = waiting[pick % len(waiting)]
            self.channel.abandon(pending)
            self.outcomes[pending] = "given up"
            self.follow()

    @rule()
    def read(self) -> None:
        if self.to_read:
            self.channel.read(self.to_read.popleft())
            self.follow()

    @rule(seconds=st.sampled_from([1.0, 10.0]))
    def tick(self, seconds: float) -> None:
        self.now += seconds
        try:
            self.channel.tick(self.now)
        except WireError:
            self.lose()
        self.follow()

    def lose(self) -> None:
        self.is_lost = True
        self.no_more_is_kept_than_may_be()
        self.channel.lost(ConnectionLost("misused"))
        self.run_all()
        assert self.outcomes.keys() == set(self.pending)
        self.connect()

    @invariant()
    def no_more_is_kept_than_may_be(self) -> None:
        kept = vars(self.channel)
        unread = vars(kept["_unread"])
        assert len(kept["_queued"]) <= LIMITS.queue_messages + self.is_lost
        assert kept["_queued_oneways"].keys() <= kept["_queued"].keys()
        assert 0 <= unread["_size"] <= LIMITS.queue_size + LIMITS.message_size
        assert len(unread["_sizes"]) <= 4 * LIMITS.queue_messages + 1
        assert len(unread["_releases"]) <= MOST_ASKED
        assert len(kept["_unanswered_pings"]) <= MOST_ASKED
        assert 0 <= vars(kept["_flow"])["_calls"] <= LIMITS.in_flight
        started = len(self.running) + len(kept["_queued"])
        assert len(kept["_lanes"]._lanes) <= started or self.is_lost

    def teardown(self) -> None:
        """All is run to its end; then no more is kept than what the peer owes."""
        self.run_all()
        for _ in self.pending:
            self.give_up(0)
        self.run_all()
        owed = {"_late", "_synchronising", "_outgoing"}
        assert left_in(self.channel).keys() <= owed
        assert self.outcomes.keys() == set(self.pending)

    def run_all(self) -> None:
        self.follow()
        while (
            self.ready
            or self.running
            or self.to_read
            or any(not one.items.empty() for one in self.pending)
        ):
            self.begin(0)
            self.end(0)
            self.take(0)
            self.read()


def test_whatever_a_peer_sends_is_refused_or_stays_within_limits() -> None:
    """A peer may send any message at any time, and any bytes in its place.

    WireError ends the connection, or what follows is as with an honest peer. Nothing
    else is raised, and no more is kept than the limits say.
    """
    explore(Attacked, examples=80, steps=40)
