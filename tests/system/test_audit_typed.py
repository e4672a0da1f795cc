"""Nor do values of declared types: what a class is made of, clients cannot choose."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import Pyro5.api

import callbackgen
from callbackgen.runtime.interfaces import interface_name
from callbackgen.runtime.unpacking import MOMENT, NUMBERS
from tests.system.audit.watched import SERIALIZERS, Watched, watched
from tests.system.carried import ROWS, EchoStub, is_same, methods
from tests.system.edges.peer import Peer
from tests.system.test_audit_ordinary import OBJECTS
from tests.unit.runtime.interfaces import call

ECHO = interface_name(EchoStub)
Ext = msgspec.msgpack.Ext

HOSTILE: tuple[Any, ...] = (
    *OBJECTS,
    "os.system",
    "__import__('os')",
    "tests.unit.runtime.typed.Order",
    ["os.system", "true"],
    {"type": "os.system"},
    {"name": "a", "price": {"__class__": "os.system"}},
    {"type": "Circle", "radius": [], "__init__": "os", "__dict__": {}},
    2**62,
    b"os",
    Ext(MOMENT, b"os.system"),
    Ext(MOMENT, b"2020-01-01T00:00:00+00:00:01"),
    Ext(NUMBERS, b"\0\x05\x92\xa2|O\x90"),
    Ext(NUMBERS, b"\0\x0b\x92\xa8<f8,<f8,\x90"),
    Ext(-1, b"\0\0\0\0"),
)


def be_honest(server: Watched) -> None:
    """Give and take a value of each type, as a client of ours and as ordinary ones."""
    with callbackgen.connect(server.uri("typed")) as connection:
        stub = EchoStub(connection)
        for index, row in enumerate(ROWS):
            give, take = methods(index)
            call(stub, take, row.value)
            assert is_same(call(stub, give), row.value)
    for serializer in SERIALIZERS:
        proxy: Any = Pyro5.api.Proxy(server.uri("typed"))
        with proxy:
            proxy._pyroSerializer = serializer
            for index in range(len(ROWS)):
                with contextlib.suppress(Exception):
                    getattr(proxy, f"take_{index}")(getattr(proxy, f"give_{index}")())


def test_values_of_declared_types() -> None:
    """Whatever stands in the place of one: nothing is loaded or run to read it."""
    with watched() as server:
        be_honest(server)
        server.watch()
        be_honest(server)
        server.check("honest clients")
        with Peer.connected(server.uri("typed")) as peer:
            for index, row in enumerate(ROWS):
                for sent in HOSTILE:
                    for value in (sent, [sent], {"a": sent}):
                        with contextlib.suppress(Exception):
                            peer.ask(
                                f"take_{index}", value, key="typed", interface=ECHO
                            )
                server.check(row.name)
