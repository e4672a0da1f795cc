"""How the processes of the demo start and end, whatever their remote calls are.

A process says that it is ready in a line on stdout, ``ready ADDRESS``. Clients end
when their stdin does; the server ends with the story.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from demo.exchange import Prices, say

READY = "ready "


def announce(address: object = "") -> None:
    """Says that this process is ready, and where."""
    say(f"{READY}{address}")


def serve(daemon: Any, address: object, prices: Prices) -> None:
    """Serves until the story is told by a thread of its own."""

    def tell() -> None:
        try:
            prices.tell()
        finally:
            daemon.shutdown()

    teller = threading.Thread(target=tell, name="teller")
    announce(address)
    teller.start()
    daemon.requestLoop()
    teller.join()


@contextmanager
def hosting(daemon: Any, end: threading.Event) -> Generator[None]:
    """Lets a daemon serve beside the block; at its end `end` is set."""
    loop = threading.Thread(target=daemon.requestLoop, name="daemon")
    loop.start()
    try:
        yield
    finally:
        end.set()
        daemon.shutdown()
        loop.join()


def wait_for_the_end() -> None:
    """Returns when nothing more is to be expected: stdin has ended."""
    sys.stdin.read()
