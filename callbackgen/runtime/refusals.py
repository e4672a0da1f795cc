"""What the log says of those who are refused: enough, however many they are.

The same holds for what nobody else is told, such as what a oneway call has raised.

One line a second for each reason and address; the next one says how many were left out
in between. So many different ones are told apart: as reasons and addresses are chosen
by strangers, those beyond in one second are only counted together, in a line of their
own each second. What is still to be told when others take its place, or when the daemon
closes, is told then.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

CALLS: Final = logging.getLogger("callbackgen.calls")
"""The log of calls that came."""

_INTERVAL: Final = 1.0
"""Seconds between two lines that are alike."""

_MOST: Final = 128
"""How many are told apart, and so about the most lines in a second."""

_LONGEST: Final = 200
_NOT_SHOWN: Final = re.compile("[^ -~]")

_Key: TypeAlias = tuple[str, str, str]
_Line: TypeAlias = tuple[int, str]

Tell: TypeAlias = Callable[[int, str, str], object]
"""`Refusals.tell` for one connection: a level, what happened, and why."""


def harmless(text: str) -> str:
    """A text from elsewhere for the log: one line of ASCII, and not long."""
    return _NOT_SHOWN.sub(lambda one: ascii(one[0])[1:-1], text[:_LONGEST])[:_LONGEST]


@dataclass(slots=True)
class _Told:
    level: int
    at: float
    text: str
    left_out: int = 0


class Refusals:
    """Writes them to a log. For all threads."""

    def __init__(
        self, log: logging.Logger, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._log = log
        self._now = now
        self._lock = threading.Lock()
        self._told: dict[_Key, _Told] = {}
        """The one that was told last is last."""
        self._others = 0
        self._others_at = now()

    def tell(self, level: int, who: str, origin: str, what: str, reason: str) -> None:
        """Log `who: what: reason`, unless one like it was told from that origin.

        Numbers in the reason are not told apart.
        """
        if not self._log.isEnabledFor(level):
            return
        reason = harmless(reason)
        key = origin, what, re.sub(r"\d+", "N", reason)
        with self._lock:
            lines = self._lines(key, level, f"{who}: {what}: {reason}")
        self._write(lines)

    def close(self) -> None:
        """Tell what was left out."""
        with self._lock:
            told, self._told = self._told, {}
            lines = [_of_left_out(one) for one in told.values() if one.left_out]
            lines += self._line_of_others()
        self._write(lines)

    def _write(self, lines: list[_Line]) -> None:
        for level, text in lines:
            self._log.log(level, "%s", text)

    # With the lock held

    def _lines(self, key: _Key, level: int, text: str) -> list[_Line]:
        """What is to be logged now."""
        now = self._now()
        told = self._told.get(key)
        if told is not None and now - told.at < _INTERVAL:
            told.left_out += 1
            return []
        lines: list[_Line] = []
        if told is not None:
            del self._told[key]
            if told.left_out:
                text += f" (and {told.left_out} more like it)"
        elif len(self._told) >= _MOST:
            oldest = next(iter(self._told))
            if now - self._told[oldest].at < _INTERVAL:
                return self._count_as_other(now)
            if self._told[oldest].left_out:
                lines.append(_of_left_out(self._told[oldest]))
            del self._told[oldest]
        self._told[key] = _Told(level, now, text)
        return [*lines, (level, text)]

    def _count_as_other(self, now: float) -> list[_Line]:
        self._others += 1
        if now - self._others_at < _INTERVAL:
            return []
        self._others_at = now
        return self._line_of_others()

    def _line_of_others(self) -> list[_Line]:
        others, self._others = self._others, 0
        return [(logging.WARNING, f"{others} refusals of more kinds")] if others else []


def _of_left_out(told: _Told) -> _Line:
    return told.level, f"{told.text} ({told.left_out} more like it)"
