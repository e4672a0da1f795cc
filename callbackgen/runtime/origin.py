"""Where a client connects from."""

from __future__ import annotations

import socket
import struct
from typing import Final, TypeAlias

Address: TypeAlias = "tuple[object, ...] | str | bytes"
"""What the system says of where a client is: no tuple for a Unix domain socket."""

_CREDENTIALS: Final = struct.Struct("3i")


def origin_of(accepted: socket.socket, address: Address) -> str:
    """What connections have in common whose clients are not known otherwise.

    The host, or for a Unix domain socket the user: a process can be many, as a port.
    """
    if isinstance(address, tuple):
        return str(address[0])
    if not hasattr(socket, "SO_PEERCRED"):
        return "this machine"
    found = accepted.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
    )
    _, user, _ = _CREDENTIALS.unpack(found)
    return f"user {user}"


def shown(address: Address, server: str) -> str:
    """The address of a client of a server, for people."""
    if not isinstance(address, tuple):
        return f"a client of {server}"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
