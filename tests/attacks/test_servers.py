"""A client that calls a bad server: it gets an error in time, and nothing else ends.

Meanwhile its other connection goes on, and it needs no more than 32 MiB.
"""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Generator

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.wire import Message
from tests.attacks.harness import BOTH
from tests.attacks.luring import WELCOME, Bad, Lure, Lures, lured, reply
from tests.attacks.processes import Process
from tests.system.edges.peer import GUEST, a_guest, answer, control, ping, release
from tests.system.test_hostile_clients import alike_as_keys

ATTACKS = Lures()
SOON = 0.5
"""Seconds that the client waits where nothing else ends its call."""

LOST = "ConnectionLost: the connection to .* ended: "
NONE = "ConnectionLost: no connection to .*: "
BAD = r"BadReply: RoomStub\.\w+: "
UNANSWERED = r"DeadlineExceeded: no connection to .* within 0\.5 s.*"
LATE = r"DeadlineExceeded: .* within 0\.5 s"

# In place of the handshake


@ATTACKS.on_connect(UNANSWERED, connecting=SOON)
def is_mute(peer: Bad, _: Message) -> None:
    """The client is let wait."""
    peer.ended()


def drip(peer: Bad, message: bytes) -> None:
    for byte in message:
        peer.send(bytes([byte]))
        time.sleep(0.02)
    peer.ended()


@ATTACKS.on_connect(UNANSWERED, connecting=SOON)
def drips(peer: Bad, _: Message) -> None:
    """Each byte by itself."""
    drip(peer, WELCOME)


@ATTACKS.on_connect(NONE + "the other end closed the connection.*")
def says_half(peer: Bad, _: Message) -> None:
    """Half an answer, and then no more."""
    peer.send(WELCOME[:30])
    peer.hang_up()


def announcing(kind: int, sequence: int, size: int, annotations: int = 0) -> bytes:
    """The header of a message of that many bytes."""
    made = bytearray(wire.encoded(kind, sequence, b"")[: wire.HEADER.size])
    made[12:20] = size.to_bytes(4, "big") + annotations.to_bytes(4, "big")
    return bytes(made)


@ATTACKS.on_connect(NONE + "a message of 4294967295 bytes; the limit is 4096")
def announces_much(peer: Bad, _: Message) -> None:
    """A greeting of 4 GB."""
    peer.flood(announcing(wire.CONNECT_OK, 0, 0xFFFF_FFFF))


BOMB = zlib.compress(b"x" * 100_000_000)


@ATTACKS.on_connect(NONE + "a message that unpacks to more than 4096 bytes")
def greets_with_a_bomb(peer: Bad, _: Message) -> None:
    """A greeting that unpacks to 100 MB."""
    peer.send(wire.encoded(wire.CONNECT_OK, 0, BOMB[:4000], flags=wire.COMPRESSED))
    peer.ended()


