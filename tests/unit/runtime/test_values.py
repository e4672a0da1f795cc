"""Values of declared types: what travels, what arrives, and what is refused."""

from __future__ import annotations

import enum
import math
import types
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NotRequired, TypedDict

import pytest
import serpent
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.kinds.plain import is_simple, plain_data
from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime.sending import value

HERE = __name__


class Order(TypedDict):
    symbol: str
    sizes: Iterable[int]
    parent: NotRequired[Order | None]


class Colour(enum.Enum):
    RED = "red"


class Name(enum.StrEnum):
    ANN = "ann"


class Level(enum.IntEnum):
    HIGH = 3


def sent(text: str, given: object) -> Any:
    """What the far end gets: packed, through serpent, unpacked."""
    data: Any = serpent
    arrived = data.loads(data.dumps(value(text).pack(given, BY_ADDRESS)))
    return value(text).unpack(arrived, BY_ADDRESS)


def numbers() -> Iterator[int]:
    yield from (1, 2)


UNCHANGED = [
    ("None", None),
    ("bool", True),
    ("int", 2**200),
    ("bool", False),
    ("float", math.inf),
    ("complex", 1 - 2j),
    ("str", "a\0b\ud800\N{SNOWMAN}"),
    ("list[str]", ["a"]),
    ("tuple[int, str]", (1, "a")),
    ("tuple[int, ...]", (1, 2, 3)),
    ("tuple[()]", ()),
    ("dict[str, list[int]]", {"a": [1]}),
    ("dict[tuple[int, str], int]", {(1, "a"): 2}),
    ("dict[int, None]", {1: None}),
    ("set[int]", {1, 2}),
    ("set[int]", set[int]()),
    ("frozenset[str]", frozenset(["a"])),
    ("frozenset[str]", frozenset[str]()),
    ("list[int] | None", None),
    ("int | str", "a"),
    ("typing.Literal['a', 1]", 1),
    ("typing.Any", {"a": [(1, None), {2}]}),
    ("object", [1.5]),
    (f"{HERE}.Order", {"symbol": "a", "sizes": [1], "parent": None}),
    (
        f"{HERE}.Order",
        {"symbol": "a", "sizes": [], "parent": {"symbol": "b", "sizes": [2]}},
    ),
]


@pytest.mark.parametrize(("annotation", "given"), UNCHANGED)
def test_arrives_unchanged(annotation: str, given: object) -> None:
    """What serpent carries arrives equal, and of the same class."""
    arrived = sent(annotation, given)
    assert arrived == given
    assert type(arrived) is type(given)


def test_nan_arrives() -> None:
    """A nan is a float like any other, at any depth."""
    packed: Any = value("list[float]").pack([math.nan], BY_ADDRESS)
    assert math.isnan(packed[0])
    assert math.isnan(value("list[float]").unpack(packed, BY_ADDRESS)[0])


CONVERTED = [
    ("float", 1, 1.0),
    ("float", True, 1.0),
    ("int", True, 1),
    ("complex", 2, 2 + 0j),
    ("collections.abc.Iterable[int]", numbers(), [1, 2]),
    ("collections.abc.Collection[int]", range(2), [0, 1]),
    ("collections.abc.Sequence[int]", (1, 2), [1, 2]),
    ("collections.abc.MutableSequence[int]", [1], [1]),
    ("collections.abc.Set[str]", {"a": 1}.keys(), {"a"}),
    ("collections.abc.Set[str]", frozenset("a"), {"a"}),
    ("collections.abc.MutableSet[int]", {1}, {1}),
    (
        "collections.abc.Mapping[str, int]",
        types.MappingProxyType({"a": 1}),
        {"a": 1},
    ),
    ("collections.abc.MutableMapping[str, int]", OrderedDict(a=1), {"a": 1}),
    ("dict[str, collections.abc.Iterable[int]]", {"a": range(1)}, {"a": [0]}),
    ("tuple[collections.abc.Iterable[int], str]", (range(1), "a"), ([0], "a")),
    ("list[collections.abc.Mapping[str, int]] | None", [OrderedDict(a=1)], [{"a": 1}]),
    (
        f"{HERE}.Order",
        {"symbol": "a", "sizes": range(2)},
        {"symbol": "a", "sizes": [0, 1]},
    ),
    ("str", Name.ANN, "ann"),
    ("int", Level.HIGH, 3),
    ("dict[str, str]", OrderedDict(a="b"), {"a": "b"}),
]


