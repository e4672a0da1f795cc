"""What is logged of connections and calls, and what is counted."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import Pyro5.api
import pytest

import callbackgen
from callbackgen.runtime import wire
from tests.patience import given_up
from tests.system.edges.hall import PATIENCE, Hall, Visitor, looping, reached
from tests.system.edges.peer import Peer, answer, ping
from tests.system.edges.room_remote import RoomStub, RoomWrapper


class Failing(Hall):
    """A hall whose oneway calls fail."""

    def note(self, text: str) -> None:
        raise ValueError(text)


@pytest.fixture
def hall() -> Hall:
    return Failing()


@pytest.fixture
def daemon(hall: Hall) -> Generator[callbackgen.Daemon]:
    settings = callbackgen.Settings(callbacks=2)
    with callbackgen.Daemon(host="127.0.0.1", settings=settings) as daemon:
        daemon.register(RoomWrapper(hall), "hall")
        with looping(daemon):
            yield daemon
            hall.release.set()


@pytest.fixture
def address(daemon: callbackgen.Daemon) -> str:
    return str(daemon.uriFor("hall"))


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "callbackgen")
    return caplog


def fails(*_: object) -> None:
    raise LookupError("one\nof two lines")


def misbehave(connection: callbackgen.Connection, hall: Hall) -> None:
    """Calls that go wrong in each way, at either end."""
    room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
    for name in ("exit", "memory", "unprintable"):
        with pytest.raises(callbackgen.RemoteRaised):
            room.fail(name)
    room.note("a oneway\ncall")
    with pytest.raises(callbackgen.RemoteRaised):
        room.relay(Visitor(fails), "fails in the callback")
    given_up(
        lambda seconds: callbackgen.with_deadline(room, seconds).hold("too long"),
        lambda: hall.arrived.acquire(timeout=10),
    )
    with pytest.raises(callbackgen.Unimplemented):
        RoomStub(connection, "now\nhere").echo(1)
    guests = [Visitor() for _ in range(3)]
    for guest in guests[:2]:
        room.join(guest)
    with pytest.raises(callbackgen.LimitExceeded):
        room.join(guests[2])


AT_SERVER = """\
Interfaces.describe raised callbackgen.runtime.errors.Unimplemented: \
there is no object named 'now\\nhere'
Room.echo refused: there is no object named 'now\\nhere'
Room.fail raised MemoryError: too much
Room.fail raised SystemExit: 3
Room.fail raised tests.system.edges.hall.Unprintable: <str() of it raised ValueError>
Room.join refused: Room.join: no more Guest is taken: 2 objects of this client are held \
by reference already; the limit is 2 (callbackgen.settings.callbacks)
Room.note raised ValueError: a oneway\\ncall
Room.relay raised callbackgen.runtime.errors.RemoteRaised: \
LookupError: one\\nof two lines
a task failed
connected
nobody is there for the answer to Room.hold
nobody is there for the answer to Room.hold
the connection ended: for the test""".splitlines()
"""What the server's log says of a client that does all that, sorted."""

NOT_IN_TIME = "Room.hold refused: the time was over before the call could start"
"""What it may say besides on a busy machine; see `given_up`."""


def test_each_record_has_its_peer_and_method(
    daemon: callbackgen.Daemon,
    address: str,
    hall: Hall,
    log: pytest.LogCaptureFixture,
) -> None:
    """Of calls, errors, time-outs and losses at both ends: one line that says whose."""
    with callbackgen.connect(address) as connection:
        misbehave(connection, hall)
        callbackgen.on_lost(hall.joined[0], fails)
        callbackgen.on_lost(RoomStub(connection), fails)
        with ThreadPoolExecutor(1) as pool:  # a call whose answer nobody is there for
            held = pool.submit(RoomStub(connection).hold, "held")
            assert hall.arrived.acquire(timeout=PATIENCE)
            connection.session.close("for the test", "for the test")
            with pytest.raises(callbackgen.ConnectionLost):
                held.result()
        assert reached(lambda: not daemon.statistics().connections)
        hall.release.set()
        assert reached(lambda: log.text.count("nobody is there for the answer") == 2)
        assert reached(lambda: log.text.count("a task failed") == 2)

    lines = [(record.name, record.getMessage()) for record in log.records]
    client = lines[0][1].removesuffix(": connected")
    told = [(name, text.partition(": ")) for name, text in lines]
    assert {name.partition(".")[0] for name, _ in lines} == {"callbackgen"}
    assert not [text for _, text in lines if "\n" in text]
    assert {text[0] for _, text in told if text[0] != address} == {
        client,
        f"<closed connection to {address}>",
    }
    at_server = [text[2] for _, text in told if text[0] == client]
    assert sorted(one for one in at_server if one != NOT_IN_TIME) == AT_SERVER
    assert sorted(text[2] for _, text in told if text[0] == address) == [
        "Guest.told raised LookupError: one\\nof two lines",
        (
            'not described: "callbackgen.runtime.errors.Unimplemented: there is no '
            "object named 'now\\\\nhere'\""
        ),
        "the connection ended: for the test",
    ]


