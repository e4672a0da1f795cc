"""A channel to which a stranger sends anything, and who drives it as it must be."""

from __future__ import annotations

from collections import deque
from typing import Final

from callbackgen.runtime.channel import Channel, Pending
from callbackgen.runtime.errors import ConnectionLost
from callbackgen.runtime.lanes import NO_CHAIN, Incoming
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import Message, Receiver, WireError
from fuzz.framing import framed, pieces

LIMITS: Final = Settings(
    message_size=2000,
    in_flight=4,
    waiting=2,
    oneways=4,
    queue_messages=8,
    queue_size=4000,
)
_MOST_UNREAD: Final = 4 * LIMITS.queue_messages
_MOST_ASKED: Final = 1024 + 2
"""What may wait for what is queued, and is small."""

FRAMED: Final = 1
CALLS: Final = 2
"""Calls are under way when the first message comes."""

SLOW: Final = 4
"""Calls that come are run when the third is there, or at the end."""

NESTED: Final = 8
"""Who runs a call calls back."""

IMPATIENT: Final = 16
"""Who waits gives up after the next message."""


def run(data: bytes) -> None:
    """The first byte says who drives the channel, the second how bytes arrive."""
    if len(data) >= 2:
        _Driver(data[0], data[1]).run(data[2:])


class _Driver:
    def __init__(self, mode: int, size: int) -> None:
        self._mode = mode
        self._size = size
        self._channel = Channel(LIMITS, 0.0)
        self._now = 0.0
        self._ready: deque[Incoming] = deque()
        self._pending: list[Pending] = []
        self._outcomes: dict[Pending, int] = {}

    def run(self, data: bytes) -> None:
        try:
            self._hear(data)
            self._finish()
        except WireError:
            self._check()
        self._channel.lost(ConnectionLost("it is over"))
        for pending in self._pending:
            self._run_items(pending, is_lost=True)
        assert set(self._outcomes.values()) <= {1}
        assert len(self._outcomes) == len(self._pending)

    def _hear(self, data: bytes) -> None:
        if self._mode & CALLS:
            for key in (1, "service", 1):
                self._call(key, self._channel.new_chain(), nested=False)
            self._channel.oneway(1, NO_CHAIN, b"told")
        receiver = Receiver(lambda _: LIMITS.message_size)
        stream = b"".join(framed(data)) if self._mode & FRAMED else data
        for piece in pieces(stream, self._size):
            receiver.feed(piece)
            while (message := receiver.take()) is not None:
                self._received(message)

    def _received(self, message: Message) -> None:
        self._now += 0.01
        self._channel.receive(message, self._now)
        self._follow()
        self._channel.tick(self._now + LIMITS.heartbeat * (message.sequence % 2))
        if not self._mode & SLOW or len(self._ready) > 2:
            self._run_ready(self._mode & SLOW and 1)
        for pending in self._pending:
            self._run_items(pending)
            if self._mode & IMPATIENT and pending not in self._outcomes:
                self._channel.abandon(pending)
                self._outcomes[pending] = 1
        self._follow()
        self._check()

    def _finish(self) -> None:
        """Whatever has come is run; nothing of it is kept then."""
        while self._ready or any(not one.items.empty() for one in self._pending):
            self._run_ready(0)
            for pending in self._pending:
                self._run_items(pending)
            self._follow()
        kept = vars(self._channel)
        assert not kept["_queued"]
        assert not kept["_lanes"]._lanes
        assert not vars(kept["_unread"])["_sizes"]
        self._check()

    def _follow(self) -> None:
        turn = self._channel.take()
        self._ready += turn.ready
        for arrival, _ in turn.discarded:
            self._channel.read(arrival)
        assert len(turn.outgoing) <= _MOST_ASKED
        if turn.discarded:
            self._follow()

    def _run_ready(self, leave: int) -> None:
        while len(self._ready) > leave:
            self._run_call(self._ready.popleft())

    def _run_call(self, incoming: Incoming) -> None:
        channel = self._channel
        channel.begun(incoming)
        if incoming.is_tracked:
            channel.read(incoming.ordinal)
        if self._mode & NESTED:
            if incoming.chain and len(self._pending) < 16:
                self._call(2, incoming.chain, nested=True)
            if channel.may_send_oneway:
                channel.oneway(2, incoming.chain, b"")
        if not incoming.oneway:
            channel.answer(incoming, b"", failed=False)
        channel.ended(incoming)
        self._follow()

    def _call(self, key: int | str, chain: int, *, nested: bool) -> None:
        pending, _ = self._channel.call(key, chain, 1000, b"", nested=nested)
        for one in self._pending:
            assert one in self._outcomes or one.sequence != pending.sequence
        self._pending.append(pending)

    def _run_items(self, pending: Pending, *, is_lost: bool = False) -> None:
        while not pending.items.empty():
            item = pending.items.get_nowait()
            if isinstance(item, Incoming):
                if not is_lost:
                    self._run_call(item)
                continue
            self._outcomes[pending] = self._outcomes.get(pending, 0) + 1
            if isinstance(item, Message) and pending.arrival:
                self._channel.read(pending.arrival)

    def _check(self) -> None:
        """No more is kept than may be."""
        kept = vars(self._channel)
        unread = vars(kept["_unread"])
        assert len(kept["_queued"]) <= LIMITS.queue_messages + 1
        assert len(kept["_queued_oneways"]) <= len(kept["_queued"])
        assert unread["_size"] <= LIMITS.queue_size + LIMITS.message_size
        assert unread["_size"] >= 0
        assert len(unread["_sizes"]) <= _MOST_UNREAD + 1
        assert len(unread["_releases"]) <= _MOST_ASKED
        assert len(kept["_unanswered_pings"]) <= _MOST_ASKED
        assert vars(kept["_flow"])["_calls"] >= 0
        assert len(kept["_lanes"]._lanes) <= len(kept["_queued"])
