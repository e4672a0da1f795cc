"""For how long this process was stopped, so that it could not do what it was to."""

from __future__ import annotations

import threading
import time
from typing import Final

_TICK: Final = 0.05
_NOTED: Final = 0.25
"""Seconds between two looks, and those that one may be late without being counted."""


class Stopped:
    """Counts the seconds; its thread ends with the process."""

    def __init__(self) -> None:
        self.seconds = 0.0
        threading.Thread(target=self._count, daemon=True).start()

    def _count(self) -> None:
        before = time.monotonic()
        while True:
            time.sleep(_TICK)
            now = time.monotonic()
            if (late := now - before - _TICK) > _NOTED:
                self.seconds += late
            before = now

    def looked(self) -> float:
        """The seconds up to now; it waits until they are counted."""
        time.sleep(2 * _TICK)
        return self.seconds
