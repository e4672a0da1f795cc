"""References as bytes: what they say, and what follows in those of later ends."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbackgen.runtime.envelope import (
    CONTROL,
    may_refer,
    packed,
    plain,
)
from callbackgen.runtime.referring import Referred, reference, reference_in
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import WireError

OBJECTS = st.integers(1, CONTROL - 1) | st.text()
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.text()
    | st.just(1j)
)
ANYTHING = st.recursive(
    SCALARS, lambda one: st.lists(one) | st.dictionaries(SCALARS, one), max_leaves=5
)
FINGERPRINTS = st.binary(min_size=8, max_size=8)


@given(st.booleans(), OBJECTS, st.text(), st.none() | FINGERPRINTS)
def test_a_reference_arrives_as_it_was(
    receivers: bool, key: int | str, interface: str, fingerprint: bytes | None
) -> None:
    """Whose it is, which one, under which interface, and which version of that."""
    sent = reference(
        receivers=receivers, key=key, interface=interface, fingerprint=fingerprint
    )
    expected = Referred(receivers, key, interface, fingerprint)
    payload = packed([plain((sent,))])
    assert unpacked(payload, reference_in) == [(expected,)]
    assert may_refer(payload)


@pytest.mark.parametrize("value", [None, "who@where.org", 2.0, 48.5, [1, {}], b"@"])
def test_what_looks_like_no_reference(value: object) -> None:
    """Most payloads can be told to have none without being read."""
    assert not may_refer(packed(value))


@example("a text of", [])
@given(FINGERPRINTS | st.binary() | ANYTHING, st.lists(ANYTHING, max_size=3))
def test_what_follows_in_a_reference_is_skipped(fourth: Any, rest: list[Any]) -> None:
    """And a fingerprint that is none is as good as nothing: ends differ in age."""
    data = msgspec.msgpack.encode((True, 1, "a.B"))[1:]
    fields = [fourth, *rest]
    said = b"\xdd" + (3 + len(fields)).to_bytes(4, "big") + data
    said += b"".join(packed(plain(field)) for field in fields)
    expected = fourth if isinstance(fourth, bytes) and len(fourth) == 8 else None
    assert reference_in(said) == Referred(True, 1, "a.B", expected)


@pytest.mark.parametrize("receivers", [True, False])
@pytest.mark.parametrize("key", [-1, -(2**63), 0, CONTROL, True, False, 1.0, None])
def test_a_reference_to_what_is_no_number_of_an_object_is_refused(
    receivers: bool, key: Any
) -> None:
    """A stub for it could not say what it calls, or would call what is no object."""
    data = msgspec.msgpack.encode((receivers, key, "a.B"))
    with pytest.raises(WireError, match="reference"):
        reference_in(data)
