"""From source to interface, in every way in which Python lets one say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbackgen.interface import MemberKind
from tests.unit.generator.reading import LISTENER, read, read_text

WAYS_TO_IMPORT_PROTOCOL = {
    "typing": f"from typing import Protocol\n{LISTENER}",
    "typing_extensions": f"from typing_extensions import Protocol\n{LISTENER}",
    "module": f"import typing\n{LISTENER}".replace("(Proto", "(typing.Proto"),
    "module alias": f"import typing as t\n{LISTENER}".replace("(Proto", "(t.Proto"),
    "name alias": f"from typing import Protocol as P\n{LISTENER}".replace(
        "(Protocol", "(P"
    ),
    "star": f"from typing import *\n{LISTENER}",
    "try": "try:\n    from typing import Protocol\n"
    f"except ImportError:\n    from typing_extensions import Protocol\n{LISTENER}",
    "version": "import sys\nif sys.version_info >= (3, 8):\n"
    "    from typing import Protocol\nelse:\n"
    f"    from typing_extensions import Protocol\n{LISTENER}",
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n"
    f"    from typing import Protocol\nelse:\n    Protocol = object\n{LISTENER}",
    "not type checking": "from typing import TYPE_CHECKING\nif not TYPE_CHECKING:\n"
    f"    Protocol = object\nelse:\n    from typing import Protocol\n{LISTENER}",
    "generic": "from typing import Protocol, TypeVar\nT = TypeVar('T')\n"
    f"{LISTENER}".replace("Protocol)", "Protocol[T])"),
    "type parameters": f"from typing import Protocol\n{LISTENER}".replace(
        "Listener(", "Listener[T]("
    ),
    "class in a block": "from typing import Protocol\nif True:\n"
    + LISTENER.replace("\n", "\n    "),
}


@pytest.mark.parametrize("way", WAYS_TO_IMPORT_PROTOCOL)
def test_protocol_is_known_however_it_is_imported(way: str, tmp_path: Path) -> None:
    """A Protocol is one whatever name and module it comes by."""
    result = read_text(tmp_path, WAYS_TO_IMPORT_PROTOCOL[way])
    assert result.signatures() == {"changed": ["(symbol: str) -> None"]}
    assert result.codes == []


ANNOTATIONS = {
    "Optional[int]": "int | None",
    "t.Optional[int]": "int | None",
    "Union[int, str, None]": "int | str | None",
    "Union[int, Optional[str]]": "int | str | None",
    "int | (str | None)": "int | str | None",
    "Union[int]": "int",
    "List[Dict[str, int]]": "list[dict[str, int]]",
    "t.Tuple[int, ...]": "tuple[int, ...]",
    "tuple[()]": "tuple[()]",
    "'int'": "int",
    "'list[\"int\"]'": "list[int]",
    "list['int']": "list[int]",
    "Annotated[int, 'x', print(1)]": "int",
    "Literal['a', \"b\", 1, -2, True, None]": 'typing.Literal["a", "b", 1, -2, True, None]',
    "Literal[Modes, 'a']": 'typing.Literal["r", "w", "a"]',
    "Literal[Literal[1], 2]": "typing.Literal[1, 2]",
    "Seq[int]": "collections.abc.Sequence[int]",
    "Mapping[str, t.Any]": "collections.abc.Mapping[str, typing.Any]",
    "None": "None",
    "builtins.int": "int",
    "Name": "str",
    "Names": "list[str]",
    "Maybe[int]": "int | None",
    "Maybe": "typing.Any | None",
    "Quoted": "list[str]",
    "Text_": "str",
    "Outer.Alias": "dict[str, int]",
}


@pytest.mark.parametrize("written", ANNOTATIONS)
def test_annotations_become_one_spelling(written: str, tmp_path: Path) -> None:
    """Aliases, strings and old spellings all become the type that is meant."""
    result = read_text(
        tmp_path,
        f"""
import builtins
import typing as t
from collections.abc import Mapping
from typing import Annotated, Dict, List, Literal, Optional, Protocol, TypeVar, Union
from typing_extensions import Sequence as Seq, TypeAlias, Text as Text_

T = TypeVar("T")
Name = str
Names = list[Name]
Maybe = Optional[T]
Modes = Literal["r", "w"]
Quoted: TypeAlias = "list[Name]"

class Outer:
    Alias = dict[str, int]

class Listener(Protocol):
    def changed(self, value: {written}) -> None: ...
