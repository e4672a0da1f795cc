"""The first message of a client's connection: who it is, and how it goes on."""

from __future__ import annotations

import functools
import inspect
import logging
import time
import weakref
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.errors import ConnectionLost, Refused, Unimplemented
from callbackgen.runtime.ordinary import Ordinary, accepted, ordinary_limit
from callbackgen.runtime.origin import Address, shown
from callbackgen.runtime.raised import class_name, text_of
from callbackgen.runtime.server_connection import ServerConnection
from callbackgen.runtime.serving import pyro_context
from callbackgen.runtime.session import Session
from callbackgen.runtime.wire import Message, WireError
from callbackgen.runtime.wrapper import Wrapper

if TYPE_CHECKING:
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.listener import Listener
    from callbackgen.runtime.loop import Loop
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.transport import Transport
    from callbackgen.runtime.wire import Limit
    from callbackgen.runtime.workers import Crew

_log = logging.getLogger("callbackgen.daemon")


class Parts(NamedTuple):
    """What the connections of a daemon have in common."""

    daemon: Any
    loop: Loop
    crew: Crew
    settings: Settings
    counters: Counters


class Handshake:
    """A connection from its first byte.

    When the handshake is done, it hands on what it hears to a `Session` or an
    `Ordinary`. It has little until the first message is here: strangers can make many.
    """

    __slots__ = (
        "_address",
        "_connection",
        "_is_over",
        "_is_told",
        "_listener",
        "_next",
        "_transport",
        "began",
        "origin",
    )

    def __init__(
        self, listener: Listener, transport: Transport, address: Address, origin: str
    ) -> None:
        self._listener = listener
        self._transport = transport
        self._address = address
        self._connection: ServerConnection | None = None
        self._next: Session | Ordinary | None = None
        self._is_over = False
        self._is_told = False
        self.origin = origin
        self.began = time.monotonic()

    @property
    def text(self) -> str:
        """Whose connection it is, for people."""
        return shown(self._address, self._listener.locationStr)

    def say_goodbye(self, reason: str) -> None:
        """End the connection, and say why if there is who understands it."""
        if isinstance(self._next, Session):
            self._next.close(reason, reason)
        else:
            self._transport.close(reason)

    def refuse(self, reason: str) -> None:
        """End a connection that is not through."""
        if not self._transport.is_closing:
            self._tell_refused(reason)
            self._transport.close(reason)

    def tell(self, level: int, what: str, reason: str) -> None:
        """Have the log say what became of a call, and why."""
        self._is_told = self._next is None
        self._listener.refused_calls.tell(level, self.text, self.origin, what, reason)

    def _tell_refused(self, reason: str) -> None:
        self._is_told = True
        self._listener.refusals.tell(
            logging.WARNING, self.text, self.origin, "refused", reason
        )

    def forget(self) -> None:
        """In a forked child: close the socket."""
        self._transport.forget()
        if isinstance(self._next, Session):
            self._next.forget()

    def received(self, message: Message) -> None:
        """See `Handler`."""
        if self._connection is not None or message.kind != wire.CONNECT:
            raise WireError("not a handshake")
        ours = envelope.speaks_ours(message)
        if not ours:
            accepted(message)
        crew = self._listener.parts.crew
        share = crew.join(("origin", self.origin), self.text)
        connection = self._connection = ServerConnection(
            self._transport, share, self.text, self._address, self.tell
        )
        task = self._shake_ours if ours else self._shake_ordinary
        crew.workers.submit(share, lambda: task(connection, message))

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        self._is_over = True
        self._listener.gone(self)
        if self._next is not None:
            self._next.lost(reason)
        what = "not connected" if self._next is None else "the connection ended"
        if self._next is not None and not self._transport.is_misused:
            _log.info("%s: %s: %s", self.text, what, reason)
        elif self._next is not None or not self._is_told:
            self._listener.refusals.tell(
                logging.INFO, self.text, self.origin, what, reason
            )
        if self._connection is not None:
            self._listener.parts.crew.leave(self._connection.share)

    # In a worker

    def _shake_ours(self, connection: ServerConnection, message: Message) -> None:
        parts = self._listener.parts
        try:
            content = msgspec.json.decode(message.payload, type=dict[str, Any])
            with pyro_context(connection):
                answer = parts.daemon.validateHandshake(
                    connection, content.get("handshake")
                )
            payload = msgspec.json.encode({"handshake": answer})
        except BaseException as error:  # noqa: BLE001 - it is not ours
            self._refuse_ours(message, error)
            return
        answered = wire.encoded(
            wire.CONNECT_OK,
            message.sequence,
            payload,
            serializer=wire.JSON,
            annotations=envelope.greeting(),
        )
        session = Session(
            self._transport,
            parts.crew,
            parts.settings,
            connection.peer,
            parts.counters,
            functools.partial(self._service, connection),
            functools.partial(self._disconnected, connection),
            self._listener.call_ended,
            self.tell,
        )
        limit = _own_limit(parts.settings)
        parts.loop.soon(lambda: self._go_on(connection, session, limit, answered))

    def _refuse_ours(self, message: Message, error: BaseException) -> None:
        text = text_of(error)
        if isinstance(error, Refused):
            self._tell_refused(text)
        else:  # not said to those who are not let in
            self._tell_refused(_with_class(error))
            text = "the reason is in the server's log"
        answer = wire.encoded(
            wire.CONNECT_FAIL,
            message.sequence,
            msgspec.json.encode(text[:1024]),
            serializer=wire.JSON,
            annotations=envelope.greeting(),
        )
        self._transport.close("refused", answer)

    def _shake_ordinary(self, connection: ServerConnection, message: Message) -> None:
        parts = self._listener.parts
        is_let_in = False
        with pyro_context(connection), connection.shaking(message.encoded()) as kept:
            try:  # users may have overridden it
                is_let_in = parts.daemon._handshake(connection)  # noqa: SLF001
            except BaseException as error:  # noqa: BLE001 - the user's
                self._tell_refused(_with_class(error))
        answer = bytes(kept)
        if not is_let_in:
            self._transport.close("refused", answer)
            return
        ordinary = Ordinary(
            parts.daemon,
            connection,
            self._transport,
            parts.crew,
            parts.settings,
            parts.counters,
            functools.partial(self._disconnected, connection),
            self._listener.call_ended,
        )
        limit = ordinary_limit(parts.settings)
        parts.loop.soon(lambda: self._go_on(connection, ordinary, limit, answer))

    def _service(
        self, connection: ServerConnection, name: str, interface: str
    ) -> Wrapper:
        """The wrapper that is registered under a name. Raises Unimplemented."""
        daemon = self._listener.parts.daemon
        found: Any = daemon.objectsById.get(name)
        if isinstance(found, weakref.ref):
            found = cast(Any, found)()
        if inspect.isclass(found):
            found = daemon._getInstance(found, connection)  # noqa: SLF001
        if isinstance(found, Wrapper):
            return found
        text = f"there is no object named {ascii(name)[:200]}"
        if found is not None:
            text = (
                f"there is no generated wrapper named {ascii(name)[:200]}: its server "
                "has to register one that is made of the object"
            )
        raise Unimplemented(text)

    def _disconnected(self, connection: ServerConnection) -> None:
        """The connection is over, and nothing of it runs any more."""
        try:
            self._listener.parts.daemon._clientDisconnect(connection)  # noqa: SLF001
        finally:
            connection.release()

    # In the loop's thread again

    def _go_on(
        self,
        connection: ServerConnection,
        handler: Session | Ordinary,
        limit: Limit,
        answer: bytes,
    ) -> None:
        parts = self._listener.parts
        if self._is_over:  # it has gone since it was let in
            parts.crew.workers.submit(
                connection.share, functools.partial(self._disconnected, connection)
            )
            return
        self._join_by_identity(connection)
        self._listener.shaken(self)
        parts.counters.began(self._transport)
        self._next = handler
        self._transport.hand_over(handler.received, limit)
        if isinstance(handler, Session):
            connection.session = handler
            handler.share = connection.share
        if self._transport.is_closing:
            return
        _log.info("%s: connected", self.text)
        try:
            if answer:
                self._transport.send(answer)
        except ConnectionLost:
            return
        handler.begin()

    def _join_by_identity(self, connection: ServerConnection) -> None:
        """From now on the connection is one of who it is, not of where it is from."""
        if connection.peer.identity is None:
            return
        crew = self._listener.parts.crew
        try:
            share = crew.join(("identity", connection.peer.identity), self.text)
        except Exception:  # noqa: BLE001 - it cannot be told from others: the user's
            return
        crew.leave(connection.share)
        connection.share = share


def _with_class(error: BaseException) -> str:
    return f"{class_name(type(error))}: {text_of(error)}"


def handshake_limit(_: int) -> int:
    """How large the first message may be."""
    return envelope.LARGEST_HANDSHAKE


def _own_limit(settings: Settings) -> Limit:
    return lambda _: settings.message_size