@pytest.mark.parametrize(("annotation", "given", "expected"), CONVERTED)
def test_arrives_as_the_plain_form(
    annotation: str, given: object, expected: object
) -> None:
    """A value that fits by its type arrives as the plain type that stands for it."""
    arrived = sent(annotation, given)
    assert arrived == expected
    assert type(arrived) is type(expected)


REFUSED = [
    ("int", "1", "expected int, got str"),
    ("int", 1.0, "expected int, got float"),
    ("bool", 1, "expected bool, got int"),
    ("str", b"a", "expected str, got bytes"),
    ("None", 0, "expected None, got int"),
    ("list[int]", [1, "x"], "[1]: expected int, got str"),
    ("dict[int, int]", {"a": 1}, "a key of it: expected int, got str"),
    ("tuple[int, str]", (1,), "length 2"),
    ("typing.Literal['a', 'b']", "c", "not one of the values that are allowed"),
    ("complex", "1", "expected complex, got str"),
    ("collections.abc.Iterable[int]", 5, "expected list, got int"),
    (f"{HERE}.Order", {"symbol": "a"}, "missing key sizes"),
    (f"{HERE}.Order", {"symbol": 1, "sizes": []}, ".symbol: expected str, got int"),
]


@pytest.mark.parametrize(("annotation", "given", "message"), REFUSED)
def test_misfit_is_refused_at_both_ends(
    annotation: str, given: object, message: str
) -> None:
    """What does not fit is refused, and the text says where and why."""
    for convert in (value(annotation).pack, value(annotation).unpack):
        with pytest.raises(Misfit) as refusal:
            convert(given, BY_ADDRESS)
        assert message in str(refusal.value)


class Unknown:
    pass


def in_itself() -> list[object]:
    made: list[object] = []
    made.append(made)
    return made


def in_itself_twice() -> list[object]:
    made = in_itself()
    made.append(made)
    return made


def nested(depth: int, inside: object = 1) -> object:
    for _ in range(depth):
        inside = [inside]
    return inside


NOT_PLAIN = [
    (Unknown(), "Unknown is not plain data"),
    ({"a": [Unknown()]}, "Unknown is not plain data"),
    (Colour.RED, "Colour is not plain data"),
    (range(3), "range is not plain data"),
    ({"__class__": "Pyro5.core.URI"}, "'__class__' cannot be sent"),
    ({None: 1}, "NoneType cannot be sent as a key"),
    ({frozenset([1])}, "frozenset cannot be sent as a key or in a set"),
    ({(1, frozenset([1])): 1}, "frozenset cannot be sent"),
    ({math.nan: 1}, "nan cannot be sent as a key"),
    ({(1, math.nan)}, "nan cannot be sent as a key"),
    (complex(1, math.nan), "complex with nan"),
    ([10**5000], "bits cannot be sent"),
    (in_itself(), "nested more than"),
]


@pytest.mark.parametrize(("given", "message"), NOT_PLAIN)
@pytest.mark.parametrize("annotation", ["typing.Any", "object", "list[typing.Any]"])
def test_only_plain_data_is_sent(annotation: str, given: object, message: str) -> None:
    """Under Any too, an object is refused where it is, not turned into a dict."""
    if annotation.startswith("list"):
        given = [given]
    with pytest.raises(Misfit, match=message):
        value(annotation).pack(given, BY_ADDRESS)