@ATTACKS.on_connect(NONE + "not Pyro5's protocol")
def speaks_another_protocol(peer: Bad, _: Message) -> None:
    """As a web server does."""
    peer.flood(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@ATTACKS.on_connect(NONE + "version 65535 of Pyro5's protocol")
def has_another_version(peer: Bad, _: Message) -> None:
    """One of Pyro5's protocol that there is not."""
    peer.send(WELCOME[:4] + b"\xff\xff" + WELCOME[6:])
    peer.ended()


@ATTACKS.on_connect("Refused: .* is an ordinary Pyro5 daemon.*")
def greets_in_marshal(peer: Bad, _: Message) -> None:
    """What has crashed Python before."""
    peer.send(wire.encoded(wire.CONNECT_OK, 0, b"\xe9\x05\0\0\0", serializer=2))
    peer.ended()


@ATTACKS.on_connect("Refused: .* refused: no.{,4096}")
def refuses_at_length(peer: Bad, _: Message) -> None:
    """With as much as it may say."""
    reason = b'"' + b"no\\n" * 1000 + b'"'
    peer.send(wire.encoded(wire.CONNECT_FAIL, 0, reason, serializer=wire.JSON))
    peer.ended()


@ATTACKS.on_connect(NONE + "not the answer to a handshake")
def greets_with_a_result(peer: Bad, _: Message) -> None:
    """An answer to a call that nobody has made."""
    peer.send(answer(0))
    peer.ended()


@ATTACKS.on_connect(NONE + "annotations of 4000000 bytes")
def has_annotations_without_end(peer: Bad, _: Message) -> None:
    """4 MB of empty ones."""
    peer.flood(announcing(wire.CONNECT_OK, 0, 2, 4_000_000) + b"ABCD\0\0\0\0" * 1000)


# In place of an answer


@ATTACKS.on_call(LATE, seconds=SOON)
def does_not_answer(peer: Bad, _: Message) -> None:
    """The call is let wait, and what comes after it."""
    peer.ended()


@ATTACKS.on_call(LATE, seconds=SOON)
def answers_byte_by_byte(peer: Bad, call: Message) -> None:
    """Each byte by itself: none makes the call longer."""
    drip(peer, answer(call.sequence, "x" * 1000))


@ATTACKS.on_call(LATE, seconds=SOON)
def answers_by_half(peer: Bad, call: Message) -> None:
    """Half an answer, and silence."""
    peer.send(answer(call.sequence, "x" * 1000)[:500])
    peer.ended()


@ATTACKS.on_call(LOST + "the other end closed the connection")
def answers_by_half_and_goes(peer: Bad, call: Message) -> None:
    """Half an answer, and no more to come."""
    peer.send(answer(call.sequence, "x" * 1000)[:500])
    peer.hang_up()


@ATTACKS.on_call(LOST + "a message of 4294967295 bytes; .*")
def announces_a_large_answer(peer: Bad, call: Message) -> None:
    """One of 4 GB, of which it sends what it can."""
    peer.flood(announcing(wire.RESULT, call.sequence, 0xFFFF_FFFF) + bytes(100_000))


@ATTACKS.on_call(LOST + "a message that is packed")
def answers_with_a_bomb(peer: Bad, call: Message) -> None:
    """100 KB that unpack to 100 MB."""
    peer.send(wire.encoded(wire.RESULT, call.sequence, BOMB, flags=wire.COMPRESSED))
    peer.ended()


@ATTACKS.on_call(LOST + "not Pyro5's protocol")
def answers_in_another_protocol(peer: Bad, _: Message) -> None:
    """Something that is no message."""
    peer.flood(b"HTTP/1.1 200 OK\r\n\r\n" * 100)


@ATTACKS.on_call(LOST + "version 65535 of Pyro5's protocol")
def answers_in_another_version(peer: Bad, call: Message) -> None:
    """One of the protocol that there is not."""
    made = answer(call.sequence)
    peer.send(made[:4] + b"\xff\xff" + made[6:])
    peer.ended()


@ATTACKS.on_call(LOST + "an answer to no call")
def answers_another_call(peer: Bad, call: Message) -> None:
    """The sequence number is that of no call."""
    peer.send(answer(call.sequence + 9))
    peer.ended()


@ATTACKS.on_call(LOST + "an answer to no call")
def answers_twice(peer: Bad, call: Message) -> None:
    """The second one in the place of the first."""
    peer.send(answer(call.sequence ^ 1), answer(call.sequence))
    peer.ended()


@ATTACKS.on_call(BAD + "reply: expected str, got int", calls=2)
def answers_with_another_type(peer: Bad, call: Message) -> None:
    """A number where a text is due."""
    reply(peer, call, packed(5))


@ATTACKS.on_call(BAD + ".* the limit is 64 .*", method="join", calls=2)
def answers_more_than_nothing(peer: Bad, call: Message) -> None:
    """1 MB where None is due."""
    reply(peer, call, packed("x" * 1_000_000))


@ATTACKS.on_call(BAD + ".* the limit is 262144 .*", method="echo", calls=2)
def answers_more_than_is_read(peer: Bad, call: Message) -> None:
    """1 MB of anything, which is dear to read."""
    reply(peer, call, packed([[]] * 1_000_000))


@ATTACKS.on_call(BAD + "more than 65536 parts: .*", method="echo", calls=2)
def answers_100_000_deep(peer: Bad, call: Message) -> None:
    """Arrays in each other, which have no end."""
    reply(peer, call, b"\x91" * 100_000)


@ATTACKS.on_call(BAD + "nested more than 128 deep", method="echo", calls=2)
def answers_extensions_deep(peer: Bad, call: Message) -> None:
    """Tuples in each other."""
    value: object = 1
    for _ in range(3000):
        value = msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode([value]))
    reply(peer, call, msgspec.msgpack.encode(value))


@ATTACKS.on_call(BAD + ".* the same hash", method="echo", calls=2)
def answers_colliding_keys(peer: Bad, call: Message) -> None:
    """A dict that would take long to make."""
    request = alike_as_keys(list, 16_000)
    reply(peer, call, request[request.index(b"\xdf") : -1])


RAISED = (
    "builtins.SystemExit",
    "builtins.KeyboardInterrupt",
    "Pyro5.errors.CommunicationError",
    "Pyro5.errors.ConnectionClosedError",
    "callbackgen.ConnectionLost",
    "os.system",
)


@ATTACKS.on_call("RemoteRaised: .*: text", calls=len(RAISED))
def raises_what_ends_a_process(peer: Bad, call: Message) -> None:
    """An exception that would end the thread, the process or the connection."""
    name = RAISED[call.sequence % len(RAISED)]
    reply(peer, call, envelope.failure("raised", "text", name, "x"), wire.EXCEPTION)


@ATTACKS.on_call(
    "BadReply: the answer says that something went wrong, not what", calls=2
)
def raises_no_exception(peer: Bad, call: Message) -> None:
    """An answer that is said to be an error, and is none."""
    reply(peer, call, packed({"__class__": "builtins.SystemExit"}), wire.EXCEPTION)


