"""The server, over plain Pyro5: ``python -m demo.rmi.by_hand.server``."""

from __future__ import annotations

from typing import Any

import Pyro5.api

from demo.rmi.by_hand.remote import CallTimedOut, PriceServiceWrapper
from demo.rmi.exchange import Failure, Prices
from demo.rmi.hosting import serve


def explain(error: Exception) -> Failure:
    """What went wrong with a call of a listener."""
    if isinstance(error, CallTimedOut):
        return Failure("did not answer in time", is_gone=True)
    return Failure(f"raised {error}", is_gone=False)


def main() -> None:
    """Serves until the story is told."""
    prices = Prices(explain)
    daemon: Any
    with Pyro5.api.Daemon() as daemon:
        serve(daemon, daemon.register(PriceServiceWrapper(prices)), prices)


if __name__ == "__main__":
    main()
