"""What messages carry as bytes: values there and back, and hostile bytes."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.msgpack import Ext

from callbackgen.interface import ANY
from callbackgen.runtime import envelope
from callbackgen.runtime.envelope import (
    Request,
    control_in,
    error_in,
    packed,
    plain,
    request_in,
)
from callbackgen.runtime.errors import (
    REMOTE_TEXT_LIMIT,
    BadReply,
    Busy,
    DeadlineExceeded,
    LimitExceeded,
    RemoteError,
    RemoteRaised,
    Unimplemented,
    Withdrawn,
)
from callbackgen.runtime.kinds.plain import plain_data
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.referring import reference_in
from callbackgen.runtime.unpacking import MOMENT, REFERENCE, unpacked
from callbackgen.runtime.values import Value
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.papers import Side

COMPLEX, LARGE_INT, TUPLE, SET, FROZENSET = 0x30, 0x31, 0x41, 0x42, 0x43
NUMBERS = 1024
LARGEST_SET = 4096
DEEPEST = 101
"""How many containers in each other a sender lets through."""

LARGE = st.integers(0, 2**12000 - 1).map(lambda number: number - 2**11999)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**65),
    LARGE,
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(),
)
KEYS = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(allow_nan=False),
    st.complex_numbers(allow_nan=False),
    st.text(),
)
TUPLES = st.recursive(KEYS, lambda inner: st.lists(inner, max_size=3).map(tuple))
ITEMS = st.one_of(TUPLES, LARGE, st.tuples(LARGE, st.none()))


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=4) | st.dictionaries(TUPLES, inner, max_size=4)


def all_containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        containers(inner),
        st.lists(inner, max_size=4).map(tuple),
        st.sets(ITEMS, max_size=4),
        st.frozensets(ITEMS, max_size=4),
    )


BUILTINS = st.recursive(SCALARS, containers, max_leaves=20)
ANYTHING = st.recursive(SCALARS, all_containers, max_leaves=20)


def typed(value: Any) -> object:
    """Equal only for values of the same types, all through."""
    if isinstance(value, dict):
        mapping = cast("dict[object, object]", value)
        return dict, frozenset((typed(key), typed(mapping[key])) for key in mapping)
    if isinstance(value, set | frozenset):
        inner = cast("set[object]", value)
        return type(inner), frozenset(map(typed, inner))
    if isinstance(value, list | tuple):
        items = cast("list[object]", value)
        return type(items), tuple(map(typed, items))
    text = hex(value) if isinstance(value, int) else repr(value)
    return type(value), text


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A payload as it should be, but for some bytes."""
    kinds = st.sampled_from([COMPLEX, LARGE_INT, TUPLE, SET, FROZENSET, REFERENCE, -1])
    value = plain(draw(ANYTHING))
    extension = st.builds(Ext, kinds, st.binary(max_size=20) | st.just(packed(value)))
    extensions = msgspec.msgpack.encode(draw(st.lists(extension, max_size=3)))
    data = bytearray(b"\x92" + packed(value) + extensions)
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data[: draw(st.integers(0, len(data)))])


HOSTILE = st.binary(max_size=100) | spoilt()


def extension_of(data: bytes) -> object:
    return reference_in(data)


def nothing(_: bytes) -> object:
    raise AssertionError("there is no reference in it")


def in_each_other(depth: int) -> tuple[Any, ...]:
    value: tuple[Any, ...] = ()
    for _ in range(depth - 1):
        value = (value,)
    return value


@given(BUILTINS)
def test_values_of_builtins_arrive_as_they_were(value: object) -> None:
    """None, bool, int of any size, float, complex, str, list and dict keep types."""
    assert typed(unpacked(packed(value), nothing)) == typed(value)


@given(ANYTHING)
def test_values_under_any_keep_their_types(value: object) -> None:
    """Tuples, sets and frozensets too, which msgpack has no types for."""
    assert typed(unpacked(packed(plain(value)), nothing)) == typed(value)


@pytest.mark.parametrize(
    "number", [-(2**63) - 1, -(2**63), 2**63, 2**64 - 1, 2**64, 10**4299, -(10**4299)]
)
def test_ints_at_the_edges_arrive(number: int) -> None:
    """At the edge of what msgpack has, and of what Python reads."""
    assert unpacked(packed({"n": [number]}), nothing) == {"n": [number]}


