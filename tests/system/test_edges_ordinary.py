"""Unmodified Pyro5 clients on the port of our daemon."""

from __future__ import annotations

import threading
from collections.abc import Generator
from typing import Any, TypeVar, cast

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, looping, reached
from tests.system.edges.room_remote import RoomWrapper

context: Any = Pyro5.api.current_context
T = TypeVar("T")


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


def oneway(thing: T) -> T:
    """Pyro5's, with types."""
    marked: T = cast(Any, Pyro5.api).oneway(thing)
    return marked


class Resource:
    def __init__(self) -> None:
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


class Shop:
    """Exposed by hand, as Pyro5's users do."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.threads: set[str] = set()
        self.last = threading.Event()
        self.resource = Resource()
        self._level = 3

    @property
    @expose
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        self._level = value

    @expose
    def echo(self, value: Any) -> Any:
        return value

    @expose
    @oneway
    def note(self, text: str) -> None:
        self.texts.append(text)
        self.threads.add(threading.current_thread().name)
        if text == "last":
            self.last.set()

    @expose
    def items(self, count: int) -> Generator[int]:
        yield from range(count)

    @expose
    def fail(self, name: str) -> None:
        if name == "exit":
            raise SystemExit(3)
        if name == "interrupt":
            raise KeyboardInterrupt
        if name == "value":
            raise ValueError("no good")
        raise Pyro5.errors.CommunicationError("inside")

    @expose
    def say(self, text: str) -> list[str]:
        """What this client's own annotations are, and answers with some."""
        got = {key: bytes(value) for key, value in context.annotations.items()}
        kept = [*context.response_annotations]
        context.response_annotations = {"SAID": text.encode()}
        if text == "fail":
            raise ValueError(text)
        return [got.get("MINE", b"").decode(), *kept]

    @expose
    def heard(self) -> list[str]:
        return [*context.annotations, *context.response_annotations]

    @expose
    def address(self) -> Any:
        return context.client_sock_addr

    @expose
    def track(self) -> None:
        context.track_resource(self.resource)


@expose
class Session:
    def __init__(self) -> None:
        self._count = 0

    def count(self) -> int:
        self._count += 1
        return self._count


cast(Any, Pyro5.api).behavior(instance_mode="session")(Session)


class Noticing(callbackgen.Daemon):
    """Remembers whose connection has ended."""

    def __init__(self) -> None:
        super().__init__(host="127.0.0.1")
        self.gone: list[Any] = []

    def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
        self.gone.append(conn)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def daemon(shop: Shop) -> Generator[Noticing]:
    with Noticing() as daemon:
        daemon.register(shop, "shop")
        daemon.register(Session, "session")
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            yield daemon


def proxy_of(daemon: Any, name: str) -> Any:
    """A stock proxy."""
    return Pyro5.api.Proxy(daemon.uriFor(name))


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
def test_the_serializers(daemon: Noticing, serializer: str) -> None:
    """Three of Pyro5's serializers are taken, for objects of both kinds."""
    with proxy_of(daemon, "shop") as shop, proxy_of(daemon, "hall") as hall:
        shop._pyroSerializer = hall._pyroSerializer = serializer
        assert shop.echo([1, "a", None]) == [1, "a", None]
        assert hall.echo({"a": [1.5]}) == {"a": [1.5]}


def test_marshal_is_refused(daemon: Noticing) -> None:
    """marshal can crash the process: it is taken neither at first nor later."""
    with proxy_of(daemon, "shop") as shop:
        shop._pyroSerializer = "marshal"
        with pytest.raises(Pyro5.errors.CommunicationError):
            shop._pyroBind()
    with proxy_of(daemon, "shop") as shop:
        shop._pyroBind()
        shop._pyroSerializer = "marshal"
        with pytest.raises(Pyro5.errors.CommunicationError):
            shop.echo(1)
    with proxy_of(daemon, "shop") as shop:
        assert shop.echo(1) == 1


def test_attributes(daemon: Noticing) -> None:
    """They are read and set."""
    with proxy_of(daemon, "shop") as shop:
        shop.level = 8
        assert shop.level == 8


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
def test_whatever_is_raised_the_same_proxy_goes_on(
    daemon: Noticing, serializer: str
) -> None:
    """Each exception is answered, and the connection is not closed for it."""
    with proxy_of(daemon, "shop") as shop, proxy_of(daemon, "hall") as hall:
        shop._pyroSerializer = hall._pyroSerializer = serializer
        assert shop.echo(1) == hall.echo(1) == 1
        connections = shop._pyroConnection, hall._pyroConnection
        for name, kind, text in (
            ("value", ValueError, "no good"),
            ("exit", RuntimeError, "SystemExit: 3"),
            ("interrupt", RuntimeError, "KeyboardInterrupt"),
        ):
            with pytest.raises(kind, match=text):
                shop.fail(name)
            assert shop.echo(name) == name
        for name in ("exit", "interrupt", "recursion", "memory", "long"):
            with pytest.raises(Exception):  # noqa: B017, PT011 - of any kind
                hall.fail(name)
            assert hall.echo(name) == name
        assert (shop._pyroConnection, hall._pyroConnection) == connections


