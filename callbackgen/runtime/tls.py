"""TLS for one connection, without sockets: bytes in, bytes out.

Not safe to be used by two threads at once: OpenSSL forbids reading and writing one
connection at the same time.
"""

from __future__ import annotations

import ssl
from typing import Any, Final, cast

from Pyro5 import config, socketutil

_CHUNK: Final = 64 * 1024


class Tls:
    """One end of a TLS connection.

    `host` is the name that the server's certificate has to have; None at the server's
    own end.
    """

    def __init__(self, context: ssl.SSLContext, host: str | None) -> None:
        self._arrived = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.ssl = context.wrap_bio(
            self._arrived,
            self._outgoing,
            server_side=host is None,
            server_hostname=host,
        )
        self._unsent: list[bytes] | None = []

    def begin(self) -> None:
        """Take the first step of the handshake. Raises ssl.SSLError."""
        self._step()

    def received(self, data: bytes) -> bytes:
        """Takes what has arrived; gives what it says. Raises ssl.SSLError."""
        self._arrived.write(data)
        if self._unsent is not None and not self._step():
            return b""
        said = bytearray()
        try:
            while piece := self.ssl.read(_CHUNK):
                said += piece
        except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
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
        return self._outgoing.read()

    def _step(self) -> bool:
        """Whether the handshake is done."""
        try:
            self.ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        unsent, self._unsent = self._unsent or [], None
        for data in unsent:
            self.ssl.write(data)
        return True


def server_context() -> ssl.SSLContext | None:
    """What Pyro5's own servers use, by Pyro5's settings; None where TLS is off."""
    return _context("SERVER")


def client_context() -> ssl.SSLContext | None:
    """What Pyro5's own clients use, by Pyro5's settings; None where TLS is off."""
    return _context("CLIENT")


def _context(end: str) -> ssl.SSLContext | None:
    set_to = cast(Any, config)
    if not set_to.SSL:
        return None
    given = {
        f"{end.lower()}cert": getattr(set_to, f"SSL_{end}CERT"),
        f"{end.lower()}key": getattr(set_to, f"SSL_{end}KEY"),
        "keypassword": getattr(set_to, f"SSL_{end}KEYPASSWD"),
        "cacerts": set_to.SSL_CACERTS,
    }
    context: ssl.SSLContext = cast(Any, socketutil).get_ssl_context(**given)
    return context
