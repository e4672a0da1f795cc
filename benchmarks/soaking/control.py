"""A client that must not notice anything: each call is answered, each event comes."""

from __future__ import annotations

import asyncio
import threading
import time
from random import Random

import callbackgen
from benchmarks.soaking.faults import Tell
from benchmarks.soaking.market_remote import MarketStub
from benchmarks.soaking.visit import Listening, awaited, expect

PACE = 0.05
"""Seconds from one call to the next."""

DEADLINE = 60.0
"""Seconds for a call: a busy machine is no fault."""


class Control:
    """Calls, and is called, in a thread of its own."""

    def __init__(self, address: str, tell: Tell) -> None:
        self._address = address
        self._tell = tell
        self._leaves = threading.Event()
        self.seconds: list[float] = []
        """What the calls have taken."""
        self._thread = threading.Thread(target=self._run, name="control")

    def come_and_go(self) -> None:
        """Make the one call for which a server starts a thread that it keeps."""
        with callbackgen.connect(self._address) as connection:
            expect("later", asyncio.run(awaited(MarketStub(connection), 1)), 2)

    def begin(self) -> None:
        """Come."""
        self._leaves.clear()
        self._thread = threading.Thread(target=self._run, name="control")
        self._thread.start()

    def leave(self) -> None:
        """Go, when all events have come."""
        self._leaves.set()
        self._thread.join()

    def _run(self) -> None:
        random = Random(0)  # noqa: S311 - it need not be a secret
        settings = callbackgen.Settings(deadline=DEADLINE)
        try:
            with callbackgen.connect(self._address, settings=settings) as connection:
                market = MarketStub(connection)
                listening = Listening("control", market, self._tell, lambda: None)
                market.watch("control", listening)
                while not self._leaves.wait(PACE):
                    number = random.randrange(1_000_000)
                    began = time.perf_counter()
                    expect("quote", market.quote(number), 2 * number)
                    expect("bounce", market.bounce(listening, 2), 2)
                    self.seconds.append(time.perf_counter() - began)
                sent = market.unwatch("control")
                if not listening.has_heard(max(sent, 0)):
                    self._tell(f"the control client did not hear all of {sent} events")
                if sent < 0:
                    self._tell("the control client's listener was dropped")
        except Exception as error:  # noqa: BLE001 - told
            self._tell(f"the control client: {error!r}")
