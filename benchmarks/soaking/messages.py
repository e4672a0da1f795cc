"""What the soak's processes say to each other: a line of JSON each."""

from __future__ import annotations

import msgspec

ORDINARY = 5
"""Each so many-th client of a process is an ordinary one."""

NAMES = ("visits", "calls", "events", "ordinary_visits", "ordinary_calls", "excused")
"""What clients count. `excused` are errors after a stop or a reset."""


class Addresses(msgspec.Struct, frozen=True, tag=True):
    """Where a server is, without TLS and with it."""

    plain: str
    tls: str


class Crowd(msgspec.Struct, frozen=True):
    """The clients of one process: their names, where they go, and what they do."""

    names: list[str]
    address: str
    is_tls: bool
    seed: int
    pace: float
    """Seconds from one thing that a client does to the next, on an average."""


class Reset(msgspec.Struct, frozen=True, tag=True):
    """Break the connection of the client with that index."""

    client: int


class WasReset(msgspec.Struct, frozen=True, tag=True):
    """It was done."""

    client: int


class Progress(msgspec.Struct, frozen=True, tag=True):
    """What the clients have done since they said so the last time, by `NAMES`."""

    counts: dict[str, int]


class Fault(msgspec.Struct, frozen=True, tag=True):
    """What must not be, with who saw it."""

    text: str


class Numbers(msgspec.Struct, frozen=True):
    """What a daemon's `statistics` say."""

    connections: int
    connected: int
    calls_made: int
    calls_received: int
    timeouts: int
    closed: dict[str, int]

    @property
    def add_up(self) -> bool:
        """Whether every connection is open, or was closed for a reason."""
        return self.connected == self.connections + sum(self.closed.values())


class Holdings(msgspec.Struct, frozen=True, tag=True):
    """What a server's process holds, and what has happened in it."""

    threads: list[str]
    descriptors: int
    objects: dict[str, int]
    blocks: int
    """Python's allocated blocks of memory."""
    resident: int
    """KiB of memory that the process has."""
    daemons: dict[str, Numbers]
    happened: dict[str, int]
    faults: list[str]


Said = WasReset | Progress | Fault
"""By a process of clients."""
