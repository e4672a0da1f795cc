"""Values of declared types that a peer has made to do harm."""

from __future__ import annotations

import contextlib
import enum
import pathlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
import pytest

from callbackgen.runtime import ordinary_data, wire
from callbackgen.runtime.by_address import REFUSING
from callbackgen.runtime.kinds.registered import register_type
from callbackgen.runtime.method import Overload
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.ordinary_data import StandIns
from callbackgen.runtime.referring import reference
from callbackgen.runtime.unpacking import LARGE_INT, MOMENT, NUMBERS, unpacked
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import value

HERE = __name__
ALIKE = "more than 64 keys that have the same hash"
SAME = 2**61 - 1
"""Numbers that differ by it have the same hash."""


class One(msgspec.Struct, tag="one"):
    """One of two that may be nested in each other."""

    next: One | Other | None = None
    ids: set[uuid.UUID] = set()


class Other(msgspec.Struct, tag="other"):
    next: One | Other | None = None
    ids: set[uuid.UUID] = set()


class Row(msgspec.Struct, tag="row", array_like=True):
    ids: set[uuid.UUID]


@dataclass
class Places:
    """Not of msgspec's own: a field is a path."""

    path: pathlib.PurePath
    ids: set[uuid.UUID]


@dataclass
class Tree:
    """Nested without end."""

    ids: set[uuid.UUID]
    inner: Tree | None = None


class Bits(enum.IntFlag):
    """It takes bits that it does not know."""

    A = 1
    B = 2
    C = 4


class Colour(enum.Enum):
    RED = "red"


@dataclass
class Anything:
    inside: Any
    rest: int = 0


class Pair(NamedTuple):
    inside: object
    rest: Any = None


class Given:
    """It is registered."""

    def __init__(self, inside: object) -> None:
        self.inside = inside


register_type(Given, lambda given: given.inside, Given)


@dataclass
class Loud:
    """It says what it does not like."""

    text: str

    def __post_init__(self) -> None:
        raise KeyError(self.text)


@dataclass(frozen=True)
class Broken:
    """It has a hash, and none of some of its values."""

    number: int

    def __hash__(self) -> int:
        if self.number < 0:
            raise OverflowError("no hash")
        return self.number


def ids(count: int) -> list[str]:
    """Of which all have the same hash."""
    return [str(uuid.UUID(int=7 + number * SAME)) for number in range(count)]


def ordinary(annotation: str, data: object) -> Any:
    """What arrives from an ordinary client for a parameter with that annotation."""
    overload = Overload(f"(value: {annotation}) -> None")
    (value,), _ = overload.unpack([data], {}, REFUSING)
    return cast(Any, value)


def ours(annotation: str, data: object) -> Any:
    """What arrives from one of ours, of what stands in the message."""
    side = Side().passing()
    given = unpacked(msgspec.msgpack.encode([data]), side.extension)
    overload = Overload(f"(value: {annotation}) -> None")
    (value,), _ = overload.unpack(given, {}, side)
    return cast(Any, value)


def array(dtype: str, shape: tuple[int, ...], numbers: bytes) -> msgspec.msgpack.Ext:
    """An array of numpy as it travels."""
    head = msgspec.msgpack.encode((dtype, shape))
    return msgspec.msgpack.Ext(NUMBERS, len(head).to_bytes(2) + head + numbers)


def test_nobody_says_where_in_memory_an_array_is() -> None:
    """Numpy asks the objects in a list for that, and would read whatever is there."""
    secret = np.arange(5)
    interface = secret.__array_interface__
    made = StandIns()({"__class__": "a.Array", "__array_interface__": interface})
    assert np.array([made]).tolist() == [[0, 1, 2, 3, 4]]
    for data in ([made], [[1], [made]], [(made,)]):
        with pytest.raises(Misfit, match="lists of numbers, got Array in them"):
            ordinary("numpy.ndarray", data)


def test_texts_are_not_made_as_long_as_the_longest() -> None:
    """Of 6,000 of them numpy made 36 MB, of 256 KiB 20 GB."""
    with pytest.raises(Misfit, match="lists of numbers, got str in them"):
        ordinary("numpy.ndarray", ["x" * 3000, *[""] * 3000])


def test_an_array_has_one_type() -> None:
    """One of 16,000 fields took a tenth of a second to be read."""
    assert ours("numpy.ndarray", array("<i8", (1,), bytes(8))).tolist() == [0]
    with pytest.raises(Misfit, match="is not taken"):
        ours("numpy.ndarray", array("<i8," * 16_000, (0,), b""))


def test_a_small_array_keeps_no_large_message() -> None:
    """Who holds on to it would hold a megabyte."""
    data = [array("<i8", (1,), bytes(8)), array("<i8", (1000,), bytes(8000))]
    small, large = ours("list[numpy.ndarray]", data)
    assert (small.tolist(), large.tolist()) == ([0], [0] * 1000)
    assert len(owner(small)) < 100
    assert len(owner(large)) > 8000
    assert not small.flags.writeable


