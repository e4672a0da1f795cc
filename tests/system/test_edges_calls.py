"""Calls at their edges: deadlines, what is raised, coroutines, many threads."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import Pyro5
import pytest

import callbackgen
from tests.system.edges.guest_remote import GuestStub
from tests.system.edges.hall import (
    PATIENCE,
    Hall,
    Unprintable,
    Visitor,
    open_hall,
    reached,
)
from tests.system.edges.room_remote import RoomStub


def test_a_late_answer_is_dropped_and_the_connection_lives_on() -> None:
    """After a deadline the next calls work, also when the late answer has come."""
    hall = Hall()
    with open_hall(hall) as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        with pytest.raises(callbackgen.DeadlineExceeded, match=r"hold.*0\.2 s"):
            callbackgen.with_deadline(room, 0.2).hold("late")
        assert room.echo("before") == "before"
        hall.release.set()
        assert [room.echo(number) for number in range(50)] == [*range(50)]
        assert connection.is_open
        assert connection.statistics().timeouts == 1


def test_the_deadline_of_the_interface_and_that_of_the_settings() -> None:
    """`@deadline` holds for its method, the settings' for all others."""
    hall = Hall()
    short = callbackgen.Settings(deadline=0.25)
    with (
        open_hall(hall) as address,
        callbackgen.connect(address, settings=short, timeout=5) as connection,
    ):
        room = RoomStub(connection)
        with pytest.raises(callbackgen.DeadlineExceeded, match=r"hold_briefly.*0\.3 s"):
            room.hold_briefly("marked")
        with pytest.raises(callbackgen.DeadlineExceeded, match=r"hold.*0\.25 s"):
            room.hold("default")
        hall.release.set()
        assert callbackgen.with_deadline(room, 30).hold_briefly("long") == "long"


def test_a_nested_call_has_no_more_time_than_its_chain() -> None:
    """A callback made for a call ends with the call, whatever its own deadline."""
    release = threading.Event()
    ended: list[str] = []

    class Relay(Hall):
        def relay(self, guest: GuestStub, text: str) -> str:
            begun = time.monotonic()
            with pytest.raises(callbackgen.DeadlineExceeded) as caught:
                callbackgen.with_deadline(guest, PATIENCE).told(text)
            assert time.monotonic() - begun < PATIENCE
            ended.append(str(caught.value))
            self.arrived.release()
            return "in vain"

    hall = Relay()
    visitor = Visitor(release.wait)
    with (
        open_hall(hall) as address,
        callbackgen.connect(address) as connection,
        ThreadPoolExecutor(1) as pool,
    ):

        def relay(seconds: float) -> None:
            room = callbackgen.with_deadline(RoomStub(connection), seconds)
            with contextlib.suppress(callbackgen.DeadlineExceeded):
                assert room.relay(visitor, "slow") == "in vain"

        seconds = 0.4
        relayed = pool.submit(relay, seconds)
        try:
            while not hall.arrived.acquire(timeout=1):
                if relayed.done():  # its time was over before it could begin there
                    seconds *= 2
                    relayed = pool.submit(relay, seconds)
        finally:
            release.set()
        relayed.result()
    assert "while Room.relay was served" in ended[0]


