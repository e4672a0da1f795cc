"""What tells versions of an interface apart, and what is read of another version."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime import Method, Stub
from callbackgen.runtime.fingerprint import (
    LARGEST_DESCRIPTION,
    Member,
    description,
    fingerprint,
    members_in,
)
from callbackgen.runtime.interfaces import wrapper_of
from tests.unit.runtime.interfaces import interface

CHANGED: Method[str] = Method("changed", "(symbol: str) -> str")
LEVEL: Method[int] = Method("level", "-> int")


def described(stub: type[Stub]) -> str:
    return description(wrapper_of(stub))


def test_it_is_the_same_for_ever() -> None:
    """Ends of other times and places have to come to the same one."""
    stub = interface(LEVEL, CHANGED, settable=("level",))
    assert described(stub) == (
        '[["changed",["(symbol: str) -> str"],false,false],'
        '["level",["-> int"],false,true]]'
    )
    assert fingerprint(stub).hex() == "d55ea1d0b83f51ca"


SAME = [
    interface(CHANGED, LEVEL),
    interface(LEVEL, CHANGED),
    interface(CHANGED, LEVEL, name="other.Name"),
    interface(Method("changed", "(symbol: str) -> str", deadline=3), LEVEL),
]
OTHER = [
    interface(CHANGED),
    interface(CHANGED, LEVEL, Method("closed", "() -> None")),
    interface(CHANGED, LEVEL, settable=("level",)),
    interface(CHANGED, Method("levels", "-> int")),
    interface(CHANGED, Method("level", "() -> int")),
    interface(CHANGED, Method("level", "-> int | None")),
    interface(Method("changed", "(symbol: str) -> str", oneway=True), LEVEL),
    interface(Method("changed", "(symbol: str = 'a') -> str"), LEVEL),
    interface(Method("changed", "(name: str) -> str"), LEVEL),
    interface(Method("changed", "(symbol: str) -> str", "() -> str"), LEVEL),
    interface(Method("changed", "() -> str", "(symbol: str) -> str"), LEVEL),
]


def test_every_change_of_a_member_makes_another() -> None:
    """Not so the order in the source, a deadline, and where the module lies."""
    assert len({fingerprint(stub) for stub in SAME}) == 1
    assert len({fingerprint(stub) for stub in [SAME[0], *OTHER]}) == len(OTHER) + 1


def test_it_is_found_once_for_a_class() -> None:
    """All references of an interface share it."""
    assert fingerprint(SAME[0]) is fingerprint(SAME[0])
    assert described(SAME[0]) is described(SAME[0])


@pytest.mark.parametrize("stub", [*SAME, *OTHER, interface()])
def test_what_is_described_is_read_as_it_was(stub: type[Stub]) -> None:
    """Fields that a later version adds to a member are skipped."""
    members = members_in(described(stub))
    assert members is not None
    assert msgspec.json.encode([*members.values()]).decode() == described(stub)
    later = [[*one, "later", {}] for one in msgspec.json.decode(described(stub))]
    assert members_in(msgspec.json.encode(later).decode()) == members


@pytest.mark.parametrize(
    ("signatures", "oneway", "settable", "text"),
    [
        (["(a: int) -> str"], False, False, "tell(a: int) -> str"),
        (["() -> None"], True, False, "oneway tell() -> None"),
        (["() -> int", "(a: int)"], False, False, "tell() -> int or tell(a: int)"),
        (["-> int"], False, True, "tell: int"),
        (["-> int"], False, False, "read-only tell: int"),
        ([], False, False, ""),
        (["(a: str = '\x1b\n\u2028')"], False, False, r"tell(a: str = '\x1b\n\u2028')"),
    ],
)
def test_a_member_is_shown_as_in_source(
    signatures: list[str], oneway: bool, settable: bool, text: str
) -> None:
    """In printable ASCII, whatever the other end says."""
    assert str(Member("tell", tuple(signatures), oneway, settable)) == text


def test_a_long_member_is_cut_where_it_is_shown() -> None:
    """Else an error would be as long as the other end likes."""
    text = str(Member("n" * 60_000, ("(\U0001f600)" * 1000,), False, False))
    assert len(text) == 1000
    assert text.endswith("[cut]")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{}",
        "[5]",
        '[["a"]]',
        '[["a",["() -> None"],false]]',
        '[["a",["() -> None"],0,1]]',
        '[["a",[5],false,false]]',
        '[[null,["() -> None"],false,false]]',
        '[["a",["() -> None"],false,false]] ...',
        '[["\\ud800",["() -> None"],false,false]]',
        "\ud800",
        '[["a",["() -> None"],false,false,' + "[" * 60_000,
        '[["' + "a" * LARGEST_DESCRIPTION + '",["() -> None"],false,false]]',
        '[["' + "\u2028" * (LARGEST_DESCRIPTION // 3) + '",[],false,false]]',
    ],
)
def test_what_is_no_description_is_not_read(text: str) -> None:
    """Of another type, not well-formed, too large, nested without end."""
    assert members_in(text) is None


FIELDS = st.one_of(
    st.text(), st.booleans(), st.none(), st.lists(st.text(), max_size=2), st.integers()
)


@given(st.text() | st.lists(st.lists(FIELDS, max_size=6)))
def test_whatever_the_other_end_says_is_members_or_nothing(said: Any) -> None:
    """Nothing is raised, and all that is read can be shown."""
    text = said if isinstance(said, str) else msgspec.json.encode(said).decode()
    for name, member in (members_in(text) or {}).items():
        assert member.name == name
        assert str(member).isascii()
        assert str(member).isprintable()
