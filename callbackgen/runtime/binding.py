"""A listening socket, or why there is none."""

from __future__ import annotations

import errno
import socket
from typing import Any, Final, cast

from Pyro5 import config, socketutil

_BACKLOG: Final = 512
_IPV6: Final = 6


def listening_on(where: str | tuple[str, int]) -> socket.socket:
    """A listening socket. Raises OSError, as where the port is taken."""
    family = getattr(socket, "AF_UNIX", socket.AF_INET)
    if isinstance(where, tuple):
        address: Any = cast(Any, socketutil).get_ip_address(where[0] or "0.0.0.0")  # noqa: S104
        family = socket.AF_INET6 if address.version == _IPV6 else socket.AF_INET
        where = str(address), where[1]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if cast(Any, config).SOCK_REUSE:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(where)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException as error:
        listening.close()
        if isinstance(error, OSError):
            raise _bind_error(error, where) from error
        raise
    return listening


def _bind_error(error: OSError, where: str | tuple[str, int]) -> OSError:
    """The same error, which says where besides."""
    shown = where if isinstance(where, str) else f"{where[0]} port {where[1]}"
    if error.errno is None:  # a path that is too long
        return OSError(f"cannot listen on {shown}: {error}")
    text = f"{error.strerror}: cannot listen on {shown}"
    if where is shown and error.errno == errno.EADDRINUSE:
        text += "; if its server is gone, delete the file"
    return OSError(error.errno, text)  # a subclass, as OSError chooses by the number
