"""A client, on generated modules: ``python -m demo.rmi.generated.client NAME ADDRESS``.

It has no daemon: the server calls it back over the connection that it opens.
"""

from __future__ import annotations

import sys
import threading

import callbackgen
from demo.rmi.hosting import wait_for_cue
from demo.rmi.people import person
from demo.rmi.price_service_remote import PriceServiceStub
from demo.saying import say


def main(name: str, address: str) -> None:
    """Registers the listener of that name, and listens until its cue."""
    end = threading.Event()
    with callbackgen.connect(address) as connection:
        prices = PriceServiceStub(connection)
        say(f"is greeted: {prices.add_listener(name, person(name, prices, end))}")
        wait_for_cue()
        end.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
