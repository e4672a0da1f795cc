"""A union is accepted if its members can be told apart by what they are in msgpack."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from tests.unit.generator.contract import carrying, refused

CLASSES = """
class Texts(Enum):
    A = "a"
    B = "b"

class Mixed(Enum):
    A = "a"
    B = 1

class Open(Enum):
    A = len("a")

class Order(msgspec.Struct): ...

class Buy(msgspec.Struct, tag=True): ...

class Sell(msgspec.Struct, tag="sell"): ...

class SellToo(Sell): ...

class Numbered(msgspec.Struct, tag=1): ...

class Kept(msgspec.Struct, tag=True, tag_field="k"): ...

class KeptToo(msgspec.Struct, tag_field="k"): ...

class Untagged(Buy, tag=False): ...

class Rows(msgspec.Struct, array_like=True): ...

class Left(Rows, tag=str.lower): ...

class Right(Left): ...

Name = NewType("Name", str)
Names = NewType("Names", list[Name])
OrderId = NewType("OrderId", Buy)
"""

FORMS = {
    "null": ["None"],
    "bool": ["bool"],
    "int": ["int", "Colour", "Annotated[int, msgspec.Meta(ge=0)]"],
    "float": ["float"],
    "complex": ["complex"],
    "text": [
        "str", "Name", "decimal.Decimal", "uuid.UUID", "datetime.datetime", "Path",
        "datetime.timedelta", "ipaddress.IPv6Network", "Texts", "Mixed",
    ],
    "binary": ["bytes", "bytearray"],
    "array": ["list[int]", "tuple[int, str]", "Set[int]", "Sequence[str]", "Row",
              "Rows", "Names"],
    "mapping": ["dict[str, int]", "Mapping[str, int]", "Extra", "Point", "Box[int]",
                "Order", "Attrs"],
    "numpy array": ["np.ndarray", "npt.NDArray[np.float64]"],
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_members_of_one_form_are_refused(form: str, tmp_path: Path) -> None:
    """Two types that look the same in msgpack cannot be told apart."""
    for one, other in combinations(FORMS[form], 2):
        for written in (f"{one} | {other}", f"None | {other} | {one}"):
            found = refused(tmp_path, written, CLASSES)
            assert found.code == "CBG130"
            assert "cannot be told apart" in found.message
            assert found.hint


def test_members_of_different_forms_are_carried(tmp_path: Path) -> None:
    """One type of each form can be beside those of all others."""
    for index in range(3):
        members = [types[index % len(types)] for types in FORMS.values()]
        assert carrying(tmp_path, " | ".join(members), CLASSES).codes == []
    every = [one for types in FORMS.values() for one in types]
    for one in every:
        apart = {form for form, types in FORMS.items() if one not in types}
        others = [FORMS[form][-1] for form in sorted(apart)]
        assert carrying(tmp_path, " | ".join([one, *others]), CLASSES).codes == []


TOLD_APART = [
    "Buy | Sell", "Buy | Sell | None | list[int]", "Kept | KeptToo", "Left | Right",
    "OrderId | Sell", "Left | dict[str, int]",
    "int | float", "bool | int", "Literal['a', 1] | str", "Literal['a'] | None | int",
    "Literal['a'] | Literal['b']", "Literal[1] | datetime.datetime",
    "Colour | float", "Path | int", "Peer | None", "Row | Point",
    "Any | None", "object | int", "Any | list[bytes]", "T | str",
]  # fmt: skip


NOT_TOLD_APART = [
    "Buy | Order", "Buy | Numbered", "Sell | SellToo", "Buy | Kept", "Buy | Untagged",
    "Left | Buy", "Buy | Point", "Buy | dict[str, int]", "Rows | list[int]",
    "Left | list[int]", "OrderId | Buy", "Open | str", "Open | int", "Colour | int",
    "Literal['a'] | Path", "Literal['a'] | Texts", "Literal[1] | Colour",
    "Name | str", "Names | list[int]", "Peer | int", "Peer | Point", "Rows | Order",
    "Callable[[], int] | bytes", "datetime.datetime | str", "uuid.UUID | str",
    "Annotated[int, msgspec.Meta(ge=0)] | int", "list[int] | Annotated[set[int], 1]",
    "Any | Path", "object | Point", "T | Point", "Peer | Any", "list[Order] | Any",
    "Any | bytearray",
]  # fmt: skip


@pytest.mark.parametrize("annotation", TOLD_APART)
def test_what_can_be_told_apart(annotation: str, tmp_path: Path) -> None:
    """Tags tell Structs apart; a Literal is a hint; Any takes all."""
    assert carrying(tmp_path, annotation, CLASSES).codes == []


@pytest.mark.parametrize("annotation", NOT_TOLD_APART)
def test_what_cannot_be_told_apart(annotation: str, tmp_path: Path) -> None:
    """Structs need tags that differ in nothing else; what may collide counts as if.

    What stands beside Any is plain data.
    """
    assert refused(tmp_path, annotation, CLASSES).code == "CBG130"


def test_two_classes_are_told_how_to_differ(tmp_path: Path) -> None:
    """The hint for two classes is a tag."""
    for annotation in (
        "Point | Attrs",
        "Order | Buy",
        "Row | Rows",
        "Point | Box[int]",
    ):
        assert "tag=True" in refused(tmp_path, annotation, CLASSES).hint
    assert "tag=True" not in refused(tmp_path, "Path | str").hint
    assert "tag=True" not in refused(tmp_path, "Texts | Mixed", CLASSES).hint
    for annotation in ("Peer | int", "Peer | Callable[[], int]", "None | Path | Peer"):
        assert "two parameters" in refused(tmp_path, annotation).hint


INT, TEXT, EITHER = {"str"}, {"int"}, set[str]()

VALUES = {
    "class E(Enum):\n    A = 1\n    B = -2": INT,
    "class E(Enum):\n    A = auto()": INT,
    "class E(Enum):\n    A = enum.auto()\n    B = A": INT,
    "class E(Enum):\n    A = 1\n    b = nonmember('x')": INT,
    "class E(Enum):\n    A, B = 1, 2": INT,
    "class E(Enum):\n    A = B = 1\n    def f(self) -> None: ...": INT,
    "class E(Enum):\n    _ignore_ = ['x']\n    __slots__ = ()\n    A = 1": INT,
    "class E(Enum):\n    A: int = 1\n    f = lambda self: 1": INT,
    "class E(Enum):\n    if x:\n        A = 1\n    else:\n        A = 2": INT,
    "class E(IntEnum):\n    A = len('x')": INT,
    "class E(Flag):\n    A = 1 << 3\n    B = A | 4": INT,
    "class E(int, Enum):\n    A = NUMBER": INT,
    "class B(IntFlag): ...\nclass E(B):\n    A = NUMBER": INT,
    "class E(Enum):\n    A = 'a'": TEXT,
    "class E(Enum):\n    A = f'{1}'": TEXT,
    "class E(StrEnum):\n    A = auto()": TEXT,
    "class E(str, Enum):\n    A = auto()": TEXT,
    "class B(str, Enum): ...\nclass E(B):\n    A = NAME": TEXT,
    "class E(Enum):\n    A = 1\n    B = 'b'": TEXT,
    "class E(Enum):\n    A = 1.5": TEXT,
    "class E(Enum):\n    A = (1, 2)": TEXT,
    "class E(Enum):\n    A = None": TEXT,
    "class E(Enum):\n    A = 9223372036854775808": TEXT,
    "class E(int, Enum):\n    A = 9223372036854775808": TEXT,
    "class E(float, Enum):\n    A = 1": TEXT,
    "class E(Enum):\n    A = NUMBER": EITHER,
    "class E(Enum):\n    A = 1\n    B = 1 + 1": EITHER,
    "class E(Enum):\n    A = True": EITHER,
    "class E(Enum):\n    A = 'a'\n    B = auto()": EITHER,
    "class E(Enum):\n    A: int": EITHER,
    "class E(Enum):\n    def __new__(cls, x): ...\n    A = 1": EITHER,
    "class B(Enum):\n    def _generate_next_value_(*a): ...\nclass E(B):\n    A = auto()":
        EITHER,
}  # fmt: skip


@pytest.mark.parametrize("classes", VALUES)
def test_enums_are_what_their_values_are(classes: str, tmp_path: Path) -> None:
    """Ints, or text, or either where the source does not say."""
    classes = f"from enum import nonmember\n{classes}"
    passing = {
        other for other in ("str", "int")
        if carrying(tmp_path, f"E | {other}", classes).codes == []
    }  # fmt: skip
    expected = VALUES[classes.split("\n", 1)[1]]
    assert passing == expected
    assert carrying(tmp_path, "E | float | bytes | None", classes).codes == []
