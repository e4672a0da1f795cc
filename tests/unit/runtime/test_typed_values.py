"""Values of all types that travel, between two ends of ours and over Pyro5."""

from __future__ import annotations

import datetime as dt
import enum
import ipaddress
import math
import pathlib
import uuid
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import callbackgen
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime import typed
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import sent, value

T = typed.__name__
callbackgen.register_type(
    typed.Money, typed.Money.to_builtins, typed.Money.from_builtins
)


callbackgen.register_type(typed.Nothing, lambda _: None, lambda _: typed.Nothing())
NAIVE = dt.datetime(2020, 1, 2, 3, 4, 5, 6)  # noqa: DTZ001
EAST = dt.timezone(dt.timedelta(hours=5, minutes=45))
ODD = dt.timezone(dt.timedelta(minutes=19, seconds=32))
ITEM = typed.Item("pen", Decimal("1.50"))
ID = typed.OrderId(uuid.UUID(int=7))
ORDER = typed.Order(
    id=ID,
    items=(ITEM, typed.Item("ink", Decimal(2), 3)),
    tags=frozenset({"new"}),
    colour=typed.Colour.GREEN,
    limits={"a": 0.5},
)

VALUES: list[tuple[str, object]] = [
    ("int", -(2**100)),
    ("list[int]", [2**64, -(2**64), 0]),
    ("float", -math.inf),
    ("bytes", b"\0\xff"),
    ("bytearray", bytearray(b"abc")),
    ("list[bytes | None]", [b"a", None]),
    ("set[bytes]", {b"a"}),
    ("datetime.datetime", NAIVE),
    ("datetime.datetime", dt.datetime(2020, 1, 2, tzinfo=dt.UTC)),
    ("datetime.datetime", dt.datetime(2020, 1, 2, tzinfo=EAST)),
    ("list[datetime.datetime]", [dt.datetime(1900, 1, 2, tzinfo=ODD)]),
    ("datetime.date", dt.date(1, 1, 1)),
    ("datetime.time", dt.time(1, 2, 3, 4)),
    ("datetime.time", dt.time(1, tzinfo=EAST)),
    ("datetime.time", dt.time(1, tzinfo=ODD)),
    ("datetime.timedelta", dt.timedelta(days=-1, microseconds=1)),
    ("decimal.Decimal", Decimal("-0.00")),
    ("uuid.UUID", uuid.UUID(int=2**128 - 1)),
    ("pathlib.Path", pathlib.Path("/a/../b c")),
    ("pathlib.PureWindowsPath", pathlib.PureWindowsPath(r"C:\a")),
    ("ipaddress.IPv4Address", ipaddress.IPv4Address("1.2.3.4")),
    ("ipaddress.IPv6Interface", ipaddress.IPv6Interface("::1/64")),
    ("ipaddress.IPv4Network", ipaddress.IPv4Network("10.0.0.0/8")),
    (f"{T}.Old", typed.Old(Decimal("1.5"), dt.date(2020, 1, 2), {"a": 1})),
    (f"list[{T}.Partial]", [{"count": 1}, {"count": 2, "price": Decimal(3)}]),
    ("dict[int, str]", {1: "a"}),
    ("dict[uuid.UUID, datetime.date]", {ID: dt.date(2020, 1, 1)}),
    (f"dict[{T}.Colour, int]", {typed.Colour.RED: 1}),
    (f"dict[{T}.Size, int]", {typed.Size.LARGE: 1, typed.Size.SMALL: 2}),
    (f"dict[{T}.Right, int]", {typed.Right.READ | typed.Right.RUN: 1}),
    ("dict[pathlib.PurePosixPath, int]", {pathlib.PurePosixPath("a"): 1}),
    ("dict[tuple[int, uuid.UUID], int]", {(1, ID): 2}),
    ("set[tuple[int, decimal.Decimal]]", {(1, Decimal(2))}),
    (f"{T}.Colour", typed.Colour.RED),
    (f"{T}.Name", typed.Name.BOB),
    (f"{T}.Level", typed.Level.HIGH),
    (f"{T}.Size", typed.Size.SMALL),
    (f"list[{T}.Size | None]", [typed.Size.GRAND, None]),
    (f"{T}.Huge", typed.Huge.TWO),
    (f"{T}.Right", typed.Right.READ | typed.Right.WRITE),
    (f"{T}.Bits", typed.Bits.A | typed.Bits.B),
    ("typing.Literal['a', True, None]", True),
    ("typing.Literal[1, 'a'] | float", 1),
    (f"{T}.Price", typed.Price(Decimal(1), dt.datetime(2020, 1, 1, tzinfo=EAST))),
    (f"{T}.Order", ORDER),
    (f"dict[str, list[{T}.Order]]", {"a": [ORDER]}),
    (f"{T}.Box[int]", typed.Box(1, [2])),
    (f"{T}.Box[{T}.Item]", typed.Box(ITEM)),
    (f"{T}.IntBox", typed.IntBox(1, [2], "x")),
    (f"{T}.Node", typed.Node(1, [typed.Node(2), typed.Node(3, [typed.Node(4)])])),
    (f"{T}.Sum", typed.Sum([1, 2])),
    (f"{T}.Positive", typed.Positive(1)),
    (
        f"list[{T}.Mixed]",
        [
            typed.Mixed(typed.Size.ODD, typed.Right(5), {"a": (1, {2})}, b"x", {}),
            typed.Mixed(typed.Size.ODD, typed.Right(0), b"a", "x", {typed.Size.ODD: 1}),
        ],
    ),
    (f"{T}.Person", typed.Person("Ann", 5, typed.Person("Bob"))),
    (f"{T}.Renamed", typed.Renamed(given=typed.Size.LARGE)),
    (f"{T}.Point", typed.Point(1, 2)),
    (f"set[{T}.Point]", {typed.Point(1, 2)}),
    (f"set[{T}.Item]", {ITEM}),
    (f"{T}.Pair", typed.Pair(typed.Size.ODD, [1])),
    (f"{T}.Row", {"id": 1, "colour": typed.Colour.RED, "at": dt.date(2020, 1, 1)}),
    (f"{T}.Circle", typed.Circle(1.5)),
    (f"list[{T}.Circle | {T}.Square]", [typed.Circle(1.5), typed.Square(2.0)]),
    (f"{T}.Line", typed.Line(typed.Point(1), typed.Point(2))),
    (f"{T}.Camel", typed.Camel(first_name="Ann")),
    (f"{T}.Camel", typed.Camel(first_name="Ann", last_name="Lee")),
    (f"{T}.OrderId", ID),
    (
        f"{T}.All",
        typed.All(
            ORDER,
            pathlib.Path("a"),
            ipaddress.IPv4Address("1.2.3.4"),
            typed.Square(1.0),
            [typed.Point(1)],
            1j,
            "a",
        ),
    ),
    ("str | bytes", b"a"),
    ("str | bytes", "a"),
    ("list[pathlib.Path | int]", [pathlib.Path("a"), 1]),
    (f"{T}.Order | list[int] | None", ORDER),
    (f"{T}.Order | list[int] | None", [1]),
    ("complex | str", 1j),
    ("complex | str", "a"),
    ("decimal.Decimal | float", 1.5),
    ("decimal.Decimal | float", Decimal("1.5")),
    ("float | int", 1),
    ("typing.Annotated[int, msgspec.Meta(ge=0)]", 5),
    ("list[typing.Annotated[str, msgspec.Meta(max_length=3)]]", ["abc"]),
    (f"{T}.Share | None", 0.5),
    (f"{T}.Money", typed.Money(Fraction(1, 3), "EUR")),
    (f"{T}.Bill", typed.Bill([typed.Money(Fraction(1), "EUR")])),
    (f"dict[str, {T}.Money | None]", {"a": typed.Money(Fraction(1), "EUR")}),
    ("typing.Any", [b"a", {"b": bytearray(b"c")}]),
]


