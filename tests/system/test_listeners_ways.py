"""Callbacks over each kind of connection that Pyro5 knows."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.system.listening.running import NOTHING_LEFT, Program, Stage

TLS = Path(__file__).parent / "tls"


class Way(NamedTuple):
    """The options of a server and of its clients."""

    server: dict[str, Any]
    client: dict[str, Any]


def tls() -> Way:
    """The server shows a certificate that the client has been given."""
    certificate = str(TLS / "localhost.certificate.pem")
    key = str(TLS / "localhost.key.pem")
    at_server = {"SSL": True, "SSL_SERVERCERT": certificate, "SSL_SERVERKEY": key}
    at_client = {"SSL": True, "SSL_CACERTS": certificate}
    return Way({"host": "localhost", "config": at_server}, {"config": at_client})


@pytest.fixture(params=["host name", "IPv6", "unix", "tls", "multiplex"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> Way:
    ways = {
        "host name": Way({"host": "localhost"}, {}),
        "IPv6": Way({"host": "::1"}, {}),
        "unix": Way({"host": None, "unixsocket": str(tmp_path / "socket")}, {}),
        "tls": tls(),
        "multiplex": Way({"config": {"SERVERTYPE": "multiplex"}}, {}),
    }
    return ways[request.param]


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def ready(stage: Stage, way: Way) -> tuple[Program, list[Program]]:
    """A server, and two clients that are connected in this way."""
    server = stage.server(**way.server)
    return server, stage.clients(server, "ada", "ben", **way.client)


def test_listeners_are_called(stage: Stage, way: Way) -> None:
    """D1, deep calls and a oneway: all that one connection carries, both ways."""
    server, (ada, ben) = ready(stage, way)

    assert ada.ask("add", "ACME", "A") == "A heard ACME at 0"
    assert ben.ask("add", "ACME", "B") == "B heard ACME at 0"
    assert server.ask("push", "ACME", *range(10)) == [
        f"{name} heard ACME at {number}" for number in range(10) for name in "AB"
    ]
    calls = [client.start("bounce", "C", 20) for client in (ada, ben)]
    assert [call.result() for call in calls] == [20, 20]
    assert server.ask("tell", "ACME", "hello") == [None, None]
    for client in (ada, ben):
        client.event("told to the end", text="hello")


def test_large_arguments(stage: Stage, way: Way) -> None:
    """A text of half a megabyte takes many turns of reading and writing."""
    server, (ada, _) = ready(stage, way)
    ada.ask("keep", "ACME", "A")
    assert server.ask("repeat", "ACME", "text ", 100_000) == [500_000]


def test_losses(stage: Stage, way: Way) -> None:
    """A killed client is lost at once; a server that is interrupted tells the others."""
    server, (ada, ben) = ready(stage, way)
    ada.ask("keep", "ACME", "A")
    ben.ask("keep", "ACME", "B")
    ben.ask("watch")

    ada.kill()
    server.event("lost")
    server.event("disconnected")
    assert server.ask("push", "ACME", 1.0) == ["B heard ACME at 1"]
    server.send_signal(signal.SIGINT)

    ben.event("lost")
    assert server.ended() == NOTHING_LEFT


def test_a_socket_file_is_removed(stage: Stage, tmp_path: Path) -> None:
    """A server on a Unix domain socket leaves no file behind after Ctrl-C."""
    path = tmp_path / "socket"
    server = stage.server(host=None, unixsocket=str(path))
    assert path.is_socket()
    assert stage.client(server).ask("tick", "A") == "A heard the clock at 1"

    server.send_signal(signal.SIGINT)

    assert server.ended() == NOTHING_LEFT
    assert not path.exists()
