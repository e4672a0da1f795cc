"""The server of Dubbo's example: ``python -m demo.server``. Ctrl-C ends it."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from contextlib import suppress
from itertools import count

import callbackgen
from demo.callback_listener_remote import CallbackListenerStub
from demo.callback_service_remote import CallbackServiceWrapper
from demo.saying import say

PORT = 9999
"""Where clients look for the server unless they are told otherwise."""


class Callbacks:
    """Fits `CallbackService`: a list of listeners, each with the key it came with."""

    def __init__(self) -> None:
        self._listeners: dict[CallbackListenerStub, str] = {}

    def add_listener(self, key: str, listener: CallbackListenerStub) -> None:
        """Calls the new listener at once, while its client's own call still waits."""
        self._listeners[listener] = key
        callbackgen.on_lost(listener, self._lost)
        say(f"{key} is on the list")
        listener.changed(f"welcome, {key}")

    def push(self, every: float, end: threading.Event) -> None:
        """Calls all listeners every so many seconds, until the end."""
        for number in count(1):
            if end.wait(every):
                return
            for listener, key in list(self._listeners.items()):
                try:
                    listener.changed(f"change {number}")
                except callbackgen.ConnectionLost:
                    pass  # `_lost` is told of that
                except callbackgen.RemoteError as error:
                    say(f"{key} did not take change {number}: {error}")

    def _lost(self, listener: CallbackListenerStub) -> None:
        key = self._listeners.pop(listener, None)
        if key is not None:
            say(f"{key} is lost, and off the list")


def main() -> int:
    """Serves until Ctrl-C; 1 if the port is not to be had."""
    parser = argparse.ArgumentParser("python -m demo.server", description=__doc__)
    parser.add_argument("--port", type=int, default=PORT, help=f"{PORT}; 0: any")
    parser.add_argument("--every", type=float, default=1, help="seconds; 1")
    options = parser.parse_args()
    try:
        daemon = callbackgen.Daemon(port=options.port)
    except OSError as error:
        print(f"Port {options.port} is not to be had: {error}", file=sys.stderr)
        print("Another one: python -m demo.server --port 0", file=sys.stderr)
        return 1

    def end(*_: object) -> None:
        daemon.shutdown()

    signal.signal(signal.SIGTERM, end)
    with daemon, suppress(KeyboardInterrupt):
        serve(daemon, options.every)
    say("the server has ended")
    return 0


def serve(daemon: callbackgen.Daemon, every: float) -> None:
    """Answers clients in this thread, and calls them from another."""
    callbacks = Callbacks()
    end = threading.Event()
    pusher = threading.Thread(target=callbacks.push, args=(every, end), name="pusher")
    pusher.start()
    try:
        uri = daemon.register(CallbackServiceWrapper(callbacks), "callbacks")
        say(f"serving {uri}")
        port = str(uri).rpartition(":")[2]
        elsewhere = "" if port == str(PORT) else f" --port {port}"
        say(f"in another terminal: python -m demo.client NAME{elsewhere}")
        daemon.requestLoop()
    finally:
        end.set()
        pusher.join()


if __name__ == "__main__":
    sys.exit(main())
