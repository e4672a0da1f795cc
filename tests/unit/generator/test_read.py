"""From source to interface, in every way in which Python lets one say it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.diagnostics import Refused
from callbackgen.interface import MemberKind
from tests.unit.generator.reading import read, read_text

LISTENER = """
class Listener(Protocol):
    def changed(self, symbol: str) -> None: ...
"""

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


POSITIONS = """\
from typing import Protocol

class Listener(Protocol):
    def first(
        self,
        a: bytes,
        b: "Missing",
    ) -> None: ...

    @unknown
    def second(self) -> None: ...
"""


def test_findings_are_located(tmp_path: Path) -> None:
    """All findings of a file come at once, each with its line and column."""
    result = read_text(tmp_path, POSITIONS)
    found = {(d.code, d.line, d.column) for d in result.diagnostics}
    assert found == {("CBG128", 6, 12), ("CBG121", 7, 12), ("CBG121", 10, 5)}
    assert {d.source_line for d in result.diagnostics} <= set(POSITIONS.split("\n"))


SYNTAX_ERRORS = {
    "class Listener(:\n    pass\n": 1,
    "x = 1\ny = = 2\n": 2,
    "def f(:\n": 1,
    "x = '\n": 1,
}


@pytest.mark.parametrize("text", SYNTAX_ERRORS)
def test_a_syntax_error_has_pythons_position(text: str, tmp_path: Path) -> None:
    """Message and position of a syntax error are Python's own."""
    with pytest.raises(SyntaxError) as error:
        compile(text, "contract.py", "exec")
    with pytest.raises(Refused) as refused:
        read_text(tmp_path, text)
    (found,) = refused.value.diagnostics
    assert found.code == "CBG001"
    assert found.message == f"syntax error: {error.value.msg}"
    assert (found.line, found.column) == (error.value.lineno, error.value.offset)


@pytest.mark.parametrize(
    "value",
    [
        "list[" * 3000 + "int" + "]" * 3000,
        "(" * 250 + ")" * 250,
        "-" * 100_000 + "1",
        "not " * 100_000 + "1",
        "x." * 100_000 + "x",
        "1+" * 100_000 + "1",
        "type X = " + "[" * 5000 + "]" * 5000,
        "(" * 5000,
    ],
    ids=lambda value: value[:6],
)
def test_what_is_too_deep_is_refused(value: str, tmp_path: Path) -> None:
    """Nesting that would overflow a parser's stack is a finding, not a crash."""
    text = f"from typing import Protocol\nx = {value}\n{LISTENER}".replace(
        "= type", "= 1\ntype"
    )
    (tmp_path / "contract.py").write_text(text)
    program = (
        "import sys; from pathlib import Path; from tests.unit.generator.reading import *\n"
        "try: read(Path(sys.argv[1]), 'contract.Listener')\n"
        "except Refused as refused: print(refused.diagnostics[0].code)\n"
        "else: print('read')"
    )
    program = "from callbackgen.generator.diagnostics import Refused\n" + program
    finished = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.stdout in ("read\n", "CBG001\n"), finished


