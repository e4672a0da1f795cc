"""What a daemon or a connection has done so far, in numbers."""

from __future__ import annotations

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


class Counters:
    """Counts for many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._closed: Counter[str] = Counter()
        self._open: set[Transport] = set()

    def count(self, what: str) -> None:
        """One more of a field of `Statistics`."""
        with self._lock:
            self._counts[what] += 1

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
                connections=len(self._open), closed=dict(self._closed), **counts
            )
