"""Clients that come and go: ``python -m benchmarks.soaking.client PARENT CERTIFICATE``.

The first line of stdin is a `Crowd`, each other one a `Reset`. They leave when it ends.
"""

from __future__ import annotations

import faulthandler
import signal
import socket
import sys
import threading
import time
from collections import Counter
from random import Random
from typing import Any

import msgspec
import Pyro5
import Pyro5.errors

import callbackgen
from benchmarks.soaking import faults
from benchmarks.soaking.messages import (
    ORDINARY,
    Crowd,
    Fault,
    Progress,
    Reset,
    Said,
    WasReset,
)
from benchmarks.soaking.ordinary import OrdinaryVisit
from benchmarks.soaking.parents import end_with
from benchmarks.soaking.pulse import Pulse
from benchmarks.soaking.resetting import handle, reset
from benchmarks.soaking.visit import Visit
from callbackgen.runtime.tls import client_context

SETTINGS = callbackgen.Settings(deadline=60)

REPORTED = 1.0
"""Seconds from one report to the next."""

LIMIT = 120.0
"""Leaving that takes longer ends the process, which prints where it stands."""


class Voice:
    """Says lines on stdout, for many threads; counts what is said in sum."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()

    def say(self, what: Said) -> None:
        """One line."""
        with self._lock:
            print(msgspec.json.encode(what).decode(), flush=True)

    def fault(self, text: str) -> None:
        """What must not be."""
        self.say(Fault(text))

    def count(self, name: str) -> None:
        """One more."""
        with self._lock:
            self._counts[name] += 1

    def report(self) -> None:
        """Say what was counted since the last report."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        self.say(Progress(dict(counts)))


class Client:
    """One that visits the server again and again, in a thread of its own."""

    def __init__(
        self,
        crowd: Crowd,
        index: int,
        voice: Voice,
        pulse: Pulse,
        leaves: threading.Event,
    ) -> None:
        self._crowd = crowd
        self._name = crowd.names[index]
        self._random = Random(f"{crowd.seed} {index}")  # noqa: S311 - to be repeated
        self._is_ordinary = index % ORDINARY == ORDINARY - 1
        self._voice = voice
        self._pulse = pulse
        self._leaves = leaves
        self._sockets: list[socket.socket] = []
        self._comes = threading.Condition()
        self._was_reset = False
        self._visits = 0
        self.thread = threading.Thread(target=self._run, name=self._name)
        self.thread.start()

    def reset(self) -> None:
        """Break the connection that there is, or the next one."""
        with self._comes:
            self._comes.wait_for(lambda: self._sockets, LIMIT)
            self._was_reset = True
            for each in self._sockets:
                reset(each)

    def _run(self) -> None:
        while not self._leaves.is_set():
            began = time.monotonic()
            self._was_reset = False
            self._visits += 1
            owner = f"{self._name}.{self._visits}"
            try:
                if self._is_ordinary:
                    self._visit_as_ordinary()
                else:
                    self._visit(owner)
            except (callbackgen.RemoteError, Pyro5.errors.CommunicationError) as error:
                if self._was_reset or self._pulse.stopped_since(began):
                    self._voice.count("excused")
                else:
                    self._voice.fault(f"{owner}: {error!r}")
            except Exception as error:  # noqa: BLE001 - told
                self._voice.fault(f"{owner}: {error!r}")
            finally:
                self._has_gone()

    def _visit(self, owner: str) -> None:
        address = self._crowd.address
        with callbackgen.connect(address, settings=SETTINGS) as connection:
            self._has_come([connection.session.transport.socket.fileno()])
            visit = Visit(
                owner,
                connection,
                self._random,
                self._voice.fault,
                lambda: self._voice.count("events"),
            )
            self._stay(visit, "calls")
            visit.end()
        self._voice.count("visits")

    def _visit_as_ordinary(self) -> None:
        visit = OrdinaryVisit(self._crowd.address, self._random)
        try:
            visit.begin()
            self._has_come(visit.descriptors())
            self._stay(visit, "ordinary_calls")
        finally:
            visit.end()
        self._voice.count("ordinary_visits")

    def _has_come(self, descriptors: list[int]) -> None:
        with self._comes:
            self._sockets = [handle(number) for number in descriptors]
            self._comes.notify_all()

    def _has_gone(self) -> None:
        with self._comes:
            while self._sockets:
                self._sockets.pop().close()

    def _stay(self, visit: Visit | OrdinaryVisit, counted: str) -> None:
        visit.begin()
        for _ in range(self._random.randint(1, 15)):
            visit.do_something()
            self._voice.count(counted)
            if self._leaves.wait(self._random.uniform(0.2, 1.8) * self._crowd.pace):
                break


def main(parent: str, certificate: str) -> None:
    """Visit until stdin ends."""
    end_with(int(parent))
    faulthandler.register(signal.SIGUSR1)
    crowd = msgspec.json.decode(sys.stdin.readline(), type=Crowd)
    voice = Voice()
    faults.watch(voice.fault)
    config: Any = Pyro5.config
    config.SSL, config.SSL_CACERTS = crowd.is_tls, certificate
    client_context()  # Pyro5's threads, beginning at once, would find it half made
    leaves = threading.Event()
    pulse = Pulse()
    clients = [
        Client(crowd, index, voice, pulse, leaves) for index in range(len(crowd.names))
    ]
    reporter = threading.Thread(target=_report, args=(voice, leaves), name="reporter")
    reporter.start()
    for line in sys.stdin:
        told = msgspec.json.decode(line, type=Reset)
        clients[told.client].reset()
        voice.say(WasReset(told.client))
    leaves.set()
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    for thread in [client.thread for client in clients] + [reporter]:
        thread.join()
    voice.report()


def _report(voice: Voice, leaves: threading.Event) -> None:
    voice.report()
    while not leaves.wait(REPORTED):
        voice.report()


if __name__ == "__main__":
    main(*sys.argv[1:])
