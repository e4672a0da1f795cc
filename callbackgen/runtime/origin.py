"""Where a client connects from."""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Final, TypeAlias

Address: TypeAlias = "tuple[object, ...] | str | bytes"
"""What the system says of where a client is: no tuple for a Unix domain socket."""

_CREDENTIALS: Final = struct.Struct("3i")
_HOST_BITS: Final = 64
"""Bits of an IPv6 address that a host chooses itself."""


def origin_of(accepted: socket.socket, address: Address) -> str:
    """What connections have in common whose clients are not known otherwise.

    The host, or for a Unix domain socket the user: a process can be many, as a port.
    One host with IPv6 can have any address of its network, which is a /64.
    """
    if isinstance(address, tuple):
        return _network(str(address[0]))
    if not hasattr(socket, "SO_PEERCRED"):
        return "this machine"
    found = accepted.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size
    )
    _, user, _ = _CREDENTIALS.unpack(found)
    return f"user {user}"


def _network(host: str) -> str:
    if ":" not in host:
        return host
    found = ipaddress.IPv6Address(host)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    network = ipaddress.IPv6Address(int(found) >> _HOST_BITS << _HOST_BITS)
    scope = f"%{found.scope_id}" if found.scope_id else ""
    return f"{network}{scope}/64"


def shown(address: Address, server: str) -> str:
    """The address of a client of a server, for people."""
    if not isinstance(address, tuple):
        return f"a client of {server}"
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in str(host) else f"{host}:{port}"
