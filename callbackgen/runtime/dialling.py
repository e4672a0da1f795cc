"""A session with a daemon: dialled, greeted, let in."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, NoReturn

import msgspec
import Pyro5.api
import Pyro5.errors

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.address import Address, address_of
from callbackgen.runtime.context import Peer
from callbackgen.runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Refused,
    Unimplemented,
)
from callbackgen.runtime.resolving import dialled
from callbackgen.runtime.session import Session
from callbackgen.runtime.threads import Aside
from callbackgen.runtime.tls import Tls, client_context
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wire import Message, WireError

if TYPE_CHECKING:
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.deadline import Deadline
    from callbackgen.runtime.engine import Engine
    from callbackgen.runtime.settings import Settings

_log = logging.getLogger("callbackgen.connection")

_look_ups = Aside(4, "name server")

_SILENT: Final = (
    ": it is reached, but does not answer (its requestLoop must run, and TLS must be "
    "set alike at both ends)"
)


class _Silent(TimeoutError):
    """The other end does not answer the greeting."""


@dataclass(frozen=True, slots=True)
class Caller:
    """What a session at the client's end is made of.

    `handshake` is the value for the server's `authenticate`, `lost` is called in the
    loop's thread when a session has ended.
    """

    engine: Engine
    settings: Settings
    counters: Counters
    handshake: object
    connection: object
    lost: Callable[[Session, str], object]


def located(source: object, deadline: Deadline) -> Address:
    """The address of an object; a name is looked up with the name server.

    Raises ConnectionLost where that fails, TimeoutError when the deadline passes.
    """
    text = str(source) if isinstance(source, str | Pyro5.api.URI) else ""
    if not text.startswith(("PYRONAME:", "PYROMETA:")):
        return address_of(source)
    try:
        return address_of(_look_ups.do(deadline, lambda: Pyro5.api.resolve(text)))
    except Pyro5.errors.PyroError as error:
        raise ConnectionLost(
            f"{text} cannot be looked up with a name server: {error}"
        ) from error


def dial(address: Address, caller: Caller, deadline: Deadline) -> Session:
    """A new session with the daemon at an address.

    Raises ConnectionLost, Refused where it does not let us in, DeadlineExceeded.
    """
    try:
        return _dial(address, caller, deadline)
    except TimeoutError as error:
        if isinstance(error, DeadlineExceeded):
            raise
        why = _SILENT if isinstance(error, _Silent) else ""
        raise DeadlineExceeded(
            f"no connection to {address} within {deadline.seconds:g} s{why}"
        ) from error
    except ConnectionLost:
        raise
    except OSError as error:
        raise ConnectionLost(f"no connection to {address}: {error}") from error


def _dial(address: Address, caller: Caller, deadline: Deadline) -> Session:
    greeting = _greeting(address, caller.handshake)
    context = client_context()
    names: list[str] = []

    def secured(connected: socket.socket, host: str) -> socket.socket:
        names.append(host)
        return connected

    try:
        connected = dialled(address, deadline, secured)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        raise ConnectionLost(
            f"no connection to {address}: no server listens there ({error})"
        ) from error
    connected.setblocking(False)
    try:
        tls = None if context is None else Tls(context, names[-1])
    except ValueError as error:
        connected.close()
        raise ConnectionLost(f"no connection to {address}: {error}") from error
    loop = caller.engine.loop
    transport = Transport(loop, connected, caller.settings, _limit)
    if tls is not None:
        transport.secure(tls)
    greeted = _Greeted(address, transport, caller)
    try:
        with contextlib.suppress(ConnectionLost):  # of which `greeted` hears, too
            transport.send(greeting)
        loop.soon(lambda: transport.start(greeted))
        return greeted.session(deadline)
    except BaseException:
        transport.close("the handshake failed")
        raise


def _greeting(address: Address, handshake: object) -> bytes:
    try:
        payload = json.dumps(
            {"handshake": handshake, "object": address.object_id}, allow_nan=False
        ).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise TypeError(
            f"a handshake is plain data (None, bool, number, str, list, dict): {error}"
        ) from None
    limit = envelope.LARGEST_HANDSHAKE
    if len(payload) > limit:
        raise ValueError(f"a handshake of {len(payload)} bytes; the limit is {limit}")
    return wire.encoded(
        wire.CONNECT, 0, payload, serializer=wire.JSON, annotations=envelope.greeting()
    )


def _limit(_: int) -> int:
    return envelope.LARGEST_HANDSHAKE


class _Greeted:
    """Waits for the answer to the greeting, and then hands on to the session."""

    def __init__(self, address: Address, transport: Transport, caller: Caller) -> None:
        self._address = address
        self._transport = transport
        self._caller = caller
        self._outcome: SimpleQueue[Session | ConnectionLost] = SimpleQueue()
        self._session: Session | None = None

    def session(self, deadline: Deadline) -> Session:
        """The session. Raises ConnectionLost, and TimeoutError after the deadline."""
        try:
            outcome = self._outcome.get(timeout=deadline.remaining())
        except Empty:
            raise _Silent from None
        if isinstance(outcome, ConnectionLost):
            raise outcome
        return outcome

    def received(self, message: Message) -> None:
        """See `Handler`."""
        if message.kind == wire.CONNECT_FAIL:
            self._outcome.put(Refused(f"{self._address} refused: {_reason(message)}"))
        elif message.kind != wire.CONNECT_OK:
            raise WireError("not the answer to a handshake")
        elif not envelope.speaks_ours(message):
            self._outcome.put(
                Refused(
                    f"{self._address} is an ordinary Pyro5 daemon, which calls nobody "
                    "back over its connection: the server needs a callbackgen.Daemon"
                )
            )
        else:
            self._begin()

    def lost(self, reason: str) -> None:
        """See `Handler`."""
        if self._session is not None:
            self._session.lost(reason)
            self._caller.lost(self._session, reason)
            _log.info("%s: the connection ended: %s", self._address, reason)
        if reason.startswith("the other end closed"):
            reason += " (TLS must be set alike at both ends)"
        self._outcome.put(ConnectionLost(f"no connection to {self._address}: {reason}"))

    def _tell(self, level: int, what: str, reason: str) -> None:
        server = str(self._address)
        self._caller.engine.refusals.tell(level, server, server, what, reason)

    def _begin(self) -> None:
        caller = self._caller
        settings = caller.settings
        self._session = Session(
            self._transport,
            caller.engine.crew,
            settings,
            Peer(None, str(self._address), caller.connection),
            caller.counters,
            _no_service,
            lambda: None,
            lambda: None,
            self._tell,
        )
        self._transport.inbox.hand_over(
            self._session.received, lambda _: settings.message_size
        )
        caller.counters.began(self._transport)
        self._session.begin()
        self._outcome.put(self._session)


def _no_service(name: str, _: str) -> NoReturn:
    raise Unimplemented(f"a client has no object named {ascii(name)[:200]}")


def _reason(message: Message) -> str:
    try:
        reason: Any = msgspec.json.decode(message.payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return "it gave no reason that can be read"
    return reason if isinstance(reason, str) else ascii(reason)