ODD = [
    "class Listener(Protocol): x: int; y: str",
    "class Listener(Protocol):\n    x, y = 1, 2",
    "class Listener(Protocol):\n    x = y = 1",
    "class Listener(Protocol):\n    del x",
    "class Listener(Protocol):\n    for x in (): pass",
    "class Listener(Protocol):\n    def f(*args): ...",
    "class Listener(Protocol):\n    def f(self, *args: *Ts): ...",
    "class Listener(Protocol):\n    def f(self, a=lambda x: x, *, b=(y := 1)) -> None: ...",
    "class Listener(Protocol, metaclass=type):\n    def f(self) -> None: ...",
    "class Listener(*bases, Protocol):\n    def f(self) -> None: ...",
    "class Listener(Protocol):\n    @x.setter\n    def x(self, v: int) -> None: ...",
    "class Listener(Protocol):\n    @property\n    async def x(self) -> int: ...",
    "class Listener(Protocol):\n    @(lambda f: f)\n    def x(self) -> int: ...",
    "class Listener(Protocol):\n    @a[0].b\n    def x(self) -> int: ...",
    "class Listener(Protocol):\n    def f(self, a: 1 + 2, b: [int], c: {1: 2}, d: x[0][1]) -> (yield): ...",
    "class Listener(Protocol):\n    def f(self, a: Optional, b: Literal, c: Union, d: Annotated) -> Callable: ...",
    "class Listener(Protocol):\n    def f(self, a: Optional[()], b: Union[()], c: Literal[()], d: list[()]): ...",
    "class Listener(Protocol):\n    def f(self, a: 'int[', b: '', c: ' int', d: 'x y') -> None: ...",
    "class Listener(Protocol):\n    def f(self, a: typing, b: typing.x.y, c: Listener.f) -> None: ...",
    "class Listener(Protocol):\n    class Listener(Protocol):\n        def f(self) -> None: ...",
    "class Listener(Protocol):\n    if True:\n        def f(self) -> None: ...\n    else:\n        x: int",
    "class Listener(Protocol):\n    with x: pass\n    try: pass\n    finally: pass",
    "class Listener(Protocol):\n    import os\n    global y\n    assert True",
    "class Listener(Protocol): ...\nclass Listener(Protocol):\n    def f(self) -> None: ...",
    "class Listener(Protocol):\n    x: Annotated\n    y: Final\n    z: ClassVar = 1\n    w: Annotated[()]",
    "class Listener(Listener.Inner, Protocol):\n    class Inner(Protocol): ...",
    "Listener = Protocol",
    "Listener = Other\nOther = Listener",
    "Listener: Protocol",
    "class Listener(Protocol):\n    def f(self, a: A, b: B) -> C: ...\nA = B\nB = A\nC = C",
    "class Listener(Protocol):\n    def f(self, a: T) -> T: ...\nT = TypeVar()",
    "class Listener(Protocol):\n    def f(self, a: N) -> N: ...\nN = NewType()",
    "class Listener(Protocol):\n    def f(self, a: N) -> N: ...\nN = NewType('N', 'N')",
    "class Listener(Protocol[1, 'x', *y]):\n    def f(self) -> None: ...",
    "class Listener(Protocol[T]):\n    def f(self) -> None: ...\nT = int",
    "class Listener(Protocol):\n    @overload\n    def f(self, a: int) -> int: ...",
    "class Listener(Protocol):\n    @overload\n    def f(self, a: int) -> int: ...\n    x: int\n    f: int",
    "class Listener(Protocol):\n    @deadline\n    def f(self) -> None: ...\n    @oneway()\n    def g(self) -> None: ...",
    "class Listener(Protocol):\n    @deprecated()\n    def f(self) -> None: ...",
    "from . import x\nfrom ... import y\nclass Listener(Protocol):\n    def f(self, a: x.A, b: y.B) -> None: ...",
    "class Row(TypedDict):\n    x: 'Row'\n    y: Missing\nclass Listener(Protocol):\n    def f(self, a: Row) -> None: ...",
    "class Listener(Protocol):\n    def f(self, a: list[int, str], b: dict[int], c: int[str], d: T[int]) -> None: ...\nT = TypeVar('T')",
]  # fmt: skip

HEAD = (
    "import typing\nfrom typing import *\nfrom typing_extensions import deprecated\n"
    "from callbackgen.markers import deadline, oneway\n"
)


@pytest.mark.parametrize("text", ODD)
def test_odd_source_is_read_or_refused(text: str, tmp_path: Path) -> None:
    """Whatever stands in a file, the answer is a reading or located findings."""
    try:
        result = read_text(tmp_path, HEAD + text)
    except Refused as refused:
        findings = list(refused.diagnostics)
    else:
        findings = result.diagnostics
        assert findings or result.interface.members or not result.reading.members
    lines = (HEAD + text).count("\n") + 1
    for found in findings:
        assert found.path is not None
        assert 0 <= found.line <= lines


SAFE = st.characters(codec="utf-8", exclude_characters="\r")


@given(st.text(SAFE, max_size=60))
def test_any_annotation_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """No text of an annotation brings the reader down."""
    folder = tmp_path_factory.mktemp("any")
    source = (
        f"{HEAD}class Listener(Protocol):\n    def f(self, a: {text!r}) -> None: ...\n"
    )
    result = read_text(folder, source)
    assert all(found.code.startswith("CBG") for found in result.diagnostics)


TARGETS_AMISS = {
    "module.py.Listener": ("CBG003", "did you mean module.Listener?"),
    "module.Other.Listener": ("CBG003", "did you mean module.Listener?"),
    "typing.SupportsInt": ("CBG126", "a Protocol of your own"),
    "os.PathLike": ("CBG126", "a Protocol of your own"),
    "module.Local": ("CBG008", "move it to the top level"),
    "module.Unbound": ("CBG004", "from typing import Protocol"),
    "module.Plain": ("CBG004", "name Protocol among its bases"),
}


@pytest.mark.parametrize("target", TARGETS_AMISS)
def test_target_that_is_nearly_right_is_told_what_is_wrong(
    target: str, tmp_path: Path
) -> None:
    """A class at the top level is never said to be hidden in another one."""
    text = f"{HEAD}{LISTENER}\nclass Plain: ...\ndef f():\n    class Local: ...\n"
    code, hint = TARGETS_AMISS[target]
    if code == "CBG004":
        text = f"class Unbound(Protocol): ...\n{text.split(LISTENER)[1]}"
    (tmp_path / "module.py").write_text(text, encoding="utf-8")
    with pytest.raises(Refused) as refused:
        read(tmp_path, target)
    (found,) = refused.value.diagnostics
    assert found.code == code
    assert hint in found.hint
