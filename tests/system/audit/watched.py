"""The test's end: a server that is watched, and honest clients of each kind."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import Pyro5.api
import pytest

import callbackgen
from callbackgen.runtime import envelope, wire
from callbackgen.runtime.interfaces import interface_name
from callbackgen.runtime.referring import reference
from callbackgen.runtime.versions import InterfacesStub
from tests.system.edges.hall import PATIENCE, Visitor
from tests.system.edges.peer import GUEST, ROOM, Peer, answer
from tests.system.edges.room_remote import RoomStub

CHECKOUT = Path(__file__).parents[3]
INTERFACE = interface_name(InterfacesStub)
SERIALIZERS = {"serpent": wire.SERPENT, "json": wire.JSON, "msgpack": wire.MSGPACK}


class Watched:
    """A server in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], *, has_tls: bool) -> None:
        self.has_tls = has_tls
        self._process = process
        self._place = self._said()

    def uri(self, name: str) -> str:
        """Where an object of the server is."""
        return f"PYRO:{name}@{self._place}"

    def watch(self) -> None:
        """Begin to watch."""
        self._ask("watch")

    def seen(self) -> list[dict[str, Any]]:
        """What the hook has seen since the last time."""
        seen: list[dict[str, Any]] = json.loads(self._ask("report"))
        return seen

    def check(self, what: object) -> None:
        """Fail, with the stacks, if anything was loaded or run by that."""
        if seen := self.seen():
            pytest.fail(f"{what}: {json.dumps(seen, indent=1)}")

    def _ask(self, question: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._said()

    def _said(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the server has ended"
        return line.strip()


@contextlib.contextmanager
def watched(**options: Any) -> Generator[Watched]:
    """A server that is watched since it has served a client of each kind."""
    command = [sys.executable, "-m", "tests.system.audit.server", json.dumps(options)]
    with subprocess.Popen(
        command,
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        made = Watched(process, has_tls=options.get("tls", False))
        be_honest(made)
        made.watch()
        yield made
        made.check("the end")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def be_honest(server: Watched) -> None:
    """Whatever honest clients do: ours, and ordinary ones in each serializer."""
    call_as_ours(server)
    if not server.has_tls:
        tell_of_a_version(server)
    for serializer in SERIALIZERS:
        call_as_ordinary(server, serializer)


def call_as_ours(server: Watched) -> None:
    """Calls of each kind, a callback, and errors in both directions."""

    def fail() -> None:
        raise ValueError("a visitor's")

    with callbackgen.connect(server.uri("hall")) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        assert room.echo([1, ("a", {2j}), {"b": 2**70}]) == [
            1,
            ("a", {2j}),
            {"b": 2**70},
        ]
        room.note("a note")
        assert asyncio.run(room.later(3)) == 3
        visitor = Visitor()
        assert room.relay(visitor, "text") == "heard text"
        room.join(visitor)
        with pytest.raises(callbackgen.RemoteRaised, match="a visitor's"):
            room.relay(Visitor(fail), "text")
        for trouble in ("exit", "interrupt", "unprintable", "long"):
            with pytest.raises(callbackgen.RemoteRaised):
                room.fail(trouble)
    with pytest.raises(callbackgen.Refused):
        callbackgen.connect(server.uri("hall"), handshake="a stranger")


def tell_of_a_version(
    server: Watched, said: str = '[["told", ["(a: int) -> str"], false, false]]'
) -> None:
    """Have the server call an interface of another version, which looks like this."""
    guest = reference(receivers=False, key=1, interface=GUEST, fingerprint=b"another ")
    does_not_fit = envelope.failure("raised", "told(): text: no", "TypeError", "")
    with Peer.connected(server.uri("hall")) as peer:
        assert "relay" in peer.ask(
            "describe", "hall", ROOM, key="", interface=INTERFACE
        )
        asking = peer.call("relay", guest, "text")
        called = peer.called()
        peer.send(
            wire.encoded(
                wire.RESULT, called.sequence, does_not_fit, flags=wire.EXCEPTION
            )
        )
        called = peer.called()
        assert envelope.heading_in(called.payload).method == "describe"
        peer.send(answer(called.sequence, said))
        with pytest.raises(callbackgen.RemoteRaised, match="told"):
            peer.answered(asking)


def call_as_ordinary(server: Watched, serializer: str) -> None:
    """The same, and what else Pyro5 has."""
    with proxy_of(server, "shop", serializer) as shop:
        assert shop.take([1, "a"], more={"b": None}) == "list"
        assert shop.take(Pyro5.api.URI("PYRO:a@b:1")) == "URI"
        assert shop.take(ValueError("a")) == "ValueError"
        shop.last = 5
        assert shop.last == 5
        assert [*shop.count(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="shop"):
            shop.fail("of a shop")
        batch: Any = Pyro5.api.BatchProxy(shop)
        batch.give(1)
        batch.fail("in a batch")
        with pytest.raises(ValueError, match="batch"):
            assert [*batch()]
        with pytest.raises(AttributeError):
            shop.haggle()
    with proxy_of(server, "hall", serializer) as hall:
        assert hall.echo(1) == 1
        with pytest.raises(TypeError):
            hall.hold(5)
    with proxy_of(server, "Pyro.Daemon", serializer) as daemon:
        assert "hall" in daemon.registered()


@contextlib.contextmanager
def proxy_of(server: Watched, name: str, serializer: str) -> Generator[Any]:
    """A stock proxy."""
    proxy: Any
    with Pyro5.api.Proxy(server.uri(name)) as proxy:
        proxy._pyroSerializer = serializer
        proxy._pyroTimeout = PATIENCE
        yield proxy


class Stranger(Peer):
    """An ordinary client whose messages are made by hand."""

    def shakes(
        self,
        payload: bytes = b'{"handshake": "hello", "object": "hall"}',
        serializer: int = wire.JSON,
    ) -> bool:
        """Whether this handshake lets it in."""
        self.send(wire.encoded(wire.CONNECT, 0, payload, serializer=serializer))
        said = self._answered()
        return said is not None and said.kind == wire.CONNECT_OK

    def says(self, message: bytes) -> wire.Message | None:
        """The answer to a message; None: the other end has hung up."""
        try:
            self.send(message)
        except ConnectionError:
            return None
        return self._answered()

    def _answered(self) -> wire.Message | None:
        try:
            return self.next()
        except (EOFError, ConnectionError):
            return None
