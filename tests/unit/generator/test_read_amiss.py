"""Source that is wrong, odd or meant to break the reader: findings, never a crash."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.diagnostics import Refused
from tests.unit.generator.reading import LISTENER, read, read_text

POSITIONS = """\
from typing import Protocol

class Listener(Protocol):
    def first(
        self,
        a: range,
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
