"""What is accepted when generating is what the run time carries."""

from __future__ import annotations

import sys
import types
from pathlib import Path
from typing import Any

import pytest

from callbackgen.interface import ANY, parse_signature
from callbackgen.runtime.values import Value
from tests.unit.generator.contract import carrying, refused
from tests.unit.runtime.sending import sent

ENUM_OF = "class E({}):\n    A = {}\n"
QUOTED = "N = NewType('N', {})\n"
SEEN = """\
if not typing.TYPE_CHECKING:
    Dec = decimal.Decimal
else:
    from decimal import Decimal as Dec
"""
TAGGED = """\
K = 'k'
class A(msgspec.Struct, tag_field=K):
    x: int
class B(msgspec.Struct, tag_field='k'):
    x: int
"""
DEFAULT = """\
D = typing_extensions.TypeVar('D', default=str)
@dataclass
class E(Generic[T, D]):
    t: T
    d: D
"""

CARRIED = {
    "E | int": [
        (ENUM_OF.format("decimal.Decimal, Enum", "1"), ["E.A", "7"]),
        (ENUM_OF.format("datetime.date, Enum", "2026, 1, 1"), ["E.A", "7"]),
        (ENUM_OF.format("float, Enum", "1"), ["E.A", "7"]),
    ],
    "E | str": [(ENUM_OF.format("IntFlag", "auto()"), ["E.A", "'A'"])],
    "E": [
        ("class E(Point): ...\n", ["E(1)"]),
        ("class U(Generic[T]): ...\n@dataclass\nclass E(U['E']):\n    x: int\n", ["E(1)"]),
        ("@dataclass\nclass E(Box[Literal['a']]): ...\n", ["E('a')"]),
        ("class E(msgspec.Struct):\n    x: int | msgspec.UnsetType | None = msgspec.UNSET\n",
         ["E()", "E(1)", "E(None)"]),
        (SEEN + "@dataclass\nclass E:\n    x: Dec\n", ["E(decimal.Decimal(1))"]),
    ],
    "N": [
        (QUOTED.format("list[Literal['a']]"), ["['a']"]),
        (QUOTED.format("Annotated[int, 'a']"), ["1"]),
    ],
    "A | B": [
        (TAGGED, ["A(1)", "B(1)"]),
    ],
    "HTTPStatus | None": [("from http import HTTPStatus\n", ["HTTPStatus(404)"])],
    "tuple[int, ...] | None": [("", ["(1, 2)"])],
    "E[int]": [
        (DEFAULT, ["E(1, 'd')"]),
    ],
}  # fmt: skip


