"""Lists and dicts are counted in a message before any is made."""

from __future__ import annotations

import json
import tracemalloc

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.containers import has_more, has_more_in_json
from callbackgen.runtime.unpacking import ARRAYS, check_parts, unpacked
from callbackgen.runtime.wire import WireError

encode = msgspec.msgpack.encode
Ext = msgspec.msgpack.Ext

ENTERED = frozenset(ARRAYS)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(max_size=300)
    | st.binary(max_size=300)
    | st.sampled_from([30_000, 200]).map(lambda size: "\x90ж" * size)
    | st.binary(max_size=40).map(lambda data: Ext(0x30, data))
    | st.just(Ext(0x45, b"\x90" * 70_000))
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=20)
        | st.dictionaries(st.text(max_size=3), inner, max_size=20)
        | st.lists(inner, max_size=20).map(lambda items: Ext(0x41, encode(items)))
    ),
)


def counted(value: object) -> int:
    """How many lists and dicts there are, those in extensions included."""
    match value:
        case list():
            return 1 + sum(map(counted, value))
        case dict():
            return 1 + sum(map(counted, value.values()))
        case Ext(code=0x41, data=data):
            return counted(msgspec.msgpack.decode(data))
        case _:
            return 0


@given(st.lists(VALUES, max_size=5))
def test_all_are_counted_and_nothing_else(values: list[object]) -> None:
    """Whatever stands between them, and looks like them."""
    # With so many more what takes steps is too little to be told from them.
    data = encode([[]] * 2000 + values)
    number = 1 + 2000 + sum(map(counted, values))
    assert not has_more(data, number, ENTERED)
    assert has_more(data, number - 1, ENTERED)


@given(st.binary(max_size=200))
def test_any_bytes_are_counted(data: bytes) -> None:
    """Those that are no msgpack as far as they go."""
    assert not has_more(b"\x90" * 1000 + data, 1200, ENTERED)
    assert has_more(b"\x90" * 1201 + data, 1200, ENTERED)


JSON = st.recursive(
    st.none() | st.floats() | st.text() | st.text('\\"[]{}'),
    lambda inner: (
        st.lists(inner, max_size=20) | st.dictionaries(st.text(), inner, max_size=20)
    ),
)


@given(JSON, st.booleans())
def test_all_in_json_are_counted_and_nothing_else(
    value: object, is_ascii: bool
) -> None:
    """Whatever stands in the texts between them."""
    data = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")
    number = counted(value)
    assert not has_more_in_json(data, number)
    assert has_more_in_json(data, number - 1)


def test_json_of_texts_that_do_not_end_is_counted_in_one_go() -> None:
    """If each were looked for to the end of all, it would take hours."""
    assert not has_more_in_json(b'"[' + b'\\"[' * 400_000, 1000)


@pytest.mark.parametrize("count", range(16_380, 16_390))
@pytest.mark.parametrize("item", [b"\x90", b"\x80", b"\x91\x01"])
def test_no_more_is_refused_than_after_it_was_made(count: int, item: bytes) -> None:
    """The limit is that of the parts."""
    data = b"\xdc" + count.to_bytes(2) + item * count
    try:
        check_parts([msgspec.msgpack.decode(data)], len(data))
    except WireError:
        return
    assert unpacked(data, bytes)


@pytest.mark.parametrize("item", [b"\x90", b"\x80", b"\x81\xa0\xc0", b"\x91\xcd\1\1"])
def test_nothing_is_made_of_too_many(item: bytes) -> None:
    """The memory of a quarter million is not taken."""
    count = 250_000 // len(item)
    data = b"\xdd" + count.to_bytes(4) + item * count
    tracemalloc.start()
    try:
        with pytest.raises(WireError, match="more than 65536 parts"):
            unpacked(data, bytes)
        assert tracemalloc.get_traced_memory()[1] < 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "item", [b"\xd9\x01\x90", b"\xc6\0\0\0\x01\x90", b"\xd4\x30\x90"]
)
def test_what_takes_long_to_be_counted_is_too_much(item: bytes) -> None:
    """Texts, bytes and extensions as no sender writes so many of them."""
    data = b"\xdd" + (40_000).to_bytes(4) + item * 40_000
    assert has_more(data, 16_384, ENTERED)
