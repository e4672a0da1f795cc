"""Large payloads, held to the declared types before anything is made of them."""

from __future__ import annotations

import tracemalloc
from typing import Any, NotRequired, TypedDict

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime import Method
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.envelope import arguments_in, packed, parts_of, request
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.referring import reference, reference_in
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.sending import value

HERE = __name__
MANY = 1_000_000
MOST_ITEMS = 64 * 1024
encode = msgspec.msgpack.encode


class Order(TypedDict):
    symbol: str
    size: NotRequired[int]


def array(item: bytes, count: int = MANY) -> bytes:
    return b"\xdd" + count.to_bytes(4) + item * count


def call(*arguments: bytes, **named: bytes) -> bytes:
    """The payload of a call with such bytes for arguments."""
    raw = {name: msgspec.Raw(one) for name, one in named.items()}
    return encode(("m.I", "do", [*map(msgspec.Raw, arguments)], raw))


FITTING: dict[str, st.SearchStrategy[Any]] = {
    "None": st.none(),
    "bool": st.booleans(),
    "int": st.integers(-(2**200), 2**200) | st.booleans(),
    "float": st.floats(allow_nan=False) | st.integers(-9, 9),
    "complex": st.complex_numbers(allow_nan=False) | st.floats(allow_nan=False),
    "str": st.text(),
    "typing.Literal['a', 1]": st.sampled_from(["a", 1]),
    "str | None": st.text() | st.none(),
    "list[int] | str": st.lists(st.integers()) | st.text(),
    "list[float | None]": st.lists(st.none() | st.floats(allow_nan=False)),
    "list[str]": st.lists(st.text()),
    "tuple[int, str]": st.tuples(st.integers(), st.text()),
    "tuple[bool, ...]": st.lists(st.booleans()).map(tuple),
    "set[int]": st.sets(st.integers()),
    "frozenset[str]": st.frozensets(st.text()),
    "dict[str, complex]": st.dictionaries(
        st.text("abcä"), st.complex_numbers(allow_nan=False)
    ),
    "collections.abc.Sequence[int]": st.lists(st.integers()),
    f"{HERE}.Order": st.fixed_dictionaries(
        {"symbol": st.text()}, optional={"size": st.integers()}
    ),
}


@pytest.mark.parametrize("text", FITTING)
@given(data=st.data())
def test_what_fits_is_let_through(text: str, data: st.DataObject) -> None:
    """As it travels, and read afterwards it is what was sent."""
    one = value(text)
    given = data.draw(FITTING[text])
    payload = packed(one.pack(given, BY_ADDRESS))
    one.check(payload)
    assert one.unpack(unpacked(payload, bytes, checked=True), BY_ADDRESS) == given


HOSTILE: dict[str, bytes] = {
    "str": array(b"\x80"),
    "int": array(b"\x90"),
    "list[int]": array(b"\x90"),
    "list[int] | str": array(b"\x80"),
    "list[str]": array(b"\xa0"),
    "set[int]": array(b"\x80"),
    "tuple[int, str]": array(b"\xc0"),
    "tuple[str, ...]": array(b"\xa0"),
    "dict[str, int]": b"\xdf" + MANY.to_bytes(4) + b"\xa0\x90" * MANY,
    "complex": array(b"\x80"),
    f"{HERE}.Order": encode({"symbol": "x", "more": msgspec.Raw(array(b"\x80"))}),
    "collections.abc.Callable[[], None]": array(b"\x80"),
    "list[collections.abc.Callable[[], None]]": array(b"\x80"),
}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_does_not_fit_costs_next_to_nothing(text: str) -> None:
    """A million small things where others are declared: they are never made."""
    one, data = value(text), HOSTILE[text]
    with pytest.raises(Misfit):
        one.check(encode([[[]]]))  # what is made at the first use is made
    tracemalloc.start()
    try:
        with pytest.raises(Misfit):
            one.check(data)
        assert tracemalloc.get_traced_memory()[1] < len(data) // 4
    finally:
        tracemalloc.stop()


def test_many_short_texts_are_too_many() -> None:
    """They take 25 times their size; numbers, which take less, may be more."""
    value("list[str]").check(array(b"\xa1x", MOST_ITEMS))
    with pytest.raises(Misfit, match=f"length <= {MOST_ITEMS}"):
        value("list[str]").check(array(b"\xa1x", MOST_ITEMS + 1))
    with pytest.raises(Misfit, match=f"length <= {MOST_ITEMS}"):
        value("list[str | None]").check(array(b"\xa1x", MOST_ITEMS + 1))
    value("list[int]").check(array(b"\x01", MANY))
    value("list[bool | None]").check(array(b"\xc0", MANY))


