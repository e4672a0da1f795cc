"""How clients end, and how processes are stopped: at random, from a seed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager
from random import Random
from typing import Final

from benchmarks.soaking.messages import (
    NAMES,
    Addresses,
    Crowd,
    Fault,
    Progress,
    WasReset,
)
from benchmarks.soaking.processes import Crew, Inbox

CLIENTS = 5
"""In one process; every second process uses TLS."""

KILLED: Final = "killed"
STOPPED: Final = "stopped for a moment"
GIVEN_UP: Final = "stopped until the server gave it up"
STOPPED_AND_KILLED: Final = "stopped, then killed"
RESET: Final = "reset"
LEFT: Final = "left"
KINDS: Final = (KILLED, STOPPED, GIVEN_UP, STOPPED_AND_KILLED, RESET, LEFT)

SHORT = (0.2, 4.0)
"""Seconds for which a process is stopped for a moment."""

LONG = (8.0, 10.0)
"""Seconds after which the server has given a process up."""


class Crews:
    """The processes with clients, as many as there are to be."""

    def __init__(
        self,
        addresses: Addresses,
        sizes: list[int],
        pace: float,
        random: Random,
        inbox: Inbox,
    ) -> None:
        self._addresses = addresses
        self._pace = pace
        self._random = random
        self._inbox = inbox
        self._named = 0
        self._stopped: list[tuple[float, str, Crew]] = []
        self._leaving: list[Crew] = []
        self.done: Counter[str] = Counter()
        """How often clients died, by the way."""
        self.counts: Counter[str] = Counter(dict.fromkeys(NAMES, 0))
        """What the clients have done."""
        self.faults: list[str] = []
        self._sizes = sizes
        self._crews: dict[int, Crew] = {}

    def come(self) -> None:
        """Start all processes."""
        for place in range(len(self._sizes)):
            self._replace(place)

    def let_one_die(self, kind: str) -> None:
        """Let one process or one client die in that way, if one can."""
        busy = [crew for _, _, crew in self._stopped] + self._leaving
        free = [
            place
            for place, crew in self._crews.items()
            if crew.has_spoken and crew not in busy
        ]
        if len(free) <= len(self._sizes) // 2 or not free:
            return
        place = self._random.choice(free)
        crew = self._crews[place]
        if kind == KILLED:
            crew.kill()
            self.done[kind] += 1
            self._replace(place)
        elif kind == RESET:
            crew.reset(self._random.randrange(len(crew.crowd.names)))
        elif kind == LEFT:
            crew.stdin.close()
            self._leaving.append(crew)
        else:
            span = LONG if kind == GIVEN_UP else SHORT
            due = time.monotonic() + self._random.uniform(*span)
            crew.stop()
            self._stopped.append((due, kind, crew))

    def look(self) -> None:
        """Do what is due, and hear what was said."""
        for entry in list(self._stopped):
            due, kind, crew = entry
            if due <= time.monotonic():
                self._stopped.remove(entry)
                self._end_stop(kind, crew)
        for crew in [one for one in self._leaving if one.code is not None]:
            self._leaving.remove(crew)
            self._has_left(crew)
            self._replace(self._place_of(crew))
            self.done[LEFT] += 1
        for place, crew in list(self._crews.items()):
            if crew.code is not None and crew not in self._leaving:
                self.faults.append(f"clients ended by themselves: {crew.code}")
                self._replace(place)
        self._hear()

    def leave(self) -> None:
        """Have all go, and wait until they are gone."""
        for _, _, crew in self._stopped:
            crew.go_on()
        self._stopped.clear()
        self._leaving.clear()
        crews = list(self._crews.values())
        self._crews.clear()
        for crew in crews:
            crew.stdin.close()
        for crew in crews:
            self._has_left(crew)
        self._hear()

    def kill(self) -> None:
        """Have none outlive the soak."""
        for crew in self._crews.values():
            crew.kill()

    def _end_stop(self, kind: str, crew: Crew) -> None:
        if kind == STOPPED_AND_KILLED:
            crew.kill()
            self._replace(self._place_of(crew))
        else:
            crew.go_on()
        self.done[kind] += 1

    def _has_left(self, crew: Crew) -> None:
        code = crew.leave()
        if code:
            self.faults.append(f"clients that were to leave ended with {code}")

    def _place_of(self, crew: Crew) -> int:
        return next(place for place, one in self._crews.items() if one is crew)

    def _replace(self, place: int) -> None:
        names: list[str] = []
        for _ in range(self._sizes[place]):
            self._named += 1
            names.append(f"c{self._named}")
        is_tls = bool(place % 2)
        address = self._addresses.tls if is_tls else self._addresses.plain
        seed = self._random.randrange(1 << 32)
        crowd = Crowd(names, address, is_tls, seed, self._pace)
        self._crews[place] = Crew(crowd, self._inbox)

    def _hear(self) -> None:
        while not self._inbox.empty():
            crew, said = self._inbox.get()
            match said:
                case Progress(counts):
                    self.counts.update(counts)
                case WasReset():
                    self.done[RESET] += 1
                case Fault(text):
                    self.faults.append(f"{text} (of {crew.crowd.names})")


@contextmanager
def ending(crews: Crews) -> Generator[Crews]:
    """However the block ends, the processes do."""
    try:
        yield crews
    finally:
        crews.kill()
