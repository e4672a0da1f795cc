"""Stock Pyro5 daemons for as long as a block lasts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Any

import Pyro5.api


class Daemon(Pyro5.api.Daemon):  # type: ignore[misc]  # Pyro5 has no annotations
    """A stock daemon that hangs up on its clients when it ends.

    Otherwise its worker threads would live as long as the clients' connections.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.connected: list[Any] = []

    def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802 - Pyro5's name
        self.connected.append(conn)
        return super().validateHandshake(conn, data)

    def hang_up(self) -> None:
        """Closes all connections, as a process that ends does."""
        while self.connected:
            self.connected.pop().close()


@contextlib.contextmanager
def serving(*objects: Any, **settings: Any) -> Generator[list[str]]:
    """Registers objects with a new daemon, serves it, and gives their addresses."""
    with Daemon(**({"host": "127.0.0.1"} | settings)) as daemon:
        addresses = [str(daemon.register(each)) for each in objects]
        with running(daemon):
            yield addresses
        for each in objects:
            daemon.unregister(each)


@contextlib.contextmanager
def running(daemon: Daemon) -> Generator[None]:
    """Serves a daemon from a thread, which has ended at the end of the block."""
    thread = threading.Thread(target=daemon.requestLoop, name="serving")
    thread.start()
    try:
        yield
    finally:
        daemon.shutdown()
        thread.join()
        daemon.hang_up()
