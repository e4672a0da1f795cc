"""Inherited members are those that Python itself would find."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.inheritance import merged
from callbackgen.interface import Symbol
from tests.unit.generator.reading import read, read_text

HEAD = "from typing import Generic, Protocol, TypeVar\n\n"


@st.composite
def hierarchies(draw: st.DrawFn) -> list[list[int]]:
    """For each class the numbers of its bases, all of them earlier classes."""
    count = draw(st.integers(1, 8))
    return [
        draw(st.lists(st.integers(0, number - 1), unique=True, max_size=3))
        if number
        else []
        for number in range(count)
    ]


@given(hierarchies())
def test_order_of_lookup_is_pythons(bases: list[list[int]]) -> None:
    """The order is that of `__mro__`; where Python has none there is none here."""
    orders: list[list[Symbol]] = []
    classes: list[type] = []
    for number, listed in enumerate(bases):
        symbol = Symbol("module", f"C{number}")
        lines = [orders[base] for base in listed]
        order = merged([*lines, [orders[base][0] for base in listed]])
        try:
            made = type(f"C{number}", tuple(classes[base] for base in listed), {})
        except TypeError:
            assert order is None
            return
        assert order is not None
        orders.append([symbol, *order])
        classes.append(made)
        names = [found.__name__ for found in made.__mro__[:-1]]
        assert [found.name for found in orders[-1]] == names


def test_nearest_definition_of_a_member_counts(tmp_path: Path) -> None:
    """An overriding member has its own signature, and its place among the others."""
    result = read_text(
        tmp_path,
        HEAD + "class Base(Protocol):\n"
        "    def first(self) -> int: ...\n"
        "    def second(self) -> int: ...\n"
        "class Listener(Base, Protocol):\n"
        "    def third(self) -> int: ...\n"
        "    def first(self) -> bool: ...\n",
    )
    assert result.signatures() == {
        "first": ["() -> bool"],
        "second": ["() -> int"],
        "third": ["() -> int"],
    }


def test_annotation_means_what_it_means_where_it_stands(tmp_path: Path) -> None:
    """Names in an inherited member are looked up in the module of the base."""
    (tmp_path / "base.py").write_text(
        HEAD + "Name = int\nclass Base(Protocol):\n    def f(self) -> Name: ...\n"
    )
    result = read_text(
        tmp_path,
        HEAD + "import base\nName = str\n"
        "class Listener(base.Base, Protocol):\n    def g(self) -> Name: ...\n",
    )
    assert result.signatures() == {"f": ["() -> int"], "g": ["() -> str"]}


GENERIC = """\
K = TypeVar("K")
V = TypeVar("V")

class Store(Protocol[K, V]):
    def get(self, key: K) -> V: ...

class Pairs(Protocol[K]):
    def pair(self, key: K) -> tuple[K, K]: ...

"""


@pytest.mark.parametrize(
    ("heir", "get"),
    [
        ("Listener(Store[str, int], Protocol)", "(key: str) -> int"),
        ("Listener(Store[str, list[int]], Protocol)", "(key: str) -> list[int]"),
        ("Listener(Store[str, 'int | None'], Protocol)", "(key: str) -> int | None"),
        ("Listener(Store, Protocol)", "(key: typing.Any) -> typing.Any"),
        ("Listener(Store[K, K], Protocol[K])", "(key: typing.Any) -> typing.Any"),
    ],
)
def test_type_arguments_of_a_base_are_put_in(
    heir: str, get: str, tmp_path: Path
) -> None:
    """What the heir says of a base's parameters stands in the inherited members."""
    result = read_text(
        tmp_path,
        f"{HEAD}{GENERIC}class {heir}:\n    def own(self) -> None: ...\n",
    )
    assert result.codes == []
    assert result.signatures()["get"] == [get]


def test_parameters_of_an_heir_are_those_it_lists(tmp_path: Path) -> None:
    """`Protocol[V, K]` gives the order; without it the bases do."""
    text = (
        f"{HEAD}{GENERIC}class Listener(Store[K, V], Pairs[V], Protocol[V, K]): ...\n"
    )
    listed = read_text(tmp_path, text).interface.type_parameters
    assert [parameter.name for parameter in listed] == ["V", "K"]
    text = text.replace("Protocol[V, K]", "Protocol")
    listed = read_text(tmp_path, text).interface.type_parameters
    assert [parameter.name for parameter in listed] == ["K", "V"]


def test_two_variables_of_one_name_are_refused(tmp_path: Path) -> None:
    """A base's variable that would be taken for the heir's own is pointed out."""
    (tmp_path / "base.py").write_text(
        HEAD + 'T = TypeVar("T", bound=int)\n'
        "class Base(Protocol[T]):\n    def f(self, a: T) -> T: ...\n"
    )
    text = (
        HEAD + 'import base\nT = TypeVar("T")\n'
        "class Listener(base.Base[int], Protocol[T]):\n"
        "    def g(self, a: T) -> T: ...\n"
    )
    (tmp_path / "contract.py").write_text(text)
    try:
        codes = read(tmp_path, "contract.Listener").codes
    except Refused as refused:
        codes = [found.code for found in refused.diagnostics]
    assert codes == ["CBG131"]
