"""callbackgen.Daemon is a Pyro5 daemon to its user."""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import Pyro5.api
import Pyro5.errors
import Pyro5.nameserver
import pytest

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, Visitor, looping, open_hall, reached
from tests.system.edges.room_remote import RoomStub, RoomWrapper


def test_it_is_a_pyro5_daemon() -> None:
    """register, uriFor, proxyFor and unregister are Pyro5's own."""
    wrapper = RoomWrapper(Hall())
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        pyro: Any = daemon
        assert isinstance(daemon, Pyro5.api.Daemon)
        address = pyro.register(wrapper, "hall")
        assert pyro.uriFor("hall") == pyro.uriFor(wrapper) == address
        with looping(daemon), pyro.proxyFor("hall") as proxy:
            assert proxy.echo(1) == 1
            pyro.unregister("hall")
            with pytest.raises(Pyro5.errors.DaemonError, match="unknown object"):
                proxy.echo(1)
            with callbackgen.connect(address) as connection:
                with pytest.raises(callbackgen.RemoteError, match="hall"):
                    RoomStub(connection).echo(1)
                pyro.register(wrapper, "hall")
                assert RoomStub(connection).echo(2) == 2


def test_the_loop_ends_by_its_condition_and_may_run_again() -> None:
    """The condition is looked at after each call; between loops clients are served."""
    goes_on = threading.Event()
    goes_on.set()

    class Ending(Hall):
        def note(self, text: str) -> None:
            goes_on.clear()

    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(Ending()), "hall"))

        def loop() -> threading.Thread:
            goes_on.set()
            thread = threading.Thread(target=lambda: daemon.requestLoop(goes_on.is_set))
            thread.start()
            return thread

        thread = loop()
        with callbackgen.connect(address) as connection:
            room = RoomStub(connection)
            for _ in range(3):
                room.note("end")
                thread.join(PATIENCE)
                assert not thread.is_alive()
                assert room.echo(1) == 1
                thread = loop()
            with callbackgen.connect(address) as other:
                RoomStub(other).note("end")
                thread.join(PATIENCE)
                assert not thread.is_alive()


@pytest.mark.parametrize("way", ["thread", "method", "callback", "on_lost"])
def test_shutdown_from_anywhere(way: str) -> None:
    """From another thread, a method, a callback or on_lost: the loop returns."""
    hall = Hall()
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        hall.daemon = daemon
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        with callbackgen.connect(address) as connection:
            room = RoomStub(connection)
            ways: dict[str, Callable[[], object]] = {
                "thread": daemon.shutdown,
                "method": room.end,
                "callback": lambda: room.relay(Visitor(daemon.shutdown), "end"),
                "on_lost": lambda: room.join(Visitor()),
            }
            try:
                ways[way]()
            except callbackgen.ConnectionLost:
                assert way in {"method", "callback"}
            if way == "on_lost":
                assert hall.has_joined.wait(PATIENCE)
                callbackgen.on_lost(hall.joined[0], lambda _: daemon.shutdown())
        thread.join(PATIENCE)
        assert not thread.is_alive()


def test_what_belongs_to_pyro5_s_own_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """events and combine, from either side, are a TypeError that says what to do."""
    monkeypatch.setattr(Pyro5.config, "SERVERTYPE", "multiplex")
    other: Any
    with callbackgen.Daemon(host="127.0.0.1") as daemon, Pyro5.api.Daemon() as other:
        pyro: Any = daemon
        uses: list[Callable[[], object]] = [
            lambda: pyro.events([]),
            lambda: pyro.selector,
            lambda: pyro.combine(other),
            lambda: other.combine(pyro),
        ]
        for use in uses:
            with pytest.raises(TypeError, match="requestLoop"):
                use()
        assert [one.fileno() for one in other.sockets] == [other.sock.fileno()]


