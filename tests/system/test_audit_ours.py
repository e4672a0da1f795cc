"""Nor can clients of ours have a server load or run anything: a hook watches it."""

from __future__ import annotations

import contextlib
import marshal
import pickle
import random
import socket
import ssl
from collections.abc import Generator
from typing import Any

import msgspec
import pytest
from Pyro5 import config

from callbackgen.runtime import envelope, wire
from tests.system.audit.watched import (
    Stranger,
    Watched,
    be_honest,
    call_as_ours,
    tell_of_a_version,
    watched,
)
from tests.system.edges.hall import PATIENCE
from tests.system.edges.peer import ROOM, Peer, a_guest, answer, control, ping, release
from tests.system.test_audit_ordinary import IDS, METHODS, NAMES, OBJECTS, payloads
from tests.system.test_hostile_calls import REFUSED
from tests.system.test_hostile_clients import ATTACKS
from tests.unit.runtime.test_tls import CERTIFICATE

HUNG = ("questions", "releases", "calls", "large calls")
"""Attacks of `test_hostile_clients` that need a hall whose calls wait."""


@pytest.fixture(scope="module")
def server() -> Generator[Watched]:
    with watched() as server:
        yield server


@pytest.fixture(scope="module")
def over_tls() -> Generator[Watched]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(config, "SSL", True)
        patch.setattr(config, "SSL_CACERTS", CERTIFICATE)
        with watched(tls=True) as server:
            yield server


def ask(peer: Peer, *arguments: Any, **options: Any) -> None:
    """A call, whatever comes of it, as long as the connection goes on."""
    with contextlib.suppress(Exception):
        peer.ask(*arguments, **options)


def test_what_breaks_the_rules(server: Watched) -> None:
    """All that ends a connection."""
    for name, (attack, _) in ATTACKS.items():
        if not name.startswith(HUNG):
            with Peer.connected(server.uri("hall")) as peer:
                with contextlib.suppress(ConnectionError):
                    attack(peer)
                peer.hang_up()
        server.check(name)
    call_as_ours(server)


def test_names_of_objects_interfaces_and_methods(server: Watched) -> None:
    """Names of modules, classes and private members are no way to any of them."""
    with Peer.connected(server.uri("hall")) as peer:
        for call, _, _ in REFUSED.values():
            ask_it: Any = call
            with contextlib.suppress(Exception):
                ask_it(peer)
        keys = [one for one in IDS if isinstance(one, str)]
        for name in (*NAMES, *keys, "unexposed", "Pyro.Daemon", 1, 2**63):
            key: Any = name
            ask(peer, "echo", 1, key=key)
            ask(peer, "echo", 1, key=key, interface=str(name))
            ask(peer, "echo", 1, interface=str(name))
            ask(peer, "describe", key, str(name), key="", interface="callbackgen")
            ask(peer, "relay", a_guest(key, receivers=True, interface=str(name)), "a")
            ask(peer, "relay", a_guest(1, interface=str(name)), "a")
            server.check(name)
        for method in (*METHODS, *NAMES):
            ask(peer, method, 1)
            ask(peer, method, 1, oneway=False, key="")
            server.check(method)
        assert peer.ask("echo", "after") == "after"


def test_values_that_name_classes(server: Watched) -> None:
    """They are dicts, or do not fit; no extension makes more of them."""
    with Peer.connected(server.uri("hall")) as peer:
        for sent in OBJECTS:
            ask(peer, "echo", sent)
            ask(peer, "relay", sent, "text")
            ask(peer, "hold", sent)
            server.check(sent)
        ask(peer, "echo", "x" * 300_000)
        ask(peer, "hold", ["x" * 300_000])
        server.check("large ones")
    for payload in payloads():
        for serializer in range(5):
            with Peer.connected(server.uri("hall")) as peer:
                with contextlib.suppress(ConnectionError):
                    peer.call_with(payload, serializer=serializer)
                    peer.send(ping())
                with contextlib.suppress(EOFError, ConnectionError):
                    peer.next()
            if serializer != wire.MSGPACK and len(payload) > 100:
                break  # the others are refused before they are read
        server.check(payload)