@pytest.mark.parametrize("value", [math.inf, -math.inf, -0.0, complex(0, -math.inf)])
def test_special_floats_arrive(value: complex) -> None:
    """An infinity and the sign of zero are kept."""
    assert repr(unpacked(packed(value), nothing)) == repr(value)
    assert math.isnan(unpacked(packed(math.nan), nothing))


@pytest.mark.parametrize("key", [2**64, -(2**64), (1, (2**100, "a"))])
def test_large_ints_may_be_keys(key: object) -> None:
    """Those of more than 64 bits, in a tuple, too; beside others."""
    value = {key: 2**70, 1: "a", (2, "b"): None}
    assert unpacked(packed([value]), nothing) == [value]


def test_what_does_not_travel_is_an_error_of_the_sender() -> None:
    """Objects."""
    with pytest.raises(TypeError, match="object does not travel"):
        packed([object()])


@given(st.text(), st.text(), st.lists(SCALARS), st.dictionaries(st.text(), SCALARS))
def test_a_call_arrives_as_it_was(
    interface: str, method: str, arguments: list[object], keywords: dict[str, object]
) -> None:
    """Interface, method, arguments and keywords; what may follow is skipped."""
    said = interface, method, arguments, keywords
    expected = Request(*said)
    data = envelope.request(*said)
    assert request_in(data, nothing) == expected
    assert request_in(packed([*said, "later", None]), nothing) == expected


@given(HOSTILE)
def test_hostile_payloads_are_values_or_a_wire_error(data: bytes) -> None:
    """Whatever bytes arrive: nothing else is raised by what reads them."""
    with suppress(WireError):
        unpacked(data, extension_of)
    with suppress(WireError):
        request_in(data, extension_of)
    with suppress(WireError):
        control_in(data)
    with suppress(WireError):
        reference_in(data)


@given(
    HOSTILE
    | st.tuples(st.text(), st.text(), st.text(), st.text()).map(msgspec.msgpack.encode)
)
def test_any_answer_that_says_what_went_wrong_is_a_remote_error(data: bytes) -> None:
    """The caller gets one whatever the other end says, and it can be shown."""
    error = error_in(data)
    assert isinstance(error, RemoteError)
    assert len(str(error)) <= REMOTE_TEXT_LIMIT


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("busy", Busy),
        ("expired", DeadlineExceeded),
        ("limit", LimitExceeded),
        ("unimplemented", Unimplemented),
        ("withdrawn", Withdrawn),
        ("later", BadReply),
    ],
)
def test_a_failure_arrives_as_its_error(code: str, kind: type[RemoteError]) -> None:
    """With its text, which is cut where it is long."""
    error = error_in(envelope.failure(code, "t" * 2000))
    assert type(error) is kind
    assert str(error) == "t" * 1024


def test_what_was_raised_arrives_as_texts() -> None:
    """No class of the other end is made anew."""
    error = error_in(envelope.failure(envelope.RAISED, "no", "a.Error", "line 1"))
    assert isinstance(error, RemoteRaised)
    assert (error.class_name, error.text) == ("a.Error", "no")
    assert error.traceback_text == "line 1"


@pytest.mark.parametrize("element", [b"\x91", b"\x81\x01", b"\xdc\x00\x01"])
def test_what_is_nested_without_end_is_a_wire_error(element: bytes) -> None:
    """Arrays and maps that a parser would run out of stack for."""
    data = element * 100_000
    for read in (control_in, reference_in):
        with pytest.raises(WireError):
            read(data)
    with pytest.raises(WireError):
        request_in(data, nothing)
    assert isinstance(error_in(data), BadReply)


def test_what_a_sender_lets_through_is_not_too_deep_for_the_receiver() -> None:
    """Or else a value of the user would end the connection."""
    value = in_each_other(DEEPEST)
    assert plain_data(value) == value
    data = envelope.request("a.B", "m", [plain(value)], {})
    assert request_in(data, nothing).arguments == [value]
    with pytest.raises(Misfit, match="nested"):
        plain_data(in_each_other(DEEPEST + 1))


