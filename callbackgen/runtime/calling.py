"""The calls that go out over one connection, and the threads that wait for them."""

from __future__ import annotations

from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.channel import Item, Pending
from callbackgen.runtime.context import served
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import (
    BadArgument,
    BadReply,
    ConnectionLost,
    LimitExceeded,
    RemoteError,
)
from callbackgen.runtime.interfaces import interface_name
from callbackgen.runtime.lanes import Incoming, Key
from callbackgen.runtime.references import Passing
from callbackgen.runtime.turns import turn_to_read
from callbackgen.runtime.unpacking import check_parts, unpacked
from callbackgen.runtime.wire import Message, WireError
from callbackgen.runtime.workers import waiting

if TYPE_CHECKING:
    from callbackgen.runtime.call import Call
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.session import Session

_READING: Final = 1.0
"""Seconds after which a thread that reads looks whether the connection has ended."""


class Calling:
    """Makes the calls of a session."""

    def __init__(self, session: Session, counters: Counters) -> None:
        self._session = session
        self._counters = counters

    def make(self, call: Call, key: Key) -> Any:
        """Makes a call of an object of the other end. Raises RemoteError."""
        session = self._session
        session.check_open()
        passing = Passing(session.references, session)
        used, positional, named = call.packed(passing)
        try:
            payload = self._payload(call, positional, named)
            self._counters.calls_made.count()
            session.transport.wait_for_room(call.deadline)
            if call.method.oneway and not call.assigns:
                self._send_oneway(call, key, payload)
                return None
            pending, data = self._begin_call(call, key, payload)
        except TimeoutError as error:
            passing.undo()
            self._counters.timeouts.count()
            raise call.too_late(session) from error
        except WireError as error:
            passing.undo()
            session.transport.close(str(error))
            raise ConnectionLost(session.lost_text(str(error))) from error
        except BaseException:
            passing.undo()
            raise
        answer = self._answer(call, pending, data)
        try:
            try:
                return self._result(call, answer, used, passing)
            finally:
                if pending.arrival:
                    session.has_read(pending.arrival)
        except RemoteError as error:
            session.references.versions.explain(call, key, error)
            raise

    def _payload(
        self, call: Call, positional: list[object], named: dict[str, object]
    ) -> bytes:
        session = self._session
        interface = interface_name(call.stub)
        try:
            payload = envelope.request(interface, call.method.name, positional, named)
            if len(payload) <= session.settings.untyped_size:
                check_parts([positional, named], len(payload))
        except (OverflowError, RecursionError, UnicodeEncodeError, WireError) as error:
            raise BadArgument(f"{call.name}: {error}") from None
        call.check_size(payload, session.settings)
        call.check_shape(payload, session.settings)
        return payload

    def _chain(self) -> int | None:
        """The chain of calls that this thread is part of on this connection."""
        session = self._session
        current = served()
        return None if current is None else current.chains.get(session)

    def _send_oneway(self, call: Call, key: Key, payload: bytes) -> None:
        session = self._session
        with session.lock:
            while not session.channel.may_send_oneway:
                self._wait_for_room(call.deadline)
            message = session.channel.oneway(key, self._chain() or 0, payload)
            # Sent with the lock held, so that oneway calls go in their order.
            session.transport.send(message)

    def _begin_call(
        self, call: Call, key: Key, payload: bytes
    ) -> tuple[Pending, bytes]:
        session = self._session
        chain = self._chain()
        with session.lock:
            while chain is None and not session.channel.may_call:
                self._wait_for_room(call.deadline)
            session.check_open()
            nested = chain is not None
            if chain is None:
                chain = session.channel.new_chain()
            milliseconds = call.deadline.milliseconds()
            return session.channel.call(
                key, chain, milliseconds, payload, nested=nested
            )

    def _wait_for_room(self, deadline: Deadline) -> None:
        """Waits, with the lock, until something has changed."""
        session = self._session
        session.check_open()
        session.waiting_for_room += 1
        session.transport.look_for_room_soon()
        try:
            if not session.room.wait(deadline.remaining()):
                raise TimeoutError
        finally:
            session.waiting_for_room -= 1

    def _answer(self, call: Call, pending: Pending, data: bytes) -> Message:
        session = self._session
        # Before it is sent: else the loop is woken by an answer that comes at once.
        reads = session.transport.try_reading()
        try:
            self._send_call(data, reads=reads)
            with waiting():
                return self._wait(pending, call.deadline, reads=reads)
        except TimeoutError as error:
            self._abandon(pending)
            self._counters.timeouts.count()
            raise call.too_late(session) from error
        except BaseException:
            self._abandon(pending)
            raise

    def _send_call(self, data: bytes, *, reads: bool) -> None:
        session = self._session
        try:
            session.transport.send(data)
        except BaseException:
            if reads:
                session.transport.stop_reading()
            raise

    def _wait(self, pending: Pending, deadline: Deadline, *, reads: bool) -> Message:
        """Waits for the answer, and runs what comes for this thread meanwhile.

        `reads`: this thread has begun to read.
        """
        session = self._session
        while True:
            item = self._next_item(pending, deadline, reads=reads)
            reads = False
            if isinstance(item, Message):
                return item
            if isinstance(item, Incoming):
                session.run(item)
                del item
                deadline.remaining()  # however many more there are to run
            else:
                raise ConnectionLost(str(item))

    def _next_item(self, pending: Pending, deadline: Deadline, *, reads: bool) -> Item:
        """What comes next for a thread that waits, which reads if no other does."""
        session = self._session
        items = pending.items
        if reads or (items.empty() and session.transport.try_reading()):
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
        session = self._session
        transport = session.transport
        try:
            while items.empty() and not transport.is_closing:
                transport.read_within(min(deadline.remaining(), _READING))
        finally:
            transport.stop_reading()

    def _abandon(self, pending: Pending) -> None:
        session = self._session
        with session.lock:
            session.channel.abandon(pending)
            session.room.notify_all()
            turn = session.channel.take()
        session.follow(turn)

    def _result(self, call: Call, answer: Message, used: Any, passing: Passing) -> Any:
        if answer.flags & wire.EXCEPTION:
            raise envelope.error_in(answer.payload)
        # One that is too large is not read, the references in it neither: an end with
        # the same limits does not send it.
        size, settings = len(answer.payload), self._session.settings
        call.check_answer_size(size, settings)
        try:
            with turn_to_read(size):
                is_large = size > settings.untyped_size
                if is_large:
                    call.check_answer(answer.payload, used)
                data = unpacked(answer.payload, passing.extension, checked=is_large)
            if not is_large:
                with turn_to_read(size):
                    check_parts([data], size)
        except WireError as error:
            raise BadReply(f"{call.name}: {error}") from None
        if passing.refused is not None:
            raise LimitExceeded(f"{call.name}: {passing.refused}")
        return call.result(data, used, passing)
