"""Where ordinary Pyro5 clients reach a daemon, and what it does by itself."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any, cast

import Pyro5
import pytest

import callbackgen
from tests.system.command import ROOT
from tests.system.edges.hall import PATIENCE, Hall, Visitor, looping
from tests.system.edges.room_remote import RoomStub, RoomWrapper
from tests.system.pyro5.users import SERIALIZERS, context, expose, proxy_of


class Gate:
    """Says from where it is called, and hands out another one."""

    def __init__(self, daemon: Any) -> None:
        self._daemon = daemon

    @expose
    def caller(self) -> list[Any]:
        return [*context.client_sock_addr]

    @expose
    def another(self) -> Gate:
        gate = Gate(self._daemon)
        self._daemon.register(gate)
        return gate


def has_ipv6() -> bool:
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False


@pytest.mark.skipif(not has_ipv6(), reason="this system has no IPv6")
@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_over_ipv6(serializer: str) -> None:
    """Its URIs have brackets, also those in the proxies that it hands out."""
    with callbackgen.Daemon(host="::1") as daemon:
        pyro: Any = daemon
        uri = pyro.register(Gate(pyro), "gate")
        port = pyro.sock.getsockname()[1]
        assert str(uri) == f"PYRO:gate@[::1]:{port}"
        with looping(daemon), proxy_of(daemon, "gate", serializer) as gate:
            assert gate.caller()[:2] == [*gate._pyroConnection.sock.getsockname()[:2]]
            with gate.another() as another:
                assert another._pyroUri.location == f"[::1]:{port}"
                assert another.caller()[0] == "::1"


@contextlib.contextmanager
def forwarding(find: Callable[[], Any]) -> Generator[int]:
    """Forwards connections to an address, as a router does; gives its port."""
    with contextlib.ExitStack() as stack:
        listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))

        def pump(source: socket.socket, target: socket.socket) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    target.sendall(data)
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    outer = stack.enter_context(listening.accept()[0])
                    inner = stack.enter_context(socket.create_connection(find()))
                    for ends in ((outer, inner), (inner, outer)):
                        pumps.append(threading.Thread(target=pump, args=ends))
                        pumps[-1].start()

        pumps: list[threading.Thread] = []
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)  # ends its accept
            thread.join(PATIENCE)
            for each in pumps:
                each.join(PATIENCE)


def test_behind_a_router() -> None:
    """URIs and proxies that it hands out name the router; callbacks go through it."""
    pyro: Any = None

    def inside() -> Any:
        return pyro.sock.getsockname()

    with forwarding(inside) as outside:
        options: Any = {"nathost": "127.0.0.1", "natport": outside}
        with callbackgen.Daemon("127.0.0.1", **options) as daemon:
            pyro = daemon
            port = pyro.sock.getsockname()[1]
            daemon.register(Gate(pyro), "gate")
            daemon.register(RoomWrapper(Hall()), "hall")
            assert pyro.locationStr == f"127.0.0.1:{port}"
            assert pyro.natLocationStr == f"127.0.0.1:{outside}"
            assert pyro.uriFor("gate", nat=False).port == port
            assert pyro.uriFor("gate").port == outside
            with looping(daemon), proxy_of(daemon, "gate") as gate:
                outer = gate.caller()
                assert outer != [*gate._pyroConnection.sock.getsockname()]
                with gate.another() as another:
                    assert another._pyroUri.port == outside
                    assert another.caller()[0] == "127.0.0.1"
                with callbackgen.connect(str(pyro.uriFor("hall"))) as connection:
                    assert RoomStub(connection).relay(Visitor(), "a") == "heard a"


def test_settings_of_a_router(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Pyro5's: in its configuration, with the daemon's own port for port 0."""
    with callbackgen.Daemon("127.0.0.1", nathost="router.example", natport=0) as daemon:
        pyro: Any = daemon
        port = pyro.sock.getsockname()[1]
        assert pyro.natLocationStr == f"router.example:{port}"
    with pytest.raises(ValueError, match="natport"):
        callbackgen.Daemon("127.0.0.1", natport=4711)
    monkeypatch.setattr(Pyro5.config, "NATHOST", "other.example")
    monkeypatch.setattr(Pyro5.config, "NATPORT", 4711)
    with callbackgen.Daemon("127.0.0.1") as daemon:
        assert str(cast(Any, daemon).uriFor("a")) == "PYRO:a@other.example:4711"


class Keeper(callbackgen.Daemon):
    """Keeps house."""

    def __init__(self) -> None:
        super().__init__("127.0.0.1")
        self.kept = threading.Semaphore(0)
        self.threads: set[threading.Thread] = set()
        self.fails = False

    def housekeeping(self) -> None:
        self.threads.add(threading.current_thread())
        self.kept.release()
        if self.fails:
            raise LookupError("no broom")


def test_housekeeping(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is called again and again while the loop runs, even if it raises."""
    monkeypatch.setattr(Pyro5.config, "POLLTIMEOUT", 0.02)
    with Keeper() as daemon:
        daemon.register(RoomWrapper(Hall()), "hall")
        assert not daemon.threads
        with looping(daemon) as thread:
            for daemon.fails in (False, True):
                for _ in range(3):
                    assert daemon.kept.acquire(timeout=PATIENCE)
                with proxy_of(daemon, "hall") as hall:
                    assert hall.echo(1) == 1
            for _ in range(3):
                assert daemon.kept.acquire(timeout=PATIENCE)
        assert daemon.threads == {thread}
    assert "no broom" in caplog.text


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("known", ["welcome localhost", "called by localhost"]),
        ("unknown", ["rejected: who is localhost?"]),
        ("nameless", ["no connection"]),
    ],
)
def test_client_certificates(case: str, said: list[str]) -> None:
    """A handshake sees who the client is, and so do methods; without one, nobody."""
    command = [sys.executable, "-W", "error", "-m", "tests.system.tls.ordinary"]
    with subprocess.Popen(
        [*command, "server", case],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            client = subprocess.run(
                [*command, "client", case, address],
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            out, errors = server.communicate("", timeout=60)
        finally:
            server.kill()
    assert client.stderr == ""
    assert ("refused: PermissionError" in errors) == (case == "unknown")
    assert "Traceback" not in errors
    assert client.stdout.splitlines() == said
    assert out.splitlines() == ([] if case == "nameless" else ["shaken"])
