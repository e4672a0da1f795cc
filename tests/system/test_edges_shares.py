"""A daemon's threads are shared by client, however many connections one has."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Generator
from pathlib import Path

import pytest
from Pyro5 import config

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, open_hall
from tests.system.edges.room_remote import RoomStub

WORKERS = 4
SETTINGS = callbackgen.Settings(deadline=2 * PATIENCE)


@pytest.fixture(autouse=True)
def few_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "THREADPOOL_SIZE", WORKERS)


class Awkward:
    """Cannot be compared."""

    def __eq__(self, other: object) -> bool:
        raise ArithmeticError

    def __hash__(self) -> int:
        raise ArithmeticError


def awkward(_: object) -> Awkward:
    return Awkward()


def the_value(value: object) -> object:
    return value


@contextlib.contextmanager
def holding(hall: Hall, address: str, who: object, connections: int) -> Generator[None]:
    """Has more calls held over so many connections than there are threads."""
    with contextlib.ExitStack() as open_ones:

        def hold(room: RoomStub) -> None:
            with contextlib.suppress(callbackgen.RemoteError):
                room.hold("held")

        threads: list[threading.Thread] = []
        for _ in range(connections):
            connection = callbackgen.connect(address, handshake=who, settings=SETTINGS)
            room = RoomStub(open_ones.enter_context(connection))
            threads += [
                threading.Thread(target=hold, args=(room,)) for _ in range(WORKERS)
            ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            hall.release.set()
            for thread in threads:
                thread.join(PATIENCE)


@pytest.mark.parametrize("connections", [1, 3])
def test_a_client_is_who_authenticate_says(connections: int) -> None:
    """One of two has half of the threads, and the other one is served beside it."""
    hall = Hall()
    with (
        open_hall(hall, authenticate=the_value) as address,
        callbackgen.connect(address, handshake="bob", settings=SETTINGS) as bob,
        holding(hall, address, "ann", connections),
    ):
        assert hall.arrived.acquire(timeout=PATIENCE)
        assert hall.arrived.acquire(timeout=PATIENCE)
        for number in range(10):
            assert RoomStub(bob).echo(number) == number
        assert not hall.arrived.acquire(blocking=False)


@pytest.mark.parametrize("who", [None, ["a list"], {"name": "ann"}])
def test_a_client_is_where_it_connects_from(who: object) -> None:
    """Without an identity that can be compared; one alone has all threads but one."""
    hall = Hall()
    with (
        open_hall(hall, authenticate=the_value) as address,
        callbackgen.connect(address, handshake=who, settings=SETTINGS) as other,
        callbackgen.connect(address, handshake="bob", settings=SETTINGS) as bob,
    ):
        assert RoomStub(bob).echo(1) == 1
        bob.close()
        with holding(hall, address, who, 3):
            for _ in range(WORKERS - 1):
                assert hall.arrived.acquire(timeout=PATIENCE)
            waits = threading.Thread(target=lambda: RoomStub(other).echo(1))
            waits.start()
            assert not hall.arrived.acquire(blocking=False)
            hall.release.set()
            waits.join(PATIENCE)
            assert not waits.is_alive()


def test_a_client_of_a_unix_domain_socket_is_a_user(tmp_path: Path) -> None:
    """All processes of one are one client, for the threads and for the connections."""
    path = Path(os.path.relpath(tmp_path / "hall.sock"))
    if len(str(path)) > 90:
        pytest.skip("the path is too long for a socket")
    settings = callbackgen.Settings(connections_per_address=2)
    with (
        open_hall(unixsocket=str(path), settings=settings) as address,
        callbackgen.connect(address),
        callbackgen.connect(address),
        pytest.raises(callbackgen.ConnectionLost),
    ):
        callbackgen.connect(address)


def test_an_identity_that_cannot_be_compared_costs_nothing() -> None:
    """The client is let in, as one of those from where it is."""
    with (
        open_hall(authenticate=awkward) as address,
        callbackgen.connect(address) as one,
        callbackgen.connect(address) as two,
    ):
        assert RoomStub(one).echo(1) == 1
        assert RoomStub(two).echo(2) == 2


def test_a_client_that_has_gone_is_counted_no_more() -> None:
    """When the other one goes, the rest of the threads is for who stays, but one."""
    hall = Hall()
    with (
        open_hall(hall, authenticate=the_value) as address,
        callbackgen.connect(address, handshake="bob", settings=SETTINGS) as bob,
        holding(hall, address, "ann", 3),
    ):
        for _ in range(WORKERS // 2):
            assert hall.arrived.acquire(timeout=PATIENCE)
        assert RoomStub(bob).echo(2) == 2
        bob.close()
        assert hall.arrived.acquire(timeout=PATIENCE)
        assert not hall.arrived.acquire(blocking=False)
