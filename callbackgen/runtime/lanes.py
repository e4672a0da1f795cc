"""In which order the calls that arrive on a connection are run; no threads, no sockets.

Order is per object. Callbacks, which are objects that were passed by reference, are
called one at a time, in order of arrival. Services, which have a name, run their
two-way calls side by side; oneway calls in order among themselves, and a two-way call
starts only when the oneway calls that were sent before it have ended.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from typing import TypeAlias

Key: TypeAlias = "int | str"
"""An object: the number of a reference, or the name of a service."""

NO_CHAIN = 0


class Incoming(msgspec.Struct, eq=False):
    """A call that has arrived, its payload not looked at.

    `chain` is that of the calls that wait for each other, as this end counts them;
    `expires` when its caller gives up, by `time.monotonic`; `inside`: it runs although
    its object has not ended another call, which waits for it; `may_stay`: the thread
    that runs it may read what comes next; `is_tracked`: it counts as unread until it
    has been read, since it is large or there may be references in it.
    """

    sequence: int
    oneway: bool
    key: Key
    chain: int
    expires: float | None
    payload: bytes
    ordinal: int = 0
    is_tracked: bool = True
    inside: bool = False
    may_stay: bool = False


class _Lane:
    __slots__ = ("calls", "chains", "oneways", "waiting")

    def __init__(self) -> None:
        self.waiting: deque[Incoming] = deque()
        self.calls = 0
        self.oneways = 0
        self.chains: dict[int, int] = {}

    @property
    def is_idle(self) -> bool:
        return not (self.waiting or self.calls or self.oneways)

    def starts(self, incoming: Incoming) -> None:
        if incoming.oneway:
            self.oneways += 1
        else:
            self.calls += 1
            self.chains[incoming.chain] = self.chains.get(incoming.chain, 0) + 1

    def ends(self, incoming: Incoming) -> None:
        if incoming.oneway:
            self.oneways -= 1
            return
        self.calls -= 1
        self.chains[incoming.chain] -= 1
        if not self.chains[incoming.chain]:
            del self.chains[incoming.chain]

    def may_start(self, *, one_at_a_time: bool) -> bool:
        return not self.oneways and not (one_at_a_time and self.calls)


class Lanes:
    """The calls of one connection, in a lane for each object."""

    __slots__ = ("_lanes",)

    def __init__(self) -> None:
        self._lanes: dict[Key, _Lane] = {}

    def arrived(self, incoming: Incoming, *, nested: bool) -> list[Incoming]:
        """Takes a call; gives those that start now.

        A call of a chain that has the object already starts at once, if it is `nested`
        (something here waits in the chain): the call that it would have to wait for
        waits for it.
        """
        lane = self._lanes.get(incoming.key)
        if lane is None:
            lane = self._lanes[incoming.key] = _Lane()
        if nested and self.is_held(incoming.key, incoming.chain):
            incoming.inside = True
            lane.starts(incoming)
            return [incoming]
        lane.waiting.append(incoming)
        return self._started(incoming.key, lane)

    def is_held(self, key: Key, chain: int) -> bool:
        """Whether a call of that chain runs for the object."""
        lane = self._lanes.get(key)
        return lane is not None and chain != NO_CHAIN and chain in lane.chains

    def ended(self, incoming: Incoming) -> list[Incoming]:
        """Says that a call has ended; gives those that start now."""
        lane = self._lanes[incoming.key]
        lane.ends(incoming)
        started = self._started(incoming.key, lane)
        if lane.is_idle:
            del self._lanes[incoming.key]
        return started

    def waiting_calls(self, key: Key) -> int:
        """How many two-way calls wait for an object."""
        lane = self._lanes.get(key)
        return 0 if lane is None else sum(not one.oneway for one in lane.waiting)

    def expired(self, now: float, key: Key | None = None) -> list[Incoming]:
        """Takes out the waiting two-way calls whose callers gave up.

        Those of all objects, or of one.
        """
        keys = [*self._lanes] if key is None else [key]
        return [one for found in keys for one in self._expired(found, now)]

    def _expired(self, key: Key, now: float) -> list[Incoming]:
        lane = self._lanes.get(key)
        if lane is None:
            return []
        expired = [
            one
            for one in lane.waiting
            if not one.oneway and one.expires is not None and one.expires <= now
        ]
        for one in expired:
            lane.waiting.remove(one)
        return expired

    def forget_waiting(self) -> None:
        """Drop the calls that have not started."""
        for lane in self._lanes.values():
            lane.waiting.clear()

    def _started(self, key: Key, lane: _Lane) -> list[Incoming]:
        started: list[Incoming] = []
        one_at_a_time = isinstance(key, int)
        while lane.waiting and lane.may_start(one_at_a_time=one_at_a_time):
            incoming = lane.waiting.popleft()
            lane.starts(incoming)
            started.append(incoming)
        return started
