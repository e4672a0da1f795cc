"""TLS for one connection, without sockets: bytes in, bytes out.

Not safe to be used by two threads at once: OpenSSL forbids reading and writing one
connection at the same time.
"""

from __future__ import annotations

from collections import deque
from ssl import (
    OP_NO_RENEGOTIATION,
    MemoryBIO,
    SSLContext,
    SSLObject,
    SSLWantReadError,
    SSLZeroReturnError,
)
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, cast

from Pyro5 import config, socketutil

if TYPE_CHECKING:
    from callbackgen.runtime.loop import Action, Loop

_CHUNK: Final = 64 * 1024
_STEPS_AT_ONCE: Final = 8


class Tls:
    """One end of a TLS connection.

    `host` is the name that the server's certificate has to have; None at the server's
    own end, which is made when the first bytes arrive: it takes 40 KiB.
    """

    __slots__ = ("_arrived", "_context", "_outgoing", "_ssl", "_unsent")

    def __init__(self, context: SSLContext, host: str | None) -> None:
        self._context = context
        self._ssl: SSLObject | None = None
        self._unsent: list[bytes] | None = []
        if host is not None:
            self._made(host)

    @property
    def ssl(self) -> SSLObject:
        """OpenSSL's end of the connection."""
        return self._made(None) if self._ssl is None else self._ssl

    @property
    def is_shaken(self) -> bool:
        """Whether the handshake is done."""
        return self._unsent is None

    def begin(self) -> None:
        """Take the first step of the handshake, a client's. Raises ssl.SSLError."""
        if self._ssl is not None:
            self._step()

    def received(self, data: bytes) -> bytes:
        """Takes what has arrived; gives what it says. Raises ssl.SSLError."""
        own = self.ssl
        self._arrived.write(data)
        if self._unsent is not None and not self._step():
            return b""
        said = bytearray()
        try:
            while piece := own.read(_CHUNK):
                said += piece
        except (SSLWantReadError, SSLZeroReturnError):
            pass
        return bytes(said)

    def send(self, data: bytes) -> None:
        """Takes what is to be said; it is kept until the handshake is done."""
        if self._unsent is not None:
            self._unsent.append(data)
        else:
            self.ssl.write(data)

    def take(self) -> bytes:
        """The bytes that have to be sent."""
        return b"" if self._ssl is None else self._outgoing.read()

    def _made(self, host: str | None) -> SSLObject:
        self._arrived = MemoryBIO()
        self._outgoing = MemoryBIO()
        self._ssl = self._context.wrap_bio(
            self._arrived,
            self._outgoing,
            server_side=host is None,
            server_hostname=host,
        )
        return self._ssl

    def _step(self) -> bool:
        """Whether the handshake is done."""
        try:
            self.ssl.do_handshake()
        except SSLWantReadError:
            return False
        unsent, self._unsent = self._unsent or [], None
        for data in unsent:
            self.ssl.write(data)
        return True


class Steps:
    """Lets handshakes take some steps in each turn of a loop; the rest wait, in order.

    A step can take a millisecond: many strangers must not hold up who is connected.
    """

    def __init__(self, loop: Loop) -> None:
        self._loop = loop
        self._waiting: deque[Action] = deque()
        self._is_due = False

    def add(self, step: Action) -> None:
        """Have one more step taken. In the loop's thread."""
        self._waiting.append(step)
        if not self._is_due:
            self._is_due = True
            self._loop.soon(self._take)

    def _take(self) -> None:
        """Has some taken in the next turn, and looks again behind them."""
        for _ in range(min(len(self._waiting), _STEPS_AT_ONCE)):
            self._loop.soon(self._waiting.popleft())
        self._is_due = bool(self._waiting)
        if self._is_due:
            self._loop.soon(self._take)


def server_context() -> SSLContext | None:
    """What Pyro5's own servers use, by Pyro5's settings; None where TLS is off.

    Raises OSError where it cannot be set up, ValueError without a certificate.
    """
    if cast(Any, config).SSL and not cast(Any, config).SSL_SERVERCERT:
        raise ValueError(
            "TLS is on (Pyro5.config.SSL), and a server needs a certificate for it: "
            "set Pyro5.config.SSL_SERVERCERT and SSL_SERVERKEY"
        )
    context = _context("SERVER")
    if context is not None:  # older versions of OpenSSL let clients ask for it
        context.options |= OP_NO_RENEGOTIATION
    return context


def client_context() -> SSLContext | None:
    """What Pyro5's own clients use, by Pyro5's settings; None where TLS is off.

    Raises OSError where it cannot be set up.
    """
    return _context("CLIENT")


_one_at_a_time = Lock()
"""Pyro5 keeps its context where others find it before it knows any certificate: who
connected then was told that the server's is not to be trusted."""


def _context(end: str) -> SSLContext | None:
    set_to = cast(Any, config)
    if not set_to.SSL:
        return None
    given = {
        f"{end.lower()}cert": getattr(set_to, f"SSL_{end}CERT"),
        f"{end.lower()}key": getattr(set_to, f"SSL_{end}KEY"),
        "keypassword": getattr(set_to, f"SSL_{end}KEYPASSWD"),
        "cacerts": set_to.SSL_CACERTS,
    }
    try:
        with _one_at_a_time:
            context: SSLContext = cast(Any, socketutil).get_ssl_context(**given)
    except OSError as error:  # often without the name of a file
        raise OSError(
            f"TLS cannot be set up as Pyro5.config.SSL_CACERTS, SSL_{end}CERT and "
            f"SSL_{end}KEY say: {error}"
        ) from error
    return context
