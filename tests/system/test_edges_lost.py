"""Connections that end: by a goodbye, by silence, and how they are made anew."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import Pyro5.api
import pytest

import callbackgen
from callbackgen.runtime import connection as module
from tests.patience import patiently
from tests.system.edges.hall import (
    PATIENCE,
    Hall,
    Visitor,
    looping,
    open_hall,
    reached,
)
from tests.system.edges.room_remote import RoomStub, RoomWrapper

ROOT = Path(__file__).parents[2]


def test_on_connect_runs_at_once() -> None:
    """In this thread; what it raises is raised here, and then it is not kept."""
    threads: list[threading.Thread] = []
    failures: list[int] = []

    def fails() -> None:
        failures.append(1)
        raise ValueError("not today")

    with (
        open_hall() as address,
        callbackgen.connect(address, reconnect=True) as connection,
    ):
        with pytest.raises(ValueError, match="not today"):
            connection.on_connect(fails)
        joined = threading.Semaphore(0)

        def register() -> None:
            threads.append(threading.current_thread())
            joined.release()

        connection.on_connect(register)
        assert threads == [threading.current_thread()]
        connection.session.close("for the test", "for the test")
        assert joined.acquire(timeout=PATIENCE)
        assert joined.acquire(timeout=PATIENCE)
        assert threads[1] is not threading.current_thread()
        assert failures == [1]


def test_a_reconnection() -> None:
    """Stubs of services live on, those of references do not; failing is tried again."""
    hall = Hall()
    runs: list[int] = []
    registered = threading.Semaphore(0)
    lets_in = threading.Event()
    lets_in.set()

    def authenticate(_: object) -> None:
        lets_in.wait(PATIENCE)

    with (
        open_hall(hall, authenticate=authenticate) as address,
        callbackgen.connect(address, reconnect=True) as connection,
    ):
        room = RoomStub(connection)
        visitor = Visitor()

        def register() -> None:
            runs.append(1)
            room.join(visitor)
            if len(runs) == 2:
                raise ValueError("again, please")
            registered.release()

        connection.on_connect(register)
        old = hall.joined[0]
        assert registered.acquire(timeout=PATIENCE)
        lets_in.clear()
        connection.session.close("for the test", "for the test")
        with pytest.raises(callbackgen.ConnectionLost):
            room.echo(1)  # it waits for no reconnection
        lets_in.set()
        assert registered.acquire(timeout=PATIENCE)
        assert len(runs) == 3
        assert reached(lambda: callbackgen.connected(room))
        assert room.echo(2) == 2
        assert hall.joined[-1].told("new") == "heard new"
        assert reached(lambda: not callbackgen.connected(old))
        with pytest.raises(callbackgen.ConnectionLost):
            old.told("old")


def test_close_ends_the_attempts_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while the next attempt is waited for."""
    monkeypatch.setattr(module, "_SHORTEST", 10 * PATIENCE)
    with open_hall() as address:
        connection = callbackgen.connect(address, reconnect=True)
    assert reached(
        lambda: any("reconnect" in each.name for each in threading.enumerate())
    )
    begun = time.monotonic()
    connection.close()
    assert time.monotonic() - begun < PATIENCE
    assert not any("reconnect" in each.name for each in threading.enumerate())


SERVER = """
import json, sys, callbackgen
from tests.system.edges.hall import Hall
from tests.system.edges.room_remote import RoomWrapper
settings = callbackgen.Settings(**json.loads(sys.argv[1]))
with callbackgen.Daemon(host="127.0.0.1", settings=settings) as daemon:
    print(daemon.register(RoomWrapper(Hall()), "hall"), flush=True)
    daemon.requestLoop()
print("ended", flush=True)
"""

CLIENT = """
import sys, callbackgen
from tests.system.edges.hall import Visitor
from tests.system.edges.room_remote import RoomStub
with callbackgen.connect(sys.argv[1]) as connection:
    visitor = Visitor()
    RoomStub(connection).join(visitor)
    print("joined", flush=True)
    sys.stdin.read()
"""