def test_the_sockets_of_a_daemon() -> None:
    """The listening one, and each client's from the moment when it is accepted."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        pyro: Any = daemon
        transport = pyro.transportServer
        address = daemon.register(RoomWrapper(Hall()), "hall")
        assert pyro.sockets == [pyro.sock]
        with (
            looping(daemon),
            pyro.proxyFor("hall") as proxy,
            callbackgen.connect(address) as connection,
            socket.create_connection(pyro.sock.getsockname()) as mute,
        ):
            assert proxy.echo(1) == RoomStub(connection).echo(1) == 1
            assert reached(lambda: len(pyro.sockets) == 4)
            assert pyro.sockets[0] is pyro.sock
            theirs = {one.getpeername() for one in pyro.sockets[1:]}
            assert theirs >= {
                proxy._pyroConnection.sock.getsockname(),
                mute.getsockname(),
            }
        assert transport.sockets == []


def test_a_name_is_looked_up() -> None:
    """`connect` takes a PYRONAME address; an unknown name is ConnectionLost."""
    start = cast(Any, Pyro5.nameserver).start_ns
    _, names, broadcast = start("127.0.0.1", 0, enableBroadcast=False)
    assert broadcast is None
    thread = threading.Thread(target=names.requestLoop)
    thread.start()
    host, port = names.locationStr.split(":")
    try:
        with open_hall() as address:
            with Pyro5.api.locate_ns(host, int(port)) as found:
                found.register("the.hall", address)
            at = f"{host}:{port}"
            with callbackgen.connect(f"PYRONAME:the.hall@{at}") as connection:
                assert RoomStub(connection).echo(1) == 1
            with pytest.raises(callbackgen.ConnectionLost, match="nobody"):
                callbackgen.connect(f"PYRONAME:nobody@{at}")
    finally:
        names.shutdown()
        thread.join(PATIENCE)
        names.close()


def test_over_a_unix_domain_socket(tmp_path: Path) -> None:
    """For calls in both directions, and for ordinary clients; its file goes at last."""
    path = Path(os.path.relpath(tmp_path / "hall.sock"))
    if len(str(path)) > 90:
        pytest.skip("the path is too long for a socket")
    with open_hall(unixsocket=str(path)) as address:
        with callbackgen.connect(address) as connection:
            visitor = Visitor()
            assert RoomStub(connection).relay(visitor, "a") == "heard a"
        proxy: Any
        with Pyro5.api.Proxy(address) as proxy:
            assert proxy.echo(1) == 1
        assert path.exists()
    assert not path.exists()


def test_statistics() -> None:
    """Connections, calls both ways, time-outs, ends by reason and bytes are counted."""
    hall = Hall()
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(hall), "hall"))
        with looping(daemon):
            assert daemon.statistics() == callbackgen.Statistics()
            with callbackgen.connect(address) as connection:
                room = RoomStub(connection)
                room.relay(Visitor(), "a")
                room.echo("x" * 1000)
                here = connection.statistics()
                there = daemon.statistics()
                assert (there.connections, there.connected) == (1, 1)
                assert (there.calls_received, there.calls_made) == (2, 1)
                assert (here.calls_received, here.calls_made) == (1, 2)
                assert there.bytes_received > 1000
                assert reached(lambda: daemon.statistics().bytes_sent > 1000)
            assert reached(lambda: not connection.statistics().connections)
            after = connection.statistics()
            assert sum(after.closed.values()) == 1
        ended = daemon.statistics()
        assert (ended.connections, ended.connected) == (0, 1)
        assert sum(ended.closed.values()) == 1


@pytest.mark.parametrize(("setting", "expected"), [(0.001, 0.001), (0.0, 0.005)])
def test_threads_of_a_server_take_turns_more_often(
    setting: float, expected: float
) -> None:
    """While it serves, unless its settings say otherwise."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.005)
    try:
        settings = callbackgen.Settings(switch_interval=setting)
        with (
            open_hall(settings=settings) as address,
            callbackgen.connect(address) as connection,
        ):
            assert RoomStub(connection).echo("in the loop") == "in the loop"
            assert sys.getswitchinterval() == pytest.approx(expected)
    finally:
        sys.setswitchinterval(before)


def test_a_daemon_that_is_closed_as_its_loop_begins() -> None:
    """By a signal handler, say: the loop is over before it has begun, without error."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:

        class Closing(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                if "entering requestloop" in record.getMessage():
                    daemon.shutdown()

        log = logging.getLogger("Pyro5.server")
        handler, level = Closing(), log.level
        log.addHandler(handler)
        log.setLevel(logging.INFO)
        try:
            daemon.requestLoop()
        finally:
            log.removeHandler(handler)
            log.setLevel(level)
