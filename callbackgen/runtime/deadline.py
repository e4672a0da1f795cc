"""The time that one call has, here and at the far end.

The time that is left travels with a request in the annotation ``CBGN``: format (16
bits, at present 1), features (16 bits, at present 0) and milliseconds (32 bits), all
big-endian. A receiver skips what follows those eight bytes.
"""

from __future__ import annotations

import struct
import time

ANNOTATION = "CBGN"

_LAYOUT = struct.Struct("!HHI")
_FORMAT = 1


class Deadline:
    """An absolute end for a call, `seconds` from now."""

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """The seconds that are left, more than 0.

        Raises TimeoutError when none are.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def annotation(self) -> bytes:
        """What the far end is told. Raises TimeoutError when no time is left."""
        milliseconds = min(int(self.remaining() * 1000), 0xFFFFFFFF)
        return _LAYOUT.pack(_FORMAT, 0, max(milliseconds, 1))


def remaining_of(annotation: bytes | memoryview | None) -> float | None:
    """The seconds that the caller gives, or None where it does not say."""
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
