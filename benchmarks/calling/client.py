"""Clients: ``python -m benchmarks.calling.client CONTENDER ADDRESS COUNT``.

It prints a line when all of them have registered, and ends when stdin does.
"""

from __future__ import annotations

import faulthandler
import sys
import threading

from benchmarks.calling.contender import load

LIMIT = 120.0
"""Coming or going that takes longer ends the process, which prints where it stands."""

PATIENCE = 60.0


class Counting:
    """Fits `Listener`."""

    def __init__(self) -> None:
        self._last = 0.0
        self._told = 0
        self._changed = threading.Condition()

    def changed(self, text: str, price: float) -> bool:
        """Answer from what came before, so that a lost or changed call is noticed."""
        last, self._last = self._last, price + len(text)
        return self._last > last

    def tell(self, text: str, price: float) -> None:
        """Count."""
        with self._changed:
            self._told += 1
            self._changed.notify_all()

    def told(self, count: int) -> int:
        """Wait until so many have come, and begin to count anew."""
        with self._changed:
            self._changed.wait_for(lambda: self._told >= count, PATIENCE)
            told, self._told = self._told, 0
            return told


def main(name: str, address: str, count: str) -> None:
    """Listens until stdin ends."""
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    listeners = [Counting() for _ in range(int(count))]
    with load(name).listening(address, listeners):
        print("ready", flush=True)
        faulthandler.cancel_dump_traceback_later()
        sys.stdin.read()
        faulthandler.dump_traceback_later(LIMIT, exit=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
