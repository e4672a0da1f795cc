"""How a stock daemon ends with all of its sockets."""

from __future__ import annotations

import threading
from typing import Any


def end(daemon: Any, serving: threading.Thread) -> None:
    """End it, and the thread that serves.

    Pyro5's multiplex server leaves its connections to the garbage collection, which now
    and then (seen once on Python 3.13) comes to the socket before its owner: it warns.
    """
    sockets: list[Any] = daemon.sockets
    daemon.shutdown()
    serving.join()
    daemon.close()
    for one in sockets:
        one.close()
