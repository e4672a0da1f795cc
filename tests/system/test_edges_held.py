"""What all clients of a daemon send and it has not read: how much of it is held."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from Pyro5 import config

import callbackgen
from callbackgen.runtime import envelope, wire
from tests.patience import patiently
from tests.system.edges.hall import PATIENCE, Hall, looping, reached
from tests.system.edges.peer import ROOM, Peer, a_guest, answer
from tests.system.edges.room_remote import RoomStub, RoomWrapper

SIZE = 200_000
MOST = 4 * SIZE
FREE = 16 * 1024
CHUNK = 64 * 1024
SETTINGS = callbackgen.Settings(
    message_size=SIZE, held_size=MOST, deadline=PATIENCE, blocked=PATIENCE
)


def the_value(value: object) -> object:
    return value


@contextlib.contextmanager
def serving(
    hall: Hall, settings: callbackgen.Settings = SETTINGS
) -> Generator[tuple[str, Any]]:
    """The address of a hall whose clients say who they are, and its daemon."""
    with callbackgen.Daemon(
        host="127.0.0.1", settings=settings, authenticate=the_value
    ) as daemon:
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        with looping(daemon):
            yield address, daemon


def large(number: int, method: str = "note", key: str = "hall") -> bytes:
    """A call that is as large as one may be."""
    text = str(number).rjust(SIZE - 1000)
    return wire.encoded(
        wire.INVOKE,
        number,
        envelope.packed((ROOM, method, [text], {})),
        flags=wire.ONEWAY if method == "note" else 0,
        annotations=envelope.head(0, 0, key),
    )


@contextlib.contextmanager
def peers(address: str, number: int) -> Generator[list[Peer]]:
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Peer.connected(address)) for _ in range(number)]


def unsent_by(daemon: Any) -> int:
    total: int = daemon.transportServer.parts.outgoing.total
    return total


def held_by(daemon: Any) -> int:
    total: int = daemon.transportServer.parts.incoming.total
    return total


def test_messages_that_are_begun_take_no_more_than_there_is() -> None:
    """What is more waits in the sockets; another client's are read meanwhile."""
    hall = Hall()
    with (
        serving(hall) as (address, daemon),
        callbackgen.connect(address, handshake="ann", settings=SETTINGS) as connection,
        peers(address, 12) as many,
    ):
        before = daemon.statistics().bytes_received
        for number, peer in enumerate(many, 1):
            peer.send(large(number)[:-1])
        # Of those that have no room at most what is read at once is there.
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        assert reached(lambda: held_by(daemon) > SIZE)
        room.note("x" * (SIZE - 1000))
        assert reached(lambda: len(hall.texts) == 1)
        received = daemon.statistics().bytes_received - before
        assert received <= SIZE + MOST // 2 + 12 * (CHUNK + FREE)
        assert held_by(daemon) <= MOST // 2
        for number, peer in enumerate(many, 1):
            peer.send(large(number)[-1:])
        assert reached(lambda: len(hall.texts) == 13)
        assert {int(text) for text in hall.texts[1:]} == {*range(1, 13)}
        assert reached(lambda: held_by(daemon) == 0)


def test_who_has_no_room_is_not_taken_for_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is not listened to, so that its silence means nothing."""
    monkeypatch.setattr(config, "THREADPOOL_SIZE", 1)

    def attempt(times: int) -> None:
        dead_after = 0.5 * times
        impatient = dataclasses.replace(
            SETTINGS,
            held_size=0,
            heartbeat=dead_after / 5,
            dead_after=dead_after,
            blocked=dead_after,
        )
        hall = Hall()
        with (
            serving(hall, impatient) as (address, _),
            Peer.connected(address) as idle,
            callbackgen.connect(address, settings=SETTINGS) as connection,
            ThreadPoolExecutor(4) as pool,
        ):
            room = RoomStub(connection)
            try:
                text = "x" * (SIZE - 1000)
                answers = [pool.submit(room.hold, text) for _ in range(4)]
                assert hall.arrived.acquire(timeout=PATIENCE)
                for _ in range(10):
                    asked = idle.next()
                    assert asked.kind == wire.PING
                    idle.send(wire.encoded(wire.PING, asked.sequence, b"pong"))
            finally:
                hall.release.set()
            assert {answer.result() for answer in answers} == {text}
            assert connection.is_open

    patiently(attempt)


def test_a_client_that_is_called_back_is_read_whatever_the_others_hold() -> None:
    """Its answer comes after what there would be no room for."""
    hall = Hall()
    with serving(hall) as (address, daemon), peers(address, 7) as (peer, *others):
        for number, other in enumerate(others, 1):
            other.send(large(number)[:-1])
        assert reached(lambda: held_by(daemon) > SIZE)
        asked = peer.call("relay", a_guest(), "news")
        called = peer.called()
        peer.send(large(9)[:-1])
        peer.send(large(9)[-1:] + answer(called.sequence, "heard"))
        assert peer.answered(asked) == "heard"
        assert reached(lambda: len(hall.texts) == 1)


def test_answers_that_are_not_taken_take_no_more_than_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The threads that made them wait; another client's calls are answered."""
    workers = 4
    monkeypatch.setattr(config, "THREADPOOL_SIZE", workers)
    hall = Hall()
    hall.release.set()
    with (
        serving(hall) as (address, daemon),
        callbackgen.connect(address, handshake="ann", settings=SETTINGS) as connection,
        contextlib.ExitStack() as stack,
    ):
        room = RoomStub(connection)
        for _ in range(6):
            peer = stack.enter_context(Peer.connected(address, buffer=4096))
            stack.enter_context(sending(peer, large(1, "hold") * 40))
        assert reached(lambda: unsent_by(daemon) > MOST // 2)
        for number in range(20):
            assert room.echo(number) == number
            assert unsent_by(daemon) <= MOST // 2 + workers * SIZE
        stack.close()
        assert reached(lambda: unsent_by(daemon) == held_by(daemon) == 0)


@contextlib.contextmanager
def sending(peer: Peer, data: bytes) -> Generator[None]:
    """Sends bytes in a thread, which ends with the connection at the latest."""

    def send() -> None:
        with contextlib.suppress(OSError):
            peer.send(data)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        peer.break_off()
        thread.join(PATIENCE)
