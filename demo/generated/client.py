"""A client, on generated modules: ``python -m demo.generated.client NAME ADDRESS``."""

from __future__ import annotations

import sys
import threading
from typing import Any

import Pyro5.api

from demo.exchange import say
from demo.generated.price_listener_remote import PriceListenerWrapper
from demo.generated.price_service_remote import PriceServiceStub
from demo.hosting import announce, hosting, wait_for_the_end
from demo.people import person


def main(name: str, address: str) -> None:
    """Registers the listener of that name, and listens to the end."""
    end = threading.Event()
    wrapper = PriceListenerWrapper(person(name, say, end))
    prices = PriceServiceStub(address)
    daemon: Any
    with Pyro5.api.Daemon() as daemon, hosting(daemon, end):
        daemon.register(wrapper)
        say(f"is greeted: {prices.add_listener(name, wrapper)}")
        prices.ready(name)
        announce()
        wait_for_the_end()


if __name__ == "__main__":
    main(*sys.argv[1:])
