"""The sockets of another process, as Linux tells of them."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_LISTENING_TCP = "0A"
_ACCEPTS = 0x10000


def count_listening(pid: int) -> int:
    """How many sockets a process has on which others can connect to it."""
    process = Path("/proc") / str(pid)
    own: set[str] = set()
    for file in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            own.add(str(file.readlink()))
    listening: set[str] = set()
    for name in ("tcp", "tcp6"):
        for fields in _rows(process / "net" / name):
            if fields[3] == _LISTENING_TCP:
                listening.add(f"socket:[{fields[9]}]")
    for fields in _rows(process / "net" / "unix"):
        if int(fields[3], 16) & _ACCEPTS:
            listening.add(f"socket:[{fields[6]}]")
    return len(own & listening)


def _rows(table: Path) -> list[list[str]]:
    if not table.exists():  # no IPv6 here
        return []
    lines = table.read_text(encoding="ascii", errors="replace").splitlines()[1:]
    return [line.split() for line in lines]


def can_be_seen() -> bool:
    """Whether this system tells of the sockets of a process."""
    return Path(f"/proc/{os.getpid()}/net/tcp").exists()
