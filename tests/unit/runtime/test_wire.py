"""Bytes of a connection put together to messages, whatever the bytes are."""

from __future__ import annotations

import itertools
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from Pyro5 import protocol

from callbackgen.runtime import wire
from callbackgen.runtime.wire import HEADER, Message, Receiver, WireError

LIMIT = 1000

SMALL = st.integers(0, 0xFF)
SHORT = st.integers(0, 0xFFFF & ~wire.COMPRESSED)
MESSAGES = st.builds(
    Message,
    kind=SMALL,
    flags=SHORT.map(lambda flags: flags & ~wire.COMPRESSED),
    sequence=st.integers(0, 0xFFFF),
    serializer=SMALL,
    annotations=st.binary(max_size=50),
    payload=st.binary(max_size=200),
    correlation=st.binary(min_size=16, max_size=16),
).map(lambda message: msgspec.structs.replace(message, size=len(message.encoded())))


def receiver(limit: int = LIMIT) -> Receiver:
    return Receiver(lambda _: limit)


def taken(receiver: Receiver) -> list[Message]:
    messages: list[Message] = []
    while (message := receiver.take()) is not None:
        messages.append(message)
    return messages


def packed(data: bytes, flags: int = wire.COMPRESSED) -> bytes:
    return wire.encoded(wire.RESULT, 1, data, flags=flags)


def header(**changes: Any) -> bytes:
    fields: dict[str, Any] = {
        "tag": b"PYRO",
        "version": protocol.PROTOCOL_VERSION,
        "kind": wire.RESULT,
        "serializer": wire.MSGPACK,
        "flags": 0,
        "sequence": 1,
        "size": 0,
        "annotations": 0,
        "correlation": bytes(16),
        "reserved": 0,
        "magic": 0x4DC5,
    }
    return HEADER.pack(*(fields | changes).values())


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_messages_come_out_whole_and_in_order(
    messages: list[Message], data: st.DataObject
) -> None:
    """However the bytes are cut, the messages are those that were sent."""
    stream = b"".join(message.encoded() for message in messages)
    places = st.lists(st.integers(0, len(stream)), max_size=20)
    cuts = [0, *sorted(data.draw(places)), len(stream)]
    receiving = receiver()
    arrived: list[Message] = []
    for start, end in itertools.pairwise(cuts):
        receiving.feed(stream[start:end])
        arrived += taken(receiving)
    assert arrived == messages
    assert not receiving.begun


@given(MESSAGES)
def test_a_message_that_is_not_whole_is_waited_for(message: Message) -> None:
    """Without its last byte a message is begun, and not there."""
    stream = message.encoded()
    receiving = receiver()
    receiving.feed(stream[:-1])
    assert receiving.take() is None
    assert receiving.begun
    receiving.feed(stream[-1:])
    assert receiving.take() == message


def changed_header(changes: dict[str, int], rest: bytes) -> bytes:
    return header(**changes) + rest


@given(
    st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=100).map(lambda rest: b"PYRO" + rest),
        st.builds(
            changed_header,
            st.fixed_dictionaries(
                {},
                optional={
                    "version": st.integers(0, 0xFFFF),
                    "kind": SMALL,
                    "serializer": SMALL,
                    "flags": st.integers(0, 0xFFFF),
                    "size": st.integers(0, 0xFFFFFFFF),
                    "annotations": st.integers(0, 0xFFFFFFFF),
                    "magic": st.integers(0, 0xFFFF),
                },
            ),
            st.binary(max_size=200),
        ),
    )
)
def test_hostile_bytes_are_a_wire_error(stream: bytes) -> None:
    """Any bytes give messages, a wait for more, or WireError; nothing else."""
    receiving = receiver()
    receiving.feed(stream)
    try:
        messages = taken(receiving)
    except WireError:
        return
    assert sum(len(one.encoded()) for one in messages) <= len(stream) + LIMIT


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        (b"GET / HTTP/1.1\r\n", "not Pyro5's protocol"),
        (b"Q", "not Pyro5's protocol"),
        (header(tag=b"PYRE"), "not Pyro5's protocol"),
        (header(magic=1), "not Pyro5's protocol"),
        (header(version=501), "version 501"),
        (header(size=LIMIT + 1), f"{LIMIT + 1} bytes; the limit is {LIMIT}"),
        (header(annotations=8 * 1024 + 1), "annotations of 8193 bytes"),
    ],
)
def test_what_cannot_become_a_message_is_refused_at_once(
    stream: bytes, reason: str
) -> None:
    """The header decides: no byte of a payload that is refused is waited for."""
    receiving = receiver()
    receiving.feed(stream)
    with pytest.raises(WireError, match=reason):
        receiving.take()


