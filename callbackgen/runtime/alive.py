"""Whether the other end of a connection is there: its last sign of life, and asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings

_ANSWERING: Final = 3
"""Who is asked has this part of the time between heartbeat and end for its answer."""


class Alive:
    """One end, as it is heard. Times are those of `time.monotonic`."""

    def __init__(self, settings: Settings, now: float) -> None:
        self._settings = settings
        self.heard(now)

    def heard(self, now: float) -> None:
        """A sign of life; or nothing is read, so that a silence means nothing."""
        self._heard = now
        self._asked: float | None = None

    def tick(self, now: float, ask: Callable[[], object]) -> float:
        """Has it asked if it is silent; gives the seconds until the next look.

        Raises WireError when it has given no sign of life for too long, and none for a
        while after it was asked: this process may not have run meanwhile.
        """
        silent = now - self._heard
        settings = self._settings
        if silent < settings.heartbeat:
            return settings.heartbeat - silent
        if self._asked is None:
            self._asked = now
            ask()
        answering = (settings.dead_after - settings.heartbeat) / _ANSWERING
        left = max(self._asked + answering - now, settings.dead_after - silent)
        if left <= 0:
            raise WireError(f"no sign of life for {settings.dead_after:g} s")
        return min(settings.heartbeat, left)
