"""A client, over plain Pyro5: ``python -m demo.rmi.by_hand.client NAME ADDRESS``.

It has a daemon, and a thread for it: the server connects to the client for its calls.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import Pyro5.api

from demo.rmi.by_hand.remote import PriceListenerWrapper, PriceServiceStub
from demo.rmi.hosting import wait_for_cue
from demo.rmi.people import person
from demo.saying import say


def main(name: str, address: str) -> None:
    """Registers the listener of that name, and listens until its cue."""
    end = threading.Event()
    prices = PriceServiceStub(address)
    wrapper = PriceListenerWrapper(person(name, prices, end))
    with hosting(wrapper, end):
        say(f"is greeted: {prices.add_listener(name, wrapper)}")
        wait_for_cue()


@contextmanager
def hosting(wrapper: PriceListenerWrapper, end: threading.Event) -> Generator[None]:
    """Lets a daemon serve the wrapper beside the block; at its end `end` is set."""
    daemon: Any
    with Pyro5.api.Daemon() as daemon:
        daemon.register(wrapper)
        loop = threading.Thread(target=daemon.requestLoop, name="daemon")
        loop.start()
        try:
            yield
        finally:
            end.set()
            daemon.shutdown()
            loop.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
