"""The server's end: a Pyro5 daemon whose transport is ours."""

from __future__ import annotations

import functools
import logging
import selectors
import sys
import weakref
from collections.abc import Callable, Iterator
from typing import Any, Final, NoReturn, cast

import Pyro5.api
from Pyro5.errors import DaemonError
from Pyro5.svr_existingconn import SocketServer_ExistingConnection

from callbackgen.runtime import ordinary, ordinary_data, wire
from callbackgen.runtime.context import serving
from callbackgen.runtime.counters import Counters, Statistics
from callbackgen.runtime.envelope import Heading
from callbackgen.runtime.interfaces import delegate_of, missing_member
from callbackgen.runtime.lingering import Lingering
from callbackgen.runtime.listener import Listener
from callbackgen.runtime.ordinary_data import Make
from callbackgen.runtime.raised import class_name, text_of, without_traceback
from callbackgen.runtime.server_connection import ServerConnection
from callbackgen.runtime.settings import Settings, checked_settings, settings
from callbackgen.runtime.stub import Stub
from callbackgen.runtime.wrapper import Wrapper

Authenticate = Callable[[object], object]
"""Gets what a client has given as `handshake`; gives who that is. Raises to refuse."""


_READ: Final = "_Daemon__deserializeBlobArgs"
"""What Pyro5's daemon reads a message with that is marked as KEEP_SERIALIZED."""

if not hasattr(Pyro5.api.Daemon, _READ):  # else its serializers would be used, unseen
    raise ImportError(f"this version of Pyro5 is not supported: no Daemon.{_READ}")


def _always() -> bool:
    return True


class _Unlisted:
    """What a daemon shows of itself to clients, without the names of its objects."""

    def registered(self) -> NoReturn:
        """Refuse to list them."""
        raise DaemonError("this daemon does not list its objects (list_objects=False)")

    cast(Any, registered)._pyroExposed = True  # noqa: SLF001 - Pyro5's own mark


@functools.cache  # Pyro5 keeps what it knows of a class
def _unlisted(interface: Any) -> Any:
    return type(interface.__name__, (_Unlisted, interface), {})


