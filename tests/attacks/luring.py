"""What attacks on clients are written with: servers that are bad in one way each.

An attack is a function with a docstring. It is given a `Bad` that is connected to the
client, and with `ATTACKS.on_call` the call that the client has made after an honest
handshake. It may do as it likes, and ends when the client has hung up at the latest::

    @ATTACKS.on_call("ConnectionLost: .*not Pyro5's protocol")
    def another_protocol(peer: Bad, call: Message) -> None:
        '''Something that is no message, in place of the answer.'''
        peer.send(b"HTTP/1.1 200 OK")

The text is a regular expression for the errors that the client gets, each as ``Class:
text``; one for each call.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec
import pytest

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.wire import Message
from tests.attacks.client import Order, Report
from tests.attacks.harness import MEMORY, TLS
from tests.attacks.processes import Process
from tests.attacks.server import CERTIFICATE, HOSTS, KEY
from tests.system.edges.hall import PATIENCE
from tests.system.edges.peer import Peer

SLACK = 5.0
"""Seconds that a client on a busy machine may take beyond its deadline."""

WELCOME = wire.encoded(
    wire.CONNECT_OK, 0, b"{}", serializer=wire.JSON, annotations=envelope.greeting()
)
_HUNG_UP = (OSError, EOFError)


class Bad(Peer):
    """The server's end."""

    def __init__(self, connected: socket.socket, is_over: threading.Event) -> None:
        super().__init__(connected)
        self._is_over = is_over

    def do_nothing(self) -> None:
        """Neither read nor send until the client has had enough."""
        self._is_over.wait(PATIENCE)


Act: TypeAlias = Callable[[Bad, Message], object]


@dataclass(frozen=True, slots=True)
class Lure:
    """What a server does, and what its client gets."""

    act: Act
    gets: str
    greets: bool
    order: dict[str, Any]

    @property
    def name(self) -> str:
        return self.act.__name__.replace("_", " ")


@dataclass(slots=True)
class Lures:
    """The attacks of a file."""

    all: list[Lure] = field(default_factory=list[Lure])

    def _enter(self, gets: str, *, greets: bool, **order: Any) -> Callable[[Act], Act]:
        def enter(act: Act) -> Act:
            assert act.__doc__, f"{act.__name__} does not say what it does"
            self.all.append(Lure(act, gets, greets, order))
            return act

        return enter

    def on_call(self, gets: str, **order: Any) -> Callable[[Act], Act]:
        """What is done for each call of the client, after an honest handshake."""
        return self._enter(gets, greets=True, **order)

    def on_connect(self, gets: str, **order: Any) -> Callable[[Act], Act]:
        """What is done in place of the handshake: the message is the client's."""
        return self._enter(gets, greets=False, **order)

    def cases(self) -> list[Any]:
        """The parameter ``lure`` of a test."""
        return [pytest.param(one, id=one.name) for one in self.all]


def reply(peer: Peer, call: Message, payload: bytes, flags: int = 0) -> None:
    """Answer a call with anything."""
    peer.send(wire.encoded(wire.RESULT, call.sequence, payload, flags=flags))


@contextlib.contextmanager
def bad_server(lure: Lure, transport: str) -> Generator[str]:
    """Lets one client come, and does to it what the lure says; its address."""
    is_over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(*_HUNG_UP), accepted(listening, transport) as made:
            peer = Bad(made, is_over)
            message = peer.next()
            if lure.greets:
                peer.send(WELCOME)
            else:
                lure.act(peer, message)
            while True:
                call = peer.called()
                if envelope.head_of(call).key == "hall":
                    lure.act(peer, call)
                elif not call.flags & wire.ONEWAY:  # what the interface is there, say
                    payload = envelope.failure("unimplemented", "no")
                    reply(peer, call, payload, wire.EXCEPTION)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, name="a bad server")
        thread.start()
        try:
            yield f"PYRO:hall@{HOSTS[transport]}:{listening.getsockname()[1]}"
        finally:
            is_over.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()


@contextlib.contextmanager
def accepted(listening: socket.socket, transport: str) -> Generator[socket.socket]:
    """The next client, after the handshake of TLS where it is due."""
    with listening.accept()[0] as made:
        made.settimeout(PATIENCE)
        if transport != TLS:
            yield made
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE, KEY)
        with context.wrap_socket(made, server_side=True) as secured:
            yield secured


def lured(client: Process, lure: Lure, transport: str) -> Report:
    """What comes of it for the client."""
    order: dict[str, Any] = {
        "method": "relay",
        "seconds": PATIENCE,
        "connecting": PATIENCE,
        "calls": 1,
    }
    with bad_server(lure, transport) as address:
        made = Order(address=address, **order | lure.order)
        said = client.ask(msgspec.json.encode(made).decode())
    report = msgspec.json.decode(said, type=Report)
    limit = made.seconds if lure.greets else made.connecting
    assert report.longest < limit + SLACK + report.stopped
    assert len(report.ends) == made.calls
    assert [
        one for one in report.ends if not re.fullmatch(lure.gets, one, re.DOTALL)
    ] == []
    assert report.elsewhere == []
    assert report.memory is None or report.memory <= MEMORY
    return report
