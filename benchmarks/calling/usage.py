"""What processes have used: time of the CPU, and how often they were switched to.

Other work on the machine changes these less than how long calls last.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calling.processes import Server

HEAD = ("way", "server's CPU us", "clients' CPU us", "switches of threads")
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Seconds of the CPU, and switches between threads."""

    seconds: float
    switches: int

    @classmethod
    def of(cls, process_id: int) -> Usage:
        """What a process has used so far."""
        folder = Path(f"/proc/{process_id}")
        after_name = folder.joinpath("stat").read_text(encoding="ascii").split(")")[-1]
        user, system = after_name.split()[11:13]
        switches = 0
        for status in folder.glob("task/*/status"):
            for line in status.read_text(encoding="ascii").splitlines():
                if "ctxt_switches" in line:
                    switches += int(line.split()[1])
        return cls((int(user) + int(system)) / _TICKS, switches)


def usages(server: Server) -> list[Usage]:
    """What a server and its clients have used so far, the server first."""
    return [Usage.of(process_id) for process_id in server.process_ids]


def row(
    name: str, before: Sequence[Usage], after: Sequence[Usage], calls: int
) -> tuple[str, ...]:
    """The line of a table under `HEAD`: what so many calls have used, for each."""
    pairs = list(zip(before, after, strict=True))
    first, *rest = [late.seconds - early.seconds for early, late in pairs]
    switches = sum(late.switches - early.switches for early, late in pairs)
    return (
        name,
        f"{first / calls * 1e6:.0f}",
        f"{sum(rest) / calls * 1e6:.0f}",
        f"{switches / calls:.1f}",
    )
