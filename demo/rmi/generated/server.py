"""The server, on generated modules: ``python -m demo.rmi.generated.server``."""

from __future__ import annotations

import callbackgen
from demo.rmi.exchange import Failure, Prices
from demo.rmi.hosting import serve
from demo.rmi.price_service_remote import PriceServiceWrapper


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
    with callbackgen.Daemon() as daemon:
        serve(daemon, daemon.register(PriceServiceWrapper(prices)), prices)


if __name__ == "__main__":
    main()
