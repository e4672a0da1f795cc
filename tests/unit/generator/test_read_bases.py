"""What a Protocol inherits, and the type parameters that it and its bases have."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbackgen.generator.diagnostics import Refused
from tests.unit.generator.reading import read_text


def test_inheritance_follows_pythons_order(tmp_path: Path) -> None:
    """Of two definitions of a member the one that Python would find is taken."""
    bases = {
        "A": "",
        "B": "A",
        "C": "A",
        "D": "B, C",
        "E": "C",
        "F": "D, E",
    }
    text = "from typing import Protocol\n"
    for name, above in bases.items():
        separator = ", " if above else ""
        text += (
            f"class {name}({above}{separator}Protocol):\n"
            f"    def who_{name.lower()}(self) -> None: ...\n"
        )
        if name in "ACE":
            text += f'    def who(self) -> None: "{name}"\n'
    scope: dict[str, type] = {}
    exec(text, scope)
    result = read_text(tmp_path, text, "F")
    assert result.member("who").docstring == scope["F"].who.__doc__  # type: ignore[attr-defined]
    names = {m.name for m in result.interface.members}
    assert names == {f"who_{name}" for name in "abcdef"} | {"who"}


@pytest.mark.parametrize(
    ("bases", "code"),
    [
        ("A, B", []),
        ("B, A", []),
        ("Circle", ["CBG109"]),
        ("A, C", ["CBG109"]),
        ("Missing", ["CBG121"]),
        ("Plain", ["CBG109"]),
        ("object", ["CBG109"]),
        ("make()", ["CBG121"]),
    ],
)
def test_bases_that_cannot_be_followed(
    bases: str, code: list[str], tmp_path: Path
) -> None:
    """A base without an order, a source or a Protocol is refused, not guessed at."""
    text = f"""
from typing import Protocol
class A(Protocol):
    def a(self) -> None: ...
class B(Protocol):
    def b(self) -> None: ...
class C(A, Protocol):
    def c(self) -> None: ...
class Plain: ...
class Circle(Circle, Protocol):
    def d(self) -> None: ...
class Listener({bases}, Protocol):
    def changed(self) -> None: ...
"""
    try:
        codes = read_text(tmp_path, text).codes
    except Refused as refused:
        codes = [found.code for found in refused.diagnostics]
    assert codes == code


def test_type_arguments_are_substituted(tmp_path: Path) -> None:
    """A generic base's parameters become what the heir gives for them."""
    (tmp_path / "base.py").write_text(
        "from typing import Generic, Protocol, TypeVar\n"
        "K = TypeVar('K')\nV = TypeVar('V')\n"
        "class Store(Protocol[K, V]):\n"
        "    def get(self, key: K) -> V | None: ...\n"
        "class Swapped(Store[V, K], Protocol[K, V]):\n"
        "    def put(self, key: K, value: list[V]) -> None: ...\n"
    )
    result = read_text(
        tmp_path,
        "from typing import Protocol\nimport base\n"
        "class Listener(base.Swapped[int, str | None], Protocol):\n"
        "    def own(self) -> None: ...\n",
    )
    assert result.signatures() == {
        "get": ["(key: str | None) -> int | None"],
        "put": ["(key: int, value: list[str | None]) -> None"],
        "own": ["() -> None"],
    }


PEP_695 = """
from typing import Protocol
type Pair[A] = tuple[A, A]
type Names = "list[str]"
f = f"{"nested quotes"}"
class Base[T](Protocol):
    def get(self) -> T: ...
class Listener[T: int, *Ts, **P](Protocol): ...
class Later[T: (int, str), U: str = str](Base[list[U]], Protocol):
    def put(self, a: T, b: Pair[int], c: Names) -> U: ...
    def same[S: float](self, a: S) -> S: ...
"""


def test_type_parameters_are_read_on_every_python(tmp_path: Path) -> None:
    """PEP 695 and 696 syntax is understood also where Python itself does not."""
    result = read_text(tmp_path, PEP_695, "Later")
    assert result.codes == []
    assert result.interface.has_parameter_syntax
    first, second = result.interface.type_parameters
    assert [str(c) for c in first.constraints] == ["int", "str"]
    assert (str(second.bound), str(second.default)) == ("str", "str")
    assert str(result.member("same").type_parameters[0][0].bound) == "float"
    put = result.member("put").signatures[0]
    assert [str(p.annotation) for p in put.parameters[1:]] == [
        "tuple[int, int]",
        "list[str]",
    ]


def test_what_type_parameters_cannot_be(tmp_path: Path) -> None:
    """A variadic type parameter is refused where it stands."""
    assert "CBG124" in read_text(tmp_path, PEP_695, "Listener").codes
