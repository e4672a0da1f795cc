"""Connections that are not through their handshake: how many, for how long, from where."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Generator

import pytest
from Pyro5 import config
from Pyro5.errors import SecurityError

import callbackgen
from callbackgen.runtime import envelope, wire
from tests.system.edges.hall import PATIENCE, looping, open_hall
from tests.system.edges.peer import refusals_in
from tests.system.edges.room_remote import RoomStub
from tests.unit.runtime.test_tls import CERTIFICATE, KEY

HERE, THERE = "127.0.0.1", "127.0.0.2"
FEW = 4
CONNECT = wire.encoded(
    wire.CONNECT,
    0,
    b'{"handshake": "hello"}',
    serializer=wire.JSON,
    annotations=envelope.greeting(),
)


def place_of(address: str) -> tuple[str, int]:
    host, port = address.rpartition("@")[2].split(":")
    return host, int(port)


@contextlib.contextmanager
def strangers() -> Generator[list[socket.socket]]:
    """Sockets that are closed after the block."""
    silent: list[socket.socket] = []
    try:
        yield silent
    finally:
        for one in silent:
            one.close()


def silent_one(address: str, origin: str = HERE) -> socket.socket:
    try:
        made = socket.create_connection(
            place_of(address), PATIENCE, source_address=(origin, 0)
        )
    except OSError:
        pytest.skip(f"this system has no {origin}")
    return made


def is_out(silent: socket.socket) -> bool:
    """Whether the server has closed a connection; waits until it has."""
    try:
        return silent.recv(1) == b""
    except ConnectionResetError:
        return True


def is_in(silent: socket.socket) -> bool:
    """Whether the server has not closed a connection by now."""
    silent.setblocking(False)
    try:
        return silent.recv(1) != b""
    except BlockingIOError:
        return True
    finally:
        silent.settimeout(PATIENCE)


@pytest.fixture(params=[False, True], ids=["plain", "tls"])
def with_tls(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Pyro5 is set to TLS or not, which decides which of the two limits holds."""
    is_on: bool = request.param
    monkeypatch.setattr(config, "SSL", is_on)
    monkeypatch.setattr(config, "SSL_SERVERCERT", CERTIFICATE)
    monkeypatch.setattr(config, "SSL_SERVERKEY", KEY)
    monkeypatch.setattr(config, "SSL_CACERTS", CERTIFICATE)
    return is_on


def few(with_tls: bool) -> callbackgen.Settings:
    if with_tls:
        return callbackgen.Settings(handshaking_tls=FEW, handshake=PATIENCE)
    return callbackgen.Settings(handshaking=FEW, handshake=PATIENCE)


def named(address: str) -> str:
    """The address by the name that the certificate has."""
    return address.replace(HERE, "localhost")


def test_beyond_some_the_oldest_goes(with_tls: bool) -> None:
    """One for each that comes; those who are through are not counted."""
    with (
        open_hall(settings=few(with_tls)) as address,
        callbackgen.connect(named(address)) as early,
        strangers() as silent,
    ):
        for _ in range(3 * FEW):
            silent.append(silent_one(address))
        assert all(is_out(one) for one in silent[: 2 * FEW])
        assert all(is_in(one) for one in silent[2 * FEW :])
        with callbackgen.connect(named(address)) as late:
            assert RoomStub(late).echo(1) == 1
        assert RoomStub(early).echo(2) == 2


def test_the_oldest_of_where_most_are_from_goes() -> None:
    """Many from one address cost nobody from another one its place."""
    with (
        open_hall(settings=few(with_tls=False)) as address,
        strangers() as silent,
    ):
        other = silent_one(address, THERE)
        silent.append(other)
        for _ in range(3 * FEW):
            silent.append(silent_one(address))
        assert all(is_out(one) for one in silent[1 : 2 * FEW + 2])
        assert all(is_in(one) for one in (other, *silent[2 * FEW + 2 :]))


def test_a_handshake_has_to_be_made_in_time(with_tls: bool) -> None:
    """Of many strangers each goes; those who are through stay."""
    settings = callbackgen.Settings(handshake=0.3)
    with (
        open_hall(settings=settings) as address,
        strangers() as silent,
    ):
        for _ in range(5):
            silent.append(silent_one(address))
        assert all(is_out(one) for one in silent)
        connection = None
        while connection is None:  # where the machine is busy, it takes too long
            with contextlib.suppress(callbackgen.ConnectionLost):
                connection = callbackgen.connect(named(address))
        with connection:
            silent += [silent_one(address), silent_one(address)]
            silent[-1].sendall(b"PYRO" if not with_tls else b"\x16\x03\x01\x02\x00")
            assert all(is_out(one) for one in silent)
            assert RoomStub(connection).echo(1) == 1


def test_strangers_who_leave_make_room() -> None:
    """Who has gone by itself is not counted any more."""
    with (
        open_hall(settings=few(with_tls=False)) as address,
        strangers() as silent,
    ):
        silent.append(silent_one(address))
        for _ in range(3 * FEW):
            silent_one(address).close()
            with callbackgen.connect(address) as connection:
                assert RoomStub(connection).echo(1) == 1
        assert is_in(silent[0])


@pytest.mark.parametrize("with_handshake", [False, True])
def test_a_flood_of_garbage_is_a_few_lines(
    with_handshake: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Before the handshake and after it; all are counted by the end of the daemon."""
    caplog.set_level(logging.INFO, "callbackgen.daemon")
    count = 40
    began = time.monotonic()
    with open_hall() as address, strangers() as silent:
        for _ in range(count):
            silent.append(silent_one(address))
            if with_handshake:
                silent[-1].sendall(CONNECT)
                assert silent[-1].recv(4096)
            silent[-1].sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert is_out(silent[-1])
    seconds = time.monotonic() - began
    lines = [one.getMessage() for one in caplog.records if "protocol" in one.message]
    assert refusals_in(lines) == count
    assert len(lines) <= seconds + 2


def test_what_a_stranger_says_is_shown_with_care(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A text of its own cannot make another line, and is cut."""

    def refuse(value: object) -> None:
        raise LookupError(f"nobody is {value}")

    with open_hall(authenticate=refuse) as address:
        for value in ("a\nroot: connected", "x" * 3000):
            with pytest.raises(callbackgen.Refused):
                callbackgen.connect(address, handshake=value)
    lines = [one.getMessage() for one in caplog.records]
    assert [line.partition(": refused: ")[2] for line in lines] == [
        "LookupError: nobody is a\\nroot: connected",
        ("LookupError: nobody is " + "x" * 3000)[:200],
    ]


def test_a_security_error_of_an_ordinary_client_is_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By its address and reason, and its connection ends."""

    class Strict(callbackgen.Daemon):
        def handleRequest(self, conn: object) -> None:  # noqa: N802
            raise SecurityError("not\nthis")

    with Strict(host=HERE) as daemon, looping(daemon):
        place = place_of(str(daemon.uriFor("Pyro.Daemon")))
        with socket.create_connection(place, PATIENCE) as client:
            client.sendall(
                wire.encoded(
                    wire.CONNECT,
                    0,
                    b'{"handshake": "hello", "object": "Pyro.Daemon"}',
                    serializer=wire.JSON,
                )
            )
            assert client.recv(4096)
            client.sendall(wire.encoded(wire.INVOKE, 1, b"x", serializer=wire.JSON))
            assert is_out(client)
            _, port = client.getsockname()
    texts = [one.getMessage() for one in caplog.records]
    assert texts == [f"{HERE}:{port}: refused: not\\nthis"]
