"""Ordinary Pyro5 clients cannot have a server load or run anything: a hook watches."""

from __future__ import annotations

import contextlib
import marshal
import pickle
from collections.abc import Generator, Iterator
from typing import Any

import msgspec
import Pyro5.api
import pytest
from Pyro5 import protocol
from Pyro5.core import DAEMON_NAME

from callbackgen.runtime import wire
from tests.system.audit.watched import (
    SERIALIZERS,
    Stranger,
    Watched,
    be_honest,
    proxy_of,
    watched,
)
from tests.system.edges.peer import ping
from tests.system.test_ordinary_classes import FOREIGN, PROXY, exception, uri


@pytest.fixture(scope="module")
def server() -> Generator[Watched]:
    """It makes objects of all that Pyro5 does, which is more than it does usually."""
    with watched(allow_pyro_classes=True) as server:
        yield server


@pytest.fixture(scope="module")
def usual() -> Generator[Watched]:
    with watched() as server:
        yield server


class Bomb:
    """Runs a program when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("__import__('os').system('true')",)


NAMES = (
    "os.system",
    "posix.system",
    "subprocess.Popen",
    "builtins.eval",
    "builtins.exec",
    "builtins.__import__",
    "importlib.import_module",
    "antigravity.fly",
    "tests.system.audit.server.Shop",
    "__main__.Shop",
    "code.InteractiveConsole",
    "sqlite3.connectError",
    "Pyro5.core.SerializedBlob",
    "Pyro5.nameserver.NameServer",
    "Pyro5.errors.sys",
    "Pyro5.util.SerpentSerializer",
    "struct.error",
    "exceptions.ZeroDivisionError",
)
OBJECTS: list[Any] = [
    *FOREIGN.values(),
    uri("PYRO", "a", None, "127.0.0.1", 1),
    uri("PYRONAME", "a", None, None, None),
    exception("builtins.SystemExit", 1),
    exception("builtins.ImportError", "a", attributes={"name": "os", "path": "/a"}),
    exception("sqlite3.OperationalError", "a"),
    *({"__class__": name, "state": [1], "args": ["true"]} for name in NAMES),
    *(exception(name, "true") for name in NAMES),
    {"__class__": "tests.Point", "x": PROXY},
    {"__class__": ["os.system"]},
    {"__class__": 5, "__reduce__": "os.system", "py/object": "os.system"},
]
"""What Pyro5's serializers have for objects, and what none of them has."""

METHODS = (
    *("_hidden", "__class__", "__init__", "__reduce__", "__getattr__", "__setattr__"),
    *("take.__func__", "take.__globals__", "_ExampleWrapper__callback", "misbehave.x"),
    *("shutdown", "register", "unregister", "handleRequest", "requestLoop", ""),
)
MEMBERS = ("_hidden", "__class__", "__dict__", "_pyroId", "take", "_pyroDaemon", "")
IDS: tuple[Any, ...] = (
    *("os", "os.system", "tests.system.audit.server", "unexposed", "../hall", "", "\0"),
    *(None, 5, ["hall"], {"a": 1}, "x" * 1000),
)
OF_DAEMON: tuple[tuple[Any, ...], ...] = (
    *(("get_metadata", name) for name in ("os.system", "unexposed", "hall", "")),
    *(("get_metadata", name) for name in (5, None, ["a"])),
    *(("get_next_stream_item", name) for name in ("a", "../a", "")),
    ("close_stream", "a"),
    ("ping",),
    ("info",),
    ("registered",),
    ("resetMetadataCache", "hall"),
    ("uriFor", "hall"),
)


@pytest.mark.parametrize("which", ["server", "usual"])
@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_classes_that_are_named(
    request: pytest.FixtureRequest, which: str, serializer: str
) -> None:
    """As arguments, to attributes, in batches and in a handshake, at any depth."""
    server: Watched = request.getfixturevalue(which)
    with (
        proxy_of(server, "shop", serializer) as shop,
        proxy_of(server, "hall", serializer) as hall,
    ):
        for sent in OBJECTS:
            batch: Any = Pyro5.api.BatchProxy(shop)
            batch.take([sent])
            for use in (
                lambda sent=sent: shop.take(sent),
                lambda sent=sent: shop.take(1, more=[{"a": (sent,)}]),
                lambda sent=sent: setattr(shop, "last", sent),
                lambda batch=batch: [*batch()],
                lambda sent=sent: hall.echo(sent),
                lambda sent=sent: hall.relay(sent, "text"),
            ):
                with contextlib.suppress(Exception):
                    use()
            shop._pyroRelease()
            shop._pyroHandshake = sent
            with contextlib.suppress(Exception):
                shop._pyroBind()
            shop._pyroHandshake = "hello"
            server.check(sent)
        assert hall.echo("after") == "after"


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_members_and_objects_that_are_named(server: Watched, serializer: str) -> None:
    """Private ones, paths to others, those of the daemon and of what is not there."""
    with proxy_of(server, "shop", serializer) as shop:
        shop._pyroBind()
        for object_id in ("shop", "hall", "unexposed", DAEMON_NAME, *IDS):
            for method in METHODS:
                call(shop, method, [1], object_id)
            for member in MEMBERS:
                call(shop, "__getattr__", [member], object_id)
                call(shop, "__setattr__", [member, 1], object_id)
            call(shop, "<batch>", [[(one, [], {}) for one in METHODS]], object_id, 8)
            server.check(object_id)
        for method, *arguments in OF_DAEMON:
            call(shop, method, arguments, DAEMON_NAME)
            server.check(method)
        assert shop.give("after") == "after"


