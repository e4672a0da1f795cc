"""An honest client among bad servers, a process of its own: ``python -m ... TRANSPORT ADDRESS``.

It is connected to the honest server at the address, and calls it all the time. Each line
that it reads is an `Order` to call another server; it is answered by what came of that.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

import callbackgen
from tests.attacks.server import configure
from tests.attacks.stopping import Stopped
from tests.system.edges.hall import PATIENCE, Visitor, reached
from tests.system.edges.room_remote import RoomStub

T = TypeVar("T")
BETWEEN_CALLS = 0.005
"""Seconds, so that the machine is not busy with these calls alone."""


class Order(msgspec.Struct):
    """Which server is to be called, what and how often; all of it ends in `seconds`."""

    address: str
    method: str
    seconds: float
    connecting: float
    calls: int
    blocked: float = PATIENCE
    """Seconds that the server may leave unread what it is sent."""


class Report(msgspec.Struct):
    """What came of an order: its errors, each as ``Class: text``."""

    ends: list[str] = msgspec.field(default_factory=list[str])
    longest: float = 0.0
    """Seconds of what took longest, a call or connecting."""
    memory: int | None = None
    """KiB more than before, at the worst; None: the system does not tell."""
    elsewhere: list[str] = msgspec.field(default_factory=list[str])
    """Errors of the calls of the honest server meanwhile."""
    stopped: float = 0.0
    """For so long the client could do nothing."""


def relay(room: RoomStub) -> object:
    return room.relay(Visitor(), "text")


def push(room: RoomStub) -> object:
    """Sends more than a socket takes from who does not read."""
    while True:
        room.note("x" * 200_000)


METHODS: dict[str, Callable[[RoomStub], object]] = {
    "relay": relay,
    "join": lambda room: room.join(Visitor()),
    "echo": lambda room: room.echo("text"),
    "note": lambda room: room.note("text"),
    "push": push,
}


class Honest:
    """Calls of an honest server, in a thread."""

    def __init__(self, address: str) -> None:
        self._address = address
        self.errors: list[str] = []
        self.count = 0
        self.stopped = Stopped()

    def call(self, ends: threading.Event) -> None:
        visitor = Visitor()
        with callbackgen.connect(self._address) as connection:
            room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
            while not ends.wait(BETWEEN_CALLS):
                try:
                    assert room.relay(visitor, "honest") == "heard honest"
                except Exception as error:  # noqa: BLE001 - all are told
                    self.errors.append(repr(error))
                visitor.texts.clear()
                self.count += 1

    def goes_on(self) -> bool:
        """Whether there are two more calls: one of them has begun after this."""
        before = self.count
        return reached(lambda: self.count >= before + 2)


def carry_out(order: Order, honest: Honest) -> Report:
    """Connect, call so many times and close."""
    report = Report()
    before = forget_peak()
    stopped = honest.stopped.seconds
    honest.errors.clear()
    settings = callbackgen.Settings(blocked=order.blocked)
    connection = tried(
        lambda: callbackgen.connect(
            order.address, timeout=order.connecting, settings=settings
        ),
        report,
    )
    if connection is not None:
        with connection:
            room = callbackgen.with_deadline(RoomStub(connection), order.seconds)
            for _ in range(order.calls):
                tried(lambda: METHODS[order.method](room), report)
    assert honest.goes_on()
    report.elsewhere = list(honest.errors)
    report.stopped = honest.stopped.looked() - stopped
    report.memory = None if before is None else status("VmHWM") - before
    return report


def tried(act: Callable[[], T], report: Report) -> T | None:
    """What comes of it; an error is reported."""
    begun = time.monotonic()
    try:
        return act()
    except BaseException as error:  # noqa: BLE001 - a server may try any
        report.ends.append(f"{type(error).__name__}: {error}")
        return None
    finally:
        report.longest = max(report.longest, time.monotonic() - begun)


def forget_peak() -> int | None:
    """Begin anew with the peak; gives the memory now, or None: the system cannot."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
    except OSError:
        return None
    return status("VmRSS")


def status(name: str) -> int:
    text = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(text.partition(f"{name}:")[2].split()[0])


def main(transport: str, address: str) -> None:
    configure(transport)
    honest = Honest(address)
    ends = threading.Event()
    thread = threading.Thread(target=honest.call, args=(ends,))
    thread.start()
    assert honest.goes_on()
    print("ready", flush=True)
    for line in sys.stdin:
        report = carry_out(msgspec.json.decode(line, type=Order), honest)
        print(msgspec.json.encode(report).decode(), flush=True)
    ends.set()
    thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