def test_a_call_that_waited_too_long_is_not_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With its only place taken, a call whose time is over is dropped unrun."""
    monkeypatch.setattr(Pyro5.config, "SERVERTYPE", "multiplex")
    hall = Hall()

    def received() -> int:
        assert hall.daemon is not None
        return hall.daemon.statistics().bytes_received

    with (
        open_hall(hall) as address,
        callbackgen.connect(address) as connection,
        ThreadPoolExecutor(1) as pool,
    ):
        room = callbackgen.with_deadline(RoomStub(connection), 30)
        held = pool.submit(room.hold, "held")
        assert hall.arrived.acquire(timeout=PATIENCE)
        before = received()
        with pytest.raises(callbackgen.DeadlineExceeded):
            callbackgen.with_deadline(room, 0.1).hold("too late")
        # The daemon counts the time from when it has the call, which may be later.
        assert reached(lambda: received() > before)
        threading.Event().wait(0.2)
        hall.release.set()
        assert held.result() == "held"
        assert room.echo("after") == "after"
        assert hall.texts == ["held"]


@pytest.mark.parametrize(
    ("name", "kind", "text"),
    [
        ("exit", "SystemExit", "3"),
        ("interrupt", "KeyboardInterrupt", ""),
        ("recursion", "RecursionError", "too deep"),
        ("memory", "MemoryError", "too much"),
        (
            "unprintable",
            f"{Unprintable.__module__}.Unprintable",
            "<str() of it raised ValueError>",
        ),
    ],
)
def test_whatever_is_raised_arrives_as_text(name: str, kind: str, text: str) -> None:
    """Not one class of exception ends a connection, a thread or the server."""
    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        with pytest.raises(callbackgen.RemoteRaised) as caught:
            room.fail(name)
        assert (caught.value.class_name, caught.value.text) == (kind, text)
        assert "hall.py" in caught.value.traceback_text
        assert room.echo(name) == name


def test_the_text_of_an_exception_is_cut() -> None:
    """A text of a megabyte arrives as at most 64 Ki characters, and says so."""
    with open_hall() as address, callbackgen.connect(address) as connection:
        with pytest.raises(callbackgen.RemoteRaised) as caught:
            RoomStub(connection).fail("long")
        raised = caught.value
        whole = raised.class_name + raised.text + raised.traceback_text
        assert len(whole) <= 64 * 1024
        assert raised.text.endswith(" [cut]")


def test_without_tracebacks_none_is_shown() -> None:
    """A server that hides its tracebacks sends class and text alone."""
    settings = callbackgen.Settings(tracebacks=False)
    with (
        open_hall(settings=settings) as address,
        callbackgen.connect(address) as connection,
    ):
        with pytest.raises(callbackgen.RemoteRaised) as caught:
            RoomStub(connection).fail("memory")
        assert caught.value.traceback_text == ""


def test_coroutines_at_both_ends() -> None:
    """An `async def` of the interface is awaited here and runs as one there."""

    async def many(room: RoomStub) -> list[int]:
        return await asyncio.gather(*(room.later(number) for number in range(40)))

    with open_hall() as address, callbackgen.connect(address) as connection:
        assert asyncio.run(many(RoomStub(connection))) == [*range(40)]


def test_a_coroutine_at_the_caller_with_a_plain_method_there() -> None:
    """A plain method where the Protocol says `async def` is an error for the caller."""

    class Plain(Hall):
        def later(self, number: int) -> int:  # type: ignore[override]
            return number * 2

    async def one(room: RoomStub) -> int:
        return await room.later(21)

    with open_hall(Plain()) as address, callbackgen.connect(address) as connection:
        with pytest.raises(callbackgen.RemoteRaised, match="await"):
            asyncio.run(one(RoomStub(connection)))
        assert connection.is_open


def test_a_coroutine_where_the_protocol_has_a_plain_method() -> None:
    """An object of an asyncio program may have an ``async def``: it is run to its end."""

    class Waiting(Hall):
        async def echo(self, text: str) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
            await asyncio.sleep(0)
            return text.upper()

    with open_hall(Waiting()) as address, callbackgen.connect(address) as connection:
        assert RoomStub(connection).echo("heard") == "HEARD"


def test_many_threads_use_one_connection() -> None:
    """Each of many threads gets its own answers, and oneways get lost nowhere."""
    hall = Hall()
    with open_hall(hall) as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)

        def calls(thread: int) -> list[object]:
            answers: list[object] = []
            for number in range(50):
                room.note(f"{thread} {number}")
                answers.append(room.echo([thread, number]))
            return answers

        with ThreadPoolExecutor(16) as pool:
            for thread, answers in enumerate(pool.map(calls, range(16))):
                assert answers == [[thread, number] for number in range(50)]
        room.note("last")
        assert hall.noted.wait(PATIENCE)
        for thread in range(16):
            mine = [text for text in hall.texts if text.split()[0] == str(thread)]
            assert mine == [f"{thread} {number}" for number in range(50)]


def test_an_object_that_is_called_and_dropped_at_once_is_called() -> None:
    """Its release follows the call closely, and does not take it away before."""

    class Brief(Hall):
        def join(self, guest: GuestStub) -> None:
            guest.noted("bye")

    visitors = [Visitor() for _ in range(300)]
    with open_hall(Brief()) as address, callbackgen.connect(address) as connection:
        for visitor in visitors:
            RoomStub(connection).join(visitor)
        assert reached(lambda: all(visitor.texts == ["bye"] for visitor in visitors))