def test_a_callback_that_is_left_running_is_logged_with_its_server(
    address: str, hall: Hall, log: pytest.LogCaptureFixture
) -> None:
    """`close` does not wait for it without end, and says to whom it belonged."""
    release = threading.Event()
    arrived = threading.Event()

    def stay() -> None:
        arrived.set()
        release.wait(PATIENCE)

    with callbackgen.connect(address) as connection, ThreadPoolExecutor(1) as pool:
        RoomStub(connection).join(Visitor(stay))
        told = pool.submit(hall.joined[0].told, "text")
        assert arrived.wait(PATIENCE)
        connection.close()
        release.set()
        with pytest.raises(callbackgen.ConnectionLost):
            told.result()
    (line,) = [one for one in log.messages if "do not end" in one]
    assert line.startswith(f"{address}: threads are left in callbacks")


def test_ends_are_counted_by_reason(
    daemon: callbackgen.Daemon, address: str, log: pytest.LogCaptureFixture
) -> None:
    """Each end of each kind has its name; numbers in it are not told apart."""
    proxy: Any
    for _ in range(2):
        callbackgen.connect(address).close()
        with Pyro5.api.Proxy(address) as proxy:
            proxy._pyroBind()
        with Peer.connected(address) as peer:
            peer.send(answer(9))
            peer.ended()
    for kind in (98, 99):
        with Peer.connected(address) as peer:
            peer.send(wire.encoded(kind, 1, b""))
            peer.ended()
    for _ in range(3):
        with Peer.dialled(address) as peer:
            peer.send(ping())
            peer.ended()
    expected = {
        "the other end said goodbye": 2,
        "the other end closed the connection": 2,
        "an answer to no call": 2,
        "a message of kind N": 2,
    }
    assert reached(lambda: sum(daemon.statistics().closed.values()) == 8)
    statistics = daemon.statistics()
    assert statistics.closed == expected
    assert (statistics.connections, statistics.connected) == (0, 8)
    connection = callbackgen.connect(address)
    daemon.shutdown()
    assert daemon.statistics().closed == expected | {"the server shut down": 1}
    assert reached(lambda: bool(connection.statistics().closed))
    assert connection.statistics().closed == {"the other end said goodbye": 1}
    connection.close()


def test_time_outs_are_counted_where_they_are_noticed(
    daemon: callbackgen.Daemon, address: str, hall: Hall
) -> None:
    """By the end that made the call: a callback's by the server, a call's here."""
    release = threading.Event()
    with callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        room.join(Visitor(lambda: release.wait(PATIENCE)))
        listener = callbackgen.with_deadline(hall.joined[0], 0.05)
        for _ in range(3):
            with pytest.raises(callbackgen.DeadlineExceeded):
                listener.told("too slow")
        for _ in range(2):
            with pytest.raises(callbackgen.DeadlineExceeded):
                callbackgen.with_deadline(room, 0.05).hold("too slow")
        release.set()
        assert daemon.statistics().timeouts == 3
        assert connection.statistics().timeouts == 2
        assert hall.joined[0].told("in time") == "heard in time"
        assert daemon.statistics().timeouts == 3


def test_bytes_are_counted_alike_at_both_ends(
    daemon: callbackgen.Daemon, address: str
) -> None:
    """What one end has sent the other has received, handshake included; also later."""
    with callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        for size in (0, 100, 100_000):
            before = connection.statistics()
            room.relay(Visitor(), "x" * size)
            here = connection.statistics()
            for sent in (here.bytes_sent, here.bytes_received):
                assert sent > size
            assert here.bytes_sent - before.bytes_sent >= 2 * size
            assert here.bytes_received - before.bytes_received >= 2 * size
        assert reached(  # what the server has released is heard of here
            lambda: (
                daemon.statistics().bytes_sent == connection.statistics().bytes_received
            )
        )
    assert reached(lambda: not daemon.statistics().connections)
    there = daemon.statistics()
    here = connection.statistics()
    assert (there.bytes_received, there.bytes_sent) == (
        here.bytes_sent,
        here.bytes_received,
    )


def test_an_ordinary_client_is_never_asked_and_never_closed() -> None:
    """However long it is silent, while others are pinged and given up."""
    settings = callbackgen.Settings(heartbeat=0.05, dead_after=2.0, blocked=1.0)
    with callbackgen.Daemon(host="127.0.0.1", settings=settings) as daemon:
        address = str(daemon.register(RoomWrapper(Hall()), "hall"))
        with looping(daemon), contextlib.ExitStack() as stack:
            proxy: Any = stack.enter_context(Pyro5.api.Proxy(address))
            assert proxy.echo(1) == 1
            sock = proxy._pyroConnection.sock
            sent = daemon.statistics().bytes_sent
            mute = stack.enter_context(Peer.connected(address))
            mute.ended()
            reasons = {"no sign of life for N s": 1}
            assert reached(lambda: daemon.statistics().closed == reasons)
            lively = stack.enter_context(Peer.connected(address))
            for _ in range(30):
                question = lively.next()
                assert (question.kind, question.payload) == (wire.PING, b"heartbeat")
                lively.send(ping(b"pong", question.sequence))
            assert daemon.statistics().connections == 2
            sock.setblocking(False)
            with pytest.raises(BlockingIOError):
                sock.recv(1)
            sock.setblocking(True)
            assert daemon.statistics().bytes_sent > sent
            assert proxy.echo(2) == 2
            assert proxy._pyroConnection.sock is sock