@pytest.mark.parametrize(
    ("annotation", "data"),
    [
        ("complex", 10**400),
        ("list[complex | None]", [10**400]),
        ("int", "\ud800"),
        ("typing.Literal['a']", "\ud800"),
        ("set[typing.Any]", [[1]]),
        ("frozenset[builtins.object]", [{}]),
        ("set[tuple[typing.Any, ...]]", [[[1]]]),
    ],
)
def test_whatever_arrives_is_a_misfit_at_worst(annotation: str, data: object) -> None:
    """What Python or msgspec chokes on is refused as all else that does not fit."""
    with pytest.raises(Misfit):
        value(annotation).unpack(data, BY_ADDRESS)


def test_endless_typed_dict_is_refused() -> None:
    """A value that is in itself is refused where its type allows any depth, too."""
    endless: dict[str, Any] = {"symbol": "ACME", "sizes": ()}
    endless["parent"] = endless
    with pytest.raises(Misfit, match="nested too deeply, or in itself"):
        value(f"{HERE}.Order").pack(endless, BY_ADDRESS)


def test_unknown_name_is_an_import_error() -> None:
    """A type that cannot be imported is named, with the reason."""
    with pytest.raises(ImportError, match=r"no\.such\.Type, which a generated module"):
        value("no.such.Type").pack(1, BY_ADDRESS)


def test_generator_is_used_once() -> None:
    """A generator's items travel, though they can be had only once."""
    assert sent("collections.abc.Iterable[int] | None", numbers()) == [1, 2]


texts = st.text().filter(lambda text: text != "__class__")
hashable = st.one_of(
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    texts,
    st.complex_numbers(allow_nan=False),
)
plain = st.recursive(
    st.none() | hashable,
    lambda inner: st.one_of(
        st.lists(inner),
        st.tuples(inner, inner),
        st.dictionaries(hashable, inner),
        st.sets(hashable, min_size=1),
    ),
    max_leaves=20,
)


@given(plain)
def test_plain_data_arrives_equal(given: object) -> None:
    """Whatever is made of the types that travel arrives equal under Any."""
    assert sent("typing.Any", given) == given


class Text(str):
    __slots__ = ()


whatever = st.recursive(
    plain
    | st.integers(-(2**14_000), 2**14_000)
    | st.complex_numbers()
    | st.binary().map(bytearray)
    | st.builds(object)
    | texts.map(Text),
    lambda inner: st.one_of(
        st.lists(inner),
        st.dictionaries(st.text() | st.just("__class__") | texts.map(Text), inner),
        st.builds(nested, st.integers(1, 60), inner),
    ),
    max_leaves=20,
)


@given(whatever)
def test_what_is_quickly_seen_to_be_plain_is(given: object) -> None:
    """And needs no change."""
    if is_simple(given):
        assert plain_data(given) is given


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([{"a": [1, 2.0, None, True, b"b", {}]}, "c", []], True),
        ([1, (2,)], False),
        ({1: "a"}, False),
        ({"__class__": "a"}, False),
        ([[2**14_000]], False),
        ([[1], object()], False),
        (nested(60), False),
        (in_itself(), False),
        (in_itself_twice(), False),
    ],
)
def test_what_is_quickly_seen_to_be_plain(given: object, expected: bool) -> None:
    """Lists and dicts of the usual, within limits of depth and number."""
    assert is_simple(given) is expected


@given(st.dictionaries(texts, st.lists(st.tuples(st.integers(), st.floats()))))
def test_typed_values_arrive_equal(
    given: Mapping[str, list[tuple[int, float]]],
) -> None:
    """A typed value, nan included, arrives as what was sent."""
    annotation = "dict[str, list[tuple[int, float]]]"
    packed: Any = value(annotation).pack(given, BY_ADDRESS)
    assert repr(value(annotation).unpack(packed, BY_ADDRESS)) == repr(given)
