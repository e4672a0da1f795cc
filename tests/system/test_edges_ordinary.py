"""Unmodified Pyro5 clients on the port of our daemon."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Generator
from typing import Any

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from tests.patience import patiently
from tests.system.edges.hall import PATIENCE, Hall, looping, reached
from tests.system.edges.room_remote import RoomWrapper
from tests.system.pyro5.users import context, expose, oneway, proxy_of


class Shop:
    """Exposed by hand, as Pyro5's users do."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.threads: set[str] = set()
        self.last = threading.Event()

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


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def daemon(shop: Shop) -> Generator[callbackgen.Daemon]:
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        daemon.register(shop, "shop")
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            yield daemon


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
def test_the_serializers(daemon: callbackgen.Daemon, serializer: str) -> None:
    """Three of Pyro5's serializers are taken, for objects of both kinds."""
    with proxy_of(daemon, "shop") as shop, proxy_of(daemon, "hall") as hall:
        shop._pyroSerializer = hall._pyroSerializer = serializer
        assert shop.echo([1, "a", None]) == [1, "a", None]
        assert hall.echo({"a": [1.5]}) == {"a": [1.5]}


def test_marshal_is_refused(daemon: callbackgen.Daemon) -> None:
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


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
def test_whatever_is_raised_the_same_proxy_goes_on(
    daemon: callbackgen.Daemon, serializer: str
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


def test_after_a_communication_error_the_same_proxy_goes_on(
    daemon: callbackgen.Daemon,
) -> None:
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


def test_oneways_come_in_order_in_few_threads(
    daemon: callbackgen.Daemon, shop: Shop
) -> None:
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


def test_an_idle_client_leaves_where_pyro5_is_set_so(
    daemon: callbackgen.Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """COMMTIMEOUT is the limit of idleness of ordinary clients, as with Pyro5."""

    def idle() -> int:
        closed = daemon.statistics().closed.items()
        return sum(count for reason, count in closed if "COMMTIMEOUT" in reason)

    def attempt(times: int) -> None:
        before = idle()
        monkeypatch.setattr(Pyro5.config, "COMMTIMEOUT", 0.2 * times)
        with proxy_of(daemon, "shop") as shop:
            shop._pyroTimeout = PATIENCE
            assert shop.echo(1) == 1
            assert reached(lambda: idle() > before)

    patiently(attempt)


def test_nothing_of_one_client_reaches_another(daemon: callbackgen.Daemon) -> None:
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


def test_a_proxy_for_a_callback_is_refused(daemon: callbackgen.Daemon) -> None:
    """It is a TypeError that names method and parameter; nobody is dialled."""

    class Guest:
        @expose
        def told(self, text: str) -> str:
            return text

    with callbackgen.Daemon(host="127.0.0.1") as dialled:
        guest = dialled.register(Guest())
        with looping(dialled), proxy_of(daemon, "hall") as hall:
            for given in (Pyro5.api.Proxy(guest), guest):
                with pytest.raises(TypeError, match=r"relay.*guest"):
                    hall.relay(given, "text")
            assert hall.echo(1) == 1
            assert dialled.statistics().connected == 0


def test_a_handshake_has_its_own_context() -> None:
    """The client's correlation id comes with it, annotations and texts go back."""
    seen: list[Any] = []

    class Polite(callbackgen.Daemon):
        def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802
            seen.append(context.correlation_id)
            context.response_annotations = {"HAND": b"shaken"}
            if data != "hello":
                raise ValueError("odd \ud800")
            return data

        def annotations(self) -> dict[str, bytes]:
            return {"POLI": b"te"}

    with Polite(host="127.0.0.1") as daemon:
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon), proxy_of(daemon, "hall") as hall:
            context.correlation_id = sent = uuid.uuid4()
            try:
                hall._pyroBind()
                got = context.response_annotations
                assert {key: bytes(value) for key, value in got.items()} == {
                    "HAND": b"shaken",
                    "POLI": b"te",
                }
            finally:
                context.correlation_id = None
            for hall._pyroSerializer in ("serpent", "json", "msgpack"):
                hall._pyroRelease()
                hall._pyroHandshake = "odd"
                with pytest.raises(
                    Pyro5.errors.CommunicationError, match=r"odd \\ud800"
                ):
                    hall._pyroBind()
    assert seen[0] == sent
    assert len(seen) == 4


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
