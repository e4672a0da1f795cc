"""How a client comes in, or does not: authentication, and servers that are none."""

from __future__ import annotations

import datetime
import socket
import threading
from typing import Any

import pytest

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, looping, open_hall
from tests.system.edges.room_remote import RoomStub, RoomWrapper
from tests.unit.runtime.serving import serving


def guarded(value: object) -> object:
    """Lets in who gives a name."""
    match value:
        case {"name": str() as name}:
            return f"user {name}"
        case "broken":
            raise LookupError("secret table")
        case _:
            raise callbackgen.Refused("give your name")


def length_of(value: object) -> int:
    return len(str(value))


def test_the_identity_is_that_of_the_handshake() -> None:
    """What `authenticate` returns is `current_peer().identity`, for each client."""
    with (
        open_hall(authenticate=guarded) as address,
        callbackgen.connect(address, handshake={"name": "ann"}) as ann,
        callbackgen.connect(address, handshake={"name": "bob"}) as bob,
    ):
        assert RoomStub(ann).who() == "user ann"
        assert RoomStub(bob).who() == "user bob"


def test_a_refusal_has_its_text() -> None:
    """The text of a Refused travels; that of any other exception stays there."""
    with open_hall(authenticate=guarded) as address:
        with pytest.raises(callbackgen.Refused, match="give your name"):
            callbackgen.connect(address)
        with pytest.raises(callbackgen.Refused) as caught:
            callbackgen.connect(address, handshake="broken")
        assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "value", [object(), b"text", {1, 2}, datetime.timedelta(1), float("nan")]
)
def test_a_handshake_is_plain_data(value: object) -> None:
    """What would arrive as something else is refused here, with the reason."""
    seen: list[object] = []
    with (
        open_hall(authenticate=seen.append) as address,
        pytest.raises(TypeError, match="plain data"),
    ):
        callbackgen.connect(address, handshake=value)
    assert seen == []


def test_a_handshake_has_at_most_4_kib() -> None:
    """A larger one is refused here, before anything is sent."""
    with open_hall(authenticate=length_of) as address:
        with pytest.raises(ValueError, match="limit is 4096"):
            callbackgen.connect(address, handshake="x" * 5000)
        with callbackgen.connect(address, handshake="x" * 3500) as connection:
            assert RoomStub(connection).who() == 3500


def test_a_refusal_ends_the_attempts() -> None:
    """With `reconnect`, one who is not let in any more does not try again."""
    tried = threading.Semaphore(0)

    def once(_: object, first: list[int] = []) -> None:  # noqa: B006 - counts
        tried.release()
        if first:
            raise callbackgen.Refused("only once")
        first.append(1)

    with (
        open_hall(authenticate=once) as address,
        callbackgen.connect(address, reconnect=True) as connection,
    ):
        room = RoomStub(connection)
        gone = threading.Event()
        callbackgen.on_lost(room, lambda _: gone.set())
        connection.session.close("for the test", "for the test")
        assert gone.wait(PATIENCE)
        assert tried.acquire(timeout=PATIENCE)
        assert tried.acquire(timeout=PATIENCE)
        thread = next(
            (one for one in threading.enumerate() if "reconnect" in one.name), None
        )
        if thread is not None:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        with pytest.raises(callbackgen.ConnectionLost, match="only once"):
            room.echo(1)
        assert not tried.acquire(blocking=False)


def test_an_ordinary_daemon_is_named_as_such() -> None:
    """connect() to a stock Pyro5 daemon says what the server needs."""
    with (
        serving(RoomWrapper(Hall())) as (address,),
        pytest.raises(callbackgen.ConnectionLost, match=r"needs a callbackgen\.Daemon"),
    ):
        callbackgen.connect(address)


def test_nobody_is_there() -> None:
    """A port that nobody listens at is ConnectionLost at once, with the address."""
    with socket.socket() as taken:  # so that nobody else gets it; it does not listen
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(callbackgen.ConnectionLost, match=f"{port}.*refused"):
            callbackgen.connect(f"PYRO:hall@127.0.0.1:{port}")


def test_a_port_that_says_nothing() -> None:
    """The time for connecting holds where nothing is answered."""
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
        with pytest.raises(callbackgen.DeadlineExceeded, match=r"0\.2 s"):
            callbackgen.connect(f"PYRO:hall@127.0.0.1:{port}", timeout=0.2)


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100, b"SSH-2.0\r\n", b""]
)
def test_another_kind_of_server(said: bytes) -> None:
    """What does not speak Pyro5's protocol is ConnectionLost."""

    def serve(listening: socket.socket) -> None:
        accepted, _ = listening.accept()
        with accepted:
            accepted.recv(4096)
            accepted.sendall(said)

    with socket.create_server(("127.0.0.1", 0)) as other:
        thread = threading.Thread(target=serve, args=(other,))
        thread.start()
        address = f"PYRO:hall@127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(callbackgen.ConnectionLost):
            callbackgen.connect(address)
        thread.join(PATIENCE)


def test_validate_handshake_may_be_overridden() -> None:
    """As with Pyro5's own daemon; what it raises refuses."""
    seen: list[Any] = []

    class Careful(callbackgen.Daemon):
        def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802
            seen.append(data)
            if data == "no":
                raise callbackgen.Refused("not today")
            return super().validateHandshake(conn, data)

    with Careful(host="127.0.0.1") as daemon:
        address = str(daemon.register(RoomWrapper(Hall()), "hall"))
        with looping(daemon):
            with callbackgen.connect(address, handshake=[1, "a"]) as connection:
                assert RoomStub(connection).echo(1) == 1
            with pytest.raises(callbackgen.Refused, match="not today"):
                callbackgen.connect(address, handshake="no")
    assert seen == [[1, "a"], "no"]
