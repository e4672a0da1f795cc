"""One connection, calls in both directions: who waits for what; no sockets, no threads.

A channel is told what arrives and what is to be sent, and says what follows: bytes in
`outgoing`, calls that start in `ready`, payloads that nobody waits for in `discarded`.
Its driver holds a lock around every call and takes these after it (`take`).
"""

from __future__ import annotations

from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.alive import Alive
from callbackgen.runtime.envelope import CONTROL
from callbackgen.runtime.flow import Flow, Sent
from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key, Lanes
from callbackgen.runtime.unread import Unread
from callbackgen.runtime.wire import Message, WireError

if TYPE_CHECKING:
    from typing import TypeAlias

    from callbackgen.runtime.settings import Settings

_MOST_LATE: Final = 1024
_MOST_PENDING: Final = 32 * 1024
_LARGEST_CONTROL: Final = 16 * 1024
_LARGE: Final = 16 * 1024
"""Bytes of a payload that count until it has been read, not just taken."""

_PONG: Final = b"pong"
_HEARTBEAT: Final = b"heartbeat"
_SYNCHRONISE: Final = b"taken?"

Discarded: TypeAlias = "tuple[int, bytes]"
"""The number of a message that arrived, and its payload."""

Item: TypeAlias = "Message | Incoming | Exception"
"""What comes to a thread that waits: its answer, a call to run meanwhile, the end."""


class Pending(msgspec.Struct, eq=False):
    """A call that waits for its answer."""

    sequence: int
    chain: int
    nested: bool
    size: int
    arrival: int = 0
    items: SimpleQueue[Item] = msgspec.field(default_factory=SimpleQueue["Item"])


class Turn(msgspec.Struct, frozen=True):
    """What follows from what a channel was told."""

    outgoing: list[bytes]
    ready: list[Incoming]
    discarded: list[Discarded]
    controls: list[list[Any]]


NOTHING: Final = Turn([], [], [], [])
"""A turn of which nothing follows."""


