"""What becomes of the objects that ordinary Pyro5 clients send."""

from __future__ import annotations

import contextlib
import math
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Generator
from typing import Any, TypeVar, cast

import Pyro5.api
import Pyro5.errors
import Pyro5.server
import pytest
from Pyro5 import protocol
from Pyro5.serializers import SerializerBase

import callbackgen
from tests.system.edges.hall import PATIENCE, Hall, looping
from tests.system.edges.room_remote import RoomWrapper

T = TypeVar("T")

SERIALIZERS = ["serpent", "json", "msgpack"]
PROXY: dict[str, Any] = {
    "__class__": "Pyro5.client.Proxy",
    "state": ["PYRO:a@127.0.0.1:1", [], [], [], "hello", None],
}
POINT = {"__class__": "tests.Point", "x": 1}


def exception(name: str, *arguments: Any, **more: Any) -> dict[str, Any]:
    """An exception as Pyro5's serializers send it."""
    return {"__class__": name, "__exception__": True, "args": [*arguments], **more}


def uri(*state: Any) -> dict[str, Any]:
    """A URI as they do."""
    return {"__class__": "Pyro5.core.URI", "state": [*state]}


FOREIGN: dict[str, dict[str, Any]] = {
    "proxy": PROXY,
    "daemon": {"__class__": "Pyro5.server.Daemon", "state": []},
    "sqlite3": exception("sqlite3.OperationalError", "locked"),
    "struct": exception("struct.error"),
    "serializer": {"__class__": "Pyro5.util.MarshalSerializer"},
    "batch": {"__class__": "Pyro5.core._ExceptionWrapper", "exception": 1},
    "registered": POINT,
    "unknown": {"__class__": "shop.Basket", "apples": 2},
    "underscores": {"__class__": "os.__dict__"},
    "number": {"__class__": 5},
    "nothing": exception(cast(str, None)),
    "no exception": exception("builtins.eval", "1"),
    "not said to be one": {"__class__": "builtins.ValueError", "args": []},
    "in an exception": exception("builtins.ValueError", PROXY),
    "too few arguments": exception("builtins.UnicodeDecodeError", "a"),
    "no arguments": {"__class__": "builtins.ValueError", "__exception__": True},
    "special attribute": exception(
        "builtins.ValueError", attributes={"__class__": "a"}
    ),
    "URI of too little": uri(1, 2),
    "URI of an object": uri("PYRO", PROXY, None, "h", 1),
    "URI of lists": uri("PYROMETA", [[]], None, "h", 1),
    "URI of another kind": uri("HTTP", "a", None, "h", 1),
}


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


class Basket:
    """Neither side knows how to make one of what is sent for it."""

    def __init__(self) -> None:
        self.apples = 2