def owner(found: Any) -> bytes:
    """The bytes that an array is a view of."""
    while not isinstance(found, bytes):
        found = found.obj if isinstance(found, memoryview) else found.base
    return found


def test_of_a_union_one_class_is_looked_at() -> None:
    """Both at each level would be 2**90 of them."""
    data: dict[str, Any] = {"type": "one", "ids": ids(65)}
    for _ in range(90):
        data = {"type": "other", "next": data}
    with pytest.raises(Misfit, match=ALIKE):
        ordinary(f"{HERE}.One | {HERE}.Other", data)


@pytest.mark.parametrize(
    ("annotation", "fields"),
    [
        (f"{HERE}.Places", {"path": "a", "ids": ids(65)}),
        (f"{HERE}.Places", {"path": "a", "f1": ids(65)}),
        (f"{HERE}.Tree | None", {"ids": ids(65)}),
        (f"{HERE}.One | {HERE}.Other", {"type": "one", "ids": ids(65)}),
    ],
)
def test_objects_of_ordinary_clients_are_looked_at(
    annotation: str, fields: dict[str, Any]
) -> None:
    """In whichever way msgspec finds the fields of a class in them."""
    made = StandIns()({"__class__": "a.Class", **fields})
    with pytest.raises(Misfit, match=ALIKE):
        ordinary(annotation, made)


def test_tuples_of_ordinary_clients_are_looked_at() -> None:
    """Serpent has them."""
    with pytest.raises(Misfit, match=ALIKE):
        ordinary(f"{HERE}.Row | None", ("row", ids(65)))
    with pytest.raises(Misfit, match=ALIKE):
        ordinary(f"list[{HERE}.Row | int | decimal.Decimal]", [("row", ids(65))])


@pytest.mark.parametrize(
    ("annotation", "data", "text"),
    [
        ("set[decimal.Decimal]", [f"sNaN{one}" for one in range(100)], "signaling"),
        (f"set[{HERE}.Broken]", [{"number": -one} for one in range(100)], "no hash"),
    ],
)
def test_what_has_no_hash_does_not_fit(annotation: str, data: Any, text: str) -> None:
    """However many there are of it."""
    for some in (data[-1:], data):
        with pytest.raises(Misfit, match=text):
            ordinary(annotation, some)


@pytest.mark.parametrize("annotation", [f"{HERE}.Tree", "list[bytes]", f"{HERE}.One"])
def test_what_is_nested_too_deeply_does_not_fit(annotation: str) -> None:
    """Wherever that is seen first."""
    data: Any = []
    for _ in range(5000):
        data = {"type": "one", "ids": [], "inner": data, "next": data}
    with pytest.raises(Misfit, match=r"nested too deeply|expected dict"):
        ordinary(annotation, [data] if "list" in annotation else data)


def test_a_text_of_bytes_that_is_no_ascii_does_not_fit() -> None:
    """It is no base64 either."""
    with pytest.raises(Misfit, match="expected bytes, got dict"):
        ordinary("bytes", {"data": "\xe9", "encoding": "base64"})


def test_unknown_bits_use_up_no_room_of_those_that_are_known() -> None:
    """Python keeps each combination that it has made: of others there is an end."""
    with pytest.raises(Misfit, match="more than 16384 combinations"):
        ours(f"list[{HERE}.Bits]", [*range(8, 60_000)])
    assert ours(f"list[{HERE}.Bits]", [*range(8)])[-1] == Bits.A | Bits.B | Bits.C
    with pytest.raises(Misfit, match="combinations of Bits"):
        ours(f"{HERE}.Bits", msgspec.msgpack.Ext(LARGE_INT, b"%d" % 2**10000))


@pytest.mark.parametrize(
    "annotation",
    [
        f"{HERE}.Colour",
        f"{HERE}.Colour | int",
        f"list[{HERE}.Colour] | {HERE}.Bits",
        "ipaddress.IPv4Address",
        "ipaddress.IPv6Network",
        "typing.Literal['a', True]",
        "dict[decimal.Decimal, int]",
        f"{HERE}.Loud",
    ],
)
def test_what_is_said_of_a_value_is_short(annotation: str) -> None:
    """It is sent, raised and maybe logged; some have a text of the peer in it.

    Nor does it take long to look for the place in it.
    """
    for text in ("\0" * 200_000, " - at `$" * 25_000):
        for data in (text, [text], {text: text}, {"text": text}):
            with pytest.raises(Misfit) as caught:
                ordinary(annotation, data)
            assert len(str(caught.value)) < 5000


def test_many_that_msgspec_leaves_to_us() -> None:
    """Of those no more arrive at once than of texts: each takes a microsecond."""
    bits = value(f"list[{HERE}.Bits]")
    bits.check(msgspec.msgpack.encode([1] * 65536))
    with pytest.raises(Misfit, match="length <= 65536"):
        bits.check(msgspec.msgpack.encode([1] * 65537))


