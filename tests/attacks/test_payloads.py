"""Ordinary Pyro5 clients whose calls are made to cost time or memory when they are read."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import msgspec
import pytest

from callbackgen.runtime import wire
from callbackgen.runtime.wire import JSON, MSGPACK, SERPENT
from tests.attacks.harness import TCP, Arena, Attack, Attacker, Table

TABLE = Table()

SERPENTS = 16 * 1024 - 64
OTHERS = 256 * 1024 - 64
"""Bytes that an argument may have so that its message is just not too large."""

MODULUS = 2**61 - 1
"""Of the hashes of numbers in CPython: its multiples have all the same one."""

SECONDS = 0.25
"""For how long each call of an attacker follows the one before."""

encode = msgspec.msgpack.encode


def a_call(serializer: int, argument: bytes) -> bytes:
    """A call whose argument is written already."""
    if serializer == SERPENT:
        payload = b"('open', 'echo', (" + argument + b",), {})"
    elif serializer == JSON:
        payload = b'{"object":"open","method":"echo","params":[%b],"kwargs":{}}'
        payload %= argument
    else:
        payload = encode(("open", "echo", [msgspec.Raw(argument)], {}))
    return wire.encoded(wire.INVOKE, 1, payload, serializer=serializer)


MOST = 16 * 1024 - 64
"""The same for lists and dicts, of json and of msgpack."""


def filled(
    size: int, item: bytes, between: bytes = b",", most: int | None = None
) -> bytes:
    """As many items as there is room for."""
    return between.join(([item] * (size // len(item + between)))[:most])


def listed(size: int, item: bytes, most: int | None = None) -> bytes:
    """The same as a list of serpent or json."""
    return b"[" + filled(size - 2, item, most=most) + b"]"


def array(item: bytes, most: int = OTHERS) -> bytes:
    """The same as an array of msgpack."""
    count = min((OTHERS - 5) // len(item), most)
    return b"\xdd" + count.to_bytes(4, "big") + item * count


def nested(size: int, begin: bytes, end: bytes = b"") -> bytes:
    """As deep as there is room for."""
    depth = (size - 1) // len(begin + end)
    return begin * depth + b"1" + end * depth


def colliding() -> bytes:
    """A set whose items have all the same hash."""
    numbers = [str(MODULUS * number).encode() for number in range(1, 720)]
    return b"{" + b",".join(numbers) + b"}"


def colliding_tuples() -> bytes:
    """The same of tuples, which take longer to be compared: -1 and -2 hash alike."""
    tuples = itertools.islice(itertools.product((-1, -2), repeat=10), 490)
    return (
        b"{" + b",".join(repr(one).replace(" ", "").encode() for one in tuples) + b"}"
    )


def extension(code: int, content: bytes) -> bytes:
    return encode(msgspec.msgpack.Ext(code, content))


Argument = Callable[[], bytes]

DEAR: dict[str, tuple[int, Argument]] = {
    "numbers that collide in serpent": (SERPENT, colliding),
    "tuples that collide in serpent": (SERPENT, colliding_tuples),
    "small dicts in serpent": (SERPENT, lambda: listed(SERPENTS, b"{}")),
    "small dicts in json": (JSON, lambda: listed(OTHERS, b"{}", MOST)),
    "dicts of one in json": (JSON, lambda: listed(OTHERS, b'{"":0}', MOST)),
    "small dicts in msgpack": (MSGPACK, lambda: array(b"\x80", MOST)),
    "dicts of one in msgpack": (MSGPACK, lambda: array(b"\x81\xa0\xc0", MOST)),
    "small lists in msgpack": (MSGPACK, lambda: array(b"\x90", MOST)),
}
"""Calls that are dear to read, and answered."""

ANSWERED: dict[str, tuple[int, list[Argument]]] = {
    "serpent that is less dear": (
        SERPENT,
        [
            lambda: listed(SERPENTS, b"()"),
            lambda: listed(SERPENTS, b"1j"),
            lambda: b"'%b'" % filled(SERPENTS, b"\\x00", b""),
        ],
    ),
    "json that is less dear": (
        JSON,
        [
            lambda: listed(OTHERS, b"[]", MOST),
            lambda: listed(OTHERS, b"9" * 4300),
            lambda: b'"%b"' % filled(OTHERS, b"\\u0000", b""),
        ],
    ),
    "msgpack that is less dear": (
        MSGPACK,
        [
            lambda: array(extension(0x31, b"9" * 4300)),
            lambda: array(extension(0x30, b"\0" * 16)),
        ],
    ),
}
"""The same, some of them by one client."""

RAISED: dict[str, tuple[int, list[Argument]]] = {
    "serpent that cannot be read": (
        SERPENT,
        [
            lambda: nested(SERPENTS, b"[", b"]"),
            lambda: nested(SERPENTS, b"-"),
            lambda: nested(SERPENTS, b"1+"),
            lambda: b"a" + filled(SERPENTS, b"()", b""),
            lambda: nested(SERPENTS, b"1if 1else "),
            lambda: b"9" * SERPENTS,
            lambda: b"0x" + b"f" * 16_000,  # as an answer, too long
        ],
    ),
    "json that cannot be read": (
        JSON,
        [
            lambda: nested(2 * MOST, b"[", b"]"),
            lambda: nested(6 * MOST, b'{"":', b"}"),
            lambda: b"9" * OTHERS,
            lambda: b'"%b"' % filled(OTHERS, b"\\ud800", b""),  # as an answer, no UTF-8
            lambda: listed(OTHERS, b'{"__class__":"a"}', MOST),
            lambda: listed(OTHERS, b"[]"),
        ],
    ),
    "msgpack that cannot be read": (
        MSGPACK,
        [
            lambda: nested(OTHERS, b"\x91"),
            lambda: array(b"\x80"),
            lambda: array(b"\x91\xc0"),
            lambda: extension(0x31, b"9" * (OTHERS - 10)),
            lambda: b"\xdd\xff\xff\xff\xff",  # a list of that many, and none of them
        ],
    ),
}
"""Calls that get an error."""

FAILED = r"(open\.echo|a call) failed: \w+(\.\w+)*: .*"


def enter(
    name: str, serializer: int, arguments: list[Argument], says: str | None
) -> None:
    """Enter the attack of a client that sends such arguments, each again and again."""

    def act(attacker: Attacker) -> None:
        """Calls, one after the other."""
        peer = attacker.ordinary()
        for argument in arguments:
            said = a_call(serializer, argument())
            for _ in attacker.paced(SECONDS / len(arguments)):
                peer.send(said)
                is_error = bool(peer.next().flags & wire.EXCEPTION)
                assert is_error == (says is not None)

    act.__name__ = name
    TABLE.attack(says, over=(TCP,), repeated=True)(act)


for _name, (_serializer, _argument) in DEAR.items():
    enter(_name, _serializer, [_argument], None)
for _name, (_serializer, _arguments) in ANSWERED.items():
    enter(_name, _serializer, _arguments, None)
for _name, (_serializer, _arguments) in RAISED.items():
    enter(_name, _serializer, _arguments, FAILED)


def too_large(attacker: Attacker, serializer: int) -> None:
    """Five million bytes of nested lists."""
    size = 5_000_000
    peer = attacker.ordinary()
    peer.send(a_call(serializer, nested(size, b"[", b"]")))
    peer.ended()


TOO_LARGE = r"the connection ended: a message of \d+ bytes; the limit is "


@TABLE.attack(TOO_LARGE + "16384")
def nested_lists_of_5_mb_in_serpent(attacker: Attacker) -> None:
    """A message that would take seconds and gigabytes."""
    too_large(attacker, SERPENT)


@TABLE.attack(TOO_LARGE + "262144")
def nested_lists_of_5_mb_in_json(attacker: Attacker) -> None:
    """The same in json."""
    too_large(attacker, JSON)


@pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
    """Honest clients do not notice, nothing is left, and the log says who it was."""
    arena.undergo(transport, attack).check()