@ATTACKS.on_call("RemoteRaised: x+.{,66000}", calls=2)
def raises_at_length(peer: Bad, call: Message) -> None:
    """A text of 900 KB."""
    text = "x" * 300_000
    reply(peer, call, envelope.failure("raised", text, text, text), wire.EXCEPTION)


# Beside an answer


@ATTACKS.on_call(LOST + "the other end does not read")
def floods_with_questions(peer: Bad, _: Message) -> None:
    """It reads no answer."""
    peer.flood(ping() * 1000)


@ATTACKS.on_call(LATE, seconds=SOON)
def floods_with_heartbeats(peer: Bad, _: Message) -> None:
    """It reads the answers."""
    with contextlib.suppress(EOFError):
        while True:
            peer.send(ping() * 100)
            for _answer in range(100):
                peer.next()


@ATTACKS.on_call(LOST + "the other end does not read")
def floods_with_calls(peer: Bad, call: Message) -> None:
    """More than are taken, of the object that it was given; it reads nothing."""
    peer.flood(calls_back(call, 1000))


def calls_back(
    call: Message, count: int, *, oneway: bool = False, chain: int = 0
) -> bytes:
    """So many calls of the object that the client has passed."""
    flags = wire.ONEWAY if oneway else 0
    payload = packed((GUEST, "noted" if oneway else "told", ["x"], {}))
    head = envelope.head(0, chain, 1)
    return b"".join(
        wire.encoded(wire.INVOKE, number, payload, flags=flags, annotations=head)
        for number in range(1, count + 1)
    )


@ATTACKS.on_call(LOST + "more than 256 calls queued")
def floods_with_oneway_calls(peer: Bad, call: Message) -> None:
    """More than are taken."""
    peer.flood(calls_back(call, 1000, oneway=True))


@ATTACKS.on_call(LATE, seconds=SOON)
def calls_back_for_ever(peer: Bad, call: Message) -> None:
    """A few calls at a time, which the thread that waits for the answer runs."""
    chain = -envelope.head_of(call).chain
    peer.send(calls_back(call, 20, chain=chain))
    while True:
        if peer.next().kind == wire.RESULT:
            peer.send(calls_back(call, 1, chain=chain))


@ATTACKS.on_call(
    r"ConnectionLost: .*left what it is sent for 1 s|DeadlineExceeded: .* within 2 s",
    method="push",
    seconds=2,
    blocked=1.0,
)
def reads_nothing(peer: Bad, _: Message) -> None:
    """The client sends more and more."""
    peer.do_nothing()


@ATTACKS.on_call(LATE, seconds=SOON)
def releases_in_a_loop(peer: Bad, _: Message) -> None:
    """What it has, and what it has not."""
    peer.flood(release(*((number, 1_000_000) for number in range(1, 100))) * 20)


@ATTACKS.on_call(LOST + "a control message that is not well-formed")
def tells_nonsense(peer: Bad, _: Message) -> None:
    """A control message that is none."""
    peer.send(control(b"\x91" * 10_000))
    peer.ended()


@ATTACKS.on_call(BAD + ".* not plain data", method="echo", calls=2)
def answers_with_unknown_objects(peer: Bad, call: Message) -> None:
    """Objects that the client does not have, and some of another kind."""
    sent = [a_guest(7, receivers=True), a_guest("os", receivers=True)]
    reply(peer, call, packed([*sent, a_guest(7), a_guest(7, interface="os.system")]))


@ATTACKS.on_call("LimitExceeded: .* the limit is 1000 .*", method="echo", calls=2)
def answers_with_many_objects(peer: Bad, call: Message) -> None:
    """More than are taken."""
    reply(peer, call, packed([a_guest(number) for number in range(1, 5000)]))


@ATTACKS.on_call(BAD + "reply: expected str, got int")
def calls_what_is_private(peer: Bad, call: Message) -> None:
    """Members and objects that it was not given; each call is refused."""
    for method in ("_pyroId", "__class__", "texts", "__init__", "told.__func__"):
        with pytest.raises(callbackgen.Unimplemented):
            peer.ask(method, "x", key=1, interface=GUEST)
    for key in (2, 99, "hall", "Pyro.Daemon", ""):
        with pytest.raises(callbackgen.RemoteError):
            peer.ask("told", "x", key=key, interface=GUEST)
    reply(peer, call, packed(5))


@pytest.fixture(scope="module", params=BOTH)
def victim(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Generator[tuple[Process, str]]:
    """The client, connected to an honest server, and over what."""
    transport: str = request.param
    log = tmp_path_factory.mktemp("victim") / "log"
    with (
        log.open("w", encoding="utf-8") as written,
        Process.running("server", transport, "{}", log=written) as server,
        Process.running("client", transport, server.first) as client,
    ):
        yield client, transport


@pytest.mark.parametrize("lure", ATTACKS.cases())
def test_a_bad_server(victim: tuple[Process, str], lure: Lure) -> None:
    """Each call ends in time with an error that says what happened."""
    client, transport = victim
    lured(client, lure, transport)