def test_a_sender_lets_no_keys_through_that_are_too_deep() -> None:
    """The tuples in a set count as other containers do."""
    value = {in_each_other(DEEPEST - 1)}
    assert plain_data(value) == value
    assert unpacked(packed([plain(value)]), nothing) == [value]
    for deeper in ({in_each_other(DEEPEST)}, {in_each_other(DEEPEST): 1}):
        with pytest.raises(Misfit, match="nested"):
            plain_data(deeper)


def test_extensions_in_each_other_have_a_limit() -> None:
    """Each is read by a call in a call."""
    data = packed(plain(in_each_other(150)))
    with pytest.raises(WireError, match="deep"):
        unpacked(data, nothing)


@pytest.mark.parametrize("number", [2**64, 1j])
def test_numbers_that_are_dear_to_read_have_a_limit(number: complex) -> None:
    """1024 in a message, wherever they are; both ends look, the sender first."""
    numbers = [number] * (NUMBERS - 1)
    value: list[object] = [numbers, (number,)]
    assert unpacked(packed(plain(value)), nothing) == value
    with pytest.raises(OverflowError, match="more than 1024"):
        packed(plain([*value, number]))
    part = packed([number])[1:]
    with pytest.raises(WireError, match="more than 1024"):
        unpacked(b"\xdc\x04\x01" + part * (NUMBERS + 1), nothing)


def test_texts_that_look_like_numbers_have_no_limit() -> None:
    """Only what is a number counts."""
    value = [b"\xd8\x30".decode("latin1") + "01" * 20_000] * 20
    assert unpacked(packed(value), nothing) == value


@pytest.mark.parametrize("code", [SET, FROZENSET])
def test_sets_under_any_have_a_limit(code: int) -> None:
    """Who chooses the hashes of many items makes them dear; tuples have no hashes."""
    kind = set[int] if code == SET else frozenset[int]
    value = kind(range(LARGEST_SET))
    assert unpacked(packed(plain(value)), nothing) == value
    with pytest.raises(OverflowError, match="more than 4096"):
        plain(kind(range(LARGEST_SET + 1)))
    large = tuple(range(LARGEST_SET + 1))
    assert unpacked(packed(plain(large)), nothing) == large
    with pytest.raises(WireError, match="more than 4096"):
        unpacked(packed(Ext(code, packed([*large]))), nothing)


def test_what_a_receiver_does_not_read_is_a_misfit_of_the_sender() -> None:
    """A value of the user is refused before it is sent, and ends no connection."""
    value = Value(ANY)
    with pytest.raises(Misfit, match="a set of more than 4096 items"):
        value.pack({*range(LARGEST_SET + 1)}, Side().passing())


@pytest.mark.parametrize(
    ("code", "data", "reason"),
    [
        (COMPLEX, bytes(15), "extension of type 48"),
        (LARGE_INT, b"", "large int"),
        (LARGE_INT, b"0x10", "large int"),
        (LARGE_INT, b"9" * 4301, "large int"),
        (0x46, b"", "extension of type 70"),
        (MOMENT, b"", "a time that is none"),
        (MOMENT, b"T" * 100, "a time that is none"),
        (TUPLE, b"\x80", "not made as it should be"),
        (SET, b"\x91\x90", "cannot stand in a set"),
        (FROZENSET, b"\x91\x80", "cannot stand in a set"),
        (TUPLE, b"", "not well-formed"),
    ],
)
def test_an_extension_that_is_not_made_as_one_is_refused(
    code: int, data: bytes, reason: str
) -> None:
    """The error says what is wrong with it."""
    with pytest.raises(WireError, match=reason):
        unpacked(packed([Ext(code, data)]), nothing)


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        ["a.B", "m", []],
        [1, "m", [], {}],
        ["a.B", 1, [], {}],
        ["a.B", "m", {}, {}],
        ["a.B", "m", [], []],
        ["a.B", "m", [], {1: 2}],
        {"a.B": "m"},
    ],
)
def test_a_call_that_is_not_made_as_one_is_refused(said: object) -> None:
    """Interface and method are texts, arguments a list, keywords have names."""
    with pytest.raises(WireError, match="not made as it should be"):
        request_in(packed(said), nothing)
