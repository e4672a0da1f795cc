"""Calls that the attacked server holds, let go on again and again."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

from tests.attacks.harness import Attacker

BETWEEN = 0.02
"""Seconds: those that waited for a worker begin meanwhile."""


@contextlib.contextmanager
def releasing(attacker: Attacker) -> Generator[None]:
    """While a block lasts, no call is held for long."""
    ends = threading.Event()

    def release() -> None:
        while not ends.wait(BETWEEN):
            attacker.server.release()

    thread = threading.Thread(target=release)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()