class Daemon(Pyro5.api.Daemon):  # type: ignore[misc]  # Pyro5 has no types
    """A `Pyro5.api.Daemon` that calls its clients back over their own connections.

    It is used as Pyro5's: `register` generated wrappers (or exposed objects, for
    ordinary Pyro5 clients), then `requestLoop`::

        with callbackgen.Daemon(port=9999) as daemon:
            daemon.register(PriceServiceWrapper(Prices()), "prices")
            daemon.requestLoop()

    `authenticate` is called with what each client has given as its handshake value:
    what it returns is `callbackgen.current_peer().identity` in the methods that this
    client calls; what it raises refuses the connection, and if it is a
    `callbackgen.Refused`, its text is the reason that the client gets.

    `settings` are the limits for this daemon; `callbackgen.settings` without. Where its
    `tracebacks` is false, ordinary Pyro5 clients are shown none either.

    Of the objects that ordinary Pyro5 clients send, exposed objects are given URIs,
    exceptions of Python and exceptions of Pyro5; any other is a TypeError for the
    client. With `allow_pyro_classes` they are given what Pyro5 makes, proxies and
    results of `register_dict_to_class` included, by whoever may connect. Generated
    wrappers take plain data alone. A `SerializedBlob` is always refused.

    Without `list_objects`, clients that ask for the names of the registered objects get
    a DaemonError: who calls one has to know its name.

    `events` and `combine` raise TypeError: the daemon has a loop of its own, and its
    `sockets` (the listening one and those of its clients) are only to be looked at.
    With `connected_socket`, Pyro5's own transport is used, which is not protected
    against its client and calls nobody back.

    Raises OSError where it cannot listen or TLS cannot be set up, ValueError where TLS
    is on without a certificate.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int = 0,
        unixsocket: str | None = None,
        nathost: str | None = None,
        natport: int | None = None,
        interface: Any = Pyro5.api.DaemonObject,
        connected_socket: Any = None,
        *,
        authenticate: Authenticate | None = None,
        settings: Settings = settings,
        allow_pyro_classes: bool = False,
        list_objects: bool = True,
    ) -> None:
        self.__transport: Any = None
        self.__settings = checked_settings(settings)
        if authenticate is not None and not callable(authenticate):
            raise TypeError(f"authenticate is a function, not {authenticate!r}")
        self.__authenticate = authenticate
        self.__allow_pyro_classes = allow_pyro_classes
        self.__counters = Counters()
        self.__error_handler: Any = None
        self.__lingering = Lingering(self.__settings.lingering)
        if not list_objects:
            interface = _unlisted(interface)
        pyro: Any = super()
        pyro.__init__(
            host, port, unixsocket, nathost, natport, interface, connected_socket
        )

    @property
    def transportServer(self) -> Any:  # noqa: N802 - Pyro5's name
        """What accepts and serves connections; None after the end."""
        return self.__transport

    @transportServer.setter
    def transportServer(self, theirs: Any) -> None:  # noqa: N802
        """Pyro5 puts its own here: ours takes the place."""
        if theirs is None or isinstance(theirs, SocketServer_ExistingConnection):
            self.__transport = theirs
        else:
            parts = cast("dict[str, object]", vars(cast("object", theirs)))
            for made in parts.values():  # an open file would be left to the GC
                if isinstance(made, selectors.BaseSelector):
                    made.close()
            self.__transport = Listener(self.__settings, self.__counters)

    @property
    def methodcall_error_handler(self) -> Any:
        """Pyro5's hook: what is called with an exception that a method has raised."""

        def handle(*arguments: Any) -> None:
            current = serving.get()
            if current is not None:
                current.is_told = True
            self.__error_handler(*arguments)
            if not self.__settings.tracebacks:
                without_traceback(arguments[-1])  # a batch's is formatted after this

        return handle

    @methodcall_error_handler.setter
    def methodcall_error_handler(self, handler: Any) -> None:
        self.__error_handler = handler

    def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802
        """Lets a client in, or raises. See `authenticate`; may be overridden."""
        if self.__authenticate is not None:
            identity = self.__authenticate(data)
            if isinstance(conn, ServerConnection):
                conn.identify(identity)
        return "hello"

    def register(
        self,
        obj_or_class: Any,
        objectId: str | None = None,  # noqa: N803
        force: bool = False,
        weak: bool = False,
    ) -> Any:
        """Let clients call an object under a name; gives its URI. As Pyro5's.

        Raises TypeError for a stub, and for a wrapper that was made of a class where it
        takes an object.
        """
        _check_registered(obj_or_class)
        pyro: Any = super()
        return pyro.register(obj_or_class, objectId, force, weak)

    def _handshake(self, conn: Any, denied_reason: str | None = None) -> bool:
        """Pyro5's, for ordinary clients: whether one is let in, who gets an answer."""
        if isinstance(conn, ServerConnection):
            return ordinary.shake(self, conn, denied_reason)
        pyro: Any = super()
        is_let_in: bool = pyro._handshake(conn, denied_reason)  # noqa: SLF001
        return is_let_in

    def requestLoop(  # noqa: N802
        self,
        loopCondition: Callable[[], bool] = _always,  # noqa: N803
    ) -> None:
        """Let clients in until `shutdown`, Ctrl-C, or until the condition is false.

        The condition is looked at after each call, and every ``POLLTIMEOUT`` seconds of
        Pyro5's configuration. Clients that are connected are served all the time.
        """
        transport = self.__transport
        if transport is None:
            raise DaemonError("this daemon has been closed: make another one")
        interval = self.__settings.switch_interval
        if 0 < interval < sys.getswitchinterval():
            sys.setswitchinterval(interval)
        if isinstance(transport, Listener):
            transport.watches_calls = loopCondition is not _always
        pyro: Any = super()
        try:
            pyro.requestLoop(loopCondition)
        except AttributeError as error:
            # Closed before the loop began, by a signal handler or another thread.
            if error.name != "loop" or error.obj is not None:
                raise

    def shutdown(self) -> None:
        """End `requestLoop` and all connections. From any thread and any method."""
        self.close()

    def statistics(self) -> Statistics:
        """What this daemon has done so far, in numbers."""
        return self.__counters.snapshot()

    def _getInstance(self, clazz: Any, conn: Any) -> Any:  # noqa: N802
        """Pyro5's; those of a connection are made one by one, and not too many."""
        pyro: Any = super()
        mode, _ = clazz._pyroInstancing  # noqa: SLF001 - Pyro5's own mark
        if mode != "session" or not isinstance(conn, ServerConnection):
            return pyro._getInstance(clazz, conn)  # noqa: SLF001
        most = self.__settings.instances
        with conn.instances_lock:
            if len(conn.pyroInstances) >= most and clazz not in conn.pyroInstances:
                raise DaemonError(f"{most} instances of classes for this connection")
            return pyro._getInstance(clazz, conn)  # noqa: SLF001

    def _streamResponse(self, data: Any, client: Any) -> Any:  # noqa: N802
        """Pyro5's, which lets a client have some item streams and no more."""
        pyro: Any = super()
        if isinstance(data, Iterator):
            most = self.__settings.streams
            streams: dict[str, Any] = cast(Any, self).streaming_responses
            if sum(one[0] is client for one in list(streams.values())) >= most:
                raise DaemonError(f"{most} item streams of this client are open")
        return pyro._streamResponse(data, client)  # noqa: SLF001

    def _clientDisconnect(self, conn: Any) -> None:  # noqa: N802
        """Pyro5's; not too many item streams wait for clients to come back."""
        pyro: Any = super()
        streams: dict[str, Any] = cast(Any, self).streaming_responses
        left = [name for name, one in list(streams.items()) if one[0] is conn]
        try:
            pyro._clientDisconnect(conn)  # noqa: SLF001
        finally:
            if left and isinstance(conn, ServerConnection):
                self.__lingering.add(streams, left, conn.share.client)

    def _housekeeping(self) -> None:
        """Pyro5's, which ends streams that have waited for too long."""
        pyro: Any = super()
        pyro._housekeeping()  # noqa: SLF001
        self.__lingering.forget_others(cast(Any, self).streaming_responses)

    def _sendExceptionResponse(  # noqa: N802
        self,
        connection: Any,
        seq: int,
        serializer_id: int,
        exc_value: Any,
        tbinfo: Any,
        flags: int = 0,
        annotations: Any = None,
    ) -> None:
        """Pyro5's; the traceback is sent where the settings say so.

        What no method has raised is for the log: a call that cannot be read, say.
        """
        current = serving.get()
        if isinstance(connection, ServerConnection) and not (
            flags or current is None or current.is_told
        ):
            kind = class_name(type(cast(object, exc_value)))
            reason = f"{kind}: {text_of(exc_value)}"
            connection.tell(logging.INFO, f"{current.name} failed", reason)
        if not self.__settings.tracebacks:
            tbinfo = None
        pyro: Any = super()
        pyro._sendExceptionResponse(  # noqa: SLF001
            connection, seq, serializer_id, exc_value, tbinfo, flags, annotations
        )

    def _Daemon__deserializeBlobArgs(self, message: Any) -> Any:  # noqa: N802
        """Reads the call in each message of an ordinary client; see `Ordinary`."""
        if isinstance(self.__transport, SocketServer_ExistingConnection):
            return getattr(super(), _READ)(message)
        message.flags &= ~wire.KEEP_SERIALIZED  # users see them
        serializer: int = message.serializer_id
        payload = bytes(message.data)
        call = ordinary_data.call_in(serializer, payload, self.__make_for(serializer))
        current = serving.get()
        if current is not None:
            current.called = Heading(str(call.object_id), str(call.method))
        return call

    def __make_for(self, serializer: int) -> Callable[[object], Make]:
        objects: dict[object, object] = cast(Any, self).objectsById

        def make_for(object_id: object) -> Make:
            found = objects.get(object_id)
            if isinstance(found, weakref.ref):
                found = cast(Any, found)()
            if isinstance(found, Wrapper) or (
                isinstance(found, type) and issubclass(found, Wrapper)
            ):
                return ordinary_data.StandIns()
            if self.__allow_pyro_classes:
                return ordinary_data.AsPyro5(serializer)
            return ordinary_data.usual

        return make_for


def _check_registered(value: object) -> None:
    """Raises TypeError for what clients could not call."""
    kind = type(value).__name__
    if isinstance(value, Stub):
        raise TypeError(
            f"a {kind} stands for an object of another process: register a wrapper of "
            "an object of this one"
        )
    target = delegate_of(value) if isinstance(value, Wrapper) else None
    if isinstance(value, Wrapper) and isinstance(target, type):
        missing = missing_member(type(value), target)
        if missing is not None:
            raise TypeError(f"what the {kind} was made of does not fit: {missing}")
