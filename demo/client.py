"""A client of Dubbo's example: ``python -m demo.client NAME``. Ctrl-C ends it."""

from __future__ import annotations

import argparse
import sys
import threading

import callbackgen
from demo.callback_service_remote import CallbackServiceStub
from demo.saying import say
from demo.server import PORT


class Printer:
    """Fits `CallbackListener`; the server has never heard of this class."""

    def changed(self, message: str) -> None:
        """Says what it is told."""
        say(f"hears: {message}")


def main() -> int:
    """Listens until Ctrl-C or until the server ends; 1 if there is no server."""
    parser = argparse.ArgumentParser("python -m demo.client", description=__doc__)
    parser.add_argument(
        "name", metavar="NAME", help="the key of this client's listener"
    )
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}")
    options = parser.parse_args()
    try:
        listen(options.name, f"PYRO:callbacks@localhost:{options.port}")
    except KeyboardInterrupt:
        say("leaves")
    except callbackgen.ConnectionLost as error:
        print(f"No server: {error}", file=sys.stderr)
        print("In another terminal: python -m demo.server", file=sys.stderr)
        return 1
    return 0


def listen(name: str, address: str) -> None:
    """Passes a listener to the server, and is told, over this one connection."""
    server_is_gone = threading.Event()
    with callbackgen.connect(address) as connection:
        callbacks = CallbackServiceStub(connection)
        callbackgen.on_lost(callbacks, lambda _: server_is_gone.set())
        callbacks.add_listener(name, Printer())
        say("is on the list")
        server_is_gone.wait()
        say("has lost the server")


if __name__ == "__main__":
    sys.exit(main())
