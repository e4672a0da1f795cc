"""An annotation means what a type checker takes it to mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.annotations import substitute, union
from callbackgen.generator.spellings import canonical
from callbackgen.interface import NONE, Apply, Symbol, Type, Union, Variable
from tests.unit.generator.reading import read_text

INT, STR = Symbol("builtins", "int"), Symbol("builtins", "str")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("List", "list"),
        ("Dict", "dict"),
        ("Tuple", "tuple"),
        ("FrozenSet", "frozenset"),
        ("Text", "str"),
        ("AbstractSet", "collections.abc.Set"),
        ("Sequence", "collections.abc.Sequence"),
        ("Callable", "collections.abc.Callable"),
        ("Deque", "collections.deque"),
        ("Any", "typing.Any"),
        ("Self", "typing.Self"),
    ],
)
@pytest.mark.parametrize("module", ["typing", "typing_extensions"])
def test_names_of_typing_have_one_spelling(
    module: str, name: str, expected: str
) -> None:
    """Old and backported names come to the one that is used today."""
    assert str(canonical(Symbol(module, name))) == expected


def test_names_of_other_modules_are_left_alone() -> None:
    """A user's own `List` is not Python's."""
    assert canonical(Symbol("shop", "List")) == Symbol("shop", "List")


MEMBERS = st.sampled_from([INT, STR, NONE, Apply(Symbol("builtins", "list"), (INT,))])


@given(st.lists(st.lists(MEMBERS, min_size=1, max_size=3), min_size=1, max_size=3))
def test_union_is_flat_and_has_each_member_once(parts: list[list[Type]]) -> None:
    """However unions are nested, the order of first mention stays."""
    flat = list(dict.fromkeys(member for part in parts for member in part))
    made = union([union(part) for part in parts])
    assert made == (Union(tuple(flat)) if len(flat) > 1 else flat[0])


def test_substituting_a_union_into_a_union_flattens_it() -> None:
    """`T | None` with `int | None` for T is `int | None`."""
    written = Union((Variable("T"), NONE))
    assert substitute(written, {"T": Union((INT, NONE))}) == Union((INT, NONE))
    assert substitute(written, {"T": NONE}) == NONE
    assert substitute(written, {"S": INT}) == written
    inside = Apply(Symbol("builtins", "list"), (written,))
    both = Union((Variable("S"), inside))
    assert substitute(both, {"S": Union((STR, NONE)), "T": NONE}) == Union(
        (STR, NONE, Apply(Symbol("builtins", "list"), (NONE,)))
    )


ALIASES = """
import typing
from collections.abc import Callable
from typing import Any, Generic, Optional, Protocol, TypeVar, Union
from typing_extensions import TypeAlias, TypeAliasType

K = TypeVar("K")
V = TypeVar("V")
Plain = int
Chain = Plain
Annotated_: TypeAlias = dict[str, "Plain"]
Pairs = list[tuple[K, V]]
Nested = dict[str, Pairs[V, int]]
Made = TypeAliasType("Made", list[K], type_params=(K,))
Handler = Callable[[K, list[V]], None]
Anyhow = typing.Callable
Circle = list["Circle"]
First = list["Second"]
Second = list["First"]

class Listener(Protocol):
    Own: TypeAlias = set[int]
    def changed(self, value: {}) -> None: ...
"""

MEANT = {
    "Plain": "int",
    "Chain": "int",
    "Annotated_": "dict[str, int]",
    "Pairs[int, str]": "list[tuple[int, str]]",
    "Pairs": "list[tuple[typing.Any, typing.Any]]",
    "Nested[bool]": "dict[str, list[tuple[bool, int]]]",
    "Made[int]": "list[int]",
    "Handler[int, str]": "collections.abc.Callable[[int, list[str]], None]",
    "Anyhow": "collections.abc.Callable[..., typing.Any]",
    "Optional[Callable]": "collections.abc.Callable[..., typing.Any] | None",
    "Callable[..., Plain]": "collections.abc.Callable[..., int]",
    "Callable[[], 'Chain | None']": "collections.abc.Callable[[], int | None]",
    "Callable[[Handler[K, int]], K]": "collections.abc.Callable["
    "[collections.abc.Callable[[typing.Any, list[int]], None]], typing.Any]",
    "Own": "set[int]",
    "Listener.Own": "set[int]",
    "Optional[Pairs[int, int]]": "list[tuple[int, int]] | None",
}


@pytest.mark.parametrize("written", MEANT)
def test_alias_is_what_it_stands_for(written: str, tmp_path: Path) -> None:
    """Every form of alias is followed, its type arguments put in."""
    result = read_text(tmp_path, ALIASES.replace("{}", written))
    assert result.codes == []
    assert result.signatures() == {"changed": [f"(value: {MEANT[written]}) -> None"]}


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("Circle", "CBG132"),
        ("First", "CBG132"),
        ("Pairs[int, int, int]", "CBG122"),
        ("list[Circle] | None", "CBG132"),
    ],
)
def test_alias_that_cannot_be_followed_is_refused(
    written: str, code: str, tmp_path: Path
) -> None:
    """A recursive type and too many arguments have their own findings."""
    assert read_text(tmp_path, ALIASES.replace("{}", written)).codes == [code]


VARIABLES = """
from typing import AnyStr, Generic, Protocol, TypeVar
T = TypeVar("T", bound="int")
S = TypeVar("S", int, str)
C = TypeVar("C", covariant=True)

class Listener(Protocol[C]):
    def first(self, a: T) -> T: ...
    def second(self, a: S) -> list[S]: ...
    def third(self) -> C: ...
"""


def test_type_variables_are_declared_as_written(tmp_path: Path) -> None:
    """Bound, constraints and variance come with a variable that a member uses."""
    interface = read_text(tmp_path, VARIABLES).interface
    (own,) = interface.type_parameters
    assert (own.name, own.variance) == ("C", "covariant")
    first, second = interface.type_variables
    assert (first.name, first.bound) == ("T", INT)
    assert (second.name, second.constraints) == ("S", (INT, STR))