def call(
    proxy: Any, method: str, arguments: list[Any], object_id: Any, flags: int = 0
) -> None:
    with contextlib.suppress(Exception):
        proxy._pyroInvoke(method, arguments, {}, flags=flags, objectId=object_id)


CODE = (
    "__import__('os').system('true')",
    "open('/etc/passwd').read()",
    "(lambda: 1)()",
    "[one for one in ().__class__.__base__.__subclasses__()]",
    "f'{__import__(\"antigravity\")}'",
    "('shop', 'take', (print('ran'),), {})",
    "(one := 5)",
    "('shop', 'take', ({**globals()},), {})",
    "('shop', 'take', (await_,), {})",
    "# -*- coding: rot13 -*-\n('fubc', 'gnxr', (1,), {})",
    "# -*- coding: utf-7 -*-\n('shop', 'take', (1,), {})",
    "# -*- coding: not_there -*-\n('shop', 'take', (1,), {})",
)


EXTENSIONS = (-128, -1, 0, 1, 5, 0x30, 0x31, 0x32, 0x33, 0x34, 0x40, 0x41, 0x42, 127)
"""Those of Pyro5, of msgpack itself, of ours, and some that are nobody's."""


def payloads() -> Iterator[bytes]:
    """What is no call, and would do something if it were read by another reader."""
    bomb = pickle.dumps(Bomb())
    yield from (bomb, pickle.dumps(Bomb(), 0), b"", b"\0", b"\xff" * 40)
    yield marshal.dumps(compile("1", "a", "exec"))
    yield marshal.dumps(("shop", "take", (1,), {}))
    yield b"\xe9\x05\0\0\0"
    for code in CODE:
        yield code.encode()
        yield b"# serpent utf-8 python3.2\n" + code.encode()
    for value in ("NaN", "Infinity", "1e400", '"\\ud800"', "[" * 400 + "]" * 400):
        yield b'{"object": "shop", "method": "take", "params": [%b], "kwargs": {}}' % (
            value.encode()
        )
    encode = msgspec.msgpack.encode
    for number in EXTENSIONS:
        for data in (bomb, b"", b"1" * 5000, encode([1])):
            sent = msgspec.msgpack.Ext(number, data)
            yield encode(("shop", "take", [sent], {}))


@pytest.mark.parametrize("serializer", range(7))
def test_payloads_in_any_serializer(server: Watched, serializer: int) -> None:
    """Code, pickles, marshal, extensions of msgpack: in calls and in the handshake."""
    for payload in payloads():
        with Stranger.dialled(server.uri("hall")) as stranger:
            stranger.shakes(payload, serializer=serializer)
        with Stranger.dialled(server.uri("hall")) as stranger:
            assert stranger.shakes()
            for flags in (0, protocol.FLAGS_BATCH, protocol.FLAGS_KEEPSERIALIZED):
                message = wire.encoded(
                    wire.INVOKE, 1, payload, serializer=serializer, flags=flags
                )
                if stranger.says(message) is None:
                    break
        server.check((serializer, payload))


def blob(content: bytes) -> bytes:
    return wire.chunk(b"BLBI", content)


def test_blobs(server: Watched) -> None:
    """The info of a SerializedBlob travels as marshal: it is not even looked at."""
    call = msgspec.msgpack.encode(("shop", "take", [1], {}))
    infos = (
        marshal.dumps({"object": "shop", "method": "take", "params": [], "kwargs": {}}),
        pickle.dumps(Bomb()),
        b"\xe9\x05\0\0\0",
        b"",
    )
    with Stranger.dialled(server.uri("hall")) as stranger:
        assert stranger.shakes()
        for info in infos:
            for flags in (0, protocol.FLAGS_KEEPSERIALIZED, 0x7F & ~wire.COMPRESSED):
                message = wire.encoded(
                    wire.INVOKE,
                    1,
                    call,
                    serializer=wire.MSGPACK,
                    flags=flags & ~wire.ONEWAY,
                    annotations=blob(info),
                )
                assert stranger.says(message) is not None
                server.check((info, flags))


def test_item_streams(server: Watched) -> None:
    """Those that are left half read, and those that belong to nobody."""
    for serializer in SERIALIZERS:
        with proxy_of(server, "shop", serializer) as shop:
            streams = [shop.count(5) for _ in range(3)]
            assert [next(one) for one in streams] == [0, 0, 0]
            number = streams[0].streamId
            with proxy_of(server, "shop", serializer) as other:
                call(other, "get_next_stream_item", [number], DAEMON_NAME)
                call(other, "close_stream", [number], DAEMON_NAME)
            streams.clear()
        server.check(serializer)


def test_kinds_of_messages(server: Watched) -> None:
    """Every kind and every flag, with and without a handshake before."""
    payload = b'{"object": "shop", "method": "take", "params": [1], "kwargs": {}}'
    for kind in (*range(10), 99, 255):
        for flags in (0, 1, 2, 4, 8, 16, 32, 64, 128, 0xFF, 0xFFFF):
            for greets in (False, True):
                with Stranger.dialled(server.uri("hall")) as stranger:
                    if greets:
                        assert stranger.shakes()
                    stranger.send(
                        wire.encoded(
                            kind, 1, payload, serializer=wire.JSON, flags=flags
                        )
                    )
                    if greets:  # to be sure that the first one has been handled
                        stranger.says(ping())
        server.check(kind)
    be_honest(server)
