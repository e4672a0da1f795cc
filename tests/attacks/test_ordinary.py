"""Ordinary Pyro5 clients that call as no honest one would."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from Pyro5 import protocol

from callbackgen.runtime import wire
from callbackgen.runtime.wire import Message
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table
from tests.attacks.holding import releasing
from tests.system.edges.hall import reached
from tests.system.edges.peer import Peer, answer

TABLE = Table()
FAILED = ".* failed: .*"


def invoke(
    method: str, *arguments: Any, name: Any = "open", flags: int = 0, number: int = 1
) -> bytes:
    """A call in json."""
    data = {"object": name, "method": method, "params": arguments, "kwargs": {}}
    payload = msgspec.json.encode(data)
    return wire.encoded(wire.INVOKE, number, payload, serializer=wire.JSON, flags=flags)


def asked(peer: Peer, message: bytes) -> Message:
    """The answer to it."""
    peer.send(message)
    return peer.next()


def fails(peer: Peer, message: bytes) -> None:
    """It is answered by an exception."""
    assert asked(peer, message).flags & wire.EXCEPTION


@TABLE.attack("the connection ended: a message of kind 5")
def answer_nobody(attacker: Attacker) -> None:
    """An answer, which an ordinary client never has to give."""
    attacker.ordinary().send(answer(9))


@TABLE.attack(None)
def hold_all_workers(attacker: Attacker) -> None:
    """More clients than there are workers, whose calls do not end."""
    peers = [attacker.ordinary() for _ in range(40)]
    for peer in peers:
        peer.send(invoke("hold", "text", name="hall"))
    assert reached(lambda: attacker.server.statistics()["calls_received"] > 0)
    for _ in attacker.paced(0.5):
        continue
    with releasing(attacker):
        for peer in peers:
            peer.next()
    for peer in peers:
        peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def flood_with_calls(attacker: Attacker) -> None:
    """Calls without a pause, whose answers are read."""
    peer = attacker.ordinary()
    for _ in attacker.paced(1):
        asked(peer, invoke("echo", "text"))
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def flood_with_oneway_calls(attacker: Attacker) -> None:
    """Oneway calls without a pause."""
    peer = attacker.ordinary()
    for _ in attacker.paced(1):
        peer.send(invoke("echo", "text", flags=wire.ONEWAY))
    peer.hang_up()


@TABLE.attack(None)
def read_an_endless_stream(attacker: Attacker) -> None:
    """Item after item of one that has no end, and then it is left."""
    peer = attacker.ordinary()
    said = asked(peer, invoke("endless"))
    assert said.flags & protocol.FLAGS_ITEMSTREAMRESULT
    number = said.annotation(b"STRM")
    assert number is not None
    for _ in attacker.paced(0.5):
        item = invoke("get_next_stream_item", number.decode(), name="Pyro.Daemon")
        assert not asked(peer, item).flags & wire.EXCEPTION
    peer.hang_up()


@TABLE.attack(FAILED, repeated=True)
def open_streams_without_end(attacker: Attacker) -> None:
    """Streams that are never read, more than one client may have."""
    peer = attacker.ordinary()
    answers = [asked(peer, invoke("endless")) for _ in range(100)]
    assert len([one for one in answers if not one.flags & wire.EXCEPTION]) <= 16
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def send_large_batches(attacker: Attacker) -> None:
    """As many calls as a message has room for, at once."""
    peer = attacker.ordinary()
    calls = [["echo", [1], {}]] * 5_400
    for _ in range(3):
        message = invoke("<batch>", *calls, flags=protocol.FLAGS_BATCH)
        assert asked(peer, message).kind == wire.RESULT
    peer.hang_up()


METHODS = ("_hidden", "__class__", "__init__", "__reduce__", "shutdown", "")
PLACES: tuple[Any, ...] = (
    "open",
    "cellar",
    "Pyro.Daemon",
    "os",
    None,
    5,
    [1],
    {"a": 1},
)


@TABLE.attack(FAILED, repeated=True)
def name_what_is_not_there(attacker: Attacker) -> None:
    """Private members and paths, of objects that are there and of others."""
    peer = attacker.ordinary()
    for name in PLACES:
        for method in METHODS:
            fails(peer, invoke(method, 1, name=name))
            fails(peer, invoke("__getattr__", method, name=name))
            fails(peer, invoke("__setattr__", method, 1, name=name))
    peer.hang_up()


CLASSES: tuple[Any, ...] = (
    *("os.system", "Pyro5.server.Daemon", "Pyro5.client.Proxy", "builtins.eval", 5),
    *("sqlite3.OperationalError", "tests.attacks.server.Open", "os.__dict__", ["a"]),
)


@TABLE.attack(FAILED, repeated=True)
def name_classes(attacker: Attacker) -> None:
    """Objects of classes that are none of those that are made."""
    peer = attacker.ordinary()
    for name in CLASSES:
        for marked in (False, True):
            sent = {"__class__": name, "state": [], "args": [], "__exception__": marked}
            fails(peer, invoke("echo", sent))
            fails(peer, invoke("echo", [{"a": sent}]))
            fails(peer, invoke("relay", sent, "text", name="hall"))
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def send_what_ends_a_process(attacker: Attacker) -> None:
    """Exceptions as data, which are sent back, and would end a thread if raised."""
    peer = attacker.ordinary()
    for name in ("SystemExit", "KeyboardInterrupt", "GeneratorExit", "MemoryError"):
        sent = {"__class__": f"builtins.{name}", "args": [1], "__exception__": True}
        assert asked(peer, invoke("echo", sent)).kind == wire.RESULT
    for name in ("exit", "interrupt", "recursion", "memory", "unprintable"):
        fails(peer, invoke("fail", name, name="hall"))
    peer.hang_up()


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()