@pytest.mark.parametrize(("text", "given"), VALUES)
def test_what_the_annotation_says_arrives(text: str, given: object) -> None:
    """Equal to what was sent, and of its class."""
    arrived = sent(text, given)
    assert arrived == given
    assert type(arrived) is type(given)


@pytest.mark.parametrize(
    "moment",
    [
        dt.datetime(2020, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        dt.datetime(1890, 7, 1, tzinfo=ZoneInfo("Europe/Berlin")),
        dt.datetime.min.replace(tzinfo=EAST),
        dt.datetime.max.replace(tzinfo=ODD),
    ],
)
def test_a_datetime_keeps_its_offset(moment: dt.datetime) -> None:
    """From UTC, to the second; not the name of its zone."""
    arrived = sent("datetime.datetime", moment)
    assert arrived.replace(tzinfo=None) == moment.replace(tzinfo=None)
    assert arrived.utcoffset() == moment.utcoffset()


def test_fields_of_a_class_arrive_as_their_types() -> None:
    """Also those that the class equals without."""
    price = typed.Price(Decimal("1.50"), dt.datetime(1890, 1, 1, tzinfo=ODD))
    arrived = sent(f"list[{T}.Price]", [price])[0]
    assert arrived.at.utcoffset() == ODD.utcoffset(None)
    assert str(arrived.value) == "1.50"
    assert type(sent(f"{T}.Node", typed.Node(True)).value) is int


REFUSED: list[tuple[str, object, str]] = [
    ("bytes", "a", "expected bytes, got str"),
    ("bytearray", b"a", "expected bytearray, got bytes"),
    ("datetime.date", NAIVE, "expected date, got datetime"),
    ("datetime.datetime", "2020-01-01", "expected datetime, got str"),
    ("decimal.Decimal", 1.5, "expected Decimal, got float"),
    ("uuid.UUID", "x", "expected UUID, got str"),
    ("list[int]", (1, 2), "expected list, got tuple"),
    ("dict[str, list[int]]", {"a": [None]}, "['a'][0]: expected int, got None"),
    (f"{T}.Colour", "red", "expected Colour, got str"),
    (f"{T}.Item", {"name": "a", "price": Decimal(1)}, "expected Item, got dict"),
    (f"list[{T}.Item]", [ITEM, ORDER], "[1]: expected Item, got Order"),
    (
        f"{T}.Order",
        typed.Order(id=ID, items=(typed.Item("a", True),)),  # type: ignore[arg-type]
        ".items[0].price: expected Decimal, got bool",
    ),
    (f"{T}.Row", {"id": 1, "colour": "red"}, ".colour: expected Colour, got str"),
    ("str | bytes", 1, "expected str | bytes, got int"),
    (f"{T}.Circle | {T}.Square", ITEM, "expected Circle | Square, got Item"),
    ("decimal.Decimal | None", 1.5, "expected Decimal | None, got float"),
    ("typing.Annotated[int, msgspec.Meta(ge=0)]", -1, "expected int >= 0"),
    ("list[typing.Annotated[str, msgspec.Meta(max_length=3)]]", ["abcd"], "[0]: "),
    (f"{T}.Order", typed.Order(id=ID, limits={"a": 2.0}), ".limits['a']: expected"),
    (f"{T}.Money", "a", "expected Money, got str"),
    (
        f"list[{T}.Nothing | None]",
        [None, typed.Nothing()],
        "[1]: this Nothing travels as",
    ),
]


@pytest.mark.parametrize(("text", "given", "message"), REFUSED)
def test_a_sender_refuses_what_does_not_fit(
    text: str, given: object, message: str
) -> None:
    """Before it is sent, with the path in it."""
    with pytest.raises(Misfit) as refusal:
        value(text).pack(given, Side().passing())
    assert message in str(refusal.value)


ARRIVING: list[tuple[str, object, str]] = [
    ("bytes", 1, "expected bytes, got int"),
    ("datetime.date", "x", "date"),
    ("decimal.Decimal", True, "expected Decimal, got bool"),
    ("pathlib.Path", 1, "expected Path, got int"),
    ("ipaddress.IPv4Address", "1.2.3", "not a IPv4Address"),
    (f"{T}.Size", "MEDIUM", "not one of the values that are allowed: 'MEDIUM'"),
    (f"{T}.Right", 64, "not one of the values that are allowed: 64"),
    (f"{T}.Right", True, "expected Right, got bool"),
    (f"{T}.Colour", "blue", "not one of the values that are allowed: 'blue'"),
    (f"{T}.Item", {"name": "a"}, "missing key price"),
    (
        f"{T}.Order",
        {"id": str(ID), "items": [{"name": "a", "price": True}]},
        ".items[0].price: expected Decimal, got bool",
    ),
    (f"list[{T}.Positive]", [{"value": 0}], "KeyError"),
    (f"{T}.Person", {"name": ""}, "name"),
    (f"{T}.Sum", {"numbers": [1, "a"]}, ".numbers[1]: expected int, got str"),
    (f"list[{T}.Mixed]", [{"size": "ODD"}], "[0]: missing key"),
    (f"dict[{T}.Size, int]", {"MEDIUM": 1}, "a key of it: not one of"),
    (f"dict[{T}.Size, int]", {"ODD": "a"}, "expected int, got str"),
    ("str | bytes", 1, "expected str | bytes, got int"),
    ("list[str | bytes]", ["a", [1]], "[1]: expected str | bytes, got list"),
    (
        f"{T}.Circle | {T}.Square",
        {"type": "Line"},
        "expected Circle | Square, got dict",
    ),
    (f"{T}.Circle | {T}.Square", {"type": "Square"}, "missing key side"),
    ("typing.Annotated[int, msgspec.Meta(ge=0)]", -1, "expected int >= 0"),
    ("int | None", "a", "expected int | None, got str"),
    ("list[decimal.Decimal | None]", [True], "[0]: expected Decimal | None, got bool"),
    ("list[float | uuid.UUID]", [None], "[0]: expected float | UUID, got None"),
    ("list[list[int] | str]", [{}], "[0]: expected str | list, got dict"),
    (f"list[{T}.Checked]", [{"value": "$"}], "[0]: Expected no `array` - at `$`"),
    (f"{T}.Money", [1], "no Money: ValueError"),
    (f"{T}.Money", ["x", "EUR"], "no Money: ValueError"),
]


@pytest.mark.parametrize(("text", "data", "message"), ARRIVING)
def test_a_receiver_refuses_what_does_not_fit(
    text: str, data: object, message: str
) -> None:
    """With the path in it, whatever code of the user's has raised."""
    with pytest.raises(Misfit) as refusal:
        value(text).unpack(data, Side().passing())
    assert message in str(refusal.value)


def test_an_object_in_itself_is_refused() -> None:
    """As deep as it may be otherwise."""
    node = typed.Node(1)
    node.children.append(node)
    with pytest.raises(Misfit, match="nested"):
        value(f"{T}.Node").pack(node, Side().passing())
    deep = typed.Node(1)
    for _ in range(60):
        deep = typed.Node(1, [deep])
    with pytest.raises(Misfit, match="nested more than 100 deep"):
        value(f"{T}.Node").pack(deep, Side().passing())


def test_peers_cannot_fill_a_flag() -> None:
    """Python keeps each combination that was ever made."""

    class Wide(enum.IntFlag):
        A = 1

    typed.Wide = Wide  # type: ignore[attr-defined]
    many = value(f"list[{T}.Wide]")
    assert many.unpack([*range(16_000)], Side().passing())
    with pytest.raises(Misfit, match="more than 16384 combinations of Wide"):
        many.unpack([*range(20_000)], Side().passing())
    assert len(Wide._value2member_map_) < 17_000


def test_what_cannot_travel_is_said_at_the_first_use() -> None:
    """The generator has refused it; who has not asked it is told so too."""
    for name in ("Initialised", "Fraction"):
        with pytest.raises(TypeError, match="travel"):
            value(f"{T}.{name}").pack(None, Side().passing())


@pytest.mark.parametrize("kind", [int, str, object, dict, Decimal, pathlib.Path, 5])
def test_only_classes_of_the_user_can_be_registered(kind: Any) -> None:
    """The others travel anyway, or are no classes."""
    with pytest.raises(TypeError, match="no class of yours"):
        callbackgen.register_type(kind, repr, eval)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcdenr_"), inner),
    max_leaves=10,
)


