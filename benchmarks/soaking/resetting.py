"""A connection that is reset, as when its network is gone."""

from __future__ import annotations

import ctypes
import os
import socket
import struct

_LIBC = ctypes.CDLL(None, use_errno=True)
_NOWHERE = struct.pack("H14x", socket.AF_UNSPEC)


def handle(number: int) -> socket.socket:
    """A second descriptor of a socket: it stays ours when the first one is closed."""
    return socket.socket(fileno=os.dup(number))


def reset(connected: socket.socket) -> None:
    """Have the kernel reset a TCP connection: no goodbye, and what is unsent is lost.

    That is what closing it with SO_LINGER 0 does. But here others use the socket, and
    one that is connected to nowhere is reset in the same way, and stays open (tcp(7)).
    """
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if _LIBC.connect(connected.fileno(), _NOWHERE, len(_NOWHERE)):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
