"""What the messages of ordinary Pyro5 clients may cost."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Any, TypeVar, cast

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from callbackgen.runtime.turns import reading
from tests.system.edges.hall import PATIENCE, Hall, looping, reached
from tests.system.edges.room_remote import RoomStub, RoomWrapper

SERIALIZERS = ["serpent", "json", "msgpack"]
SMALL = "a" * 100
LARGE = "a" * 4000

T = TypeVar("T")


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


@expose
class Counter:
    """Says how much it was given; `hold` goes on when `release` is set."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.arrived = threading.Event()

    def size(self, text: str) -> int:
        return len(text)

    def hold(self, text: str) -> int:
        self.arrived.set()
        assert self.release.wait(PATIENCE)
        return len(text)


@pytest.fixture
def counter() -> Counter:
    return Counter()


@pytest.fixture
def daemon(counter: Counter) -> Generator[Any]:
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        daemon.register(counter, "counter")
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            yield daemon


def proxy_of(daemon: Any, serializer: str = "serpent") -> Any:
    """A stock proxy of the counter."""
    proxy: Any = Pyro5.api.Proxy(daemon.uriFor("counter"))
    proxy._pyroSerializer = serializer
    return proxy


@pytest.mark.parametrize(
    ("serializer", "limit"),
    [("serpent", 16 * 1024), ("json", 256 * 1024), ("msgpack", 256 * 1024)],
)
@pytest.mark.parametrize("packed", [False, True])
def test_the_size_of_a_message(
    daemon: Any,
    serializer: str,
    limit: int,
    packed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A larger one, unpacked, ends the connection before anybody has read it."""
    monkeypatch.setattr(Pyro5.config, "COMPRESSION", packed)
    with proxy_of(daemon, serializer) as proxy:
        assert proxy.size("a" * (limit - 100)) == limit - 100
        with pytest.raises(Pyro5.errors.ConnectionClosedError):
            proxy.size("a" * limit)
        assert proxy.size(SMALL) == 100


@contextlib.contextmanager
def calling(daemon: Any, serializer: str, method: str, text: str) -> Generator[Any]:
    """A call of an ordinary client in a thread; gives where its answer will be."""
    answers: list[int] = []

    def call() -> None:
        with proxy_of(daemon, serializer) as proxy:
            answers.append(getattr(proxy, method)(text))

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield answers
    finally:
        thread.join(PATIENCE)
        assert not thread.is_alive()


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_larger_messages_are_read_in_turn(daemon: Any, serializer: str) -> None:
    """One of more than 1 KiB waits while another one is read, smaller ones do not."""
    with contextlib.ExitStack() as stack:
        with reading:
            large = stack.enter_context(calling(daemon, serializer, "size", LARGE))
            assert reached(lambda: reading.waiting == 1)
            with proxy_of(daemon, serializer) as proxy:
                assert proxy.size(SMALL) == len(SMALL)
            assert large == []
        assert reached(lambda: large == [len(LARGE)])


def test_a_large_handshake_waits_too(daemon: Any) -> None:
    """Before anybody knows who it is, a client is given no more than its turn."""
    with proxy_of(daemon) as proxy:
        proxy._pyroHandshake = [LARGE[:2000]]
        shaken = threading.Event()

        def shake() -> None:
            proxy._pyroClaimOwnership()
            proxy._pyroBind()
            shaken.set()

        thread = threading.Thread(target=shake)
        with reading:
            thread.start()
            assert reached(lambda: reading.waiting == 1)
            assert not shaken.is_set()
        assert shaken.wait(PATIENCE)
        thread.join(PATIENCE)
        proxy._pyroClaimOwnership()


def test_ordinary_clients_and_ours_wait_for_the_same(daemon: Any) -> None:
    """A call over `callbackgen.connect` waits for an ordinary one, and the reverse."""
    uri = str(daemon.uriFor("hall"))
    with callbackgen.connect(uri) as connection, contextlib.ExitStack() as stack:
        echoed: list[Any] = []
        room = RoomStub(connection)
        thread = threading.Thread(target=lambda: echoed.append(room.echo(LARGE)))
        with reading:
            stack.enter_context(calling(daemon, "serpent", "size", LARGE))
            assert reached(lambda: reading.waiting == 1)
            thread.start()
            assert reached(lambda: reading.waiting == 2)
            assert echoed == []
        thread.join(PATIENCE)
        assert echoed == [LARGE]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_method_that_runs_is_nobody_s_turn(
    daemon: Any, counter: Counter, serializer: str
) -> None:
    """While a call with a large message runs, others are read and answered."""
    with calling(daemon, serializer, "hold", LARGE):
        try:
            assert counter.arrived.wait(PATIENCE)
            with proxy_of(daemon, serializer) as proxy:
                assert proxy.size(LARGE) == len(LARGE)
        finally:
            counter.release.set()


def test_a_converter_that_calls_the_same_daemon() -> None:
    """The user's converters, too, run in nobody's turn: they may wait for others."""
    pyro: Any = Pyro5.api
    with callbackgen.Daemon(host="127.0.0.1", allow_pyro_classes=True) as daemon:
        daemon.register(Counter(), "counter")

        def convert(_: str, fields: dict[str, Any]) -> str:
            with proxy_of(daemon) as inner:
                return str(inner.size(fields["text"]))

        pyro.register_dict_to_class("tests.Size", convert)
        try:
            with looping(daemon), proxy_of(daemon) as proxy:
                sent = {"__class__": "tests.Size", "text": LARGE}
                assert proxy.size(sent) == len(str(len(LARGE)))
        finally:
            pyro.unregister_dict_to_class("tests.Size")