ANSWERS: dict[str, tuple[bytes, int]] = {
    "a pickle": (pickle.dumps(ValueError("a")), 0),
    "marshal": (marshal.dumps(5), 0),
    "another type": (envelope.packed({"__class__": "os.system"}), 0),
    "a reference": (envelope.packed(a_guest("os.system", receivers=True)), 0),
    "an unknown extension": (envelope.packed(msgspec.msgpack.Ext(0x55, b"a")), 0),
    **{
        f"an exception of {name}": (
            envelope.failure("raised", "text", name, "a traceback"),
            wire.EXCEPTION,
        )
        for name in (*NAMES, "builtins.SystemExit", "Pyro5.errors.CommunicationError")
    },
    "a failure of no kind": (envelope.failure("os.system", "true"), wire.EXCEPTION),
    "a failure of noise": (b"\xc1", wire.EXCEPTION),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_answers_to_a_callback(server: Watched, name: str) -> None:
    """Its answer is data, too: what it names is never looked for."""
    payload, flags = ANSWERS[name]
    with Peer.connected(server.uri("hall")) as peer:
        asking = peer.call("relay", a_guest(), "text")
        called = peer.called()
        peer.send(wire.encoded(wire.RESULT, called.sequence, payload, flags=flags))
        with pytest.raises(Exception, match=r".*"):
            peer.answered(asking)
        assert peer.ask("echo", "after") == "after"
    server.check(name)


DESCRIPTIONS = (
    "[[\"told\", [\"(text: __import__('os').system('true')) -> os.system\"], false, true]]",
    '[["told", ["(text: antigravity.fly) -> this.is_not_there"], false, false]]',
    '[["__class__", ["-> eval(\'1\')"], true, true]]',
    '{"__class__": "os.system"}',
    "__import__('os').system('true')",
    "[" * 60_000,
    "",
)


@pytest.mark.parametrize("said", DESCRIPTIONS)
def test_the_description_of_an_interface(server: Watched, said: str) -> None:
    """A client has another version of one, and tells what it looks like there."""
    tell_of_a_version(server, said)
    server.check(said[:200])


def noise(number: int) -> bytes:
    """A message of which a few bytes are others."""
    chance = random.Random(number)
    messages = (
        wire.encoded(wire.CONNECT, 0, b'{"handshake": "a"}', serializer=wire.JSON,
                     annotations=envelope.greeting()),
        wire.encoded(wire.INVOKE, 1, envelope.packed((ROOM, "echo", [a_guest()], {})),
                     annotations=envelope.head(0, 0, "hall")),
        control(envelope.control(envelope.RELEASE, (1, 1))),
        release((1, 1), (2, 2)),
        answer(1),
        ping(b"taken?"),
    )  # fmt: skip
    made = bytearray(chance.choice(messages))
    for _ in range(chance.randrange(1, 5)):
        made[chance.randrange(len(made))] = chance.randrange(256)
    return bytes(made)


def test_noise(server: Watched) -> None:
    """Messages with some bytes changed, instead of a handshake and after it."""
    for number in range(300):
        said = noise(number)
        with Stranger.dialled(server.uri("hall")) as stranger:
            stranger.send(said)
        with Peer.connected(server.uri("hall")) as peer:
            with contextlib.suppress(ConnectionError):
                peer.send(said, noise(number + 1000))
            if number % 10 == 0:
                peer.hang_up()
    be_honest(server)
    server.check("noise")


def secured(server: Watched) -> ssl.SSLSocket:
    host, port = server.uri("hall").partition("@")[2].split(":")
    trusting = ssl.create_default_context(cafile=CERTIFICATE)
    made = socket.create_connection((host, int(port)), PATIENCE)
    return trusting.wrap_socket(made, server_hostname=host)


HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def test_noise_over_tls(over_tls: Watched) -> None:
    """Instead of TLS, in its handshake, and inside of it once it stands."""
    for said in (
        *(b"", b"GET / HTTP/1.1\r\n\r\n", b"\0" * 500, HELLO, HELLO + b"\xff" * 509),
        *(b"\x15\x03\x03\x00\x02\x02\x28", b"\x16\x03\x01\xff\xff" + b"\0" * 500),
        *(noise(number) for number in range(20)),
    ):
        with Stranger.dialled(over_tls.uri("hall")) as stranger:
            stranger.send(said)
    for number in range(20):
        with secured(over_tls) as inside:
            inside.sendall(noise(number))
    be_honest(over_tls)
    over_tls.check("noise")
