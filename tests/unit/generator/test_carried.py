"""Data travels as deep as it goes; what is refused is refused with its reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.generator.contract import FIRST_LINE, LISTENER, carrying, refused
from tests.unit.generator.reading import read_text

CARRIED = [
    "bytes", "bytearray", "datetime.datetime", "datetime.date", "datetime.time",
    "datetime.timedelta", "decimal.Decimal", "uuid.UUID", "Path", "pathlib.PurePath",
    "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath",
    "pathlib.PureWindowsPath", "ipaddress.IPv4Address", "ipaddress.IPv4Network",
    "ipaddress.IPv4Interface", "ipaddress.IPv6Address", "ipaddress.IPv6Network",
    "ipaddress.IPv6Interface", "Colour", "Point", "Box[int]", "Box", "Pair[int, str]",
    "Attrs", "Listed", "Row", "Event", "Sub", "Extra", "UserId", "Price",
    "list[Point | None]", "Sequence[Event]", "Callable[[Event], Point]", "Box[Box[Box[Box[T]]]]",
    "tuple[Point, ...]", "Annotated[Point, 'x']", "Box[bytes] | None", "'Row | None'",
    "np.ndarray", "numpy.typing.NDArray[numpy.float64]", "npt.NDArray[np.int8] | None",
    "np.ndarray[Any, np.dtype[np.float64]]", "npt.NDArray[Any]", "npt.NDArray[T]",
    "list[np.typing.NDArray[np.bool_]]",
    "np.ndarray[tuple[int, Literal[3]], np.dtype[np.float32]]",
]  # fmt: skip


@pytest.mark.parametrize("annotation", CARRIED)
def test_data_is_carried(annotation: str, tmp_path: Path) -> None:
    """Values of the standard library, classes of data, and arrays are accepted."""
    assert carrying(tmp_path, annotation).codes == []


ENUMS = [
    "class E(IntEnum):\n    A = auto()",
    "class E(StrEnum):\n    A = auto()",
    "class E(Flag):\n    A = auto()",
    "class E(IntFlag):\n    A = 1",
    "class E(str, Enum):\n    A = 'a'",
    "class B(Enum): ...\nclass E(B):\n    A = (1, 2)",
    "@enum.unique\nclass E(enum.Enum):\n    A = object()",
]


@pytest.mark.parametrize("classes", ENUMS)
def test_every_enum_is_carried(classes: str, tmp_path: Path) -> None:
    """Of whatever base, and whatever its values are."""
    assert carrying(tmp_path, "E | None", classes).codes == []


RECORDS = [
    "import dataclasses as d\n@d.dataclass\nclass E:\n    x: int",
    "@typing.final\n@dataclass(slots=True)\nclass E:\n    x: int",
    "@attrs.frozen\nclass E:\n    x: int",
    "@attr.mutable\nclass E:\n    x: int",
    "@attr.dataclass\nclass E:\n    x: int",
    "@attr.s(auto_attribs=True)\nclass E:\n    x: int",
    "@dataclass(frozen=True)\nclass E(Point):\n    z: 'E | None' = None",
    "class E(Point):\n    def more(self) -> None: ...",
    "class E(Point):\n    shared: ClassVar[int] = 1",
    "@dataclass\nclass E(Peer):\n    x: int\n    def told(self) -> None: ...",
    "class O:\n    @dataclass\n    class I:\n        x: int\nE = O.I",
    "@dataclass\nclass E:\n    @dataclass\n    class I:\n        x: int\n    i: I",
    "class E(msgspec.Struct):\n    x: int | msgspec.UnsetType = msgspec.UNSET",
    "class A(msgspec.Struct): ...\nclass E(A, kw_only=True):\n    x: int",
    "@dataclass\nclass F:\n    e: 'E'\n@dataclass\nclass E:\n    f: F",
    "@dataclass\nclass E:\n    n: 'N | None'\nN = NewType('N', E)",
    "@dataclass\nclass E:\n    x: int\n    p: Plain = field(init=False)",
    "@attrs.define\nclass E:\n    p: Plain = attrs.field(default=None, init=False)",
    "@attr.s\nclass E:\n    p = attr.ib(type=Plain, init=False)",
]


@pytest.mark.parametrize("classes", RECORDS)
def test_every_record_is_carried(classes: str, tmp_path: Path) -> None:
    """However it is decorated, inherited, nested, or refers to itself by name."""
    assert carrying(tmp_path, "E", classes).codes == []


REFUSED = {
    "Plain": ("CBG141", 'types = ["contract.Plain"]'),
    "Base": ("CBG141", "register_type(Base, ...)"),
    "list[Plain]": ("CBG141", "dataclass"),
    "threading.Lock": ("CBG128", "use what travels"),
    "memoryview": ("CBG128", "use bytes"),
    "fractions.Fraction": ("CBG128", "decimal.Decimal"),
    "collections.deque[int]": ("CBG128", "list"),
    "collections.Counter[str]": ("CBG128", "dict[..., int]"),
    "collections.OrderedDict[str, int]": ("CBG128", "dict[...]"),
    "typing.DefaultDict[str, int]": ("CBG128", "dict[...]"),
    "type[Point]": ("CBG128", "name of the class"),
    "re.Pattern[str]": ("CBG128", "pattern"),
    "zoneinfo.ZoneInfo": ("CBG128", "str"),
    "array.array[int]": ("CBG128", "bytes"),
    "typing.LiteralString": ("CBG128", "use str"),
    "enum.Enum": ("CBG128", "enum class itself"),
    "msgspec.Struct": ("CBG128", "Struct class itself"),
    "int | msgspec.UnsetType": ("CBG128", "use None"),
    "np.float64": ("CBG128", "use float"),
    "np.uint8": ("CBG128", "use int"),
    "npt.ArrayLike": ("CBG128", "NDArray"),
    "npt.NDArray[np.object_]": ("CBG128", "list"),
    "TextIO": ("CBG142", "use str"),
    "BinaryIO": ("CBG142", "use bytes"),
    "IO[str]": ("CBG142", "pathlib.Path"),
    "io.BytesIO": ("CBG142", "use bytes"),
    "io.TextIOWrapper": ("CBG142", "use str"),
    "Literal[b'x']": ("CBG147", "strings"),
    "Literal['a', Colour.RED]": ("CBG147", "the enum itself: contract.Colour"),
    "Box[Peer]": ("CBG143", "parameter of its own"),
    "Box[threading.Lock]": ("CBG128", "use what travels"),
}


@pytest.mark.parametrize("annotation", REFUSED)
def test_the_nearest_type_is_named(annotation: str, tmp_path: Path) -> None:
    """What cannot be carried has its own code, and a hint that helps."""
    found = refused(tmp_path, annotation)
    code, hint = REFUSED[annotation]
    assert (found.code, found.line) == (code, FIRST_LINE)
    assert hint in found.hint


FIELDS = {
    "@dataclass\nclass E:\n    lock: threading.Lock": (
        "CBG128", "the field E.lock: threading.Lock cannot be carried"
    ),
    "@dataclass\nclass D:\n    p: list[Plain]\nclass E(NamedTuple):\n    d: 'D | None'": (
        "CBG141", "the field D.p: contract.Plain cannot be carried"
    ),
    "@dataclass\nclass D:\n    p: Plain\n@dataclass\nclass E(D):\n    x: int": (
        "CBG141", "the field D.p: "
    ),
    "class D(msgspec.Struct, Generic[T]):\n    p: T\nclass E(D[Plain]): ...": (
        "CBG141", "the field D.p: "
    ),
    "@attrs.define\nclass E:\n    p: Plain": ("CBG141", "the field E.p: "),
    "@attr.s\nclass E:\n    p = attr.ib(type=Plain)": ("CBG141", "the field E.p: "),
    "class E(TypedDict):\n    p: NotRequired[Plain]": ("CBG141", "the field E.p: "),
    "class E(msgspec.Struct):\n    p: Missing": ("CBG121", "the field E.p: "),
    "class E(msgspec.Struct):\n    p: 1": ("CBG122", "the field E.p: "),
    "class E(msgspec.Struct):\n    p: Self": ("CBG123", "the field E.p: Self is not looked up"),
    "@dataclass\nclass E:\n    p: Peer": ("CBG143", "the reference Peer "),
    "@dataclass\nclass E:\n    p: list[Peer | None]": ("CBG143", "inside data"),
    "@dataclass\nclass E:\n    p: Callable[[], None]": ("CBG143", "the field E.p: "),
    "@dataclass\nclass E:\n    p: 'InitVar[int]'": ("CBG146", "the field E.p "),
    "@dataclass\nclass E:\n    p: dict[bytes, int]": ("CBG144", "the field E.p: "),
    "@dataclass\nclass E:\n    p: Point | Box[int]": ("CBG130", "the field E.p: "),
    "A = list['A']\n@dataclass\nclass E:\n    p: A": ("CBG132", "the field E.p: "),
    "@dataclass\nclass D(Generic[T]):\n    p: 'D[list[T]] | None'\nE = D[int]": (
        "CBG132", "contract.D is inside itself"
    ),
    "@dataclass\nclass E:\n    p: TextIO": ("CBG142", "the field E.p: "),
    "class E(Point):\n    z: int": ("CBG141", "plain class"),
    "class E(Row):\n    z: int": ("CBG141", "plain class"),
    "class E(Row): ...": ("CBG141", "plain class"),
    "class E(E):\n    z: int": ("CBG141", "plain class"),
    "@print\nclass E:\n    z: int": ("CBG141", "plain class"),
    "E = Enum('E', 'A B')": ("CBG148", "Enum(...)"),
    "class B(Enum): ...\nE = B('E', 'A B')": ("CBG148", "B(...)"),
    "E = namedtuple('E', 'x y')": ("CBG148", "namedtuple(...)"),
    "class E(namedtuple('E', 'x y')): ...": ("CBG148", "namedtuple(...)"),
    "E = NamedTuple('E', [('x', int)])": ("CBG148", "NamedTuple(...)"),
    "E = TypedDict('E', {'x': int})": ("CBG148", "TypedDict(...)"),
    "E = dataclasses.make_dataclass('E', ['x'])": ("CBG148", "make_dataclass(...)"),
    "E = attrs.make_class('E', ['x'])": ("CBG148", "make_class(...)"),
    "E = msgspec.defstruct('E', ['x'])": ("CBG148", "defstruct(...)"),
    "E = NewType('E', list[E])": ("CBG128", "contract.E cannot be carried"),
    "E = NewType('E', 'int')": ("CBG128", "'int' cannot be carried: at run time it is a text"),
}  # fmt: skip


@pytest.mark.parametrize("classes", FIELDS)
def test_what_is_wrong_inside_a_class_is_named(classes: str, tmp_path: Path) -> None:
    """A field that cannot be carried is named with its class, however deep it is."""
    found = refused(tmp_path, "list[E]", classes)
    code, said = FIELDS[classes]
    assert found.code == code
    assert said in found.message
    assert found.hint
    assert found.source_line.strip().startswith("def changed")


def test_every_place_of_a_class_that_is_wrong_is_said(tmp_path: Path) -> None:
    """A class that was found wrong once is not taken for good the next time.

    Neither are those that were met on the way to what is wrong.
    """
    classes = (
        "@dataclass\nclass D:\n    e: 'E'\n"
        "@dataclass\nclass E:\n    d: D | None\n    p: Plain\n"
    )
    for annotation in ("E", "D"):
        result = carrying(
            tmp_path,
            f"{annotation}, other: D",
            classes + "\nclass X(Protocol):\n    def f(self, a: D, b: E) -> None: ...",
        )
        assert result.codes == ["CBG141", "CBG141"]


def test_names_that_another_module_passes_on(tmp_path: Path) -> None:
    """What a module imports from the standard library or renames is what it is."""
    (tmp_path / "compat.py").write_text(
        "from decimal import Decimal\nfrom enum import Enum as Base\n"
        "from dataclasses import dataclass as record\nimport uuid\nId = uuid.UUID\n"
        "from typing import Optional\n",
        encoding="utf-8",
    )
    result = read_text(
        tmp_path,
        "from typing import Protocol\nfrom compat import *\nimport compat\n"
        "class E(compat.Base):\n    A = 1\n"
        "@compat.record\nclass R:\n    e: E\n"
        + LISTENER.format("compat.Optional[Decimal], e: E, r: R, i: compat.Id"),
    )
    assert result.codes == []
    (signature,) = result.signatures()["changed"]
    types = ["decimal.Decimal | None", "contract.E", "contract.R", "uuid.UUID"]
    assert re.findall(r": ([^,)]+)", signature) == types


def test_fields_that_newer_syntax_declares(tmp_path: Path) -> None:
    """A generic class may be written `class C[T]` (PEP 695)."""
    classes = (
        "@dataclass\nclass New[A]:\n    value: A\n    more: 'New[A] | None' = None\n"
        "@dataclass\nclass Own[B](New[B]):\n    own: dict[str, B]\n"
    )
    assert carrying(tmp_path, "Own[int]", classes).codes == []
    found = refused(tmp_path, "Own[Plain]", classes)
    assert "the field New.value: contract.Plain" in found.message