class Channel:
    """The calls of one connection in both directions."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self._sequence = 0
        self._chains = 0
        self._pending: dict[int, Pending] = {}
        self._late: dict[int, int] = {}
        self._waiting: dict[int, list[Pending]] = {}
        self._flow = Flow(settings)
        self._alive = Alive(settings, now)
        self._synchronising: dict[int, Sent] = {}
        self._lanes = Lanes()
        self._queued: dict[int, Incoming] = {}
        self._queued_oneways: dict[int, None] = {}
        self._unanswered_pings: list[tuple[int, int]] = []
        self._unread = Unread(settings)
        self._outgoing: list[bytes] = []
        self._ready: list[Incoming] = []
        self._discarded: list[Discarded] = []
        self._controls: list[list[Any]] = []

    @property
    def unread(self) -> int:
        """The bytes of what has arrived and is not read."""
        return self._unread.size

    @property
    def is_needed(self) -> bool:
        """Whether anybody waits for an answer."""
        return bool(self._pending)

    def hear_later(self, now: float) -> None:
        """Says that nothing is read at present: a silence means nothing."""
        self._alive.heard(now)

    def take(self) -> Turn:
        """What has to be done since the last time."""
        if not (self._outgoing or self._ready or self._discarded or self._controls):
            return NOTHING
        turn = Turn(self._outgoing, self._ready, self._discarded, self._controls)
        self._outgoing, self._ready = [], []
        self._discarded, self._controls = [], []
        return turn

    # Calls that go out

    def new_chain(self) -> int:
        """The number of a new chain of calls that wait for each other."""
        self._chains += 1
        return self._chains

    @property
    def may_call(self) -> bool:
        """Whether another call may be sent that is not part of a chain."""
        return self._flow.may_call

    @property
    def may_send_oneway(self) -> bool:
        """Whether the other end has taken enough of the oneway calls so far."""
        return self._flow.may_send_oneway

    def call(
        self, key: Key, chain: int, milliseconds: int, payload: bytes, *, nested: bool
    ) -> tuple[Pending, bytes]:
        """A call, and its bytes. `nested`: it is part of a chain that came from there.

        The caller has looked at `may_call`, unless it is nested.
        """
        head = envelope.head(milliseconds, chain, key)
        size = 0 if nested else len(payload)
        pending = Pending(self._free_sequence(), chain, nested, size)
        self._pending[pending.sequence] = pending
        self._waiting.setdefault(chain, []).append(pending)
        if not nested:
            self._flow.called(pending.size)
        return pending, wire.encoded(
            wire.INVOKE, pending.sequence, payload, annotations=head
        )

    def oneway(self, key: Key, chain: int, payload: bytes) -> bytes:
        """A call without an answer. The caller has looked at `may_send_oneway`."""
        head = envelope.head(0, chain, key)
        number = self._free_sequence()
        message = wire.encoded(
            wire.INVOKE, number, payload, flags=wire.ONEWAY, annotations=head
        )
        if self._flow.has_to_ask(len(payload)):
            message += self._ping(_SYNCHRONISE, self._flow.sent)
        return message

    def tell(self, payload: bytes) -> bytes:
        """The bytes of what the two ends tell each other besides calls."""
        head = envelope.head(0, NO_CHAIN, CONTROL)
        return wire.encoded(
            wire.INVOKE, 0, payload, flags=wire.ONEWAY, annotations=head
        )

    def abandon(self, pending: Pending) -> None:
        """Says that nobody waits for that answer any more.

        What it was to run meanwhile is run elsewhere. The answer may be there.
        """
        if self._pending.get(pending.sequence) is pending:  # its number may be reused
            del self._pending[pending.sequence]
            self._no_longer_waits(pending)
            self._late[pending.sequence] = pending.size
        while not pending.items.empty():
            item = pending.items.get_nowait()
            if isinstance(item, Incoming):
                self._ready.append(item)
            elif isinstance(item, Message) and pending.arrival:
                self._discarded.append((pending.arrival, item.payload))

    # Calls that come in

    def begun(self, incoming: Incoming) -> None:
        """Says that a call that was ready is being run, or dropped."""
        del self._queued[incoming.ordinal]
        self._queued_oneways.pop(incoming.ordinal, None)
        if not incoming.is_tracked:
            self.read(incoming.ordinal)
        if self._unanswered_pings:
            self._answer_pings()

    def read(self, arrival: int) -> None:
        """Says that the payload of a message that is tracked was read."""
        self._controls += self._unread.read(arrival)

    def ended(self, incoming: Incoming) -> None:
        """Says that a call has ended; the ones that waited for that become ready."""
        for started in self._lanes.ended(incoming):
            self._start(started)

    def answer(self, incoming: Incoming, payload: bytes, *, failed: bool) -> bytes:
        """The bytes of the answer to a call."""
        flags = wire.EXCEPTION if failed else 0
        return wire.encoded(wire.RESULT, incoming.sequence, payload, flags=flags)

    # What arrives

    def receive(self, message: Message, now: float) -> None:
        """Takes a message. Raises WireError for one that must not come."""
        self._alive.heard(now)
        if message.serializer != wire.MSGPACK:
            raise WireError(f"a message with serializer {message.serializer}")
        if message.kind == wire.RESULT:
            self._receive_answer(message)
        elif message.kind == wire.INVOKE:
            self._receive_call(message, now)
        elif message.kind == wire.PING:
            self._receive_ping(message)
        else:
            raise WireError(f"a message of kind {message.kind}")

    def tick(self, now: float) -> float:
        """Keeps the connection alive; gives the seconds until it wants to again.

        Raises WireError when the other end has given no sign of life for too long.
        """
        return self._alive.tick(now, self._ask)

    def _ask(self) -> None:
        self._outgoing.append(self._ping(_HEARTBEAT, (0, 0)))

    def lost(self, error: Exception) -> None:
        """Ends every call that waits."""
        for pending in self._pending.values():
            pending.items.put(error)
        self._pending.clear()
        self._waiting.clear()
        self._queued.clear()
        self._queued_oneways.clear()
        self._unread.forget_releases()
        self._lanes.forget_waiting()

    def _receive_answer(self, message: Message) -> None:
        pending = self._pending.get(message.sequence)
        may_refer = envelope.may_refer(message.payload)
        if pending is None:
            size = self._late.pop(message.sequence, None)
            if size is None:
                raise WireError("an answer to no call")
            self._flow.answered(size)
            if may_refer:
                arrival = self._unread.arrived(len(message.payload))
                self._discarded.append((arrival, message.payload))
            return
        if may_refer:
            pending.arrival = self._unread.arrived(0)
        del self._pending[message.sequence]
        self._no_longer_waits(pending)
        self._flow.answered(pending.size)
        pending.items.put(message)

    def _no_longer_waits(self, pending: Pending) -> None:
        if not pending.nested:
            self._flow.ended()
        waiting = self._waiting[pending.chain]
        waiting.remove(pending)
        if not waiting:
            del self._waiting[pending.chain]

    def _receive_call(self, message: Message, now: float) -> None:
        head = envelope.head_of(message)
        key = head.key
        if key == CONTROL:
            if len(message.payload) > _LARGEST_CONTROL:
                raise WireError(f"a control message of {len(message.payload)} bytes")
            self._receive_control(envelope.control_in(message.payload))
            return
        incoming = Incoming(
            message.sequence,
            bool(message.flags & wire.ONEWAY),
            key,
            -head.chain,
            now + head.milliseconds / 1000 if head.milliseconds else None,
            message.payload,
            self._unread.arrived(len(message.payload)),
            len(message.payload) > _LARGE or envelope.may_refer(message.payload),
        )
        self._queue(incoming, now)
        nested = incoming.chain in self._waiting
        starts_now = nested and self._lanes.is_held(key, incoming.chain)
        if not (incoming.oneway or starts_now or self._has_room(key, now)):
            text = f"{self._settings.waiting} calls wait for the object already"
            self._refuse(incoming, "busy", text)
            return
        for started in self._lanes.arrived(incoming, nested=nested):
            self._start(started)

    def _receive_control(self, said: list[Any]) -> None:
        is_release = said[:1] == [envelope.RELEASE]
        if not (is_release and self._unread.has_to_wait(said)):
            self._controls.append(said)

    def _queue(self, incoming: Incoming, now: float) -> None:
        self._queued[incoming.ordinal] = incoming
        if incoming.oneway:
            self._queued_oneways[incoming.ordinal] = None
        settings = self._settings
        if len(self._queued) > settings.queue_messages:
            self._drop_expired(self._lanes.expired(now))
        if len(self._queued) > settings.queue_messages:
            raise WireError(f"more than {settings.queue_messages} calls queued")

    def _has_room(self, key: Key, now: float) -> bool:
        limit = self._settings.waiting
        if self._lanes.waiting_calls(key) < limit:
            return True
        return self._drop_expired(self._lanes.expired(now, key))

    def _drop_expired(self, expired: list[Incoming]) -> bool:
        for one in expired:
            self._refuse(one, "expired", "the time was over before it could start")
        return bool(expired)

    def _refuse(self, incoming: Incoming, code: str, text: str) -> None:
        self.begun(incoming)
        payload = envelope.failure(code, text)
        self._outgoing.append(self.answer(incoming, payload, failed=True))
        if envelope.may_refer(incoming.payload):
            self._discarded.append((incoming.ordinal, incoming.payload))
        elif incoming.is_tracked:
            self.read(incoming.ordinal)

    def _start(self, incoming: Incoming) -> None:
        """Gives a call to the thread that waits in its chain, or to any.

        A oneway call goes to any where it can: its sender does not wait for it, so it
        must not keep the waiting thread from its answer.
        """
        waiting = self._waiting.get(incoming.chain)
        if waiting is None or (incoming.oneway and not incoming.inside):
            self._ready.append(incoming)
        else:
            waiting[-1].items.put(incoming)

    def _receive_ping(self, message: Message) -> None:
        if message.payload == _PONG and message.sequence in self._synchronising:
            self._flow.taken(self._synchronising.pop(message.sequence))
        elif message.payload == _SYNCHRONISE:
            if len(self._unanswered_pings) > _MOST_LATE:
                raise WireError("too many questions that wait for an answer")
            self._unanswered_pings.append((self._unread.arrivals, message.sequence))
            self._answer_pings()
        else:
            self._outgoing.append(_pong(message.sequence))

    def _answer_pings(self) -> None:
        """Answers those PINGs all of whose oneway calls have been taken."""
        oldest = next(iter(self._queued_oneways), None)
        while self._unanswered_pings:
            arrivals, sequence = self._unanswered_pings[0]
            if oldest is not None and oldest <= arrivals:
                return
            del self._unanswered_pings[0]
            self._outgoing.append(_pong(sequence))

    def _ping(self, payload: bytes, taken: Sent) -> bytes:
        sequence = self._free_sequence()
        self._synchronising[sequence] = taken
        return wire.encoded(wire.PING, sequence, payload)

    def _free_sequence(self) -> int:
        if len(self._late) > _MOST_LATE or len(self._synchronising) > _MOST_LATE:
            raise WireError(f"more than {_MOST_LATE} messages without an answer")
        if len(self._pending) > _MOST_PENDING:
            raise WireError(f"more than {_MOST_PENDING} calls that wait for an answer")
        while True:
            self._sequence = (self._sequence + 1) & 0xFFFF
            if (
                self._sequence not in self._pending
                and self._sequence not in self._late
                and self._sequence not in self._synchronising
            ):
                return self._sequence


def _pong(sequence: int) -> bytes:
    return wire.encoded(wire.PING, sequence, _PONG)
