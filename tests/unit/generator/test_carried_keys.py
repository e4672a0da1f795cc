"""What can be a key or in a set, and the classes that the user has registered."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.generator.contract import HEAD, LISTENER, carrying, refused
from tests.unit.generator.reading import library as library_of
from tests.unit.generator.reading import read

KEYS = [
    "str", "int", "float", "bool", "complex", "Colour", "uuid.UUID", "decimal.Decimal",
    "datetime.date", "datetime.time", "datetime.datetime", "datetime.timedelta", "Path",
    "ipaddress.IPv4Address", "Literal['a', 1]", "UserId", "Price", "Any", "object", "T",
    "tuple[int, Colour]", "tuple[Path, ...]", "tuple", "int | str", "UserId | None",
    "Annotated[int, msgspec.Meta(ge=0)]", "tuple[tuple[int, int], str]",
]  # fmt: skip
NO_KEYS = [
    "bytes", "list[int]", "dict[str, int]", "set[int]", "Point", "Row", "Extra",
    "tuple[int, bytes]", "tuple[list[int], ...]", "int | bytes", "numpy.ndarray",
    "Sequence[int]",
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_keys(key: str, tmp_path: Path) -> None:
    """What is text, a number or made of such can be a key, and in a set."""
    for generic in ("dict[{}, int]", "Mapping[{}, Point]", "set[{}]", "frozenset[{}]"):
        assert carrying(tmp_path, generic.format(key)).codes == []


@pytest.mark.parametrize("key", NO_KEYS)
def test_what_cannot_be_a_key(key: str, tmp_path: Path) -> None:
    """Everything else is refused as a key, with the way out."""
    for generic in ("dict[{}, int]", "list[Mapping[{}, int]]"):
        found = refused(tmp_path, generic.format(key))
        assert found.code == "CBG144"
        assert "list[tuple[...]]" in found.hint


@pytest.mark.parametrize(
    ("item", "codes"),
    [
        ("Point", []),
        ("Row", []),
        ("Event", []),
        ("Attrs", []),
        ("frozenset[int]", []),
        ("Annotated[frozenset[int], msgspec.Meta(max_length=3)]", []),
        ("Row | int | None", []),
        ("RowId", []),
        ("Row | bytes", ["CBG144"]),
        ("list[int]", ["CBG144"]),
        ("dict[str, int]", ["CBG144"]),
        ("Extra", ["CBG144"]),
        ("bytes", ["CBG144"]),
        ("Plain", ["CBG141"]),
    ],
)
def test_items_of_sets(item: str, codes: list[str], tmp_path: Path) -> None:
    """A set may hold records besides what can be a key."""
    named = "RowId = NewType('RowId', Row)\n"
    for generic in ("set[{}]", "frozenset[{}]", "Set[{}]", "MutableSet[{}]"):
        assert carrying(tmp_path, generic.format(item), named).codes == codes


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("shapes.Point", ["shapes.Point"]),
        ("geometry.Point", ["shapes.Point"]),
        ("shapes.Point", ["geometry.Point"]),
        ("shapes.Outer.Inner", ["shapes.Outer.Inner"]),
        ("fractions.Fraction", ["fractions.Fraction"]),
        ("missing.Thing", ["missing.Thing"]),
        ("range", ["builtins.range"]),
    ],
)
def test_registered_classes_are_carried(
    name: str, types: list[str], tmp_path: Path
) -> None:
    """By the name they are defined by or imported by; nothing inside is looked at."""
    (tmp_path / "shapes.py").write_text(
        "import threading\nclass Point:\n    lock: threading.Lock\n"
        "class Outer:\n    class Inner: ...\n",
        encoding="utf-8",
    )
    (tmp_path / "geometry.py").write_text("from shapes import Point\n")
    (tmp_path / "contract.py").write_text(
        f"import fractions, geometry, missing, shapes\n{HEAD}"
        f"@dataclass\nclass R:\n    x: {name}\n"
        + LISTENER.format(f"list[{name}], a: {name} | None, r: R"),
        encoding="utf-8",
    )
    known = library_of(tmp_path, types)
    assert read(tmp_path, "contract.Listener", known).codes == []
    assert set(read(tmp_path, "contract.Listener").codes) <= {"CBG128", "CBG141"}
    for wrong in (f"{name} | int", f"dict[{name}, int]"):
        text = (tmp_path / "contract.py").read_text(encoding="utf-8")
        changed = re.sub(r"value: .*?, a:", f"value: {wrong}, a:", text)
        (tmp_path / "contract.py").write_text(changed, encoding="utf-8")
        found = read(tmp_path, "contract.Listener", library_of(tmp_path, types))
        assert found.codes in (["CBG130"], ["CBG144"])
