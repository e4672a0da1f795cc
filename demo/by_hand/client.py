"""A client, over plain Pyro5: ``python -m demo.by_hand.client NAME ADDRESS``."""

from __future__ import annotations

import sys
import threading
from typing import Any

import Pyro5.api

from demo.by_hand.remote import PriceListenerWrapper
from demo.exchange import say
from demo.hosting import announce, hosting, wait_for_the_end
from demo.people import person


def main(name: str, address: str) -> None:
    """Registers the listener of that name, and listens to the end."""
    end = threading.Event()
    wrapper = PriceListenerWrapper(person(name, say, end))
    daemon: Any
    prices: Any
    with (
        Pyro5.api.Daemon() as daemon,
        Pyro5.api.Proxy(address) as prices,
        hosting(daemon, end),
    ):
        daemon.register(wrapper)
        say(f"is greeted: {prices.add_listener(name, wrapper)}")
        prices.ready(name)
        announce()
        wait_for_the_end()


if __name__ == "__main__":
    main(*sys.argv[1:])
