"""The members of a class body, one kind after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbackgen.interface import MemberKind
from tests.unit.generator.reading import Result, read_text

HEAD = """\
import abc, typing
from typing import Annotated, Final, Protocol, overload
from typing_extensions import ReadOnly, deprecated, override
from callbackgen.markers import deadline, oneway

class Listener(Protocol):
"""


def read_body(folder: Path, *members: str) -> Result:
    return read_text(folder, HEAD + "".join(f"    {member}\n" for member in members))


ATTRIBUTES = {
    "level: int": (MemberKind.ATTRIBUTE, "int"),
    "level: int = 3": (MemberKind.ATTRIBUTE, "int"),
    "level: 'int'": (MemberKind.ATTRIBUTE, "int"),
    "level: Final[int]": (MemberKind.PROPERTY, "int"),
    "level: typing.Final[int]": (MemberKind.PROPERTY, "int"),
    "level: ReadOnly[list[int]]": (MemberKind.PROPERTY, "list[int]"),
    "level: Annotated[int, 'metres']": (MemberKind.ATTRIBUTE, "int"),
    "level: Annotated[Final[int], 'metres']": (MemberKind.PROPERTY, "int"),
    "@property\n    def level(self) -> int: ...": (MemberKind.PROPERTY, "int"),
    "@abc.abstractproperty\n    def level(self) -> int: ...": (
        MemberKind.PROPERTY,
        "int",
    ),
    "@property\n    def level(self) -> int: ...\n"
    "    @level.setter\n    def level(self, value: int) -> None: ...": (
        MemberKind.ATTRIBUTE,
        "int",
    ),
}


@pytest.mark.parametrize("written", ATTRIBUTES)
def test_attributes_and_properties(written: str, tmp_path: Path) -> None:
    """What may be assigned is an attribute; what may only be read is a property."""
    result = read_body(tmp_path, written)
    kind, annotation = ATTRIBUTES[written]
    assert result.codes == []
    member = result.member("level")
    assert member.kind is kind
    assert str(member.signatures[0]) == f"() -> {annotation}"


@pytest.mark.parametrize(
    "statement",
    [
        '"""A docstring."""',
        "pass",
        "...",
        "__slots__ = ()",
        "__hash__ = None",
        "class Inner: ...",
        "Alias: typing.TypeAlias = int",
        "'a' 'b'",
    ],
)
def test_statements_that_are_no_members(statement: str, tmp_path: Path) -> None:
    """What a class body may have besides is passed over."""
    result = read_body(tmp_path, statement, "def changed(self) -> None: ...")
    assert result.codes == []
    assert list(result.signatures()) == ["changed"]


def test_several_statements_on_one_line(tmp_path: Path) -> None:
    """Semicolons separate members as line ends do."""
    result = read_body(tmp_path, "first: int; second: str; ...")
    assert list(result.signatures()) == ["first", "second"]


OVERLOADED = """\
@overload
    @deprecated("use a number")
    def get(self, key: str) -> str: ...
    @overload
    def get(self, key: int, *, limit: int = 1) -> int:
        \"\"\"The second has the docstring.\"\"\"
    @overload
    def get(self) -> None: ...
    def get(self, *arguments, **keywords): return None"""


def test_overloads_are_one_member(tmp_path: Path) -> None:
    """The overloads stand in order; the implementation's own signature is left out."""
    result = read_body(tmp_path, OVERLOADED)
    assert result.codes == []
    member = result.member("get")
    assert member.is_overloaded
    assert result.signatures()["get"] == [
        "(key: str) -> str",
        "(key: int, *, limit: int = 1) -> int",
        "() -> None",
    ]
    assert member.deprecated == ((0, "use a number"),)
    assert member.docstring == "The second has the docstring."


def test_marks_of_an_overload_hold_for_all(tmp_path: Path) -> None:
    """One overload marked is the method marked: there is one method to call."""
    result = read_body(
        tmp_path,
        "@overload\n    def get(self, key: str) -> None: ...",
        "@overload\n    @deadline(3)\n    def get(self, key: int) -> None: ...",
    )
    assert result.member("get").deadline == 3.0


@pytest.mark.parametrize(
    ("decorators", "said"),
    [
        ("@oneway", {"oneway": True}),
        ("@deadline(2.5)", {"deadline": 2.5}),
        ("@deadline(60)", {"deadline": 60.0}),
        ("@oneway\n    @abc.abstractmethod", {"oneway": True}),
        ("@override\n    @typing.final", {}),
        ('@deprecated("gone")', {"deprecated": ((0, "gone"),)}),
        ('@deprecated("a" "b", category=None)', {"deprecated": ((0, "ab"),)}),
        ('@deprecated("")', {"deprecated": ((0, ""),)}),
    ],
)
def test_decorators_that_are_known(
    decorators: str, said: dict[str, object], tmp_path: Path
) -> None:
    """A mark says what it says, in any order and company."""
    result = read_body(tmp_path, f"{decorators}\n    def f(self) -> None: ...")
    assert result.codes == []
    member = result.member("f")
    assert {name: getattr(member, name) for name in said} == said
    for name, default in (("oneway", False), ("deadline", None), ("deprecated", ())):
        assert name in said or getattr(member, name) == default


def test_docstrings_are_carried(tmp_path: Path) -> None:
    """Class and members keep what is said of them, without the indentation."""
    result = read_body(
        tmp_path,
        '"""What it is.\n\n    More:\n        Indented.\n    """',
        'def first(self) -> None:\n        r"""A \\d."""',
        'def second(self) -> None: "Short."; ...',
    )
    assert result.interface.docstring == "What it is.\n\nMore:\n    Indented."
    assert result.member("first").docstring == "A \\d."
    assert result.member("second").docstring == "Short."


@pytest.mark.parametrize(
    ("others", "name"),
    [
        ([], "call_"),
        (["call_"], "call__"),
        (["call__"], "call_"),
        (["call_", "call__"], "call___"),
    ],
)
def test_name_of_call_on_the_wire(others: list[str], name: str, tmp_path: Path) -> None:
    """`__call__` is `call_`, with a further `_` while a member has that name."""
    methods = [f"def {other}(self) -> None: ..." for other in others]
    result = read_body(tmp_path, "def __call__(self) -> None: ...", *methods)
    assert result.codes == []
    assert result.member("__call__").remote_name == name
    assert all(result.member(other).remote_name == other for other in others)


def test_coroutines_are_known(tmp_path: Path) -> None:
    """`async def` is kept, and its result is what it is awaited for."""
    member = read_body(tmp_path, "async def f(self) -> int: ...").member("f")
    assert member.is_async
    assert str(member.signatures[0]) == "() -> int"


def test_setter_above_its_property_is_refused(tmp_path: Path) -> None:
    """A setter belongs to a property of its name that stands above it."""
    result = read_body(
        tmp_path, "@level.setter\n    def level(self, value: int) -> None: ..."
    )
    assert result.codes == ["CBG105"]