@settings(max_examples=300)
@given(text=st.sampled_from(sorted({text for text, _ in VALUES})), data=anything)
def test_whatever_arrives_is_a_misfit_at_worst(text: str, data: object) -> None:
    """Never another error, and never a value of another type."""
    receiver = Side().passing()
    try:
        made = value(text).unpack(data, receiver)
    except Misfit:
        return
    value(text).pack(made, receiver)


def test_nan_arrives_in_fields() -> None:
    """Of floats, and of decimals."""
    arrived = sent(f"{T}.Box[float]", typed.Box(math.nan))
    assert math.isnan(arrived.inside)
    assert sent("decimal.Decimal", Decimal("NaN")).is_nan()
    assert sent("decimal.Decimal", Decimal("sNaN")).is_snan()
    of_ours = sent("complex", complex(math.nan, -0.0))
    assert math.isnan(of_ours.real)
    assert math.copysign(1, of_ours.imag) == -1
    with pytest.raises(Misfit, match="nan cannot be sent as a key or in a set"):
        sent("set[complex]", {complex(math.nan, 1)})
    with pytest.raises(Misfit, match="serpent cannot carry a complex with nan"):
        value("complex").pack(complex(1, math.nan), BY_ADDRESS)


MANY = 3000
"""Items, which are read in several pieces."""


def test_many_are_read_in_pieces() -> None:
    """And are one list, as they were."""
    items = [typed.Positive(number) for number in range(1, MANY)]
    assert sent(f"list[{T}.Positive]", items) == items


@pytest.mark.parametrize(
    ("text", "item", "wrong", "message"),
    [
        ("dict[str, int]", {"a": 1}, {"a": "b"}, "[2500][...]: expected int, got str"),
        ("dict[int, int]", {1: 1}, {"a": 1}, "a key of [2500]: expected int, got str"),
        ("int", 1, "a", "[2500]: expected int, got str"),
        ("int", 1, [1], "[2500]: expected int, got list"),
    ],
)
def test_what_does_not_fit_in_a_later_piece(
    text: str, item: object, wrong: object, message: str
) -> None:
    """Its place is that in the whole."""
    data = [item] * MANY
    data[2500] = wrong
    with pytest.raises(Misfit) as refusal:
        value(f"list[{text}]").unpack(data, Side().passing())
    assert str(refusal.value) == message
