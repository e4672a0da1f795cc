"""The attacked server, in a process of its own: ``python -m ... TRANSPORT SETTINGS``.

It prints its address, then answers each line that it reads; its log is its stderr, a
line for each record. It ends when there is nothing more to read.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import Pyro5

import callbackgen
from callbackgen.runtime import workers
from tests.attacks.typed import TypedWrapper
from tests.system.edges.hall import Hall, looping
from tests.system.edges.room_remote import RoomWrapper

TLS = Path(__file__).parents[1] / "system" / "tls"
CERTIFICATE = str(TLS / "localhost.certificate.pem")
KEY = str(TLS / "localhost.key.pem")
HOSTS = {"TCP": "127.0.0.1", "TLS": "localhost"}

_SOON = 0.1
"""Seconds after which an idle thread ends, so that none has to be waited for long."""


class Open:
    """An ordinary exposed object, for ordinary Pyro5 clients."""

    def echo(self, value: Any) -> Any:
        return value

    def endless(self) -> Iterator[int]:
        """An item stream."""
        return itertools.count()


def configure(transport: str) -> None:
    """Set Pyro5 to TLS, for a server and for a client, where it is wanted."""
    if transport == "TLS":
        config = cast(Any, Pyro5.config)
        config.SSL = True
        config.SSL_SERVERCERT = config.SSL_CACERTS = CERTIFICATE
        config.SSL_SERVERKEY = KEY


def answer(hall: Hall, daemon: callbackgen.Daemon, line: str) -> object:
    """Do what a line says; gives what is answered."""
    if line == "statistics":
        return dataclasses.asdict(daemon.statistics())
    assert line == "release", line
    held, hall.release = hall.release, threading.Event()
    held.set()
    return None


def main(transport: str, settings: str) -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    cast(Any, workers)._IDLE = _SOON
    configure(transport)
    hall = Hall()
    with callbackgen.Daemon(
        host=HOSTS[transport], settings=callbackgen.Settings(**json.loads(settings))
    ) as daemon:
        exposed = cast(Any, Pyro5).server.expose(Open)
        daemon.register(exposed(), "open")
        daemon.register(TypedWrapper(object()), "typed")
        address = daemon.register(RoomWrapper(hall), "hall")
        with looping(daemon):
            print(address, flush=True)
            for line in sys.stdin:
                print(json.dumps(answer(hall, daemon, line.strip())), flush=True)
            hall.release.set()


if __name__ == "__main__":
    main(*sys.argv[1:])
