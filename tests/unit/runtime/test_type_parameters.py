"""Classes and aliases with type parameters: ``class Box[T]``, ``type Boxes[T] = ...``."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.runtime.sending import sent

SOURCE = """
from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from tests.unit.runtime.typed import Size

type Ages = dict[str, int]
type Lists[T] = dict[str, list[T]]
type Maybe[K, V] = tuple[V, K] | None


@dataclass
class Box[T]:
    inside: T
    next: Box[T] | None = None


@dataclass(slots=True)
class Boxes[T](Box[list[T]]):
    lists: Lists[T] | None = None
    maybe: Maybe[T, int] = None
    ages: Ages | None = None


class Keyed[T](TypedDict):
    inside: T


class KeyedMore[U](Keyed[list[U]]):
    more: U


SIZE = Size.SMALL
VALUES = {
    "Box[int]": Box(1, Box(2)),
    "Box[Size]": Box(SIZE, Box(SIZE)),
    "Boxes[int]": Boxes([1], None, {"a": [2]}, (3, 4), {"a": 5}),
    "Boxes[Size]": Boxes([SIZE], Box([SIZE]), {"a": [SIZE]}, (3, SIZE)),
    "KeyedMore[Size]": {"inside": [SIZE], "more": SIZE},
    "Lists[Size]": {"a": [SIZE]},
}
"""


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters are newer")
def test_type_parameters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They mean what is given for them, in annotations that are text, too."""
    (tmp_path / "parameters.py").write_text(SOURCE, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    values: dict[str, Any] = importlib.import_module("parameters").VALUES
    for text, value in values.items():
        name = text.replace("Size", "tests.unit.runtime.typed.Size")
        assert sent(f"parameters.{name}", value) == value