def test_an_extension_where_a_number_stands_is_not_read_as_a_set() -> None:
    """What is in it would be read without a type."""
    inside = msgspec.msgpack.Ext(0x42, array(b"\x80", 1000))
    data = encode([inside])
    value("list[int]").check(data)
    with pytest.raises(WireError, match="an extension of type 66"):
        unpacked(data, bytes, checked=True)


def check(method: Method[Any], payload: bytes) -> None:
    said = arguments_in(payload)
    method.check(said.positional, said.named)


DO: dict[str, Method[Any]] = {
    text: Method("do", text)
    for text in (
        "(text: str, *, more: list[int] = ...) -> None",
        "(*texts: str) -> None",
        "(**texts: str) -> None",
        "-> str",
    )
}
NUMBERS = encode([1, 2, 3])
UNFIT: list[tuple[str, bytes, str]] = [
    (
        "(text: str, *, more: list[int] = ...) -> None",
        call(b"\x01"),
        "text: expected str, got int",
    ),
    (
        "(text: str, *, more: list[int] = ...) -> None",
        call(b"\xa0", more=encode([1, "x"])),
        r"more\[1\]: expected int",
    ),
    ("(text: str, *, more: list[int] = ...) -> None", call(), "missing a required"),
    (
        "(text: str, *, more: list[int] = ...) -> None",
        call(b"\xa0", b"\xa0"),
        "too many",
    ),
    ("(*texts: str) -> None", call(b"\xa0", b"\x01"), r"texts\[1\]: expected str"),
    ("(**texts: str) -> None", call(a=b"\xa0", b=b"\x01"), "b: expected str"),
    ("-> str", call(b"\x01"), "reply: expected str"),
]


@pytest.mark.parametrize(("signature", "payload", "text"), UNFIT)
def test_arguments_that_do_not_fit_are_named(
    signature: str, payload: bytes, text: str
) -> None:
    """The parameter, the place in it, and what is wrong there."""
    with pytest.raises(Misfit, match=text):
        check(DO[signature], payload)


@pytest.mark.parametrize(
    ("signature", "payload"),
    [
        ("(text: str, *, more: list[int] = ...) -> None", call(b"\xa0", more=NUMBERS)),
        ("(text: str, *, more: list[int] = ...) -> None", call(text=b"\xa0")),
        ("(*texts: str) -> None", call(*[b"\xa0"] * 3)),
        ("(**texts: str) -> None", call(a=b"\xa0", b=b"\xa0")),
        ("-> str", call(b"\xa0")),
        ("-> str", call()),
    ],
)
def test_arguments_that_fit_are_let_through(signature: str, payload: bytes) -> None:
    """By position, by name, and as many as there are."""
    check(DO[signature], payload)


def test_one_overload_that_fits_is_enough() -> None:
    """Where none does, each says why."""
    method: Method[Any] = Method("do", "(a: int) -> int", "(a: list[str]) -> str")
    check(method, call(b"\x01"))
    check(method, call(encode(["x"])))
    with pytest.raises(Misfit, match=r"none of its overloads.*expected int.*a\[0\]"):
        check(method, call(encode([1])))
    method.check_result(b"\x01")
    method.check_result(b"\xa0")
    with pytest.raises(Misfit, match="none of its overloads"):
        method.check_result(b"\xc0")


@pytest.mark.parametrize(
    "payload",
    [b"", b"\xc1", b"\x90", encode(("i", "m", {}, {})), call()[:-1], encode(7)],
)
def test_what_is_no_call_is_said_to_be_none(payload: bytes) -> None:
    """Whatever else it may be."""
    with pytest.raises(WireError, match="not "):
        arguments_in(payload)


def test_more_arguments_than_a_large_call_has() -> None:
    """They are not even counted out."""
    many = msgspec.Raw(array(b"\x80"))
    with pytest.raises(WireError, match=f"length <= {MOST_ITEMS}"):
        arguments_in(encode(("m.I", "do", many, {})))


def references_in(parts: list[bytes]) -> list[object]:
    found: list[object] = []

    def take(data: bytes) -> None:
        found.append(reference_in(data))

    for part in parts:
        unpacked(part, take)
    return found


def test_references_are_found_in_what_nobody_reads_any_more() -> None:
    """Also beside an argument that is too large to be read without its type."""
    ours = reference(receivers=False, key=7, interface="m.I")
    small = request("m.I", "do", ["x", [ours]], {})
    assert parts_of(small, 1000) == [small]
    large = request("m.I", "do", ["x" * 2000, [ours]], {"more": ours})
    assert len(references_in(parts_of(large, 1000))) == 2
    assert parts_of(encode("x" * 2000), 1000) == []
