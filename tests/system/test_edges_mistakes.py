"""What a user does wrong, and what that user is told: where, what, and what to do."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import Pyro5.errors
import pytest

import callbackgen
from callbackgen.runtime import Method, Stub
from tests.patience import patiently
from tests.system.edges.guest_remote import GuestWrapper
from tests.system.edges.hall import PATIENCE, Hall, Visitor, looping, open_hall
from tests.system.edges.room_remote import RoomStub, RoomWrapper

CHECKOUT = Path(__file__).parents[2]
RELAY: Final[Method[str]] = Method(
    "relay", "(guest: tests.system.edges.guest_remote.GuestStub, text: str) -> str"
)


class Static:
    """A Guest without objects."""

    @staticmethod
    def told(text: str) -> str:
        return f"static {text}"

    @classmethod
    def noted(cls, text: str) -> None:
        """Nobody listens."""


def test_a_class_is_not_an_object_of_it() -> None:
    """Who forgets the brackets is told so at once; a class that fits is taken."""
    wrong: Any = Visitor
    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        with pytest.raises(
            callbackgen.BadArgument,
            match=r"RoomStub\.relay: guest: .* it is the class Visitor itself",
        ):
            room.relay(wrong, "a")
        assert room.relay(Static, "a") == "static a"


def test_a_stub_of_another_interface_is_refused_at_home() -> None:
    """A service's stub where another Protocol is wanted: nothing is sent."""
    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        wrong: Any = room
        with pytest.raises(
            callbackgen.BadArgument, match=r"RoomStub does not fit Guest: .*'told'"
        ):
            room.relay(wrong, "a")
        assert room.echo(1) == 1


def test_what_is_registered_can_be_called() -> None:
    """A stub, and a wrapper of a class, are refused when they are registered."""
    wrong: Any = Hall
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        with pytest.raises(TypeError, match=r"RoomWrapper .* it is the class Hall"):
            daemon.register(RoomWrapper(wrong), "hall")
        with pytest.raises(TypeError, match="a RoomStub stands for an object of"):
            daemon.register(RoomStub("PYRO:hall@127.0.0.1:1"), "hall")
        daemon.register(GuestWrapper(Static), "guest")


def test_an_object_without_its_wrapper_is_said_to_be_one() -> None:
    """Who calls it hears that the server has to register a wrapper."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon, looping(daemon):
        address = daemon.register(Hall(), "hall")
        with (
            callbackgen.connect(address) as connection,
            pytest.raises(
                callbackgen.Unimplemented, match="named 'hall': its server has to"
            ),
        ):
            RoomStub(connection).echo(1)


def connecting(settings: Any = callbackgen.settings, **given: Any) -> None:
    callbackgen.connect("PYRO:hall@127.0.0.1:1", settings=settings, **given)


@pytest.mark.parametrize(
    ("does", "said"),
    [
        (lambda: connecting({"deadline": 1}), "settings are a callbackgen.Settings"),
        (lambda: connecting(timeout="5"), "a deadline is a number of seconds"),
        (lambda: callbackgen.Daemon(settings=wrong(None)), "settings are a"),
        (lambda: callbackgen.Daemon(authenticate=wrong("x")), "authenticate is a"),
        (lambda: callbackgen.Settings(deadline=wrong("5")), "deadline is a number"),
        (lambda: callbackgen.Settings(callbacks=wrong(1e3)), "callbacks is a whole"),
        (lambda: callbackgen.Settings(tracebacks=wrong(0)), "tracebacks is True or"),
    ],
)
def test_what_is_no_setting_is_a_type_error(
    does: Callable[[], object], said: str
) -> None:
    """Where it is given, not where it is used."""
    with pytest.raises(TypeError, match=said):
        does()


def wrong(value: object) -> Any:
    """A value for a parameter of another type."""
    return value


@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_a_setting_is_no_negative_number(value: float) -> None:
    """It is refused when it is assigned, and the old one stays."""
    settings = callbackgen.Settings(heartbeat=1)
    with pytest.raises(ValueError, match="the setting heartbeat cannot be"):
        settings.heartbeat = value
    assert settings.heartbeat == 1


def test_what_cannot_be_called_back_is_refused() -> None:
    """`on_lost` and `on_connect` take functions; the connection goes on and ends."""
    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        with pytest.raises(TypeError, match="on_lost calls a function, not 3"):
            callbackgen.on_lost(room, wrong(3))
        with pytest.raises(TypeError, match="on_connect calls a function, not 3"):
            connection.on_connect(wrong(3))
        with pytest.raises(TypeError, match="the name of an object is a text, not 3"):
            RoomStub(connection, wrong(3))
        assert room.echo(1) == 1


def test_nobody_listens() -> None:
    """A port without a server, and a socket without one, are said to be that."""
    with socket.socket() as taken:  # so that nobody else gets it
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        for where in (f"127.0.0.1:{port}", "./u:/nowhere/socket"):
            with pytest.raises(
                callbackgen.ConnectionLost, match=f"{where}: no server listens there"
            ):
                callbackgen.connect(f"PYRO:hall@{where}")


def test_a_daemon_without_its_loop_is_reached_but_mute() -> None:
    """Whose `requestLoop` does not run; the error names that."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = daemon.register(RoomWrapper(Hall()), "hall")

        def attempt(times: int) -> None:
            with pytest.raises(
                callbackgen.DeadlineExceeded, match=r"does not answer .*requestLoop"
            ):
                callbackgen.connect(address, timeout=0.2 * times)

        patiently(attempt)


