"""A client's connection as a daemon has it: what Pyro5 and its users see of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from Pyro5.errors import ConnectionClosedError
from Pyro5.socketutil import SocketConnection

from callbackgen.runtime.by_address import REFUSING
from callbackgen.runtime.context import Peer
from callbackgen.runtime.errors import ConnectionLost

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.refusals import Tell
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.shares import Share
    from callbackgen.runtime.transport import Transport


class ServerConnection(SocketConnection):  # type: ignore[misc]  # Pyro5 has no types
    """One for each connection, from its handshake to `clientDisconnect`.

    It is Pyro5's `SocketConnection` to those who expect one. `recv` reads the message
    that the calling thread serves, `send` queues; neither waits for the client.
    """

    callbackgen_carrier: Final[Carrier] = REFUSING

    def __init__(
        self,
        transport: Transport,
        share: Share,
        address: str,
        client_address: object,
        tell: Tell,
    ) -> None:
        super().__init__(transport.socket)
        self.client_address = client_address
        self._transport = transport
        self._served = threading.local()
        self.session: Session | None = None
        self.tell = tell
        """Has the log say what became of a call, and why."""
        self.share = share
        """For whom the threads work that run its calls."""
        self.peer = Peer(None, address, self)
        self.instances_lock = threading.RLock()

    def __repr__(self) -> str:
        return f"<connection of {self.peer.address}>"

    def identify(self, identity: object) -> None:
        """Say who the client is: what `authenticate` has given."""
        self.peer = Peer(identity, self.peer.address, self)

    def withdraw(self, value: object) -> None:
        """Take back an object that the client holds by reference.

        Raises ValueError if it holds none such.
        """
        if self.session is None:
            raise ValueError("an ordinary Pyro5 client holds nothing by reference")
        self.session.withdraw(value)

    @contextlib.contextmanager
    def serving(self, message: bytes, *, answers: bool) -> Generator[None]:
        """Let the calling thread read a message, and answer it or not."""
        served = self._served
        served.unread, served.answers, served.answered = message, answers, False
        try:
            yield
        finally:
            served.unread, served.answers = b"", True

    @contextlib.contextmanager
    def shaking(self, message: bytes) -> Generator[bytearray]:
        """Let the calling thread read a handshake; keeps what it answers."""
        with self.serving(message, answers=True):
            self._served.kept = kept = bytearray()
            try:
                yield kept
            finally:
                self._served.kept = None

    @property
    def has_answered(self) -> bool:
        """Whether the message that the calling thread serves was answered."""
        answered: bool = getattr(self._served, "answered", False)
        return answered

    def recv(self, size: int) -> bytes:
        """The next bytes of the message that is being served."""
        unread: bytes = getattr(self._served, "unread", b"")
        if len(unread) < size:
            raise ConnectionClosedError("there is no message to be read")
        self._served.unread = unread[size:]
        return unread[:size]

    def send(self, data: bytes) -> None:
        """Queue an answer, unless the call wants none."""
        if not getattr(self._served, "answers", True):
            return
        self._served.answered = True
        kept: bytearray | None = getattr(self._served, "kept", None)
        if kept is not None:
            kept += data
            return
        try:
            self._transport.send(bytes(data))
        except ConnectionLost as error:
            raise ConnectionClosedError(str(error)) from error

    def close(self) -> None:
        """Close the connection; `clientDisconnect` follows."""
        transport = getattr(self, "_transport", None)  # Pyro5's __del__ calls this too
        if transport is not None:
            transport.close("the server closed it")

    def release(self) -> None:
        """Let go of what Pyro5 keeps for the connection: instances and resources."""
        self.pyroInstances: dict[type, object] = {}
        for resource in list(self.tracked_resources):
            with contextlib.suppress(Exception):
                resource.close()
        self.tracked_resources.clear()

    def getpeercert(self) -> Any:
        """The certificate of the client, as `ssl.SSLSocket.getpeercert` gives it."""
        tls = self._transport.tls
        return None if tls is None else tls.ssl.getpeercert()
