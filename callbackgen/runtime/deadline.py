"""The time that one call has, here and at the far end."""

from __future__ import annotations

import struct
import time

ANNOTATION = "CBGN"

_LAYOUT = struct.Struct("!HHI")
_FORMAT = 1


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

    def annotation(self) -> bytes:
        """What an ordinary Pyro5 far end is told. Raises TimeoutError as above."""
        return _LAYOUT.pack(_FORMAT, 0, self.milliseconds())


def remaining_of(annotation: bytes | memoryview | None) -> float | None:
    """The seconds that a caller over ordinary Pyro5 gives, or None if it says none."""
    if annotation is None or len(annotation) < _LAYOUT.size:
        return None
    return int(_LAYOUT.unpack_from(annotation)[2]) / 1000


def checked_seconds(seconds: float) -> float:
    """The number of seconds, which must be more than 0 and not more than a month.

    Raises ValueError otherwise.
    """
    if not 0 < seconds <= 31 * 24 * 3600:
        raise ValueError(
            f"a deadline of {seconds} s: it must be more than 0 and at most 31 days"
        )
    return seconds