def test_who_hangs_up_in_the_handshake_may_want_tls() -> None:
    """Where only one end has TLS, that is what the other sees."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def hang_up() -> None:
            connected, _ = server.accept()
            connected.recv(10_000)
            connected.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with pytest.raises(callbackgen.ConnectionLost, match="TLS must be set alike"):
            callbackgen.connect(f"PYRO:hall@127.0.0.1:{server.getsockname()[1]}")
        thread.join(PATIENCE)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("", "ValueError: TLS is on .*set Pyro5.config.SSL_SERVERCERT"),
        ("c.SSL_SERVERCERT = '/none'", "OSError: .*SSL_SERVERCERT.*not found"),
    ],
)
def test_a_daemon_that_cannot_do_tls_does_not_start(config: str, said: str) -> None:
    """Else each client would be refused, for a reason that the server has."""
    code = (
        "import callbackgen\nfrom Pyro5.api import config as c\n"
        f"c.SSL = True\n{config}\ncallbackgen.Daemon()"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert re.search(said, done.stderr.splitlines()[-1]), done.stderr
    assert "ResourceWarning" not in done.stderr


def test_two_daemons_in_one_place(tmp_path: Path) -> None:
    """The second is told where; for a socket's file, what may be done, too."""
    path = str(tmp_path / "s")
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        port = int(str(daemon.locationStr).rpartition(":")[2])
        with pytest.raises(OSError, match=f"in use: cannot listen on .* port {port}$"):
            callbackgen.Daemon(host="127.0.0.1", port=port)
    with (
        callbackgen.Daemon(unixsocket=path),
        pytest.raises(OSError, match=f"on {path}; if its server is gone, delete"),
    ):
        callbackgen.Daemon(unixsocket=path)
    with pytest.raises(FileNotFoundError, match="cannot listen on /nowhere/s"):
        callbackgen.Daemon(unixsocket="/nowhere/s")
    with pytest.raises(OSError, match=r"cannot listen on /x+: .*too long"):
        callbackgen.Daemon(unixsocket="/" + "x" * 300)


def test_a_closed_daemon_has_no_loop() -> None:
    """Its `requestLoop` says that it has been closed."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        pass
    with pytest.raises(Pyro5.errors.DaemonError, match="has been closed"):
        daemon.requestLoop()


def test_a_lost_connection_says_why_and_whether_it_comes_back() -> None:
    """The reason once, and that it is being made anew, where that is so."""
    lost = threading.Event()
    with open_hall() as address:
        connection = callbackgen.connect(address, reconnect=True)
        callbackgen.on_lost(RoomStub(connection), lambda _: lost.set())
    with connection:
        assert lost.wait(PATIENCE)
        with pytest.raises(callbackgen.ConnectionLost) as caught:
            RoomStub(connection).echo(1)
    text = str(caught.value)
    assert text.count("no connection to") == 1
    assert re.search(r": .+ \(it is being made anew\)$", text)


def test_a_connection_that_is_about_to_end_says_why_too() -> None:
    """Whoever ends it, a call may come before all know of it."""
    busy, goes_on = threading.Event(), threading.Event()

    def hold_up() -> None:
        busy.set()
        goes_on.wait(PATIENCE)

    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        session = connection.session
        session.transport.loop.soon(hold_up)
        assert busy.wait(PATIENCE)
        try:
            session.close("for the test")
            for act in (lambda: room.echo(1), session.check_open):
                with pytest.raises(callbackgen.ConnectionLost, match=r"for the test$"):
                    act()
        finally:
            goes_on.set()


class AwaitedRoomStub(Stub, format=1):
    """A RoomStub whose `relay` is awaited."""

    __slots__ = ()

    async def relay(self, guest: object, text: str) -> str:
        return await self._call_async(RELAY, guest, text)


def test_a_listener_runs_on_the_loop_that_awaits() -> None:
    """Who passes an object in a call that is awaited has it called on that loop."""
    loop: asyncio.AbstractEventLoop | None = None

    class Slow:
        async def told(self, text: str) -> str:
            return f"{text} {asyncio.get_running_loop() is loop}"

        def noted(self, text: str) -> None:
            """Nobody listens."""

    async def main(address: str) -> str:
        nonlocal loop
        loop = asyncio.get_running_loop()
        with callbackgen.connect(address) as connection:
            return await AwaitedRoomStub(connection).relay(Slow(), "a")

    with open_hall() as address:
        assert asyncio.run(main(address)) == "a True"


def test_a_call_that_would_wait_for_its_own_loop_says_what_to_do() -> None:
    """A listener of the loop that the caller blocks is refused, not waited for."""

    class Slow:
        async def told(self, text: str) -> str:
            return text

        def noted(self, text: str) -> None:
            """Nobody listens."""

    async def main(address: str) -> str:
        with callbackgen.connect(address) as connection:
            room, slow = RoomStub(connection), wrong(Slow())
            with pytest.raises(callbackgen.RemoteRaised, match=r"asyncio\.to_thread"):
                room.relay(slow, "a")
            return await asyncio.to_thread(room.relay, slow, "b")

    with open_hall() as address:
        assert asyncio.run(main(address)) == "b"
