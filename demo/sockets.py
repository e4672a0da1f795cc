"""Who listens on the network: what the system itself says of a process."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

LISTENING = "0A"
"""A socket's state in Linux's tables."""


def listening_ports(pid: int) -> list[int] | None:
    """The TCP ports on which a process listens; None where there is no ``/proc``."""
    process = Path(f"/proc/{pid}")
    if not process.exists():
        return None
    ports: set[int] = set()
    own = _sockets(process / "fd")
    for table in (process / "net/tcp", process / "net/tcp6"):
        if not table.exists():
            continue  # a system without IPv6
        for line in table.read_text(encoding="ascii").splitlines()[1:]:
            row = line.split()
            if row[3] == LISTENING and f"socket:[{row[9]}]" in own:
                ports.add(int(row[1].rpartition(":")[2], 16))
    return sorted(ports)


def _sockets(descriptors: Path) -> set[str]:
    found: set[str] = set()
    for descriptor in descriptors.iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(descriptor.readlink()))
    return found
