"""One connection of ours at either end: it makes calls, and runs those that come."""

from __future__ import annotations

import functools
import logging
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.channel import NOTHING, Channel, Discarded, Item, Pending, Turn
from callbackgen.runtime.context import Peer, served
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import (
    BadArgument,
    BadReply,
    ConnectionLost,
    Forked,
    LimitExceeded,
)
from callbackgen.runtime.interfaces import interface_name
from callbackgen.runtime.lanes import Incoming, Key
from callbackgen.runtime.references import Passing, References
from callbackgen.runtime.serving import Server
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wire import Message, WireError
from callbackgen.runtime.workers import Crew, Task, waiting

if TYPE_CHECKING:
    from callbackgen.runtime.call import Call
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.wrapper import Wrapper

_log = logging.getLogger("callbackgen.session")

_MOST_RELEASES: Final = 500
"""How many are told in one message."""

_SOON: Final = 0.002
"""Seconds for which a thread that has run a call waits for the next one to read."""

_READING: Final = 1.0
"""Seconds after which a thread that reads looks whether the connection has ended."""

_MARK_OF_REFERENCE: Final = bytes([envelope.REFERENCE])


class Session:
    """A connection after its handshake.

    `services` finds the wrapper of a service by its name; `call_ended` runs after each
    call that came in, `ended` in a worker when the connection has ended and nothing of
    it runs any more.
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
    ) -> None:
        self.settings = settings
        self.peer = peer
        self._transport = transport
        self._crew = crew
        self._counters = counters
        self._ended = ended
        self._call_ended = call_ended
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._channel = Channel(settings, time.monotonic())
        self._releases: deque[tuple[int, int]] = deque()
        self._leftovers: deque[Discarded] = deque()
        self._stays: int | None = None
        self._next_call: Incoming | None = None
        self.references = References(
            self, settings.callbacks, services, self._release_later
        )
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
        return self._lost is None and not self._transport.is_closing

    def begin(self) -> None:
        """Watch over the connection. For the loop's thread."""
        self.tick()

    def make(self, call: Call, key: Key) -> Any:
        """Makes a call of an object of the other end. Raises RemoteError."""
        self._check_open()
        passing = Passing(self.references, self)
        used, positional, named = call.packed(passing)
        try:
            payload = self._payload(call, positional, named)
            self._counters.count("calls_made")
            self._transport.wait_for_room(call.deadline)
            if call.method.oneway and not call.assigns:
                self._send_oneway(call, key, payload)
                return None
            pending, data = self._begin_call(call, key, payload)
        except TimeoutError as error:
            passing.undo()
            self._counters.count("timeouts")
            raise call.too_late(self) from error
        except WireError as error:
            passing.undo()
            self._transport.close(str(error))
            raise ConnectionLost(self._lost_text(str(error))) from error
        except BaseException:
            passing.undo()
            raise
        answer = self._answer(call, pending, data)
        try:
            return self._result(call, answer, used, passing)
        finally:
            self.has_read(pending.arrival)

    def _payload(
        self, call: Call, positional: list[object], named: dict[str, object]
    ) -> bytes:
        interface = interface_name(call.stub)
        try:
            payload = envelope.request(interface, call.method.name, positional, named)
        except (OverflowError, RecursionError) as error:
            raise BadArgument(f"{call.name}: {error}") from None
        if len(payload) > self.settings.message_size:
            raise call.too_large(len(payload), self.settings.message_size)
        return payload

    def _chain(self) -> int | None:
        """The chain of calls that this thread is part of on this connection."""
        current = served()
        return None if current is None else current.chains.get(self)

    def _send_oneway(self, call: Call, key: Key, payload: bytes) -> None:
        with self._lock:
            while not self._channel.may_send_oneway:
                self._wait_for_room(call.deadline)
            message = self._channel.oneway(key, self._chain() or 0, payload)
            # Sent with the lock held, so that oneway calls go in their order.
            self._transport.send(message)

    def _begin_call(
        self, call: Call, key: Key, payload: bytes
    ) -> tuple[Pending, bytes]:
        chain = self._chain()
        with self._lock:
            while chain is None and not self._channel.may_call:
                self._wait_for_room(call.deadline)
            self._check_open()
            nested = chain is not None
            if chain is None:
                chain = self._channel.new_chain()
            milliseconds = call.deadline.milliseconds()
            return self._channel.call(key, chain, milliseconds, payload, nested=nested)

    def _wait_for_room(self, deadline: Deadline) -> None:
        """Waits, with the lock, until something has changed."""
        self._check_open()
        if not self._room.wait(deadline.remaining()):
            raise TimeoutError

    def _answer(self, call: Call, pending: Pending, data: bytes) -> Message:
        # Before it is sent: else the loop is woken by an answer that comes at once.
        reads = self._transport.try_reading()
        try:
            self._send_call(data, reads=reads)
            with waiting():
                return self._wait(pending, call.deadline, reads=reads)
        except TimeoutError as error:
            self._abandon(pending)
            self._counters.count("timeouts")
            raise call.too_late(self) from error
        except BaseException:
            self._abandon(pending)
            raise

    def _send_call(self, data: bytes, *, reads: bool) -> None:
        try:
            self._transport.send(data)
        except BaseException:
            if reads:
                self._transport.stop_reading()
            raise

    def _wait(self, pending: Pending, deadline: Deadline, *, reads: bool) -> Message:
        """Waits for the answer, and runs what comes for this thread meanwhile.

        `reads`: this thread has begun to read.
        """
        while True:
            item = self._next_item(pending, deadline, reads=reads)
            reads = False
            if isinstance(item, Message):
                return item
            if isinstance(item, Incoming):
                self._run(item)
                del item
            else:
                raise ConnectionLost(str(item))

    def _next_item(self, pending: Pending, deadline: Deadline, *, reads: bool) -> Item:
        """What comes next for a thread that waits, which reads if no other does."""
        items = pending.items
        if reads or (items.empty() and self._transport.try_reading()):
            self._read_for(items, deadline)
        try:
            return items.get_nowait()
        except Empty:
            pass
        try:
            return items.get(timeout=deadline.remaining())
        except Empty:
            raise TimeoutError from None

    def _read_for(self, items: SimpleQueue[Item], deadline: Deadline) -> None:
        """Reads until something has come for this thread."""
        transport = self._transport
        try:
            while items.empty() and not transport.is_closing:
                transport.read_within(min(deadline.remaining(), _READING))
        finally:
            transport.stop_reading()

    def _abandon(self, pending: Pending) -> None:
        with self._lock:
            self._channel.abandon(pending)
            self._room.notify_all()
            turn = self._channel.take()
        self._follow(turn)

    def _result(self, call: Call, answer: Message, used: Any, passing: Passing) -> Any:
        if answer.flags & wire.EXCEPTION:
            raise envelope.error_in(answer.payload)
        try:
            data = envelope.unpacked(answer.payload, passing.extension)
        except WireError as error:
            raise BadReply(f"{call.name}: {error}") from None
        if passing.refused is not None:
            raise LimitExceeded(f"{call.name}: {passing.refused}")
        return call.result(data, used, passing)

    def _check_open(self) -> None:
        if self._is_forked:
            raise Forked(
                f"the connection to {self} belongs to the process that this one was "
                "forked from: connect anew here"
            )
        if not self.is_open:
            raise ConnectionLost(self._lost_text(self._lost or "it was closed"))

    def _lost_text(self, reason: str) -> str:
        return f"the connection to {self} ended: {reason}"

    # Calls that come in

    def _run_and_stay(self, first: Incoming) -> None:
        """Runs a call, and those that follow soon, which this thread reads itself.

        To wake a thread for each call costs more than the call.
        """
        incoming: Incoming | None = first
        del first
        while incoming is not None:
            incoming.may_stay = True
            try:
                self._run(incoming)
            finally:
                incoming = self._next_soon()

    def _next_soon(self) -> Incoming | None:
        """The next call, if this thread reads and one comes soon."""
        if self._stays != threading.get_ident():
            return None
        try:
            if not self._transport.is_closing:
                self._transport.read_within(_SOON)
        finally:
            self._stays = None
            self._transport.stop_reading()
        incoming, self._next_call = self._next_call, None
        return incoming

    def _stay(self) -> None:
        """Have this thread read what follows the answer that it is about to send."""
        if self._crew.workers.has_time and self._transport.try_reading():
            self._stays = threading.get_ident()

    def _run(self, incoming: Incoming) -> None:
        """Runs a call, answers it, and lets those go on that waited for its end."""
        with self._lock:
            if self._lost is not None:
                return
            self._running += 1
            self._channel.begun(incoming)
            turn = self._channel.take()
        if turn is not NOTHING:
            self._follow(turn)
        try:
            self._server.run(incoming)
        finally:
            with self._lock:
                self._running -= 1
                self._channel.ended(incoming)
                turn = self._channel.take()
                is_over = self._is_over()
            if turn is not NOTHING:
                self._follow(turn)
            self._call_ended()
            if is_over:
                self._ended()

    def _is_over(self) -> bool:
        """Whether the connection has ended and nothing runs. With the lock."""
        return self._lost is not None and not self._running

    def answer(self, incoming: Incoming, payload: bytes, *, failed: bool) -> None:
        """Sends the answer to a call, if it is still wanted."""
        message = self._channel.answer(incoming, payload, failed=failed)
        try:
            if self._transport.is_full:
                with waiting():
                    self._transport.wait_for_room(Deadline(self.settings.blocked))
            if incoming.may_stay:
                self._stay()
            self._transport.send(message)
        except TimeoutError:
            self.close("the other end does not read")
        except ConnectionLost:
            _log.debug("%s: nobody is there for an answer", self)

    def _follow(self, turn: Turn) -> None:
        """Does what follows from what the channel was told."""
        for data in turn.outgoing:
            self._send_if_open(data)
        for incoming in turn.ready:
            if self._stays == threading.get_ident() and self._next_call is None:
                self._next_call = incoming
            elif self._lost is None:
                task = functools.partial(self._run_and_stay, incoming)
                self._crew.workers.submit(self, task)
        if turn.discarded:
            self._discard_later(turn.discarded)
        for said in turn.controls:
            self._hear(said)

    def _send_if_open(self, data: bytes) -> None:
        try:
            self._transport.send(data)
        except ConnectionLost:
            _log.debug("%s: gone before it could be told", self)

    def discard(self, payload: bytes) -> None:
        """Drop what nobody wants any more; the references in it are released."""
        if _MARK_OF_REFERENCE in payload:
            passing = Passing(self.references, self)
            try:
                envelope.unpacked(payload, passing.extension)
            except WireError as error:
                self.close(str(error))

    def _discard_later(self, discarded: list[Discarded]) -> None:
        """Have one task drop all that is there to be dropped."""
        with self._lock:
            is_under_way = bool(self._leftovers)
            self._leftovers += discarded
        if not is_under_way:
            self.run_apart(self._discard_leftovers)

    def _discard_leftovers(self) -> None:
        while self._leftovers:
            arrival, payload = self._leftovers[0]
            self.discard(payload)
            self.has_read(arrival)
            with self._lock:
                self._leftovers.popleft()

    def has_read(self, arrival: int) -> None:
        """The payload of a message was read: references in it are known."""
        with self._lock:
            self._channel.read(arrival)
            turn = self._channel.take()
        if turn is not NOTHING:
            self._follow(turn)

    def run_apart(self, task: Task) -> None:
        """Run something in a worker."""
        self._crew.workers.submit(self, task)

    def run_call(self, task: Task) -> None:
        """Run what makes a call for a coroutine."""
        self._crew.callers.submit(self, task)

    # In the loop's thread

    def received(self, message: Message) -> None:
        """See `Handler`."""
        with self._lock:
            self._channel.receive(message, time.monotonic())
            if message.kind != wire.INVOKE:
                self._room.notify_all()
            turn = self._channel.take()
        if turn is not NOTHING:
            self._follow(turn)

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        remotes = self.references.remotes()
        with self._lock:
            self._lost = reason
            self._channel.lost(ConnectionLost(self._lost_text(reason)))
            self._room.notify_all()
            is_over = self._is_over()
        dropped = self.references.clear()
        if dropped:
            self.run_apart(functools.partial(_drop, dropped))
        for remote in remotes:
            remote.tell_lost()
        counted = "the other end said goodbye" if self._said_goodbye else reason
        self._counters.ended(self._transport, counted)
        if is_over:
            self.run_apart(self._ended)
        _log.info("%s: the connection ended: %s", self, reason)

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
                self._transport.close(ascii(reason[:200])[1:-1])
            case _:
                _log.debug("%s: a control message that is not known", self)

    def _released(self, pair: object) -> object:
        match pair:
            case [int() as key, int() as received]:
                return self.references.release(key, received)
            case _:
                self.close("a release that is not made as one")
                return None

    def _release_later(self, key: int, received: int) -> None:
        """Runs wherever a stub is dropped, maybe in a garbage collection."""
        self._releases.append((key, received))
        self._transport.loop.soon(self._tell_released)

    def _tell_released(self) -> None:
        self.references.forget_dropped()
        if not self._releases or not self.is_open:
            return
        pairs: list[tuple[int, int]] = []
        while self._releases and len(pairs) < _MOST_RELEASES:
            pairs.append(self._releases.popleft())
        self._send_if_open(
            self._channel.tell(envelope.control(envelope.RELEASE, *pairs))
        )
        if self._releases:
            self._transport.loop.soon(self._tell_released)

    def tick(self) -> None:
        """Keep the connection alive. For the loop's thread."""
        if not self.is_open:
            return
        with self._lock:
            try:
                wait = self._channel.tick(time.monotonic())
            except WireError as error:
                self._transport.close(str(error))
                return
            turn = self._channel.take()
        self._follow(turn)
        tick = functools.partial(_tick, weakref.ref(self))
        self._transport.loop.later(max(wait, 0.01), tick)

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
            data = self._channel.tell(envelope.control(envelope.GOODBYE, farewell))
        self._transport.close(reason, data)

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._is_forked = True
        self._transport.forget()


def _tick(session: weakref.ref[Session]) -> None:
    """A timer must not keep a session that is over."""
    if (found := session()) is not None:
        found.tick()


def _drop(dropped: list[object]) -> None:
    """Objects of the user may run code when they go: here, in a worker."""
    dropped.clear()
