"""An ordinary Pyro5 client of our daemon, served by Pyro5's own `handleRequest`.

One message at a time, oneway calls in a lane of their own beside: they are taken for
ordinary calls whose answer is swallowed, since Pyro5 starts a thread for each.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec
import Pyro5.errors
from Pyro5 import config, protocol, serializers
from Pyro5.api import current_context
from Pyro5.core import DAEMON_NAME
from Pyro5.errors import SecurityError

from callbackgen.runtime import ordinary_data, wire
from callbackgen.runtime.context import Serving, serving
from callbackgen.runtime.errors import Refused
from callbackgen.runtime.raised import class_name, text_of
from callbackgen.runtime.serving import pyro_context
from callbackgen.runtime.wire import Limit, Message, WireError

if TYPE_CHECKING:
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.server_connection import ServerConnection
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.transport import Transport
    from callbackgen.runtime.workers import Crew, Workers

_UNTIL_READ: Final = 0.05
"""Seconds between two looks whether a client has taken enough of its answers."""


def ordinary_limit(settings: Settings) -> Limit:
    """How large the messages of an ordinary client may be."""

    def limit(serializer: int) -> int:
        if serializer == wire.SERPENT:
            return settings.ordinary_serpent_size
        return settings.ordinary_size

    return limit


def accepted(message: Message) -> None:
    """Raises WireError for what is not taken from anybody.

    A serializer such as marshal, annotations that are not well-formed or too many.
    """
    message.check_annotations()
    if message.serializer not in ordinary_data.SERIALIZERS:
        raise WireError(f"a message with serializer {message.serializer}")


def shake(daemon: Any, connection: ServerConnection, denied_reason: str | None) -> bool:
    """Answers the handshake that the connection has; gives whether it lets in.

    It does what Pyro5's daemon does, which would read the message as it likes.
    """
    theirs: Any = protocol
    message = theirs.recv_stub(connection, [wire.CONNECT])
    context: Any = current_context
    is_marked = message.flags & theirs.FLAGS_CORR_ID
    given = uuid.UUID(bytes=message.corr_id) if is_marked else uuid.uuid4()
    context.correlation_id = given
    kind: int = message.serializer_id
    serializer: Any = cast(Any, serializers).serializers_by_id[kind]

    def answer(of_kind: int, content: object, annotations: object) -> bytes:
        payload = serializer.dumps(content)
        sent = theirs.SendingMessage(
            of_kind, 0, message.seq, kind, payload, annotations
        )
        return bytes(sent.data)

    try:
        if denied_reason:
            raise Refused(denied_reason)
        value, name = ordinary_data.handshake_in(kind, bytes(message.data))
        content = {
            "handshake": daemon.validateHandshake(connection, value),
            "meta": daemon.objectsById[DAEMON_NAME].get_metadata(name),
        }
        annotations = context.response_annotations | daemon.annotations()
        connection.send(answer(wire.CONNECT_OK, content, annotations))
    except BaseException as error:  # noqa: BLE001 - validateHandshake is the user's
        text = text_of(error).encode("utf-8", "backslashreplace").decode("utf-8")
        reason = f"{class_name(type(error))}: {text}"
        connection.tell(logging.WARNING, "refused", reason)
        connection.send(answer(wire.CONNECT_FAIL, text, None))
        return False
    return True


class _Lane:
    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self.waiting: deque[Message] = deque()
        self.is_busy = False


class Ordinary:
    """Serves one ordinary client. `ended` runs in a worker when all is over."""

    def __init__(
        self,
        daemon: Any,
        connection: ServerConnection,
        transport: Transport,
        crew: Crew,
        settings: Settings,
        counters: Counters,
        ended: Callable[[], object],
        call_ended: Callable[[], object],
    ) -> None:
        self._daemon = daemon
        self._connection = connection
        self._transport = transport
        self._crew = crew
        self._settings = settings
        self._counters = counters
        self._ended = ended
        self._call_ended = call_ended
        self._calls = _Lane(crew.workers)
        self._oneways = _Lane(crew.beside)
        self._queued_bytes = 0
        self._is_paused = False
        self._is_lost = False
        self._heard = time.monotonic()

    def begin(self) -> None:
        """Watch for idleness, if Pyro5 is set to. In the loop's thread."""
        limit: float = cast(Any, config).COMMTIMEOUT
        if not limit or self._is_lost:
            return
        silent = time.monotonic() - self._heard
        if silent >= limit and not (self._calls.is_busy or self._oneways.is_busy):
            self._transport.close(f"idle for {limit:g} s (Pyro5's COMMTIMEOUT)")
        else:
            self._transport.loop.later(max(limit - silent, 0.05), self.begin)

    def received(self, message: Message) -> None:
        """See `Handler`."""
        self._heard = time.monotonic()
        if message.kind == wire.PING:
            self._transport.send(
                wire.encoded(
                    wire.PING, message.sequence, b"pong", serializer=message.serializer
                )
            )
            return
        if message.kind != wire.INVOKE:
            raise WireError(f"a message of kind {message.kind}")
        accepted(message)
        lane = self._oneways if message.flags & wire.ONEWAY else self._calls
        lane.waiting.append(message)
        self._queued_bytes += len(message.payload)
        self._pace()
        self._next(lane)

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        self._counters.ended(self._transport, reason)
        self._is_lost = True
        self._calls.waiting.clear()
        self._oneways.waiting.clear()
        self._end_if_over()

    def _pace(self) -> None:
        """Reads no more from a client that sends more than is handled."""
        settings = self._settings
        queued = len(self._calls.waiting) + len(self._oneways.waiting)
        is_full = (
            queued >= settings.queue_messages
            or self._queued_bytes >= settings.queue_size
        )
        if is_full and not self._is_paused:
            self._is_paused = True
            self._transport.pause()
        elif self._is_paused and not is_full:
            self._is_paused = False
            self._transport.resume()

    def _next(self, lane: _Lane) -> None:
        if lane.is_busy or not lane.waiting:
            return
        if self._transport.is_full and not self._transport.is_closing:
            self._transport.loop.later(_UNTIL_READ, lambda: self._next(lane))
            return
        lane.is_busy = True
        message = lane.waiting.popleft()
        self._queued_bytes -= len(message.payload)

        def task() -> None:
            try:
                self._serve(message)
            finally:
                self._transport.loop.soon(lambda: self._done(lane))

        lane.workers.submit(self._connection.share, task)

    def _done(self, lane: _Lane) -> None:
        lane.is_busy = False
        if self._is_lost:
            self._end_if_over()
            return
        self._pace()
        self._next(lane)

    def _end_if_over(self) -> None:
        if not self._calls.is_busy and not self._oneways.is_busy:
            self._crew.workers.submit(self._connection.share, self._ended)

    # In a worker

    def _serve(self, message: Message) -> None:
        try:
            message = wire.unpacked(message, ordinary_limit(self._settings))
        except WireError as error:
            self._transport.is_misused = True
            self._transport.close(str(error))
            return
        self._counters.calls_received.count()
        answers = not message.flags & wire.ONEWAY
        # Pyro5's daemon has ours read what is marked so, and not its own serializers.
        flags = message.flags & ~wire.ONEWAY | wire.KEEP_SERIALIZED
        request = msgspec.structs.replace(message, flags=flags)
        connection = self._connection
        token = serving.set(Serving(connection.peer))
        try:
            with (
                pyro_context(connection),
                connection.serving(request.encoded(), answers=answers),
            ):
                self._handle(message, answers=answers)
        finally:
            serving.reset(token)
            self._call_ended()

    def _handle(self, message: Message, *, answers: bool) -> None:
        try:
            if message.flags & wire.KEEP_SERIALIZED:
                raise TypeError(
                    "a Pyro5 SerializedBlob is not taken: its info travels as marshal"
                )
            self._daemon.handleRequest(self._connection)
        except SecurityError as error:
            self._connection.tell(logging.WARNING, "refused", str(error))
            self._transport.close("a security error")
        except Exception as error:  # noqa: BLE001 - the user's
            self._answer_for(message, error, answers=answers)
        except BaseException as error:  # noqa: BLE001 - as above
            text = f"{type(error).__name__}: {error}"
            self._answer_for(message, RuntimeError(text), answers=answers)

    def _answer_for(self, message: Message, error: Exception, *, answers: bool) -> None:
        """Answers what Pyro5 gives no answer to, and would close the connection for."""
        current = serving.get()
        name = "a call"
        if current is not None:
            name, current.is_told = current.name, True
        what = f"{name} raised {class_name(type(error))}"
        self._connection.tell(logging.INFO, what, text_of(error))
        if not answers or self._connection.has_answered or self._is_lost:
            return
        theirs: Any = Pyro5.errors
        lines = theirs.format_traceback(type(error), error, error.__traceback__)
        self._daemon._sendExceptionResponse(  # noqa: SLF001 - as transports do
            self._connection, message.sequence, message.serializer, error, lines
        )
