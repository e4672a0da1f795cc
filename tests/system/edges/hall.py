"""The objects behind the Protocols of `room`, and daemons for as long as a block."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Any

import callbackgen
from tests.patience import be_patient
from tests.system.edges.guest_remote import GuestStub
from tests.system.edges.room_remote import RoomWrapper

be_patient()  # also where a program is run that the tests start

PATIENCE = 30.0
"""Seconds: far more than anything may take here."""


class Unprintable(Exception):
    """Its text cannot be had."""

    def __str__(self) -> str:
        raise ValueError("no text")


TROUBLES: dict[str, Callable[[], BaseException]] = {
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "recursion": lambda: RecursionError("too deep"),
    "memory": lambda: MemoryError("too much"),
    "unprintable": Unprintable,
    "long": lambda: ValueError("x" * 1_000_000),
}


class Hall:
    """A Room; held calls go on when `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.joined: list[GuestStub] = []
        self.has_joined = threading.Event()
        self.texts: list[str] = []
        self.noted = threading.Event()
        self.daemon: callbackgen.Daemon | None = None

    def echo(self, value: Any) -> Any:
        return value

    def note(self, text: str) -> None:
        self.texts.append(text)
        if text == "last":
            self.noted.set()

    def hold(self, text: str) -> str:
        self.texts.append(text)
        self.arrived.release()
        self.release.wait(PATIENCE)
        return text

    hold_briefly = hold

    def fail(self, name: str) -> None:
        trouble = TROUBLES[name]
        raise trouble()

    def who(self) -> Any:
        return callbackgen.current_peer().identity

    def join(self, guest: GuestStub) -> None:
        self.joined.append(guest)
        self.has_joined.set()

    def relay(self, guest: GuestStub, text: str) -> str:
        return guest.told(text)

    def end(self) -> None:
        assert self.daemon is not None
        self.daemon.shutdown()

    async def later(self, number: int) -> int:
        await asyncio.sleep(0)
        return number


class Visitor:
    """A Guest that remembers what it was told; `does` runs meanwhile."""

    def __init__(self, does: Callable[[], object] = lambda: None) -> None:
        self.texts: list[str] = []
        self.does = does

    def told(self, text: str) -> str:
        self.texts.append(text)
        self.does()
        return f"heard {text}"

    def noted(self, text: str) -> None:
        self.texts.append(text)


@contextlib.contextmanager
def looping(daemon: Any) -> Generator[threading.Thread]:
    """Have a daemon's requestLoop run in a thread; it has ended after the block."""
    thread = threading.Thread(target=daemon.requestLoop, name="serving")
    thread.start()
    try:
        yield thread
    finally:
        daemon.shutdown()
        thread.join(PATIENCE)
        assert not thread.is_alive()


@contextlib.contextmanager
def open_hall(hall: Hall | None = None, **options: Any) -> Generator[str]:
    """Serve a hall by a daemon of ours; gives its address."""
    hall = hall or Hall()
    if "unixsocket" not in options:
        options["host"] = "127.0.0.1"
    with callbackgen.Daemon(**options) as daemon:
        hall.daemon = daemon
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        with looping(daemon):
            try:
                yield address
            finally:
                hall.release.set()


def reached(condition: Callable[[], bool]) -> bool:
    """Wait until something holds, for what tells nobody when it does."""
    never = threading.Event()
    for _ in range(int(PATIENCE / 0.01)):
        if condition():
            return True
        never.wait(0.01)
    return False
