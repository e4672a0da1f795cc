"""Messages that have arrived and are not read yet, and the releases that wait for them.

What the other end releases may be named in a message that came before: a stub of it is
made only when that is read.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings

_MOST_WAITING: Final = 1024
_OVERFULL: Final = 4
"""How many times the calls that may be queued there may be messages that are unread."""

Release: TypeAlias = "list[Any]"
"""A control message that releases objects."""


class Unread:
    """Those of one connection, by numbers in the order in which they arrived."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._sizes: dict[int, int] = {}
        self._size = 0
        self._releases: deque[tuple[int, Release]] = deque()
        self.arrivals = 0
        """The number of the last one."""

    @property
    def size(self) -> int:
        """The bytes of all their payloads."""
        return self._size

    def arrived(self, size: int) -> int:
        """The number of one more, whose payload of that size has to be read.

        Raises WireError where too much is not read.
        """
        self.arrivals += 1
        self._sizes[self.arrivals] = size
        self._size += size
        settings = self._settings
        if self._size > settings.queue_size or (
            len(self._sizes) > _OVERFULL * settings.queue_messages
        ):
            raise WireError(f"more than {settings.queue_size} bytes queued")
        return self.arrivals

    def read(self, arrival: int) -> list[Release]:
        """Says that one was read; gives the releases that waited for that alone."""
        self._size -= self._sizes.pop(arrival, 0)
        if not self._releases:
            return []
        oldest = next(iter(self._sizes), None)
        released: list[Release] = []
        while self._releases and (oldest is None or oldest > self._releases[0][0]):
            released.append(self._releases.popleft()[1])
        return released

    def has_to_wait(self, release: Release) -> bool:
        """Whether a release that has arrived waits here, until `read` gives it.

        Raises WireError where too many do.
        """
        if not self._sizes:
            return False
        if len(self._releases) > _MOST_WAITING:
            raise WireError("too many releases behind messages that are not read")
        self._releases.append((self.arrivals, release))
        return True

    def forget_releases(self) -> None:
        """Nothing is released any more: the connection is lost."""
        self._releases.clear()