""",
    )
    expected = ANNOTATIONS[written]
    assert result.signatures() == {"changed": [f"(value: {expected}) -> None"]}
    assert result.codes == []


def test_names_are_followed_through_modules(tmp_path: Path) -> None:
    """Relative imports, re-exports and dotted names lead to the definition."""
    package = tmp_path / "shop"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").write_text("from .inner import *\n1 / 0\n")
    (package / "inner" / "__init__.py").write_text("from ._listener import Listener\n")
    (package / "inner" / "_listener.py").write_text(
        "from typing import Protocol\n"
        "class Listener(Protocol):\n    def changed(self) -> None: ...\n"
    )
    (package / "service.py").write_text(
        "from typing import Protocol\n"
        "import shop.inner._listener\n"
        "from . import inner, Listener as Direct\n"
        "from .inner import _listener as module\n"
        "class Service(Protocol):\n"
        "    def a(self, x: shop.inner._listener.Listener) -> None: ...\n"
        "    def b(self, x: inner.Listener) -> None: ...\n"
        "    def c(self, x: Direct) -> None: ...\n"
        "    def d(self, x: module.Listener) -> None: ...\n"
    )
    result = read(tmp_path, "shop.service.Service")
    assert result.codes == []
    wanted = "(x: shop.inner._listener.Listener) -> None"
    assert list(result.signatures().values()) == [[wanted]] * 4
    assert list(result.references) == ["shop.inner._listener.Listener"]
    again = read(tmp_path, "shop.Listener")
    assert str(again.interface.symbol) == "shop.inner._listener.Listener"


@pytest.mark.parametrize(
    "data",
    [
        "\ufeff{}".encode(),
        "{}".replace("\n", "\r\n").encode(),
        "# coding: latin-1\n{}".encode("latin-1"),
        "# -*- coding: cp1252 -*-\r\n{}".encode("cp1252"),
        b"\x0c\n{}",
    ],
    ids=["BOM", "UTF-8", "latin-1", "cp1252 and CRLF", "form feed"],
)
def test_files_are_decoded_as_python_does(data: bytes, tmp_path: Path) -> None:
    """BOM, encoding cookie and line ends are understood, the text arrives whole."""
    encoding = (
        "cp1252" if b"1252" in data else "latin-1" if b"latin" in data else "utf-8"
    )
    text = f"from typing import Protocol\n{LISTENER}".replace("...", '"""Größe"""')
    (tmp_path / "contract.py").write_bytes(
        data.replace(b"{}", text.replace("\n", "\r\n").encode(encoding))
    )
    result = read(tmp_path, "contract.Listener")
    assert result.member("changed").docstring == "Größe"


@pytest.mark.parametrize(
    "body",
    [
        "...",
        "pass",
        '"""Doc."""',
        "return None",
        "raise NotImplementedError",
        "\n        x = 1\n        return None",
    ],
)
def test_a_method_may_have_any_body(body: str, tmp_path: Path) -> None:
    """What a Protocol's method does by default is not looked at."""
    text = f"from typing import Protocol\n{LISTENER}".replace("...", body)
    assert read_text(tmp_path, text).codes == []


def test_a_stub_file_wins(tmp_path: Path) -> None:
    """With a .pyi beside the .py, the .pyi is what is read."""
    text = f"from typing import Protocol\n{LISTENER}"
    (tmp_path / "contract.py").write_text("this is no Python")
    (tmp_path / "contract.pyi").write_text(text)
    assert read(tmp_path, "contract.Listener").codes == []
    assert read(tmp_path, "./contract.py:Listener").codes == []


MEMBERS = """
import abc
import typing
from abc import abstractmethod
from typing import Final, Protocol, overload
from typing_extensions import deprecated, override, ReadOnly
from callbackgen import markers
from callbackgen.markers import deadline, oneway as no_answer
import Pyro5.server

class Listener(Protocol):
    __slots__ = ()
    level: int
    name: Final[str]
    other: ReadOnly[int]
    started: bool = False
    Alias: typing.TypeAlias = int

    @property
    def label(self) -> str: ...
    @property
    @abstractmethod
    def speed(self) -> float: ...
    @speed.setter
    def speed(self, value: float) -> None: ...
    @abc.abstractmethod
    @override
    def plain(self) -> None: ...
    @no_answer
    def told(self) -> None: ...
    @Pyro5.server.oneway
    def said(self) -> None: ...
    @markers.deadline(3)
    def confirm(self) -> bool: ...
    @deprecated("use told")
    def old(self) -> None: ...
    async def later(self) -> int: ...
    @overload
    def get(self, a: int) -> int: ...
    @overload
    def get(self, a: str) -> str: ...
    def get(self, a): return a
    def __call__(self) -> None: ...
    def call_(self) -> None: ...
"""


def test_every_kind_of_member(tmp_path: Path) -> None:
    """Attributes, properties, marks, coroutines, overloads and __call__ are known."""
    result = read_text(tmp_path, MEMBERS)
    assert result.codes == []
    kinds = {m.name: m.kind for m in result.interface.members}
    assert [n for n, k in kinds.items() if k is MemberKind.ATTRIBUTE] == [
        "level", "started", "speed",
    ]  # fmt: skip
    assert [n for n, k in kinds.items() if k is MemberKind.PROPERTY] == [
        "name", "other", "label",
    ]  # fmt: skip
    assert [m.name for m in result.interface.members if m.oneway] == ["told", "said"]
    assert result.member("confirm").deadline == 3.0
    assert result.member("old").deprecated == ((0, "use told"),)
    assert result.member("later").is_async
    assert result.signatures()["get"] == ["(a: int) -> int", "(a: str) -> str"]
    assert result.member("__call__").remote_name == "call__"