def started(program: str, *arguments: str) -> subprocess.Popen[str]:
    """A process of its own, that reads what we write and prints lines."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def ended(process: subprocess.Popen[str]) -> str:
    """What it printed after all; it is killed if it does not end."""
    try:
        return process.communicate(timeout=PATIENCE)[0]
    finally:
        process.kill()
        process.wait()


def test_ctrl_c_ends_the_loop() -> None:
    """requestLoop returns, and the block is left without an exception."""
    server = started(SERVER, "{}")
    address = line_of(server)
    lost = threading.Event()
    with callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        assert room.echo(1) == 1
        callbackgen.on_lost(room, lambda _: lost.set())
        server.send_signal(signal.SIGINT)
        assert lost.wait(PATIENCE)
        with pytest.raises(callbackgen.ConnectionLost, match="the server shut down"):
            room.echo(2)
    assert ended(server) == "ended\n"
    assert server.returncode == 0


def quickly(times: int) -> dict[str, Any]:
    """Settings by which a silence is soon noticed, or so many times later."""
    return {"heartbeat": 0.1 * times, "dead_after": 0.8 * times}


def test_a_stopped_server_is_noticed() -> None:
    """A server that is there and does nothing is given up after `dead_after`."""

    def attempt(times: int) -> None:
        quick = quickly(times)
        server = started(SERVER, json.dumps(quick))
        lost = threading.Event()
        settings = callbackgen.Settings(**quick)
        try:
            with callbackgen.connect(line_of(server), settings=settings) as connection:
                room = RoomStub(connection)
                callbackgen.on_lost(room, lambda _: lost.set())
                # A silent one is not given up.
                assert not lost.wait(2 * settings.dead_after)
                server.send_signal(signal.SIGSTOP)
                assert lost.wait(PATIENCE)
        finally:
            server.send_signal(signal.SIGCONT)
            server.send_signal(signal.SIGINT)
            ended(server)

    patiently(attempt)


def test_a_stopped_client_is_noticed() -> None:
    """The same at the server: its listeners are lost; ordinary clients stay."""

    def attempt(times: int) -> None:
        settings = callbackgen.Settings(**quickly(times))
        hall = Hall()
        lost = threading.Event()
        proxy: Any
        with (
            open_hall(hall, settings=settings) as address,
            Pyro5.api.Proxy(address) as proxy,
        ):
            assert proxy.echo(1) == 1
            client = started(CLIENT, address)
            try:
                assert line_of(client) == "joined"
                callbackgen.on_lost(hall.joined[0], lambda _: lost.set())
                # A silent one is not given up.
                assert not lost.wait(2 * settings.dead_after)
                assert hall.joined[0].told("there?") == "heard there?"
                client.send_signal(signal.SIGSTOP)
                assert lost.wait(PATIENCE)
            finally:
                client.send_signal(signal.SIGCONT)
                ended(client)
            assert proxy.echo(2) == 2  # never pinged, never given up

    patiently(attempt)


def test_goodbyes_in_both_directions() -> None:
    """Each end says who ended it, and the other has it in its error."""
    hall = Hall()
    with open_hall(hall) as address:
        with callbackgen.connect(address) as connection:
            RoomStub(connection).join(visitor := Visitor())
            assert visitor.texts == []
        assert reached(lambda: not callbackgen.connected(hall.joined[0]))
        with pytest.raises(
            callbackgen.ConnectionLost, match="the client closed the connection"
        ):
            hall.joined[0].told("gone")
        connection = callbackgen.connect(address)
        room = RoomStub(connection)
    with connection:
        assert reached(lambda: not callbackgen.connected(room))
        with pytest.raises(callbackgen.ConnectionLost, match="the server shut down"):
            room.echo(1)


def files_open() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - counted alone


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_nothing_is_left() -> None:
    """No thread and no socket is there after the blocks that made them."""

    def once() -> None:
        with open_hall() as address, callbackgen.connect(address) as connection:
            RoomStub(connection).relay(Visitor(), "a")

    once()
    files, threads = files_open(), threading.active_count()
    for _ in range(5):
        once()
    assert reached(lambda: threading.active_count() <= threads)
    assert reached(lambda: files_open() <= files)


def test_a_thread_in_the_user_s_code_is_named(caplog: pytest.LogCaptureFixture) -> None:
    """What does not end is left, and a warning says which thread that is."""
    hall = Hall()
    caplog.set_level(logging.WARNING, "callbackgen")
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        with (
            looping(daemon),
            callbackgen.connect(address) as connection,
            ThreadPoolExecutor(1) as pool,
        ):
            stuck = pool.submit(RoomStub(connection).hold, "stuck")
            assert hall.arrived.acquire(timeout=PATIENCE)
            daemon.shutdown()
            with pytest.raises(callbackgen.ConnectionLost):
                stuck.result()
    hall.release.set()
    assert "left in calls that do not end: callbackgen worker" in caplog.text


def test_a_daemon_with_many_clients_ends_soon(
    record_property: Callable[[str, object], None],
) -> None:
    """shutdown takes a moment, however many are connected."""
    count = int(os.environ.get("CALLBACKGEN_CLIENTS", "100"))
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(Hall()), "hall"))
        with looping(daemon):
            connections = [callbackgen.connect(address) for _ in range(count)]
            begun = time.monotonic()
            daemon.shutdown()
            took = time.monotonic() - begun
            for connection in connections:
                connection.close()
    record_property(f"shutdown with {count} clients", f"{took:.3f} s")
    assert took < PATIENCE
