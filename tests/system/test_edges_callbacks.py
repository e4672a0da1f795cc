"""Callbacks at their edges: what they raise, their order, and how they are taken back."""

from __future__ import annotations

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import pytest

import callbackgen
from tests.system.edges.guest_remote import GuestStub
from tests.system.edges.hall import (
    PATIENCE,
    TROUBLES,
    Hall,
    Unprintable,
    Visitor,
    looping,
    open_hall,
    reached,
)
from tests.system.edges.room_remote import RoomStub, RoomWrapper


@pytest.fixture
def hall() -> Hall:
    return Hall()


@pytest.fixture
def connection(hall: Hall) -> Generator[callbackgen.Connection]:
    with open_hall(hall) as address, callbackgen.connect(address) as connection:
        yield connection


@pytest.fixture
def room(connection: callbackgen.Connection) -> RoomStub:
    return callbackgen.with_deadline(RoomStub(connection), PATIENCE)


def endless(depth: int = 0) -> int:
    return endless(depth + 1) + 1


def unknown() -> None:
    """Raises what no other process could have a class for."""

    class Novelty(Exception):
        pass

    Novelty.__qualname__ = "N" * 5000
    raise Novelty("new", 5)


def trouble(name: str) -> Callable[[], object]:
    def does() -> None:
        error = TROUBLES[name]()
        raise error

    return does


RAISED: dict[str, tuple[Callable[[], object], str, str]] = {
    "exit": (trouble("exit"), "SystemExit", "3"),
    "interrupt": (trouble("interrupt"), "KeyboardInterrupt", ""),
    "memory": (trouble("memory"), "MemoryError", "too much"),
    "recursion": (endless, "RecursionError", "maximum recursion depth exceeded"),
    "unprintable": (
        trouble("unprintable"),
        f"{Unprintable.__module__}.Unprintable",
        "<str() of it raised ValueError>",
    ),
    "unknown": (unknown, f"{__name__}.NNNN", "('new', 5)"),
}


@pytest.mark.parametrize("name", RAISED)
def test_what_a_callback_raises_is_text_for_the_server(
    name: str, hall: Hall, room: RoomStub
) -> None:
    """Whatever it is: class, text and traceback; the client and its thread go on."""
    does, class_name, text = RAISED[name]
    visitor = Visitor(does)
    room.join(visitor)
    for _ in range(3):
        with pytest.raises(callbackgen.RemoteRaised) as caught:
            hall.joined[0].told("text")
        raised = caught.value
        assert raised.class_name.startswith(class_name)
        assert raised.text.startswith(text)
        assert len(raised.class_name) <= 1024
        assert "Traceback" in raised.traceback_text
        texts = (raised.class_name, raised.text, raised.traceback_text)
        assert sum(map(len, texts)) <= 64 * 1024
    visitor.does = lambda: None
    assert hall.joined[0].told("text") == "heard text"
    assert room.echo(1) == 1


@pytest.mark.parametrize("name", [one for one in RAISED if one != "interrupt"])
def test_what_a_nested_callback_raises(name: str, room: RoomStub) -> None:
    """It runs in the thread that waits for the service, and does not end that call."""
    does, class_name, text = RAISED[name]
    with pytest.raises(callbackgen.RemoteRaised) as caught:
        room.relay(Visitor(does), "text")
    assert caught.value.class_name == "callbackgen.runtime.errors.RemoteRaised"
    assert caught.value.text.startswith(class_name)
    assert text in caught.value.text
    assert room.echo(1) == 1


def test_ctrl_c_in_a_nested_callback(hall: Hall, room: RoomStub) -> None:
    """It is the user's own: their call ends by it, and the server has its answer."""
    heard: list[object] = []

    def relay(guest: GuestStub, text: str) -> str:
        with pytest.raises(callbackgen.RemoteRaised) as caught:
            guest.told(text)
        heard.append(caught.value.class_name)
        return "done"

    cast(Any, hall).relay = relay
    with pytest.raises(KeyboardInterrupt):
        room.relay(Visitor(trouble("interrupt")), "text")
    assert reached(lambda: heard == ["KeyboardInterrupt"])
    assert room.echo(1) == 1


