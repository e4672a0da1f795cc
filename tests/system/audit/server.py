"""A server that is watched by an audit hook: ``python -m ... OPTIONS``.

It prints where it is, and answers lines: `watch` begins to watch, `report` gives what
was seen since, as JSON. It ends with its input.
"""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar, cast

import Pyro5.api
from Pyro5.serializers import SerializerBase

import callbackgen
from tests.system.audit.watching import Watch
from tests.system.carried import Echo, EchoWrapper
from tests.system.edges.hall import Hall
from tests.system.edges.room_remote import RoomWrapper

TLS = Path(__file__).parents[1] / "tls"
T = TypeVar("T")


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


def connect() -> None:
    with socket.socket() as made:
        made.connect_ex(("127.0.0.1", 1))


MISDEEDS: dict[str, Callable[[], object]] = {
    "open": lambda: Path(__file__).read_bytes(),
    "import": lambda: __import__("this_module_is_not_there", level=0),
    "exec": lambda: eval("1"),
    "compile": lambda: compile("1", "a", "eval"),
    "socket.connect": connect,
    "socket.getaddrinfo": lambda: socket.getaddrinfo("127.0.0.1", 1),
    "subprocess.Popen": lambda: subprocess.run(["true"], check=True),
}
"""By the event that each of them is: the hook is to see it."""


@expose
class Shop:
    """Exposed by hand, with a member of each kind."""

    def __init__(self) -> None:
        self._last: Any = None

    @property
    def last(self) -> Any:
        return self._last

    @last.setter
    def last(self, value: Any) -> None:
        self._last = value

    def take(self, value: Any, more: Any = None) -> str:
        self._last = value, more
        return type(value).__name__

    def give(self, value: Any) -> Any:
        return value

    def count(self, end: int) -> Iterator[int]:
        yield from range(end)

    def fail(self, text: str) -> None:
        raise ValueError(text)

    def misbehave(self, event: str) -> None:
        MISDEEDS[event]()

    def _hidden(self) -> None:
        MISDEEDS["open"]()


class Unexposed:
    """Registered, but nothing of it may be called."""

    def take(self, value: Any) -> None:
        MISDEEDS["open"]()


class Point:
    def __init__(self, x: object) -> None:
        self.x = x


def point(_: str, fields: dict[str, Any]) -> Point:
    """The user's converter, as Pyro5's manual has them."""
    return Point(fields["x"])


def is_known(value: object) -> None:
    """An `authenticate` as users write them."""
    if value == "a stranger":
        raise callbackgen.Refused("not known here")


def main() -> None:
    options: dict[str, Any] = json.loads(sys.argv[1])
    config = cast(Any, Pyro5.config)
    if options.pop("tls", False):
        config.SSL = True
        config.SSL_SERVERCERT = str(TLS / "localhost.certificate.pem")
        config.SSL_SERVERKEY = str(TLS / "localhost.key.pem")
    cast(Any, SerializerBase).register_dict_to_class("tests.Point", point)
    sys.modules["sqlite3"] = sqlite3  # Pyro5 loads it for the first error of its
    watch = Watch()
    with callbackgen.Daemon(
        host="localhost", authenticate=is_known, **options
    ) as daemon:
        pyro: Any = daemon
        pyro.register(RoomWrapper(Hall()), "hall")
        pyro.register(Shop(), "shop")
        pyro.register(Unexposed(), "unexposed")
        pyro.register(EchoWrapper(Echo()), "typed")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        print(daemon.uriFor("hall").location, flush=True)
        for line in sys.stdin:
            if line == "watch\n":
                watch.begin()
            print(json.dumps(watch.take()), flush=True)
        daemon.shutdown()
        thread.join()


if __name__ == "__main__":
    main()
