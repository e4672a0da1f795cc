"""Clients that have been let in, and make and answer calls as no honest one would."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import packed
from tests.attacks.frozen import answer_for_ever
from tests.attacks.harness import TCP, TLS, Arena, Attack, Attacker, Table
from tests.attacks.holding import releasing
from tests.system.edges.hall import reached
from tests.system.edges.peer import GUEST, Peer, a_guest, answer, control, ping

TABLE = Table()


def called_back(peer: Peer) -> wire.Message:
    """The next call back; releases that come before are passed over."""
    while envelope.head_of(message := peer.called()).key == envelope.CONTROL:
        continue
    return message


# Answers


@TABLE.attack("the connection ended: an answer to no call")
def answer_nobody(attacker: Attacker) -> None:
    """An answer that nobody has asked for."""
    attacker.connected().send(answer(9))


@TABLE.attack("the connection ended: an answer to no call")
def answer_twice(attacker: Attacker) -> None:
    """An answer, and the same one again."""
    peer = attacker.connected()
    peer.call("relay", a_guest(), "text")
    sequence = called_back(peer).sequence
    peer.send(answer(sequence), answer(sequence))


@TABLE.attack("the connection ended: an answer to no call", over=(TCP,))
def answer_another_call(attacker: Attacker) -> None:
    """An answer with another number than that of the call."""
    peer = attacker.connected()
    peer.call("relay", a_guest(), "text")
    peer.send(answer(called_back(peer).sequence ^ 1))


@TABLE.attack("the connection ended: a message of 2000000 bytes; .*")
def answer_too_much(attacker: Attacker) -> None:
    """An answer that is larger than any may be."""
    peer = attacker.connected()
    peer.call("relay", a_guest(), "text")
    sequence = called_back(peer).sequence
    peer.send(wire.encoded(wire.RESULT, sequence, bytes(2_000_000)))


def answers() -> Iterator[tuple[bytes, int]]:
    """Payloads and flags of answers where a text is due."""
    others: tuple[object, ...] = (5, None, {"__class__": "SystemExit"}, [[]] * 100_000)
    yield from ((packed(value), 0) for value in others)
    yield from ((payload, 0) for payload in (b"", b"\xc1", b"\x91" * 100_000))
    yield packed(a_guest("hall", receivers=True)), 0
    for name in (
        "builtins.SystemExit",
        "builtins.KeyboardInterrupt",
        "Pyro5.errors.CommunicationError",
        "Pyro5.errors.ConnectionClosedError",
        "x" * 100_000,
    ):
        said = envelope.failure("raised", "y" * 100_000, name, "z" * 100_000)
        yield said, wire.EXCEPTION
    yield b"\xc1", wire.EXCEPTION


@TABLE.attack(None)
def answer_with_anything_else(attacker: Attacker) -> None:
    """Answers of other types, and exceptions that would end a process or a connection."""
    peer = attacker.connected()
    for payload, flags in answers():
        asking = peer.call("relay", a_guest(), "text")
        sequence = called_back(peer).sequence
        peer.send(wire.encoded(wire.RESULT, sequence, payload, flags=flags))
        with pytest.raises(Exception, match=r"."):
            peer.answered(asking)
    assert peer.ask("echo", "after") == "after"
    peer.hang_up()


# Calls


@TABLE.attack(None)
def hold_all_workers(attacker: Attacker) -> None:
    """More calls than there are workers, and none of them ends."""
    peers = [attacker.connected() for _ in range(8)]
    for number in range(30):
        for peer in peers:
            peer.call("hold", str(number))
    assert reached(lambda: attacker.server.statistics()["calls_received"] > 0)
    for _ in attacker.paced(0.5):
        continue
    with releasing(attacker):
        for peer in peers:
            for _ in range(30):
                peer.next()
    for peer in peers:
        peer.hang_up()


@TABLE.attack("the connection ended: more than 256 calls queued")
def send_oneway_calls_that_wait(attacker: Attacker) -> None:
    """Oneway calls behind one that does not end, more than may wait."""
    peer = attacker.connected()
    try:
        for _ in attacker.counted(2000):
            peer.call("hold", "text", oneway=True)
    finally:
        attacker.server.release()


@TABLE.attack(None, over=(TCP,))
def flood_with_calls(attacker: Attacker) -> None:
    """Calls without a pause, whose answers are read."""
    peer = attacker.connected()
    for _ in attacker.paced(1):
        peer.call("echo", "text")
        peer.next()
    peer.hang_up()


@TABLE.attack(None, over=(TCP,))
def flood_with_oneway_calls(attacker: Attacker) -> None:
    """Oneway calls without a pause, and nobody asks whether they were taken."""
    peer = attacker.connected()
    for _ in attacker.paced(1):
        peer.call("note", "text", oneway=True)
    peer.hang_up()


@TABLE.attack(
    r"Room\.relay refused: Room\.relay: calls nested more than 32 deep",
)
def nest_calls(attacker: Attacker) -> None:
    """A call back is answered by a call in the same chain, and so on."""
    peer = attacker.connected()
    asking: list[int] = []
    called: list[wire.Message] = []
    chain = 1
    for depth in range(33):
        asking.append(nested_relay(peer, depth + 1, chain))
        if depth < 32:
            called.append(called_back(peer))
            chain = -envelope.head_of(called[-1]).chain
    with pytest.raises(Exception, match="nested"):
        peer.answered(asking.pop())
    while called:
        peer.send(answer(called.pop().sequence))
        assert peer.answered(asking.pop()) == "heard"
    peer.hang_up()


def nested_relay(peer: Peer, number: int, chain: int) -> int:
    """A call that has us called back, in that chain; gives its number."""
    payload = packed(("tests.system.edges.room.Room", "relay", [a_guest(), "x"], {}))
    head = envelope.head(0, chain, "hall")
    peer.send(wire.encoded(wire.INVOKE, number, payload, annotations=head))
    return number


def call_in_chain(called: wire.Message, number: int) -> bytes:
    """A call of the hall in the chain of a call back."""
    head = envelope.head(0, -envelope.head_of(called).chain, "hall")
    payload = packed(("tests.system.edges.room.Room", "echo", ["x"], {}))
    return wire.encoded(wire.INVOKE, number, payload, annotations=head)


@TABLE.attack(None, waits=True)
def call_in_place_of_an_answer(attacker: Attacker) -> None:
    """A call back gets no answer, but calls of its chain: it ends by its deadline."""
    peer = attacker.connected()
    asking = peer.call("relay", a_guest(), "text")
    called = called_back(peer)
    for number in range(100, 120):
        peer.send(call_in_chain(called, number))
    while (message := peer.next()).sequence != asking or message.kind != wire.RESULT:
        if message.kind == wire.RESULT:
            peer.send(call_in_chain(called, message.sequence))
    assert b"DeadlineExceeded" in message.payload
    peer.hang_up()


@TABLE.attack(None, waits=True)
def hang_in_calls_back(attacker: Attacker) -> None:
    """Calls back that are never answered, as many as may be under way."""
    peer = attacker.connected()
    asking = {peer.call("relay", a_guest(number), "x") for number in range(1, 31)}
    while asking:
        message = peer.next()
        if message.kind == wire.RESULT:
            assert b"DeadlineExceeded" in message.payload
            asking.remove(message.sequence)
    peer.hang_up()


# Processes


def froze(attacker: Attacker, end: signal.Signals) -> None:
    """A process of its own that is called back is stopped, and killed after a while."""
    with answer_for_ever(attacker) as process:
        process.send_signal(end)
        for _ in attacker.paced(0.5):
            continue
        process.kill()


GONE = "the connection ended: .*reset.*"


@TABLE.attack(GONE)
def stop_a_process(attacker: Attacker) -> None:
    """SIGSTOP: its connection stays, and nothing is said any more."""
    froze(attacker, signal.SIGSTOP)


@TABLE.attack(GONE)
def kill_a_process(attacker: Attacker) -> None:
    """SIGKILL, in the middle of being called back."""
    froze(attacker, signal.SIGKILL)


# What is neither


@TABLE.attack(None, over=(TCP,))
def flood_with_heartbeats(attacker: Attacker) -> None:
    """PINGs without a pause, whose answers are read."""
    peer = attacker.connected()
    for number in attacker.paced(1):
        peer.send(ping(b"heartbeat", number & 0xFFFF))
        peer.next()
    peer.hang_up()


NONSENSE = (
    envelope.control("x", 1, 2),
    envelope.control("release"),
    envelope.control("goodby", "e"),
    packed([]),
    packed([None]),
    packed([["release", [1, 1]]]),
    packed(["x" * 10_000]),
)


@TABLE.attack("the connection ended: a control message that is not well-formed")
def tell_nonsense(attacker: Attacker) -> None:
    """Control messages that are none of those that there are, and at last no msgpack."""
    peer = attacker.connected()
    for number in attacker.paced(0.5):
        peer.send(control(NONSENSE[number % len(NONSENSE)]))
    peer.send(control(b"\xc1"))


@TABLE.attack("the connection ended: a release that is not made as one", over=(TCP,))
def say_goodbye_with_noise(attacker: Attacker) -> None:
    """A goodbye whose reason is none, and a release of what is no number."""
    peer = attacker.connected()
    peer.send(control(envelope.control("goodbye", 5)))
    peer.send(control(envelope.control("release", (GUEST, 1))))


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()


@pytest.mark.parametrize("transport", [TCP, TLS])
def test_attacks_that_wait(arena: Arena, transport: str) -> None:
    """The same holds for many that end by their deadline, side by side."""
    arena.undergo(transport, *TABLE.waiting(transport)).check()
