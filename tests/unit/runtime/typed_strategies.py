"""Whatever values there are of each type that travels."""

from __future__ import annotations

import datetime as dt
import ipaddress
import pathlib
from typing import Any

from hypothesis import strategies as st

from tests.unit.runtime import typed

T = typed.__name__

Strategy = st.SearchStrategy[Any]


def zones(resolution: int) -> st.SearchStrategy[dt.timezone]:
    """Offsets from UTC that are so many seconds, or more of them."""
    most = 86399 // resolution
    seconds = st.integers(-most, most).map(lambda number: number * resolution)
    return st.builds(dt.timezone, seconds.map(lambda one: dt.timedelta(seconds=one)))


def values(*, ints: Strategy, resolution: int) -> dict[str, Strategy]:
    """By the text of the type; with such ints, and offsets of so many seconds."""
    decimals = st.decimals(allow_nan=False)
    items = st.builds(typed.Item, st.text(), decimals, ints)
    people = st.recursive(
        st.builds(typed.Person, st.text(min_size=1), ints),
        lambda inner: st.builds(typed.Person, st.text(min_size=1), ints, inner),
        max_leaves=3,
    )
    points = st.builds(typed.Point, ints, ints)
    names = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1)
    return {
        "None": st.none(),
        "bool": st.booleans(),
        "int": ints,
        "float": st.floats(allow_nan=False),
        "str": st.text(),
        "bytes": st.binary(),
        "bytearray": st.binary().map(bytearray),
        "list[int]": st.lists(ints),
        "tuple[int, ...]": st.lists(ints).map(tuple),
        "tuple[str, float]": st.tuples(st.text(), st.floats(allow_nan=False)),
        "set[int]": st.sets(ints),
        "frozenset[str]": st.frozensets(st.text()),
        "dict[str, list[bytes]]": st.dictionaries(
            st.text("abc"), st.lists(st.binary())
        ),
        "datetime.datetime": st.datetimes() | st.datetimes(timezones=zones(resolution)),
        "datetime.time": st.times() | st.times(timezones=zones(resolution)),
        "datetime.date": st.dates(),
        "datetime.timedelta": st.timedeltas(),
        "decimal.Decimal": decimals,
        "uuid.UUID": st.uuids(),
        "pathlib.PurePosixPath": names.map(pathlib.PurePosixPath),
        "ipaddress.IPv4Address": st.ip_addresses(v=4),
        "ipaddress.IPv6Address": st.ip_addresses(v=6),
        "ipaddress.IPv4Network": st.ip_addresses(v=4).map(ipaddress.IPv4Network),
        "ipaddress.IPv6Interface": st.ip_addresses(v=6).map(ipaddress.IPv6Interface),
        f"{T}.Colour": st.sampled_from(typed.Colour),
        f"{T}.Name": st.sampled_from(typed.Name),
        f"{T}.Level": st.sampled_from(typed.Level),
        f"{T}.Size": st.sampled_from(typed.Size),
        f"{T}.Right": st.integers(0, 7).map(typed.Right),
        "typing.Literal['a', 1, None]": st.sampled_from(["a", 1, None]),
        f"{T}.OrderId | None": st.uuids() | st.none(),
        "typing.Annotated[int, msgspec.Meta(ge=0, le=9)]": st.integers(0, 9),
        f"{T}.Item": items,
        f"dict[uuid.UUID, list[{T}.Item | None]]": st.dictionaries(
            st.uuids(), st.lists(st.none() | items)
        ),
        f"{T}.Order": st.builds(
            typed.Order,
            id=st.uuids(),
            items=st.lists(items).map(tuple),
            tags=st.frozensets(st.text()),
            colour=st.sampled_from(typed.Colour),
            limits=st.dictionaries(st.text("abc"), st.floats(0, 1)),
        ),
        f"{T}.Box[{T}.Item]": st.builds(typed.Box, items, st.lists(items)),
        f"{T}.Person": people,
        f"{T}.Point": points,
        f"set[{T}.Point]": st.sets(points),
        f"{T}.Row": st.fixed_dictionaries(
            {"id": ints},
            optional={"colour": st.sampled_from(typed.Colour), "at": st.dates()},
        ),
        f"{T}.Circle | {T}.Square": st.builds(typed.Circle, st.floats(0, 1))
        | st.builds(typed.Square, st.floats(0, 1), st.sampled_from(typed.Size)),
        f"{T}.Line": st.builds(typed.Line, points, points),
        f"{T}.Money": st.builds(typed.Money, st.fractions(), st.text()),
        f"set[tuple[{T}.Level, datetime.date]]": st.sets(
            st.tuples(st.sampled_from(typed.Level), st.dates())
        ),
        f"{T}.Item | list[int] | None | int": items | st.lists(ints) | ints | st.none(),
    }