def test_after_a_communication_error_the_same_proxy_goes_on(daemon: Noticing) -> None:
    """The daemon closes nothing for it; Pyro5's proxy does, and connects again."""
    with proxy_of(daemon, "shop") as shop:
        for _ in range(3):
            with pytest.raises(Pyro5.errors.CommunicationError, match="inside"):
                shop.fail("communication")
            assert shop._pyroConnection is None
            assert shop.echo(1) == 1
        assert not any("error" in reason for reason in daemon.statistics().closed)
        batch: Any = Pyro5.api.BatchProxy(shop)
        batch.fail("communication")
        batch.echo(1)
        with pytest.raises(Pyro5.errors.CommunicationError, match="inside"):
            next(batch())
        connection = shop._pyroConnection
        assert shop.echo(1) == 1
        assert shop._pyroConnection is connection


def test_oneways_come_in_order_in_few_threads(daemon: Noticing, shop: Shop) -> None:
    """Not one thread for each, as stock Pyro5 has, and none overtakes another."""
    texts = [str(number) for number in range(300)]
    before = threading.active_count()
    with proxy_of(daemon, "shop") as proxy:
        for text in (*texts, "last"):
            proxy.note(text)
        assert shop.last.wait(PATIENCE)
    assert shop.texts == [*texts, "last"]
    assert threading.active_count() - before < 10
    assert all(name.startswith("callbackgen") for name in shop.threads)


def test_batches_and_streams(daemon: Noticing) -> None:
    """Batched calls, and results that come item by item."""
    with proxy_of(daemon, "shop") as shop:
        batch: Any = Pyro5.api.BatchProxy(shop)
        batch.echo(1)
        batch.echo("b")
        assert [*batch()] == [1, "b"]
        assert [*shop.items(5)] == [0, 1, 2, 3, 4]


def test_streams_are_counted(daemon: Noticing) -> None:
    """A client that opens ever more item streams is told that these are enough."""
    most = callbackgen.settings.streams
    with proxy_of(daemon, "shop") as shop:
        streams = [shop.items(2) for _ in range(most)]
        with pytest.raises(Pyro5.errors.PyroError, match=f"{most} item streams"):
            shop.items(2)
        assert [*streams[0]] == [0, 1]
        assert [*shop.items(1)] == [0]


def test_an_idle_client_leaves_where_pyro5_is_set_so(
    daemon: Noticing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMMTIMEOUT is the limit of idleness of ordinary clients, as with Pyro5."""
    monkeypatch.setattr(Pyro5.config, "COMMTIMEOUT", 0.2)
    with proxy_of(daemon, "shop") as shop:
        assert shop.echo(1) == 1
        assert reached(lambda: bool(daemon.statistics().closed))
    assert any("COMMTIMEOUT" in reason for reason in daemon.statistics().closed)


def test_session_instances_belong_to_a_connection(daemon: Noticing) -> None:
    """Each connection has its own instance of a class in session mode."""
    with proxy_of(daemon, "session") as one, proxy_of(daemon, "session") as other:
        assert [one.count(), one.count(), other.count(), one.count()] == [1, 2, 1, 3]


def test_nothing_of_one_client_reaches_another(daemon: Noticing) -> None:
    """Annotations in both directions are those of the call, also after a failure."""
    with proxy_of(daemon, "shop") as one, proxy_of(daemon, "shop") as other:
        context.annotations = {"MINE": b"one's"}
        try:
            assert one.say("hello") == ["one's"]
            assert bytes(context.response_annotations["SAID"]) == b"hello"
            with pytest.raises(ValueError, match="fail"):
                one.say("fail")
        finally:
            context.annotations = {}
        for _ in range(20):
            assert other.heard() == []
            assert "SAID" not in context.response_annotations
        assert other.address()[0] == "127.0.0.1"


def test_the_end_of_a_client(daemon: Noticing, shop: Shop) -> None:
    """clientDisconnect runs once for each client, and what it tracks is closed."""
    for _ in range(3):
        with proxy_of(daemon, "shop") as proxy:
            proxy.track()
    assert shop.resource.closed.wait(PATIENCE)
    assert reached(lambda: len(daemon.gone) == 3)
    assert len(set(map(id, daemon.gone))) == 3


def test_a_proxy_for_a_callback_is_refused(daemon: Noticing) -> None:
    """It is a TypeError that names method and parameter; nobody is dialled."""

    class Guest:
        @expose
        def told(self, text: str) -> str:
            return text

    with Noticing() as dialled:
        guest = dialled.register(Guest())
        with looping(dialled), proxy_of(daemon, "hall") as hall:
            for given in (Pyro5.api.Proxy(guest), guest):
                with pytest.raises(TypeError, match=r"relay.*guest"):
                    hall.relay(given, "text")
            assert hall.echo(1) == 1
            assert dialled.statistics().connected == 0


def test_the_handshake_value_of_a_proxy() -> None:
    """`_pyroHandshake` is what `authenticate` gets; a refusal names its reason."""
    seen: list[object] = []

    def authenticate(value: object) -> str:
        seen.append(value)
        if value != "secret":
            raise callbackgen.Refused("who are you?")
        return "friend"

    with callbackgen.Daemon(host="127.0.0.1", authenticate=authenticate) as daemon:
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            with proxy_of(daemon, "hall") as hall:
                hall._pyroHandshake = "secret"
                assert hall.who() == "friend"
            with (
                proxy_of(daemon, "hall") as hall,
                pytest.raises(Pyro5.errors.CommunicationError, match="who are you"),
            ):
                hall.who()
    assert seen == ["secret", "hello"]
