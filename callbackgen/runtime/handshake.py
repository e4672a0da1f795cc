"""The first message of a client's connection: who it is, and how it goes on."""

from __future__ import annotations

import inspect
import logging
import socket
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import msgspec

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.errors import ConnectionLost, Refused, Unimplemented
from callbackgen.runtime.ordinary import Ordinary, accepted
from callbackgen.runtime.raised import class_name, text_of
from callbackgen.runtime.server_connection import ServerConnection
from callbackgen.runtime.serving import pyro_context
from callbackgen.runtime.session import Session
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wire import Message, WireError
from callbackgen.runtime.wrapper import Wrapper

if TYPE_CHECKING:
    from callbackgen.runtime.listener import Listener
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.tls import Tls
    from callbackgen.runtime.wire import Limit

_log = logging.getLogger("callbackgen.daemon")

Address: TypeAlias = "tuple[object, ...] | str"
"""What the system says of where a client is: a text for a Unix domain socket."""

_CONNECT_SIZE = 4 * 1024


class Handshake:
    """A connection from its first byte.

    When the handshake is done, it hands on what it hears to a `Session` or an
    `Ordinary`.
    """

    def __init__(
        self,
        listener: Listener,
        accepted: socket.socket,
        tls: Tls | None,
        text: str,
        address: Address,
        origin: str,
    ) -> None:
        self._listener = listener
        self._daemon, loop, self._crew, self._settings, self._counters = listener.parts
        self._transport = Transport(loop, accepted, self._settings, _connect_limit, tls)
        self.origin = origin
        share = self._crew.join(("origin", origin))
        self.connection = ServerConnection(self._transport, share, text, address)
        self._next: Session | Ordinary | None = None
        self._has_begun = False
        self._is_over = False

    def begin(self) -> None:
        """Wait for the first message. In the loop's thread."""
        self._transport.start(self)
        weak = weakref.WeakMethod(self._must_be_done)
        self._transport.loop.later(self._settings.handshake, lambda: _call(weak))

    def close(self, reason: str) -> None:
        """End the connection."""
        self._transport.close(reason)

    def refuse(self, reason: str) -> None:
        """End a connection that is not through."""
        _log.warning("%s: refused: %s", self.connection.peer.address, reason)
        self._transport.close(reason)

    def forget(self) -> None:
        """In a forked child: close the socket."""
        self._transport.forget()

    def _must_be_done(self) -> None:
        if self._next is None and not self._transport.is_closing:
            self.refuse(f"no handshake within {self._settings.handshake:g} s")

    def received(self, message: Message) -> None:
        """See `Handler`."""
        if self._next is not None:
            self._next.received(message)
            return
        if self._has_begun or message.kind != wire.CONNECT:
            raise WireError("not a handshake")
        self._has_begun = True
        ours = envelope.speaks_ours(message)
        if not ours:
            accepted(message)
        task = self._shake_ours if ours else self._shake_ordinary
        self._crew.workers.submit(self.connection.share, lambda: task(message))

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        self._is_over = True
        self._crew.leave(self.connection.share)
        self._listener.gone(self)
        if self._next is not None:
            self._next.lost(reason)
        else:
            _log.info("%s: not connected: %s", self.connection.peer.address, reason)

    # In a worker

    def _shake_ours(self, message: Message) -> None:
        try:
            content = msgspec.json.decode(message.payload, type=dict[str, Any])
            with pyro_context(self.connection):
                answer = self._daemon.validateHandshake(
                    self.connection, content.get("handshake")
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
            self._crew,
            self._settings,
            self.connection.peer,
            self._counters,
            self._service,
            self._disconnected,
            self._listener.call_ended,
        )
        self._transport.loop.soon(
            lambda: self._go_on(session, _own_limit(self._settings), answered)
        )

    def _refuse_ours(self, message: Message, error: BaseException) -> None:
        text = reason = text_of(error)
        if not isinstance(error, Refused):  # not said to those who are not let in
            reason = f"{class_name(type(error))}: {text}"
            text = "the reason is in the server's log"
        who = self.connection.peer.address
        _log.warning("%s: refused: %s", who, ascii(reason)[:200])
        answer = wire.encoded(
            wire.CONNECT_FAIL,
            message.sequence,
            msgspec.json.encode(text[:1024]),
            serializer=wire.JSON,
            annotations=envelope.greeting(),
        )
        self._transport.close("refused", answer)

    def _shake_ordinary(self, message: Message) -> None:
        connection = self.connection
        with (
            pyro_context(connection),
            connection.shaking(message.encoded()) as answer,
        ):
            is_in = self._handshake_of_pyro()
        if not is_in:
            self._transport.close("refused", bytes(answer))
            return
        ordinary = Ordinary(
            self._daemon,
            connection,
            self._transport,
            self._crew.workers,
            self._settings,
            self._counters,
            self._disconnected,
            self._listener.call_ended,
        )
        limit = _ordinary_limit(self._settings)
        self._transport.loop.soon(lambda: self._go_on(ordinary, limit, bytes(answer)))

    def _handshake_of_pyro(self) -> bool:
        try:
            is_in: bool = self._daemon._handshake(self.connection)  # noqa: SLF001
        except BaseException:  # noqa: BLE001 - validateHandshake is the user's
            _log.exception("%s: the handshake failed", self.connection.peer.address)
            return False
        return is_in

    def _service(self, name: str, interface: str) -> Wrapper:
        """The wrapper that is registered under a name. Raises Unimplemented."""
        found: Any = self._daemon.objectsById.get(name)
        if isinstance(found, weakref.ref):
            found = cast(Any, found)()
        if inspect.isclass(found):
            found = self._daemon._getInstance(found, self.connection)  # noqa: SLF001
        if isinstance(found, Wrapper):
            return found
        what = "no object" if found is None else "no generated wrapper"
        raise Unimplemented(f"there is {what} named {ascii(name)[:200]}")

    def _disconnected(self) -> None:
        """The connection is over, and nothing of it runs any more."""
        try:
            self._daemon._clientDisconnect(self.connection)  # noqa: SLF001
        finally:
            self.connection.release()

    # In the loop's thread again

    def _go_on(self, handler: Session | Ordinary, limit: Limit, answer: bytes) -> None:
        if self._is_over:  # it has gone since it was let in
            self._crew.workers.submit(self.connection.share, self._disconnected)
            return
        self._join_by_identity()
        self._listener.shaken(self)
        self._counters.began(self._transport)
        self._next = handler
        self._transport.limit(limit)
        if isinstance(handler, Session):
            self.connection.session = handler
            handler.share = self.connection.share
        if self._transport.is_closing:
            return
        _log.info("%s: connected", self.connection.peer.address)
        try:
            if answer:
                self._transport.send(answer)
        except ConnectionLost:
            return
        handler.begin()

    def _join_by_identity(self) -> None:
        """From now on the connection is one of who it is, not of where it is from."""
        connection = self.connection
        if connection.peer.identity is None:
            return
        try:
            share = self._crew.join(("identity", connection.peer.identity))
        except Exception:  # noqa: BLE001 - it cannot be told from others: the user's
            return
        self._crew.leave(connection.share)
        connection.share = share


def _call(method: weakref.WeakMethod[Callable[[], None]]) -> None:
    """A timer must not keep a connection that is over."""
    if (found := method()) is not None:
        found()


def _connect_limit(_: int) -> int:
    return _CONNECT_SIZE


def _own_limit(settings: Settings) -> Limit:
    return lambda _: settings.message_size


def _ordinary_limit(settings: Settings) -> Limit:
    def limit(serializer: int) -> int:
        if serializer == wire.SERPENT:
            return settings.ordinary_serpent_size
        return settings.ordinary_size

    return limit
