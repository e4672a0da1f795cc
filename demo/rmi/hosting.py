"""How the processes of this example begin and end, whatever their remote calls are."""

from __future__ import annotations

import sys
import threading
from typing import Any

from demo.rmi.exchange import Prices
from demo.saying import say


def serve(daemon: Any, address: object, prices: Prices) -> None:
    """Serves; on its cue a thread of the server's own tells what happens to the end."""

    def tell() -> None:
        try:
            wait_for_cue()
            prices.tell()
        finally:
            daemon.shutdown()

    teller = threading.Thread(target=tell, name="teller")
    teller.start()
    say(f"serving {address}")
    daemon.requestLoop()
    teller.join()


def wait_for_cue() -> None:
    """Returns when stdin has ended, which it does too when the story-teller is gone."""
    sys.stdin.read()