@pytest.mark.parametrize("annotation", CARRIED)
def test_what_is_accepted_arrives(
    annotation: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the type that it has, with the classes as Python makes them."""
    for classes, values in CARRIED[annotation]:
        result = carrying(tmp_path, annotation, f"import typing_extensions\n{classes}")
        assert result.codes == []
        module = types.ModuleType("contract")
        monkeypatch.setitem(sys.modules, "contract", module)
        source = (tmp_path / "contract.py").read_text(encoding="utf-8")
        exec(compile(source, "contract.py", "exec", dont_inherit=True), vars(module))
        (signature,) = result.signatures()["changed"]
        text = signature.removeprefix("(value: ").removesuffix(") -> None")
        for value in values:
            given: Any = eval(value, vars(module))
            arrived = sent(text, given)
            assert type(arrived) is type(given)
            assert arrived == given
        assert Value(parse_signature(f"-> {text}").result or ANY).size


REFUSED = {
    "dict[str]": ("CBG122", "dict takes 2 type arguments"),
    "list[int, str]": ("CBG122", "list takes one type argument"),
    "int[str]": ("CBG122", "int takes no type arguments"),
    "Point[int]": ("CBG122", "contract.Point takes no type arguments"),
    "Colour[int]": ("CBG122", "takes no type arguments"),
    "Box[int, str]": ("CBG122", "contract.Box takes one type argument"),
    "Pair[int]": ("CBG122", "contract.Pair takes 2 type arguments"),
    "npt.NDArray[int, str, int]": ("CBG122", "takes 2 type arguments"),
    "tuple[..., int]": ("CBG122", "..."),
    "tuple[int, ..., str]": ("CBG122", "..."),
    "tuple[...]": ("CBG122", "..."),
    "Literal": ("CBG128", "typing.Literal"),
    "Literal[1.5]": ("CBG147", "Literal[1.5]"),
    "Literal[...]": ("CBG147", "Literal[...]"),
    "Literal[1j, 'a']": ("CBG147", "Literal[1j]"),
    "Literal[~1]": ("CBG147", "Literal[~1]"),
    "Literal[-True]": ("CBG147", "Literal[-True]"),
    f"Literal[{1 << 63}]": ("CBG147", "Literal[9223372036854775808]"),
    "Literal['\\ud800']": ("CBG147", "Literal"),
    "Literal[int]": ("CBG147", "Literal[int]"),
    "npt.NDArray[np.str_]": ("CBG128", "no numbers"),
    "npt.NDArray[np.datetime64]": ("CBG128", "no numbers"),
    "np.ndarray[Any, np.dtype[np.void]]": ("CBG128", "no numbers"),
    "typing.Optional[int, str]": ("CBG128", "typing.Optional"),
}


@pytest.mark.parametrize("annotation", REFUSED)
def test_what_could_never_be_called_is_refused(annotation: str, tmp_path: Path) -> None:
    """The run time knows no such type."""
    found = refused(tmp_path, annotation)
    code, said = REFUSED[annotation]
    assert found.code == code
    assert said in found.message
    assert found.hint
    assert not found.hint.endswith(": ")


HIDDEN = "if typing.TYPE_CHECKING:\n    from decimal import Decimal as Dec\n"

FIELDS = {
    "@dataclass\nclass B:\n    p: Plain\nclass M(B):\n    y: int = 1\n"
    "@dataclass\nclass E(M):\n    z: int = 1": ("CBG141", "the field B.p: "),
    QUOTED.format("list['Point']") + "E = N": ("CBG128", "'Point' cannot"),
    QUOTED.format("dict[str, 'int | str']") + "E = N": ("CBG128", "'int | str' cannot"),
    "@dataclass\nclass E(Box['Point']): ...": ("CBG128", "the field Box.value: 'Point'"),
    HIDDEN + "@dataclass\nclass E:\n    x: Dec": ("CBG121", "only type checkers see the name Dec"),
    HIDDEN + "@dataclass\nclass E(Box[Dec]): ...": ("CBG121", "only type checkers see the name Dec"),
    "class O:\n    class I(NamedTuple):\n        a: int\n    @dataclass\n    class E:\n"
    "        x: 'I'\nE = O.E": ("CBG121", "the field E.x: the name I is not defined"),
    "@dataclass\nclass E:\n    x: int | msgspec.UnsetType": ("CBG128", "msgspec.UnsetType"),
    "class E(msgspec.Struct):\n    x: msgspec.UnsetType": ("CBG128", "msgspec.UnsetType"),
    "class E(msgspec.Struct):\n    x: list[int | msgspec.UnsetType]": (
        "CBG128", "msgspec.UnsetType"
    ),
    "@dataclass\nclass E:\n    x: 'int |'": ("CBG122", "the field E.x: int | is not"),
}  # fmt: skip


@pytest.mark.parametrize("classes", FIELDS)
def test_fields_that_could_never_be_sent_are_refused(
    classes: str, tmp_path: Path
) -> None:
    """What Python does not find at run time, the run time does not, either."""
    found = refused(tmp_path, "E", classes)
    code, said = FIELDS[classes]
    assert found.code == code
    assert said in found.message
    assert "TYPE_CHECKING will do" not in found.hint


UNIONS = {
    "E | str": [
        ENUM_OF.format("decimal.Decimal, Enum", "1"),
        ENUM_OF.format("Point, Enum", "1"),
        ENUM_OF.format("int, Enum", "('10', 2)"),
    ],
    "E | int": [ENUM_OF.format("int, Enum", "1.5")],
    "A | B": [
        "K = 'k'\nclass A(msgspec.Struct, tag=K): ...\nclass B(msgspec.Struct, tag='k'): ...",
        "K = 1\nclass A(msgspec.Struct, tag=K): ...\nclass B(msgspec.Struct, tag='k'): ...",
    ],
}


@pytest.mark.parametrize("annotation", UNIONS)
def test_members_that_look_alike_at_run_time(annotation: str, tmp_path: Path) -> None:
    """Whatever makes the values of an enum, and wherever the text of a tag stands."""
    for classes in UNIONS[annotation]:
        assert refused(tmp_path, annotation, classes).code == "CBG130"


def test_the_nearest_type_of_a_class_that_is_not_ours(tmp_path: Path) -> None:
    """Nobody is told to write a class of the standard library otherwise."""
    for name, said in {
        "difflib.Match": "use what travels",
        "any": "use typing.Any",
        "callable": "use collections.abc.Callable",
        "np.array": "use numpy.ndarray",
        "typing.ByteString": "use bytes",
    }.items():
        found = refused(tmp_path, name, "import difflib")
        assert found.code == "CBG128"
        assert said in found.hint


def test_a_class_that_is_found_nowhere(tmp_path: Path) -> None:
    """Its name is wrong, or its module is not there."""
    (tmp_path / "shapes.py").write_text("class Point: ...\n", encoding="utf-8")
    for name in ("shapes.Pont", "gone.Point", "gone.deeper.Point"):
        found = refused(tmp_path, name, f"import {name.rpartition('.')[0]}")
        assert found.code == "CBG128"
        assert f"{name} cannot be carried: no source is found" in found.message
        assert name.rpartition(".")[2] in found.hint


@pytest.mark.parametrize("declared", ["T{}", "list[int]"])
def test_types_without_an_end_in_sight(declared: str, tmp_path: Path) -> None:
    """Thousands of types in each other are a finding, not the end of the generator."""
    count = 1500
    if declared == "list[int]":
        lines = [f"T{i} = list[T{i + 1}]" for i in range(count)]
    else:
        lines = [
            f"@dataclass\nclass T{i}:\n    x: 'T{i + 1} | None'" for i in range(count)
        ]
    found = refused(tmp_path, "T0", "\n".join([*lines, f"T{count} = int"]))
    assert found.code == "CBG122"
    assert "nested" in found.message