def test_members_of_a_union_arrive_as_what_they_are() -> None:
    """Those that msgspec knows, and those that it does not, within limits too."""
    annotation = (
        f"list[{HERE}.Bits | str | list[int] | bool | None | typing.Annotated[float, "
        "msgspec.Meta(ge=0)]]"
    )
    data = [1, "a", [1], True, None, 1.5]
    assert ours(annotation, data) == [Bits.A, "a", [1], True, None, 1.5]
    others: list[Any] = [-1.5, ["a"], {}, b"a"]
    for other in others:
        with pytest.raises(Misfit, match=r"^value\[0\]"):
            ours(annotation, [other])


@pytest.mark.parametrize("is_wrapper", [True, False])
def test_parts_of_what_ordinary_clients_send_are_counted(is_wrapper: bool) -> None:
    """They take far more than their bytes, whatever is made of them."""
    make = StandIns() if is_wrapper else ordinary_data.usual
    for count, is_taken in ((65_000, True), (70_000, not is_wrapper)):
        payload = ordinary_call([""] * count)
        if is_taken:
            (found,) = ordinary_data.call_in(wire.JSON, payload, lambda _: make)[2]
            assert len(found) == count
        else:
            with pytest.raises(TypeError, match="more than 65536 parts"):
                ordinary_data.call_in(wire.JSON, payload, lambda _: make)


def ordinary_call(argument: object, serializer: int = wire.JSON) -> bytes:
    call = ["a", "m", [argument], {}]
    if serializer == wire.MSGPACK:
        return msgspec.msgpack.encode(call)
    names = ("object", "method", "params", "kwargs")
    return msgspec.json.encode(dict(zip(names, call, strict=True)))


@pytest.mark.parametrize("item", [{}, [], {"": 0}])
@pytest.mark.parametrize("serializer", [wire.JSON, wire.MSGPACK])
def test_lists_and_dicts_of_ordinary_clients_have_a_limit(
    serializer: int, item: object
) -> None:
    """They are counted before any is made; brackets in a text are none."""
    taken = [item] * 16_000 + ["[{" * 16_000]
    payload = ordinary_call(taken, serializer)
    call = ordinary_data.call_in(serializer, payload, lambda _: ordinary_data.usual)
    assert call.arguments == [taken]
    payload = ordinary_call([item] * 17_000, serializer)
    with pytest.raises(TypeError, match="more than 16384 lists and dicts"):
        ordinary_data.call_in(serializer, payload, lambda _: ordinary_data.usual)


INSIDE: dict[str, Callable[[Any], Any]] = {
    "alone": lambda one: one,
    "in a list": lambda one: [one],
    "in a dict": lambda one: {"inside": one, "text": one},
    "in a list in a dict": lambda one: {"inside": [one]},
    "under a key that has no field": lambda one: {"inside": 1, "other": one},
    "in a tuple": lambda one: msgspec.msgpack.Ext(0x41, msgspec.msgpack.encode([one])),
    "in a set": lambda one: msgspec.msgpack.Ext(0x42, msgspec.msgpack.encode([one])),
}
INTERNAL: dict[str, Any] = {
    "reference": reference(receivers=False, key=1, interface="a.B"),
    "reference of ours": reference(receivers=True, key=1, interface="a.B"),
    "array": array("<i8", (1,), bytes(8)),
    "moment": msgspec.msgpack.Ext(MOMENT, b"2020-01-01T00:00:00+00:00:01"),
    "timestamp": datetime(2020, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize(
    "annotation",
    [
        "typing.Any",
        "dict",
        "list[object]",
        "set",
        "tuple[typing.Any, ...]",
        "dict[typing.Any, typing.Any]",
        "dict[int, int] | None",
        "str | int",
        f"{HERE}.Anything",
        f"{HERE}.Anything | list[int]",
        f"{HERE}.Pair",
        f"{HERE}.Given",
    ],
)
@pytest.mark.parametrize("internal", INTERNAL)
def test_what_is_our_own_reaches_nobody(annotation: str, internal: str) -> None:
    """Neither a reference, an array nor a time where another type is declared."""
    one = INTERNAL[internal]
    for wrap in INSIDE.values():
        with contextlib.suppress(Misfit, WireError):
            assert_plain(ours(annotation, wrap(one)))
    for key in (one, [one]):
        data = msgspec.msgpack.encode(key).join([b"\x91\x81", b"\x01"])
        side = Side().passing()
        with contextlib.suppress(Misfit, WireError):
            overload = Overload(f"(value: {annotation}) -> None")
            given = unpacked(data, side.extension)
            assert_plain(overload.unpack(given, {}, side)[0])


def assert_plain(value: object) -> None:
    """There is nothing but plain data in it."""
    if isinstance(value, Anything | Given):
        value = vars(value)
    if isinstance(value, dict):
        value = [*cast("dict[object, object]", value).items()]
    if isinstance(value, list | tuple | set | frozenset):
        for one in cast("list[object]", value):
            assert_plain(one)
    else:
        assert isinstance(value, int | str | type(None))
