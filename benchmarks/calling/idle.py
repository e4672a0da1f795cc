"""What a client costs its server while it does nothing: memory and threads."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.calling.contender import NAMES
from benchmarks.calling.processes import running

HEAD = ("way", "KiB a client", "threads a client", "KiB in all", "threads in all")

FIRST = 10
"""Clients that come before those that are counted: what is loaded once is loaded."""

GROUP = 100
"""The most clients in one process."""

LIMIT = 10.0
"""Seconds that a server may take to come to rest."""

QUIET = 1.0


@dataclass(frozen=True, slots=True)
class Load:
    """The memory (VmRSS) and the threads of a process."""

    kibibytes: int
    threads: int


@dataclass(frozen=True, slots=True)
class Cost:
    """What so many clients have added, and what there was at their end."""

    clients: int
    before: Load
    after: Load


def cost(name: str, clients: int, progress: Callable[[str], None]) -> Cost:
    """Let so many clients come to a contender's fresh server."""
    with running(name) as server:
        server.add_clients(FIRST)
        before = _at_rest(server.process_ids[0])
        for start in range(0, clients, GROUP):
            progress(f"{NAMES[name]}, idle clients: {start} of {clients}")
            server.add_clients(min(GROUP, clients - start))
        return Cost(clients, before, _at_rest(server.process_ids[0]))


def row(name: str, cost: Cost) -> tuple[str, ...]:
    """The line of a table under `HEAD`."""
    kibibytes = (cost.after.kibibytes - cost.before.kibibytes) / cost.clients
    threads = (cost.after.threads - cost.before.threads) / cost.clients
    return (
        name,
        f"{kibibytes:.1f}",
        f"{threads:.2f}",
        f"{cost.after.kibibytes:,}",
        f"{cost.after.threads:,}",
    )


def _at_rest(process_id: int) -> Load:
    """The load when it no longer changes; after `LIMIT` seconds, the last one seen."""
    load = _load(process_id)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        time.sleep(QUIET)
        last, load = load, _load(process_id)
        if load == last:
            break
    return load


def _load(process_id: int) -> Load:
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return Load(int(values["VmRSS"].split()[0]), int(values["Threads"]))
