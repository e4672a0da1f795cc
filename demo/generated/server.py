"""The server, on generated modules: ``python -m demo.generated.server``."""

from __future__ import annotations

from typing import Any

import Pyro5.api

import callbackgen
from demo.exchange import Failure, Prices
from demo.generated.price_service_remote import PriceServiceWrapper
from demo.hosting import serve


def explain(error: Exception) -> Failure:
    """What went wrong with a call of a listener."""
    if isinstance(error, callbackgen.DeadlineExceeded):
        return Failure("did not answer in time", is_gone=True)
    if isinstance(error, callbackgen.RemoteRaised):
        class_name = error.class_name.rpartition(".")[2]
        return Failure(f"raised {class_name}: {error.text}", is_gone=False)
    return Failure(f"failed: {error}", is_gone=True)


def main() -> None:
    """Serves until the story is told."""
    prices = Prices(explain)
    daemon: Any
    with Pyro5.api.Daemon() as daemon:
        address = daemon.register(PriceServiceWrapper(prices))
        serve(daemon, address, prices)


if __name__ == "__main__":
    main()