@expose
class Shop:
    """Exposed by hand; remembers what it was given."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    @property
    def last(self) -> Any:
        return self.seen[-1]

    @last.setter
    def last(self, value: Any) -> None:
        self.seen.append(value)

    def take(self, value: Any, more: Any = None) -> int:
        self.seen.append(value)
        if more is not None:
            self.seen.append(more)
        return len(self.seen)

    def flags(self) -> int:
        return int(cast(Any, Pyro5.api.current_context).msg_flags)


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture(autouse=True)
def converter() -> Generator[None]:
    """A user has registered a converter with Pyro5, as its manual says."""
    pyro: Any = SerializerBase

    def point(_: str, fields: dict[str, Any]) -> Point:
        return Point(fields["x"])

    pyro.register_dict_to_class("tests.Point", point)
    try:
        yield
    finally:
        pyro.unregister_dict_to_class("tests.Point")


@contextlib.contextmanager
def proxies(
    shop: Shop, serializer: str = "serpent", **options: Any
) -> Generator[tuple[Any, Any]]:
    """Stock proxies of a plain object and of a wrapper, of one daemon of ours."""
    with callbackgen.Daemon(host="127.0.0.1", **options) as daemon:
        pyro: Any = daemon
        addresses = (
            pyro.register(shop, "shop"),
            pyro.register(RoomWrapper(Hall()), "hall"),
        )
        with (
            looping(daemon),
            Pyro5.api.Proxy(addresses[0]) as plain,
            Pyro5.api.Proxy(addresses[1]) as wrapper,
        ):
            proxy: Any
            for proxy in (plain, wrapper):
                proxy._pyroSerializer = serializer
                proxy._pyroBind()
            yield plain, wrapper


@contextlib.contextmanager
def same_connection(proxy: Any) -> Generator[None]:
    """The proxy does not have to connect again."""
    before = proxy._pyroConnection
    yield
    assert before is not None
    assert proxy._pyroConnection is before


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_what_pyro5_sends_in_normal_use(shop: Shop, serializer: str) -> None:
    """URIs and exceptions of Python and of Pyro5 arrive as such, wherever they are."""
    sent = [
        Pyro5.api.URI(text)
        for text in ("PYRO:a@[::1]:4", "PYRO:a@./u:b", "PYRONAME:c", "PYROMETA:d,e")
    ]
    wrong = ValueError("wrong", 3)
    wrong.add_note("a note")
    vars(wrong)["hint"] = "a hint"
    with proxies(shop, serializer) as (proxy, _):
        for one in sent:
            proxy.take(one)
        assert shop.seen == sent
        assert [*map(str, shop.seen[:3])] == [*map(str, sent[:3])]
        assert shop.seen[3].object == {"d", "e"}
        shop.seen.clear()
        proxy.take([{"a": wrong}], more=KeyboardInterrupt())
        proxy.last = Pyro5.errors.NamingError("no name")
        batch: Any = Pyro5.api.BatchProxy(proxy)
        batch.take(sent[0], more=[OSError(2, "none")])
        assert [*batch()] == [5]
    ((first,), interrupt, naming, address, (missing,)) = shop.seen
    assert type(first["a"]) is ValueError
    assert first["a"].args == ("wrong", 3)
    assert vars(first["a"]) == {"hint": "a hint", "__notes__": ["a note"]}
    assert type(interrupt) is KeyboardInterrupt
    assert type(naming) is Pyro5.errors.NamingError
    assert address == sent[0]
    assert type(missing) is FileNotFoundError


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_an_exception_in_another_language(shop: Shop, serializer: str) -> None:
    """Clients that are not in Python name an exception without its module."""
    sent = exception("PyroError", "no")
    with proxies(shop, serializer) as (proxy, _):
        proxy.take(sent)
    assert type(shop.seen[0]) is Pyro5.errors.PyroError


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("name", FOREIGN)
def test_any_other_class_is_an_error_of_the_call(
    shop: Shop, serializer: str, name: str
) -> None:
    """Whatever it is and wherever it stands: a TypeError, and the connection stays."""
    sent = FOREIGN[name]
    with proxies(shop, serializer) as (proxy, _), same_connection(proxy):
        batch: Any = Pyro5.api.BatchProxy(proxy)
        batch.take([sent])
        for use in (
            lambda: proxy.take(sent),
            lambda: proxy.take([1, {"a": (sent,)}]),
            lambda: proxy.take(1, more=sent),
            lambda: setattr(proxy, "last", sent),
            lambda: [*batch()],
        ):
            with pytest.raises(TypeError, match="class"):
                use()
        assert shop.seen == []
        assert proxy.take(1) == 1


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_the_error_says_what_to_do(shop: Shop, serializer: str) -> None:
    """Objects that a stock client sends without a thought: class and cure are named."""
    with proxies(shop, serializer) as (proxy, other), same_connection(proxy):
        for given, named in (
            (other, "Pyro5.client.Proxy"),
            (sqlite3.OperationalError("locked"), "sqlite3.OperationalError"),
            (Basket(), "test_ordinary_classes.Basket"),
        ):
            with pytest.raises(TypeError) as caught:
                proxy.take(given)
            assert named in str(caught.value)
            assert "allow_pyro_classes=True" in str(caught.value)


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_all_that_pyro5_makes_where_it_is_allowed(shop: Shop, serializer: str) -> None:
    """Proxies, other exceptions and converters, for plain objects; others are errors."""
    with (
        proxies(shop, serializer, allow_pyro_classes=True) as (proxy, other),
        same_connection(proxy),
    ):
        proxy.take(other, more=[POINT, sqlite3.OperationalError("locked")])
        proxy.take(Pyro5.api.URI("PYRO:a@b:1"))
        made, (point, locked), address = shop.seen
        assert made == other
        assert isinstance(point, Point)
        assert point.x == 1
        assert type(locked) is sqlite3.OperationalError
        assert type(address) is Pyro5.api.URI
        for refused in (Basket(), {"__class__": "os.__dict__"}):
            with pytest.raises(TypeError, match=r"class|types"):
                proxy.take(refused)
        assert proxy.take(1) == 4


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("is_allowed", [False, True])
def test_a_wrapper_takes_none(shop: Shop, serializer: str, is_allowed: bool) -> None:
    """A TypeError names method, parameter and class, whatever plain objects take."""
    address = Pyro5.api.URI("PYRO:a@b:1")
    with (
        proxies(shop, serializer, allow_pyro_classes=is_allowed) as (proxy, hall),
        same_connection(hall),
    ):
        for given, named in (
            (proxy, "Pyro5.client.Proxy"),
            (address, "Pyro5.core.URI"),
            (ValueError("a"), "builtins.ValueError"),
            (POINT, "tests.Point"),
            ([{"a": POINT}], "tests.Point"),
            ({"__class__": "a\0'\x7f"}, "a"),
        ):
            with pytest.raises(TypeError, match=rf"echo\(\): value.*class .*{named}"):
                hall.echo(given)
        with pytest.raises(TypeError, match=r"hold\(\): text: expected str.*Point"):
            hall.hold(POINT)
        with pytest.raises(TypeError, match=r"relay\(\): guest: .*callbackgen.connect"):
            hall.relay(proxy, "text")
        batch: Any = Pyro5.api.BatchProxy(hall)
        batch.echo(1)
        batch.echo(address)
        results = batch()
        assert next(results) == 1
        with pytest.raises(TypeError, match=r"Pyro5\.core\.URI"):
            next(results)
        assert hall.echo(2) == 2


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_nan_is_plain_data(shop: Shop, serializer: str) -> None:
    """serpent has no other way to say nan than a class: it arrives everywhere."""
    with proxies(shop, serializer) as (proxy, hall):
        proxy.take([math.nan])
        assert math.isnan(shop.seen[0][0])
        assert math.isnan(hall.echo(math.nan))


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_what_is_sent_before_a_client_is_known(shop: Shop, serializer: str) -> None:
    """A handshake has plain data and URIs; all else is refused before it is made."""
    shaken: list[object] = []

    def authenticate(value: object) -> None:
        shaken.append(value)

    address = Pyro5.api.URI("PYRO:a@b:1")
    options: dict[str, Any] = {"allow_pyro_classes": True, "authenticate": authenticate}
    with proxies(shop, serializer, **options) as (proxy, _):
        shaken.clear()
        for sent in (PROXY, POINT, ValueError("a"), {"a": [Basket()]}):
            proxy._pyroRelease()
            proxy._pyroHandshake = sent
            with pytest.raises(
                Pyro5.errors.CommunicationError, match=r"class .* in a handshake"
            ):
                proxy._pyroBind()
        assert shaken == []
        for taken in ([1, "a"], address):
            proxy._pyroRelease()
            proxy._pyroHandshake = taken
            proxy._pyroBind()
        assert shaken == [[1, "a"], address]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_serialized_blob_is_refused(shop: Shop, serializer: str) -> None:
    """Half of it is marshal, which is not even looked at: an error that names it."""
    with proxies(shop, serializer) as (proxy, _), same_connection(proxy):
        with pytest.raises(TypeError, match="SerializedBlob"):
            proxy.take(Pyro5.api.SerializedBlob("info", [1]))
        assert "BLBI" in Pyro5.api.current_context.annotations
        Pyro5.api.current_context.annotations = {"BLBI": b"no marshal"}
        try:
            with pytest.raises(TypeError, match="SerializedBlob"):
                proxy._pyroInvoke("take", [1], {}, flags=protocol.FLAGS_KEEPSERIALIZED)
        finally:
            Pyro5.api.current_context.annotations = {}
        assert shop.seen == []
        assert proxy.take(1) == 1


def test_a_blob_over_a_socket_of_the_user_s_own(shop: Shop) -> None:
    """With `connected_socket` the transport is Pyro5's, and so is what it reads."""
    ours, theirs = socket.socketpair()
    with ours, theirs, callbackgen.Daemon(connected_socket=ours) as daemon:
        cast(Any, daemon).register(shop, "shop")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        with Pyro5.api.Proxy("shop", connected_socket=theirs) as proxy:
            try:
                proxy.take(Pyro5.api.SerializedBlob("info", [1]))
            finally:
                Pyro5.api.current_context.annotations = {}
            proxy.take(FOREIGN["proxy"])
        theirs.shutdown(socket.SHUT_RDWR)  # Pyro5's loop reads until then
        thread.join(PATIENCE)
    blob, made = shop.seen
    assert (blob.info, blob.deserialized()) == ("info", [1])
    assert type(made) is Pyro5.api.Proxy


def test_the_flags_of_a_message_are_the_client_s(shop: Shop) -> None:
    """What has our own reader used is not seen in `current_context`."""
    with proxies(shop) as (proxy, _):
        sent = protocol.FLAGS_CORR_ID
        assert proxy.flags() & ~sent == 0
        batch: Any = Pyro5.api.BatchProxy(proxy)
        batch.flags()
        assert next(batch()) & ~sent == protocol.FLAGS_BATCH


def test_the_place_in_pyro5_where_messages_are_read() -> None:
    """It is a private name of Pyro5's. Without it nothing is served, unsafely or not."""
    assert hasattr(Pyro5.server.Daemon, "_Daemon__deserializeBlobArgs")
    program = (
        "import Pyro5.server\n"
        "del Pyro5.server.Daemon._Daemon__deserializeBlobArgs\n"
        "import callbackgen\n"
        "try:\n"
        "    callbackgen.Daemon\n"
        "except ImportError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "this version of Pyro5 is not supported" in done.stdout
