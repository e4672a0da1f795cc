"""One end of a connection, and beside it a model that says what must follow.

The model knows all calls of both ends. It is told what happens before the channel is,
and looks whether the channel does the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from queue import SimpleQueue
from typing import Any

from hypothesis import settings as effort
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from callbackgen.runtime import envelope
from callbackgen.runtime.channel import Channel, Item, Pending
from callbackgen.runtime.envelope import RELEASE
from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import EXCEPTION, INVOKE, RESULT, Message, Receiver
from tests.unit.runtime.ends import REFERENCE


def explore(machine: type[RuleBasedStateMachine], *, examples: int, steps: int) -> None:
    """Has hypothesis go so many ways; far more where the largest tests run whole."""
    usual = 100
    times = effort().max_examples / usual
    run_state_machine_as_test(
        machine,
        settings=effort(max_examples=int(examples * times), stateful_step_count=steps),
    )


class Place(Enum):
    """How far a call has come at the end that runs it."""

    AWAY = auto()
    WAITING = auto()
    STARTED = auto()
    BEGUN = auto()
    ANSWERED = auto()
    ENDED = auto()
    REFUSED = auto()


ACTIVE = (Place.STARTED, Place.BEGUN, Place.ANSWERED)


@dataclass(eq=False, slots=True)
class Made:
    """A call, as who sees both ends knows it. `chain` is as its caller counts it.

    `within` is the call whose handler made it. The thread that waits for it runs
    `running` meanwhile. `outcome` is what its caller has seen in the end.
    """

    number: int
    key: Key
    oneway: bool
    refers: bool
    chain: int
    within: Made | None = None
    seconds: float = 0
    expires: float | None = None
    pending: Pending | None = None
    is_nested: bool = False
    is_sent: bool = False
    outcome: str = ""
    running: Made | None = None
    inner: list[Made] = field(default_factory=list["Made"])
    place: Place = Place.AWAY
    incoming: Incoming | None = None
    waits_for: Made | None = None
    is_read: bool = False
    answer: tuple[bytes, bool] | None = None

    @property
    def payload(self) -> bytes:
        return b"call %d " % self.number + (REFERENCE if self.refers else b"")

    @property
    def depth(self) -> int:
        return 0 if self.within is None else self.within.depth + 1

    @property
    def may_make_calls(self) -> bool:
        """Its handler is a thread, which waits for one call at a time."""
        return self.place is Place.BEGUN and all(one.outcome for one in self.inner)


class Watched(SimpleQueue[Item]):
    """Tells what is put into it."""

    told: Callable[[Item], None]

    def put(self, item: Item, block: bool = True, timeout: float | None = None) -> None:
        self.told(item)
        super().put(item, block, timeout)


def messages_in(data: bytes) -> list[Message]:
    """Those in bytes that are sent at once."""
    receiver = Receiver(lambda _: len(data))
    receiver.feed(data)
    found: list[Message] = []
    while (message := receiver.take()) is not None:
        found.append(message)
    assert not receiver.begun
    return found


def named_in(payload: bytes) -> tuple[str, int]:
    """What a payload is, and of which call."""
    kind, number, *_ = payload.split()
    return kind.decode(), int(number)


class Half:
    """One end, and what the model knows of it."""

    def __init__(self, settings: Settings, sequence: int) -> None:
        self.settings = settings
        self.channel = Channel(settings, 0.0)
        vars(self.channel)["_sequence"] = sequence
        self.receiver = Receiver(lambda _: settings.message_size)
        self.other: Half
        self.is_lost = False
        self.heard = self.now = 0.0
        self.asked: float | None = None
        # To here, under way.
        self.pipe = bytearray()
        self.log: deque[Message] = deque()
        # Calls that were made here.
        self.made: dict[int, Made] = {}
        self.open: list[Made] = []
        self.unsent: list[tuple[Made, bytes]] = []
        # Calls that have come here.
        self.lanes: dict[Key, list[Made]] = {}
        self.ready: list[Made] = []
        self.oneways_begun = 0
        # Messages that are not read here, and what waits for that.
        self.unread: dict[tuple[str, int], None] = {}
        self.held: list[tuple[frozenset[tuple[str, int]], int]] = []
        self.due: list[tuple[str, int]] = []
        self.leftovers: deque[tuple[int, tuple[str, int]]] = deque()
        self.to_read: list[tuple[int, tuple[str, int]]] = []

    # What goes out

    def send(self, data: bytes) -> None:
        if self.is_lost:
            return
        self.other.log += messages_in(data)
        self.other.pipe += data

    def waits(self, made: Made, pending: Pending) -> None:
        """A call whose answer somebody waits for here."""
        watched = Watched()
        watched.told = lambda item: self._told(made, item)
        pending.items = watched
        made.pending = pending
        self.made[made.number] = made
        self.open.append(made)

    def has_been_asked_for(self, seconds: float) -> bool:
        """Whether the other end has had so long to say that it is there."""
        return self.asked is not None and self.now >= self.asked + seconds

    def _told(self, made: Made, item: Item) -> None:
        if isinstance(item, Incoming):
            self._started(item, made)
            return
        assert made in self.open, "an outcome twice, or after it was given up"
        self.open.remove(made)
        if isinstance(item, Message):
            assert made.answer == (item.payload, bool(item.flags & EXCEPTION))

    # What comes in

    def deliver(self, count: int) -> None:
        """The next bytes arrive."""
        self.receiver.feed(bytes(self.pipe[:count]))
        del self.pipe[:count]
        while (message := self.receiver.take()) is not None:
            assert message == self.log.popleft()
            self.heard = self.now
            self.asked = None
            self._foresee(message)
            self.channel.receive(message, self.now)
            self.follow()
        if self.log:
            whole = sum(len(one.encoded()) for one in self.log)
            assert self.receiver.begun == (len(self.pipe) < whole)

    def _foresee(self, message: Message) -> None:
        if message.kind == RESULT:
            self._foresee_answer(message)
        elif message.kind == INVOKE and message.payload.startswith(b"call "):
            self._foresee_call(self.other.made[named_in(message.payload)[1]])
        elif message.kind == INVOKE:
            released = envelope.control_in(message.payload)[1][0]
            self.held.append((frozenset(self.unread), released))

    def _foresee_answer(self, message: Message) -> None:
        made = next(
            one
            for one in self.made.values()
            if one.pending is not None
            and one.pending.sequence == message.sequence
            and one.answer == (message.payload, bool(message.flags & EXCEPTION))
        )
        if envelope.may_refer(message.payload):
            self.unread["answer", made.number] = None
            if made not in self.open:
                self.due.append(("answer", made.number))

    def _foresee_call(self, made: Made) -> None:
        made.expires = self.now + made.seconds if made.seconds else None
        lane = self.lanes.setdefault(made.key, [])
        if not made.oneway and not self._is_inside(made):
            waiting = [
                one for one in lane if one.place is Place.WAITING and not one.oneway
            ]
            if len(waiting) >= self.settings.waiting:
                expired = [one for one in waiting if self._has_expired(one)]
                for one in expired:
                    self._refused(one, "expired")
                if not expired:
                    self._refused(made, "busy")
                    return
        self.unread["call", made.number] = None
        made.place = Place.WAITING
        lane.append(made)

    def _has_expired(self, made: Made) -> bool:
        return made.expires is not None and made.expires <= self.now

    def _refused(self, made: Made, code: str) -> None:
        made.place = Place.REFUSED
        texts = {
            "busy": f"{self.settings.waiting} calls wait for the object already",
            "expired": "the time was over before it could start",
        }
        made.answer = envelope.failure(code, texts[code]), True
        lane = self.lanes[made.key]
        if made in lane:
            lane.remove(made)
        if made.refers:
            self.unread["call", made.number] = None
            self.due.append(("call", made.number))
        else:
            self.unread.pop(("call", made.number), None)

    # What follows

    def follow(self) -> None:
        """Does what follows from the last thing that the channel was told."""
        turn = self.channel.take()
        for data in turn.outgoing:
            self.send(data)
        for incoming in turn.ready:
            self._started(incoming, None)
        found = [(arrival, named_in(said)) for arrival, said in turn.discarded]
        assert sorted(name for _, name in found) == sorted(self.due)
        self.due.clear()
        self.leftovers += found
        released: list[Any] = []
        while self.held and not any(name in self.unread for name in self.held[0][0]):
            released.append([RELEASE, [self.held.pop(0)[1], 1]])
        assert turn.controls == released

    def _is_inside(self, made: Made) -> bool:
        """Whether what it would wait for waits for it."""
        chain = -made.chain
        return (
            chain != NO_CHAIN
            and any(one.chain == chain for one in self.open)
            and any(
                one.place in ACTIVE and not one.oneway and -one.chain == chain
                for one in self.lanes.get(made.key, ())
            )
        )

    def may_start(self, made: Made) -> bool:
        """Whether nothing that came before, or runs, keeps it back."""
        lane = self.lanes[made.key]
        before = lane[: lane.index(made)]
        others = [one for one in lane if one in before or one.place in ACTIVE]
        if isinstance(made.key, int):
            return not others
        return not any(one.oneway for one in others)

    def _started(self, incoming: Incoming, thread: Made | None) -> None:
        made = self.other.made[named_in(incoming.payload)[1]]
        if made.place is Place.STARTED:  # who was to run it has given up
            assert made.waits_for is not None
            assert thread is None
        else:
            assert made.place is Place.WAITING
            assert incoming.key == made.key
            assert incoming.oneway == made.oneway
            assert incoming.chain == -made.chain
            assert incoming.payload == made.payload
            assert incoming.is_tracked == made.refers
            assert incoming.expires == made.expires
            assert self._is_inside(made) if incoming.inside else self.may_start(made)
            waiting = [one for one in self.open if one.chain == incoming.chain]
            if waiting and (incoming.inside or not made.oneway):
                assert thread is waiting[-1], "not who waits innermost in its chain"
            else:
                assert thread is None
        made.place = Place.STARTED
        made.incoming = incoming
        made.waits_for = thread
        if thread is None:
            self.ready.append(made)

    def check(self) -> None:
        """What holds at any time."""
        if self.is_lost:
            return
        flying = sum(not one.is_nested for one in self.open)
        assert self.channel.may_call == (flying < self.settings.in_flight)
        assert flying <= self.settings.in_flight
        if self.other.is_lost:
            return
        sent = sum(one.oneway for one in self.made.values())
        assert sent - self.other.oneways_begun <= self.settings.oneways
        for lane in self.lanes.values():
            for made in lane:
                if made.place is Place.WAITING:
                    assert not self.may_start(made), "it could start"


def left_in(channel: Channel) -> dict[str, object]:
    """What a channel still keeps."""
    found: dict[str, object] = dict(vars(channel))
    found |= {f"unread.{name}": one for name, one in vars(found["_unread"]).items()}
    found["lanes"] = found["_lanes"]._lanes  # type: ignore[attr-defined]
    return {
        name: one
        for name, one in found.items()
        if isinstance(one, dict | set | list | deque) and one
    }
