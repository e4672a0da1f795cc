"""Whether a process was stopped, as it notices itself."""

from __future__ import annotations

import threading
import time

BEAT = 0.05
STOPPED = 1.0
"""Seconds without a beat after which the process was stopped. Stops that are shorter
must do no harm."""


class Pulse:
    """A thread that looks at the clock."""

    def __init__(self) -> None:
        self._beats = 0
        self._beaten = threading.Condition()
        self._last_stop = 0.0
        self._thread = threading.Thread(target=self._run, name="pulse", daemon=True)
        self._thread.start()

    def stopped_since(self, moment: float) -> bool:
        """Whether the process was stopped since a moment of `time.monotonic`."""
        with self._beaten:
            next_beat = self._beats + 1  # it is over the time up to now
            self._beaten.wait_for(lambda: self._beats >= next_beat)
            return self._last_stop >= moment

    def _run(self) -> None:
        last = time.monotonic()
        while True:
            time.sleep(BEAT)
            now = time.monotonic()
            with self._beaten:
                if now - last > STOPPED:
                    self._last_stop = now
                self._beats += 1
                self._beaten.notify_all()
            last = now
