"""One connection of ours at either end: it makes calls, and runs those that come."""

from __future__ import annotations

import functools
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.calling import Calling
from callbackgen.runtime.channel import NOTHING, Channel, Discarded, Turn
from callbackgen.runtime.context import Peer
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import (
    ConnectionLost,
    Forked,
)
from callbackgen.runtime.lanes import Incoming, Key
from callbackgen.runtime.references import Passing, References
from callbackgen.runtime.serving import Server
from callbackgen.runtime.staying import Staying
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.turns import turn_to_read
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import Message, WireError
from callbackgen.runtime.workers import Crew, Task

if TYPE_CHECKING:
    from callbackgen.runtime.call import Call
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.refusals import Tell
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.wrapper import Wrapper

_log = logging.getLogger("callbackgen.session")

_MOST_RELEASES: Final = 500
"""How many are told in one message."""


class Session:
    """A connection after its handshake.

    `lock` is held around every use of `channel`; `room` is told of its changes as long
    as there are threads `waiting_for_room`.

    `services` finds the wrapper of a service by its name; `call_ended` runs after each
    call that came in, `ended` in a worker when the connection has ended and nothing of
    it runs any more. `tell` has the log say what was refused.
    """

    def __init__(
        self,
        transport: Transport,
        crew: Crew,
        settings: Settings,
        peer: Peer,
        counters: Counters,
        services: Callable[[str, str], Wrapper],
        ended: Callable[[], object],
        call_ended: Callable[[], object],
        tell: Tell,
    ) -> None:
        self.settings = settings
        self.peer = peer
        self.transport = transport
        self._crew = crew
        self.share: object = self
        """For whom the threads work that run its calls; see `workers`."""
        self._counters = counters
        self._ended = ended
        self._call_ended = call_ended
        self.tell = tell
        self.lock = threading.Lock()
        self.room = threading.Condition(self.lock)
        self.waiting_for_room = 0
        self.channel = Channel(settings, time.monotonic())
        self._releases: deque[tuple[int, int]] = deque()
        self._leftovers: deque[Discarded] = deque()
        self._staying = Staying(transport, crew.workers)
        self.references = References(
            self, settings.callbacks, services, self._release_later
        )
        self._calling = Calling(self, counters)
        self._server = Server(self, self.references, counters)
        self._lost: str | None = None
        self._running = 0
        self._is_forked = False
        self._said_goodbye = False

    def __str__(self) -> str:
        return self.peer.address

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._lost is None and not self.transport.is_closing

    def begin(self) -> None:
        """Watch over the connection. For the loop's thread."""
        self.tick()

    def make(self, call: Call, key: Key) -> Any:
        """Makes a call of an object of the other end. Raises RemoteError."""
        return self._calling.make(call, key)

    def check_open(self) -> None:
        """Raises ConnectionLost, Forked where no call can be made any more."""
        if self._lost is None and not self.transport.is_closing:
            return
        if self._is_forked:
            raise Forked(
                f"the connection to {self} belongs to the process that this one was "
                "forked from: connect anew here"
            )
        raise ConnectionLost(self.lost_text(self.why_lost))

    @property
    def why_lost(self) -> str:
        """Why no call can be made any more."""
        return self._lost or self.transport.closing or "it was closed"

    def lost_text(self, reason: str) -> str:
        """What is said of a connection that has ended."""
        return f"the connection to {self} ended: {reason}"

    # Calls that come in

    def run(self, incoming: Incoming) -> None:
        """Runs a call, answers it, and lets those go on that waited for its end."""
        # Before what follows the call can release its object.
        export = self.references.export(incoming.key)
        with self.lock:
            if self._lost is not None:
                return
            self._running += 1
            self.channel.begun(incoming)
            self._count_unread()
            turn = self.channel.take()
        if turn is not NOTHING:
            self.follow(turn)
        try:
            if not incoming.oneway:  # what it answers would only wait, too
                self._wait_for_room()
            self._server.run(incoming, export)
        finally:
            with self.lock:
                self._running -= 1
                self.channel.ended(incoming)
                turn = self.channel.take()
                is_over = self._is_over()
            if turn is not NOTHING:
                self.follow(turn)
            self._call_ended()
            if is_over:
                self._ended()

    def _is_over(self) -> bool:
        """Whether the connection has ended and nothing runs. With the lock."""
        return self._lost is not None and not self._running

    def answer(self, incoming: Incoming, payload: bytes, *, failed: bool) -> None:
        """Sends the answer to a call. Raises ConnectionLost where nobody is there."""
        self._wait_for_room()
        if incoming.may_stay:
            self._staying.begin()
        # Made only now: threads that wait for room would have each answer twice.
        self.transport.send(self.channel.answer(incoming, payload, failed=failed))

    def _wait_for_room(self) -> None:
        """Waits until the other end has taken enough; if it does not, it has to go.

        No other thread does the work of this one meanwhile: that would make more.
        """
        if not self.transport.is_full:
            return
        try:
            self.transport.wait_for_room(Deadline(self.settings.blocked))
        except TimeoutError:
            self.close("the other end does not read")

    def follow(self, turn: Turn) -> None:
        """Does what follows from what the channel was told."""
        for data in turn.outgoing:
            self._send_if_open(data)
        for incoming in turn.ready:
            if not self._staying.takes(incoming) and self._lost is None:
                task = functools.partial(self._staying.run, incoming, self.run)
                self._crew.workers.submit(self.share, task)
        if turn.discarded:
            self._discard_later(turn.discarded)
        for said in turn.controls:
            self._hear(said)

    def _send_if_open(self, data: bytes) -> None:
        try:
            self.transport.send(data)
        except ConnectionLost:
            _log.debug("%s: gone before it could be told", self)

    def discard(self, payload: bytes) -> None:
        """Release the references in a payload that nobody wants any more.

        Those in what is large and has no declared type here, a long list of them say,
        stay until the connection ends.
        """
        passing = Passing(self.references, self)
        limit = self.settings.untyped_size
        try:
            with turn_to_read(len(payload)):
                for part in envelope.parts_of(payload, limit):
                    unpacked(part, passing.extension)
        except WireError as error:
            self.close_misused(str(error))

    def _discard_later(self, discarded: list[Discarded]) -> None:
        """Have one task drop all that is there to be dropped."""
        with self.lock:
            is_under_way = bool(self._leftovers)
            self._leftovers += discarded
        if not is_under_way:
            self.run_apart(self._discard_leftovers)

    def _discard_leftovers(self) -> None:
        while self._leftovers:
            arrival, payload = self._leftovers[0]
            self.discard(payload)
            self.has_read(arrival)
            with self.lock:
                self._leftovers.popleft()

    def has_read(self, arrival: int) -> None:
        """The payload of a message was read: the references in it are known."""
        with self.lock:
            self.channel.read(arrival)
            self._count_unread()
            turn = self.channel.take()
        if turn is not NOTHING:
            self.follow(turn)

    def run_apart(self, task: Task) -> None:
        """Run something in a worker."""
        self._crew.workers.submit(self.share, task)

    def run_call(self, task: Task) -> None:
        """Run what makes a call for a coroutine."""
        self._crew.callers.submit(self.share, task)

    # In the loop's thread

    def received(self, message: Message) -> None:
        """See `Handler`."""
        if message.flags & wire.COMPRESSED:  # to unpack it would hold up the others
            raise WireError("a message that is packed")
        with self.lock:
            self.channel.receive(message, time.monotonic())
            if self.waiting_for_room and message.kind != wire.INVOKE:
                self.room.notify_all()
            self._count_unread()
            turn = self.channel.take()
        if turn is not NOTHING:
            self.follow(turn)

    def is_needed(self) -> bool:
        """Whether anybody waits for what comes."""
        return self.channel.is_needed

    def _count_unread(self) -> None:
        self.transport.inbox.unread(self.channel.unread)

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        remotes = self.references.remotes()
        with self.lock:
            self._lost = reason
            self.channel.lost(ConnectionLost(self.lost_text(reason)))
            self.room.notify_all()
            is_over = self._is_over()
        dropped = self.references.clear()
        if dropped:
            self.run_apart(functools.partial(_drop, dropped))
        for remote in remotes:
            remote.tell_lost()
        counted = "the other end said goodbye" if self._said_goodbye else reason
        self._counters.ended(self.transport, counted)
        if is_over:
            self.run_apart(self._ended)

    def _hear(self, said: list[Any]) -> None:
        """Does what the other end tells. In any thread."""
        match said:
            case [envelope.RELEASE, *released]:
                found = [self._released(pair) for pair in released]
                dropped = [one for one in found if one is not None]
                del found
                if dropped:
                    self.run_apart(functools.partial(_drop, dropped))
            case [envelope.GOODBYE, str() as reason]:
                self._said_goodbye = True
                self.transport.close(ascii(reason[:200])[1:-1])
            case _:
                _log.debug("%s: a control message that is not known", self)

    def _released(self, pair: object) -> object:
        match pair:
            case [int() as key, int() as received]:
                return self.references.release(key, received)
            case _:
                self.close_misused("a release that is not made as one")
                return None

    def _release_later(self, key: int, received: int) -> None:
        """Runs wherever a stub is dropped, maybe in a garbage collection."""
        self._releases.append((key, received))
        self.transport.loop.soon(self._tell_released)

    def _tell_released(self) -> None:
        pairs: list[tuple[int, int]] = []
        while self._releases and len(pairs) < _MOST_RELEASES:
            pairs.append(self._releases.popleft())
        # After that: the other end may pass as many others when it hears of these.
        self.references.forget_dropped()
        if not pairs or not self.is_open:
            return
        self._send_if_open(
            self.channel.tell(envelope.control(envelope.RELEASE, *pairs))
        )
        if self._releases:
            self.transport.loop.soon(self._tell_released)

    def tick(self) -> None:
        """Keep the connection alive. For the loop's thread."""
        if not self.is_open:
            return
        with self.lock:
            if not self.transport.inbox.has_room:
                self.channel.hear_later(time.monotonic())
            try:
                wait = self.channel.tick(time.monotonic())
            except WireError as error:
                self.transport.close(str(error))
                return
            turn = self.channel.take()
        self.follow(turn)
        tick = functools.partial(_tick, weakref.ref(self))
        self.transport.loop.later(max(wait, 0.01), tick)

    # The end

    def withdraw(self, value: object) -> None:
        """Take back an object that the other end holds by reference.

        Raises ValueError if it holds none such.
        """
        if self.references.withdraw(value) is None:
            raise ValueError(
                f"this {type(value).__name__} was not passed to {self}, or is not held "
                "there any more"
            )

    def close(self, reason: str, farewell: str | None = None) -> None:
        """End the connection; `farewell` is what the other end is told."""
        data = b""
        if farewell is not None and self.is_open:
            data = self.channel.tell(envelope.control(envelope.GOODBYE, farewell))
        self.transport.close(reason, data)

    def close_misused(self, reason: str) -> None:
        """End the connection since the other end does not speak as it must."""
        self.transport.is_misused = True
        self.close(reason)

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._is_forked = True
        self.transport.forget()


def _tick(session: weakref.ref[Session]) -> None:
    """A timer must not keep a session that is over."""
    if (found := session()) is not None:
        found.tick()


def _drop(dropped: list[object]) -> None:
    """Objects of the user may run code when they go: here, in a worker."""
    dropped.clear()
