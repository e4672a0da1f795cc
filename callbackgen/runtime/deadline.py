"""The time that one call has, here and at the far end."""

from __future__ import annotations

import time


class Deadline:
    """An absolute end for a call: in `seconds` from now, or at `latest` before that."""

    __slots__ = ("end", "seconds")

    def __init__(self, seconds: float, latest: float | None = None) -> None:
        now = time.monotonic()
        self.end = now + seconds
        if latest is not None and latest < self.end:
            self.end = latest
            seconds = max(latest - now, 0.0)
        self.seconds = seconds

    def remaining(self) -> float:
        """The seconds that are left, more than 0.

        Raises TimeoutError when none are.
        """
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def milliseconds(self) -> int:
        """What is left, at least 1. Raises TimeoutError when nothing is."""
        return max(min(int(self.remaining() * 1000), 0xFFFFFFFF), 1)


def checked_seconds(seconds: float) -> float:
    """The number of seconds, which must be more than 0 and not more than a month.

    Raises ValueError otherwise, TypeError for what is no number.
    """
    if not _is_number(seconds):
        raise TypeError(f"a deadline is a number of seconds, not {seconds!r}")
    if not 0 < seconds <= 31 * 24 * 3600:
        raise ValueError(
            f"a deadline of {seconds} s: it must be more than 0 and at most 31 days"
        )
    return seconds


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