def test_the_largest_message_is_taken() -> None:
    """The limits themselves are allowed, and they are the serializer's."""
    receiving = Receiver(lambda serializer: LIMIT if serializer == wire.JSON else 0)
    largest = wire.encoded(
        wire.INVOKE,
        1,
        bytes(LIMIT),
        serializer=wire.JSON,
        annotations=wire.chunk(b"LONG", bytes(8 * 1024 - 8)),
    )
    receiving.feed(largest)
    message = receiving.take()
    assert message is not None
    assert message.payload == bytes(LIMIT)
    receiving.feed(wire.encoded(wire.INVOKE, 1, b"x"))
    with pytest.raises(WireError, match="the limit is 0"):
        receiving.take()


@given(st.binary(max_size=LIMIT))
def test_a_packed_message_is_unpacked(data: bytes) -> None:
    """What comes out has the payload unpacked, and no longer says that it is packed."""
    receiving = receiver(LIMIT + 100)
    receiving.feed(packed(zlib.compress(data), wire.COMPRESSED | wire.EXCEPTION))
    message = receiving.take()
    assert message is not None
    assert message.payload == data
    assert message.flags == wire.EXCEPTION


@given(st.binary(max_size=LIMIT))
def test_a_packed_message_may_be_unpacked_later(data: bytes) -> None:
    """By another thread than the one that reads for all, and within the same limit."""
    receiving = receiver(LIMIT + 100)
    receiving.unpacks = False
    receiving.feed(packed(zlib.compress(data)))
    message = receiving.take()
    assert message is not None
    assert message.payload == zlib.compress(data)
    assert message.flags == wire.COMPRESSED
    late = wire.unpacked(message, lambda _: LIMIT)
    assert (late.payload, late.flags, late.size) == (data, 0, message.size)
    assert wire.unpacked(late, lambda _: 0) is late
    if data:
        with pytest.raises(WireError, match="unpacks to more than"):
            wire.unpacked(message, lambda _: len(data) - 1)


@pytest.mark.parametrize("size", [LIMIT + 1, 100 * 1024 * 1024])
def test_a_compression_bomb_is_refused(size: int) -> None:
    """Nothing is unpacked to more than the limit, however small it is packed."""
    packing = zlib.compressobj(9)
    piece = bytes(min(size, 1024 * 1024))
    bomb = b"".join(packing.compress(piece) for _ in range(size // len(piece)))
    bomb += packing.flush()
    limit = max(len(bomb), LIMIT)
    assert limit < size
    receiving = receiver(limit)
    receiving.feed(packed(bomb))
    with pytest.raises(WireError, match=f"unpacks to more than {limit} bytes"):
        receiving.take()


@pytest.mark.parametrize(
    "data", [b"", b"not packed", zlib.compress(bytes(500))[:-1], b"\x78\x9c"]
)
def test_what_is_packed_wrongly_is_refused(data: bytes) -> None:
    """Neither garbage nor a stream that ends too early becomes a message."""
    receiving = receiver()
    receiving.feed(packed(data))
    with pytest.raises(WireError, match="packed wrongly"):
        receiving.take()


def message_with(annotations: bytes) -> Message:
    receiving = receiver()
    receiving.feed(wire.encoded(wire.INVOKE, 1, b"", annotations=annotations))
    message = receiving.take()
    assert message is not None
    return message


NAMES = st.binary(min_size=4, max_size=4)


@given(st.lists(st.tuples(NAMES, st.binary(max_size=20)), max_size=16), NAMES)
def test_the_first_annotation_of_a_name_is_found(
    given_annotations: list[tuple[bytes, bytes]], other: bytes
) -> None:
    """Up to sixteen annotations are looked through; one that is not there is None."""
    message = message_with(b"".join(wire.chunk(*one) for one in given_annotations))
    first = dict(reversed(given_annotations))
    for name in [*first, other]:
        assert message.annotation(name) == first.get(name)


@pytest.mark.parametrize(
    "annotations",
    [
        wire.chunk(b"MANY", b"") * 17,
        b"ABC",
        wire.chunk(b"LONG", b"12")[:-1],
        b"HUGE\xff\xff\xff\xff",
    ],
)
def test_annotations_that_are_not_well_formed_are_refused(annotations: bytes) -> None:
    """More than sixteen, or a size that is wrong, is a WireError."""
    with pytest.raises(WireError, match="annotations"):
        message_with(annotations).annotation(b"CBGN")


@given(st.binary(max_size=60))
def test_hostile_annotations_are_a_wire_error(annotations: bytes) -> None:
    """Any bytes give an annotation, None or WireError."""
    try:
        message_with(annotations).annotation(b"CBGN")
    except WireError:
        return
