"""Host names to socket addresses, and these to sockets, within a deadline.

The operating system's own look-up cannot be given one: it runs on a thread of ours,
unless the host is a number.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import Pyro5

from callbackgen.runtime.address import Address
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.threads import Aside

if TYPE_CHECKING:
    from collections.abc import Callable

_look_ups = Aside(8, "look-up")


Secured: TypeAlias = "Callable[[socket.socket, str], socket.socket]"
"""Makes what is used of a connected socket and the name of its host."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a socket connects to; `host` is the name that a certificate must have."""

    family: int
    address: Any
    host: str


def targets(address: Address, deadline: Deadline) -> list[Target]:
    """The socket addresses of an address, in the order in which to try them.

    Raises OSError for an unknown host, TimeoutError when the deadline passes.
    """
    if address.socket_name is not None:
        family = getattr(socket, "AF_UNIX", None)
        if family is None:
            raise OSError("this system has no Unix domain sockets")
        return [Target(family, address.socket_name, address.host)]
    host, port = address.host, address.port
    try:
        found = _look_up(host, port, socket.AI_NUMERICHOST)
    except OSError:
        if (
            ":" in host
        ):  # no name has one: this is an IP address that the system refuses
            raise
        found = _look_ups.do(deadline, lambda: _look_up(host, port, 0))
    preferred = socket.AF_INET6 if _preferred_version() == 6 else socket.AF_INET
    found.sort(key=lambda one: one[0] != preferred)
    return [Target(family, target, host) for family, target in found]


def _preferred_version() -> int:
    """Which of a name's addresses Pyro5 is set to use; ours are tried in that order."""
    version: int = cast(Any, Pyro5.config).PREFER_IP_VERSION
    return version


def _look_up(host: str, port: int, flags: int) -> list[tuple[int, Any]]:
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM, 0, flags)
    except (ValueError, OverflowError) as error:
        raise OSError(f"{host!a} is not the name of a host: {error}") from None
    return [(family, target) for family, _, _, _, target in found]


def dialled(address: Address, deadline: Deadline, secured: Secured) -> socket.socket:
    """A connected socket, by the first of the targets that `secured` works for too.

    Raises OSError, TimeoutError when the deadline passes.
    """
    failure: OSError | None = None
    for target in targets(address, deadline):
        try:
            return _dialled(target, deadline, secured)
        except OSError as error:
            if isinstance(error, TimeoutError):
                raise
            failure = error
    assert failure is not None
    raise failure


def _dialled(target: Target, deadline: Deadline, secured: Secured) -> socket.socket:
    connected = socket.socket(target.family, socket.SOCK_STREAM)
    try:
        if target.family != getattr(socket, "AF_UNIX", None):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(deadline.remaining())
        connected.connect(target.address)
        return secured(connected, target.host)
    except ValueError as error:  # a path, or a name in TLS, that the system refuses
        connected.close()
        raise OSError(str(error)) from error
    except BaseException:
        connected.close()
        raise
