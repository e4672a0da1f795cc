"""A daemon, ours or a stock one of Pyro5, for as long as a block lasts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator

import Pyro5.api

import callbackgen
from callbackgen.runtime import Wrapper


@contextlib.contextmanager
def serving(*wrappers: Wrapper) -> Generator[list[str]]:
    """Register wrappers with a new daemon and serve it from a thread.

    Gives their addresses. At the end of the block the thread has ended.
    """
    with Pyro5.api.Daemon(host="127.0.0.1") as daemon:
        addresses = [str(daemon.register(wrapper)) for wrapper in wrappers]
        thread = threading.Thread(target=daemon.requestLoop, name="serving")
        thread.start()
        try:
            yield addresses
        finally:
            daemon.shutdown()
            thread.join()
            for wrapper in wrappers:
                daemon.unregister(wrapper)


@contextlib.contextmanager
def serving_ours(wrapper: Wrapper) -> Generator[str]:
    """Serve a wrapper by a daemon of ours, in a thread. Gives its address."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(wrapper))
        thread = threading.Thread(target=daemon.requestLoop, name="serving")
        thread.start()
        try:
            yield address
        finally:
            daemon.shutdown()
            thread.join()
