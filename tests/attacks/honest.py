"""Honest clients, in a process of their own: ``python -m ... TRANSPORT ADDRESS``.

One is connected all the time; from `begin` to `end` it calls and is called back.
Meanwhile others come, one after the other, call once and leave. Each line that is read
is answered by a line.
"""

from __future__ import annotations

import sys
import threading
import time

import msgspec

import callbackgen
from tests.attacks.server import configure
from tests.attacks.stopping import Stopped
from tests.system.edges.hall import Visitor
from tests.system.edges.room_remote import RoomStub

BETWEEN_CALLS = 0.002
BETWEEN_NEWCOMERS = 0.1
"""Seconds, so that these clients are not what the machine is busy with."""
TOO_LONG = 1.0
"""Seconds for which a client that is stopped may be given up by the server."""


class Seen(msgspec.Struct):
    """What honest clients have seen: seconds, and errors as texts."""

    calls: list[float] = msgspec.field(default_factory=list[float])
    """Of each call of the one that stays: it is called back meanwhile."""
    newcomers: list[float] = msgspec.field(default_factory=list[float])
    """Of the others, from connecting to the answer of the first call."""
    errors: list[str] = msgspec.field(default_factory=list[str])
    stopped: float = 0.0
    """For so long none of them could do anything, whatever the server did."""


class Clients:
    """The one that stays and those that come."""

    def __init__(self, address: str, connection: callbackgen.Connection) -> None:
        self._address = address
        self._room = RoomStub(connection)
        self._visitor = Visitor()
        self._stopped = Stopped()
        self.begin()

    def begin(self) -> None:
        """See anew."""
        self.seen = Seen()
        self._before = self._stopped.seconds

    def end(self) -> Seen:
        """What has been seen."""
        self.seen.stopped = self._stopped.looked() - self._before
        return self.seen

    def call(self) -> None:
        """One call, in which the client is called back."""
        begun = time.perf_counter()
        heard = self._room.relay(self._visitor, "honest")
        self.seen.calls.append(time.perf_counter() - begun)
        assert heard == "heard honest"
        self._visitor.texts.clear()

    def come(self) -> None:
        """A new client, who calls once and leaves."""
        begun = time.perf_counter()
        with callbackgen.connect(self._address) as connection:
            assert RoomStub(connection).echo("new") == "new"
            self.seen.newcomers.append(time.perf_counter() - begun)

    def go_on(self, ends: threading.Event) -> list[threading.Thread]:
        """Call and come until an event; both do so once more after it."""

        def repeat(action: str, pause: float) -> None:
            is_last = False
            while not is_last:
                is_last = ends.wait(pause)
                while not self._act(action):
                    continue

        threads = [
            threading.Thread(target=repeat, args=("call", BETWEEN_CALLS)),
            threading.Thread(target=repeat, args=("come", BETWEEN_NEWCOMERS)),
        ]
        for thread in threads:
            thread.start()
        return threads

    def _act(self, action: str) -> bool:
        """Do something; False if it failed while all were stopped for too long."""
        before = self._stopped.seconds
        try:
            getattr(self, action)()
        except Exception as error:  # noqa: BLE001 - all are told
            if self._stopped.looked() - before > TOO_LONG:
                return False
            self.seen.errors.append(f"{action}: {error!r}")
        return True


def main(transport: str, address: str) -> None:
    configure(transport)
    with callbackgen.connect(address) as connection:
        clients = Clients(address, connection)
        clients.call()  # all that is made at first is there
        clients.come()
        print("ready", flush=True)
        ends = threading.Event()
        threads: list[threading.Thread] = []
        for line in sys.stdin:
            match line.strip():
                case "begin":
                    clients.begin()
                    ends.clear()
                    threads = clients.go_on(ends)
                    print("begun", flush=True)
                case "calls":
                    print(len(clients.seen.calls), flush=True)
                case _:
                    ends.set()
                    for thread in threads:
                        thread.join()
                    print(msgspec.json.encode(clients.end()).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
