"""What a daemon or a connection has done so far, in numbers."""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callbackgen.runtime.transport import Transport


@dataclass(frozen=True, slots=True)
class Statistics:
    """A snapshot.

    `connections` are open now, `connected` were ever; `closed` says for each reason how
    many have ended.
    """

    connections: int = 0
    connected: int = 0
    calls_made: int = 0
    calls_received: int = 0
    timeouts: int = 0
    bytes_received: int = 0
    bytes_sent: int = 0
    closed: dict[str, int] = field(default_factory=dict[str, int])


_MOST_REASONS: Final = 64


class Tally:
    """Counts what happens in many threads, without a lock of its own.

    Python takes the next number of `itertools.count` in one step.
    """

    def __init__(self) -> None:
        numbers = itertools.count()
        self.count = numbers.__next__
        """One more."""
        self._looks = 0

    def look(self) -> int:
        """How many there were. One thread at a time."""
        self._looks += 1
        return self.count() - self._looks + 1


class Counters:
    """Counts for many threads."""

    def __init__(self) -> None:
        self.calls_made = Tally()
        self.calls_received = Tally()
        self.timeouts = Tally()
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._closed: Counter[str] = Counter()
        self._open: set[Transport] = set()

    def began(self, transport: Transport) -> None:
        """A connection has passed its handshake."""
        with self._lock:
            self._counts["connected"] += 1
            self._open.add(transport)

    def ended(self, transport: Transport, reason: str) -> None:
        """A connection has ended. Numbers in the reason are not told apart."""
        reason = re.sub(r"\d+", "N", reason)
        with self._lock:
            self._open.discard(transport)
            if reason not in self._closed and len(self._closed) >= _MOST_REASONS:
                reason = "other reasons"
            self._closed[reason] += 1
            self._counts["bytes_received"] += transport.bytes_received
            self._counts["bytes_sent"] += transport.bytes_sent

    def snapshot(self) -> Statistics:
        """What has been counted up to now."""
        with self._lock:
            counts = Counter(self._counts)
            for transport in self._open:
                counts["bytes_received"] += transport.bytes_received
                counts["bytes_sent"] += transport.bytes_sent
            return Statistics(
                connections=len(self._open),
                calls_made=self.calls_made.look(),
                calls_received=self.calls_received.look(),
                timeouts=self.timeouts.look(),
                closed=dict(self._closed),
                **counts,
            )
