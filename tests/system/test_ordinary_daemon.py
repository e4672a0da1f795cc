"""What users of a `Pyro5.api.Daemon` do with it, and its own tests hold."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator
from typing import Any, TypeVar, cast

import Pyro5
import Pyro5.api
import Pyro5.errors
import Pyro5.protocol
import pytest

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, looping, reached
from tests.system.edges.room_remote import RoomStub, RoomWrapper

T = TypeVar("T")
wire: Any = Pyro5.protocol


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


@contextlib.contextmanager
def proxy_of(daemon: Any, name: str) -> Generator[Any]:
    """An ordinary client's proxy of a registered object."""
    with Pyro5.api.Proxy(f"PYRO:{name}@{daemon.locationStr}") as proxy:
        yield proxy


# A handshake of the user's own


def by_hand(conn: Any) -> bool:
    """Refuses with a message of its own, as a test of Pyro5's does."""
    message = wire.recv_stub(conn, [wire.MSG_CONNECT])
    serializer: int = message.serializer_id
    text = b'"by hand"'
    answer = wire.SendingMessage(wire.MSG_CONNECTFAIL, 0, message.seq, serializer, text)
    conn.send(answer.data)
    return False


def failing(_: Any) -> bool:
    raise LookupError("not found")


def beyond(conn: Any) -> bool:
    """Wants more than the one message that is there."""
    wire.recv_stub(conn, [wire.MSG_CONNECT])
    wire.recv_stub(conn, [wire.MSG_INVOKE])
    return True


def serving_with(handshake: Callable[[Any], bool]) -> Any:
    class Own(callbackgen.Daemon):
        def _handshake(self, conn: Any, denied_reason: str | None = None) -> bool:
            return handshake(conn)

    daemon = Own(host="127.0.0.1")
    daemon.register(RoomWrapper(Hall()), "hall")
    return daemon


@pytest.mark.parametrize(
    ("handshake", "reason", "logged"),
    [
        (by_hand, "rejected: by hand", "refused"),
        (failing, "receiving", "LookupError: not found"),
        (beyond, "receiving", "no message to be read"),
    ],
)
def test_a_handshake_of_the_users_own_refuses(
    handshake: Callable[[Any], bool],
    reason: str,
    logged: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What it answers reaches the client; with no answer, the connection just ends."""
    caplog.set_level("INFO", "callbackgen")
    with serving_with(handshake) as daemon, looping(daemon):
        for _ in range(2):
            with (
                proxy_of(daemon, "hall") as hall,
                pytest.raises(Pyro5.errors.CommunicationError, match=reason),
            ):
                hall.echo(1)
        assert reached(lambda: logged in caplog.text)


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
def test_a_handshake_of_the_users_own_lets_in(serializer: str) -> None:
    """It may look at the connection, and leave the rest to Pyro5's."""
    seen: list[Any] = []

    class Own(callbackgen.Daemon):
        def _handshake(self, conn: Any, denied_reason: str | None = None) -> bool:
            seen.append(conn)
            denied = None if len(seen) == 1 else "only one may"
            is_let_in = super()._handshake(conn, denied)
            seen.append(is_let_in)
            return is_let_in

        def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
            seen.append(conn)

    with Own(host="127.0.0.1") as daemon:
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            with proxy_of(daemon, "hall") as hall:
                hall._pyroSerializer = serializer
                assert hall.echo(1) == 1
            assert reached(lambda: len(seen) == 3)
            with proxy_of(daemon, "hall") as hall:
                hall._pyroSerializer = serializer
                with pytest.raises(Pyro5.errors.CommunicationError, match="only one"):
                    hall.echo(1)
    assert seen[0] is seen[2]
    assert [seen[1], *seen[4:]] == [True, False]


# One call at a time


class Desk:
    """Its oneway goes on when `release` is set."""

    def __init__(self) -> None:
        self.arrived = threading.Semaphore(0)
        self.release = threading.Event()
        self.ended = threading.Event()

    @expose
    def note(self) -> None:
        self.arrived.release()
        self.release.wait(PATIENCE)
        self.ended.set()

    @expose
    def echo(self, value: int) -> int:
        return value


@pytest.mark.parametrize("server", ["thread", "multiplex"])
def test_an_ordinary_oneway_holds_up_nobody(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its client's calls, and those of others, go on beside it with either server."""
    monkeypatch.setattr(Pyro5.config, "SERVERTYPE", server)
    desk = Desk()
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        daemon.register(desk, "desk")
        daemon.register(RoomWrapper(Hall()), "hall")
        with (
            looping(daemon),
            proxy_of(daemon, "desk") as proxy,
            callbackgen.connect(f"PYRO:hall@{daemon.locationStr}") as connection,
        ):
            proxy._pyroBind()
            proxy._pyroOneway.add("note")
            proxy.note()
            try:
                assert desk.arrived.acquire(timeout=PATIENCE)
                assert proxy.echo(1) == 1
                assert RoomStub(connection).echo(2) == 2
                assert not desk.ended.is_set()
            finally:
                desk.release.set()
            assert desk.ended.wait(PATIENCE)