def test_a_call_sees_the_oneway_calls_of_other_threads(
    hall: Hall, room: RoomStub
) -> None:
    """What was sent before, by whichever thread, has ended when a call begins."""
    cast(Any, hall).who = lambda: list(hall.texts)
    texts: list[str] = []
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(1) as other:
        for number in range(150):
            pool = (one, other)[number % 2]
            pool.submit(room.note, f"text {number}").result()
            texts.append(f"text {number}")
            assert pool.submit(room.who).result() == texts
            assert (one, other)[1 - number % 2].submit(room.who).result() == texts


def test_a_slow_oneway_call_holds_up_what_follows_it(
    hall: Hall, room: RoomStub
) -> None:
    """A call of the same service waits for it; one that began before does not."""
    slow = threading.Event()
    begun = threading.Event()

    def note(text: str) -> None:
        begun.set()
        slow.wait(PATIENCE)
        hall.texts.append(text)

    cast(Any, hall).note = note
    cast(Any, hall).who = lambda: list(hall.texts)
    with ThreadPoolExecutor(2) as pool:
        held = pool.submit(room.hold, "before")
        assert hall.arrived.acquire(timeout=PATIENCE)
        room.note("slow")
        asked = pool.submit(room.who)
        assert begun.wait(PATIENCE)
        hall.release.set()
        assert held.result() == "before"
        assert not asked.done()
        slow.set()
        assert asked.result() == ["before", "slow"]


class Waiting:
    """A Guest of an asyncio program: both of its methods are coroutines."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.running = 0
        self.most = 0

    async def told(self, text: str) -> str:
        self.running += 1
        self.most = max(self.most, self.running)
        for _ in range(5):
            await asyncio.sleep(0)
        self.texts.append(text)
        self.running -= 1
        return f"awaited {text}"

    async def noted(self, text: str) -> None:
        await self.told(text)


def test_coroutines_as_callbacks(hall: Hall, room: RoomStub) -> None:
    """A listener's `async def` is called by plain code, and ends with its coroutine."""
    waiting = Waiting()
    room.join(cast(Any, waiting))
    listener = callbackgen.with_deadline(hall.joined[0], PATIENCE)
    with ThreadPoolExecutor(8) as pool:
        told = [pool.submit(listener.told, str(number)) for number in range(40)]
        assert [one.result() for one in told] == [f"awaited {n}" for n in range(40)]
    assert waiting.most == 1, "callbacks of one object run one at a time"
    waiting.texts.clear()
    for number in range(40):
        listener.noted(str(number))
    assert listener.told("last") == "awaited last"
    assert waiting.texts == [*map(str, range(40)), "last"]


def test_the_client_takes_an_object_back(
    connection: callbackgen.Connection, hall: Hall, room: RoomStub
) -> None:
    """Nothing keeps it here any more, though the server has its stub still."""
    visitor = Visitor()
    gone = weakref.ref(visitor)
    room.join(visitor)
    room.join(visitor)
    with pytest.raises(ValueError, match="this Visitor was not passed"):
        connection.withdraw(Visitor())
    connection.withdraw(visitor)
    with pytest.raises(ValueError, match="or is not held there any more"):
        connection.withdraw(visitor)
    del visitor
    gc.collect()
    assert reached(lambda: gone() is None)
    for listener in hall.joined:
        with pytest.raises(callbackgen.Withdrawn, match="not there any more"):
            listener.told("text")
        assert callbackgen.connected(listener)
    hall.joined.clear()
    assert room.echo(1) == 1


def test_clients_that_go_are_told_of_once(hall: Hall) -> None:
    """However many of its calls wait or run: after the last one that runs."""
    gone: list[bool] = []

    class Noticing(callbackgen.Daemon):
        def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
            gone.append(hall.release.is_set())

    with Noticing(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        with looping(daemon), ThreadPoolExecutor(32) as pool:
            connection = callbackgen.connect(address)
            room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
            calls = [pool.submit(room.hold, str(number)) for number in range(32)]
            assert hall.arrived.acquire(timeout=PATIENCE)
            connection.close()
            for call in calls:
                with pytest.raises(callbackgen.ConnectionLost):
                    call.result()
            assert reached(lambda: not daemon.statistics().connections)
            assert gone == [], "calls of it still run"
            hall.release.set()
            assert reached(lambda: len(gone) == 1)
    assert gone == [True]
