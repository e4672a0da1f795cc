"""Those who wait for something: who has waited longest, and who has to make room.

Each question and each change takes the same time, however many there are.
"""

from __future__ import annotations

from typing import Generic, TypeVar

Member = TypeVar("Member")


class Crowd(Generic[Member]):
    """Members in the order in which they came, each from somewhere."""

    def __init__(self) -> None:
        self._origins: dict[Member, object] = {}
        self._of: dict[object, dict[Member, None]] = {}
        self._by_count: dict[int, dict[object, None]] = {}
        self._most = 0

    def __len__(self) -> int:
        return len(self._origins)

    def members(self) -> list[Member]:
        """All of them, the oldest first. This alone takes longer for more of them."""
        return [*self._origins]

    def add(self, member: Member, origin: object) -> None:
        """One more, the youngest."""
        self._origins[member] = origin
        of = self._of.setdefault(origin, {})
        of[member] = None
        self._recount(origin, len(of) - 1, len(of))

    def remove(self, member: Member) -> None:
        """One less, if it is here."""
        origin = self._origins.pop(member, None)
        if origin is None:
            return
        of = self._of[origin]
        del of[member]
        self._recount(origin, len(of) + 1, len(of))
        if not of:
            del self._of[origin]

    def oldest(self) -> Member | None:
        """Who has waited longest."""
        return next(iter(self._origins), None)

    def oldest_of_most(self) -> Member | None:
        """The oldest of where most are from.

        Of several such origins, the one that had so many first.
        """
        if not self._most:
            return None
        return next(iter(self._of[next(iter(self._by_count[self._most]))]))

    def _recount(self, origin: object, before: int, now: int) -> None:
        if before:
            del self._by_count[before][origin]
            if not self._by_count[before]:
                del self._by_count[before]
        if now:
            self._by_count.setdefault(now, {})[origin] = None
        if now > self._most or self._most not in self._by_count:
            self._most = now
