"""What the annotation of a message says, there and back, and hostile bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import CONTROL, Head, head_of
from callbackgen.runtime.wire import Message, WireError


def message(annotations: bytes) -> Message:
    return Message(wire.INVOKE, 0, 1, wire.MSGPACK, annotations, b"")


@given(st.integers(0, 2**32 - 1), st.integers(1 - 2**63, 2**63 - 1), st.data())
def test_a_head_arrives_as_it_was(
    milliseconds: int, chain: int, data: st.DataObject
) -> None:
    """An object has a number, but 0, or a name."""
    key = data.draw(st.integers(1, CONTROL) | st.text())
    annotations = wire.chunk(b"OTHR", b"x") + envelope.head(milliseconds, chain, key)
    assert head_of(message(annotations)) == Head(milliseconds, chain, key)


@given(st.binary(max_size=60) | st.binary(max_size=60).map(lambda d: b"CBGN" + d))
def test_hostile_annotations_are_a_head_or_a_wire_error(data: bytes) -> None:
    """Both as the annotations of a message, and as what is in ours."""
    for found in (data, wire.chunk(envelope.ANNOTATION, data)):
        with suppress(WireError):
            head_of(message(found))
        with suppress(WireError):
            envelope.speaks_ours(message(found))
        seconds = envelope.remaining_in({"CBGN": found})
        assert seconds is None or 0 < seconds < 2**32 / 1000


@given(st.integers(1, 0xFFFFFFFF))
def test_how_long_a_caller_over_stock_pyro_waits_travels(milliseconds: int) -> None:
    """It is said in milliseconds, and comes out in seconds."""
    sent = message(envelope.remaining(milliseconds)).annotation(envelope.ANNOTATION)
    assert sent is not None
    for content in (sent, memoryview(sent)):
        assert envelope.remaining_in({"CBGN": content}) == milliseconds / 1000


@pytest.mark.parametrize(
    "annotations",
    [{}, {"CBGX": bytes(8)}, {"CBGN": b""}, {"CBGN": b"\1" * 7}, {"CBGN": bytes(8)}],
)
def test_a_caller_over_stock_pyro_need_not_say_how_long_it_waits(
    annotations: dict[str, bytes],
) -> None:
    """An annotation that is missing, too short or 0 says nothing."""
    assert envelope.remaining_in(annotations) is None
