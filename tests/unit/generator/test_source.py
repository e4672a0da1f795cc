"""A source file gives its names, and its classes where they stand."""

from __future__ import annotations

import ast
import tokenize
import warnings
from pathlib import Path

import libcst
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.locate import ModuleFile
from callbackgen.generator.source import Assigned, Defined, Imported, Source


def source(folder: Path, text: str | bytes) -> Source:
    path = folder / "module.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return Source(ModuleFile("module", path))


BOUND = {
    "import a": {"a": Imported("a", None)},
    "import a.b": {"a": Imported("a", None)},
    "import a.b as c": {"c": Imported("a.b", None)},
    "from a import b": {"b": Imported("a", "b")},
    "from a import b as c, d": {"c": Imported("a", "b"), "d": Imported("a", "d")},
    "from . import b": {"b": Imported("", "b")},
    "def f():\n    import a\n": {},
    "async def f():\n    x = 1\n": {},
    "a.b = 1": {},
    "a, b = 1, 2": {},
    "a += 1": {},
    "for a in b: c = 1": {},
}


@pytest.mark.parametrize("text", BOUND)
def test_imports_bind_names(text: str, tmp_path: Path) -> None:
    """A module's names are those that its own statements bind, and no others."""
    assert source(tmp_path, text).names == BOUND[text]


CLASSES = """\
import sys

if sys.version_info >= (3, 12):
    class First:
        class Inner:
            Alias = int
else:
    class First: ...

try:
    @decorated
    # between
    class Second(
        Base,
    ):
        class Inner: ...
except ImportError:
    class Third: ...
with context:
    \tclass Fourth: ...
"""


@pytest.mark.parametrize(
    "name", ["First", "First.Inner", "Second", "Second.Inner", "Third", "Fourth"]
)
def test_class_is_found_with_its_place(name: str, tmp_path: Path) -> None:
    """A class in a block or a class is found, and its name stands where it does."""
    read = source(tmp_path, CLASSES.replace("    \tclass", "\tclass"))
    defined = read.definition(name)
    assert isinstance(defined, Defined)
    assert defined.qualified_name == name
    tree = read.tree(defined)
    line, column = tree.position(tree.node.name)
    last = name.rpartition(".")[2]
    assert read.lines[line - 1][column - 1 :].startswith(last)
    assert read.lines[line - 1][: column - 1].endswith("class ")


@pytest.mark.parametrize("name", ["Missing", "First.Missing", "sys.path", "First.x.y"])
def test_what_is_not_defined_is_not_found(name: str, tmp_path: Path) -> None:
    """A name that no class or assignment binds has no definition."""
    found = source(tmp_path, CLASSES).definition(name)
    assert not isinstance(found, Defined | Assigned)


PEP_695 = """\
type Pair[A] = tuple[A, A]
class First[T]:
    class Inner[S]:
        type Local = list[S]
    def f[X](self, a: X) -> X: ...
def g[T](a: T) -> T: return a
"""


def test_new_syntax_is_read_by_an_old_python(tmp_path: Path) -> None:
    """Type parameters and type statements are names like others, on every Python."""
    read = source(tmp_path, PEP_695)
    pair = read.definition("Pair")
    assert isinstance(pair, Assigned)
    assert pair.type_parameters == ("A",)
    assert ast.unparse(pair.value) == "tuple[A, A]"
    inner = read.definition("First.Inner")
    assert isinstance(inner, Defined)
    tree = read.tree(inner)
    assert tree.node.type_parameters is not None
    assert tree.position(tree.node.name) == (3, 11)
    assert isinstance(read.definition("First.Inner.Local"), Assigned)


def test_code_of_a_node_is_its_text(tmp_path: Path) -> None:
    """What is quoted from a source is what stands there."""
    read = source(tmp_path, "class First(a . b, metaclass = c): ...\n")
    defined = read.definition("First")
    assert isinstance(defined, Defined)
    tree = read.tree(defined)
    assert tree.code(tree.node.bases[0].value) == "a . b"
    assert tree.code(libcst.Name("x")) == "x"


def test_hidden_class_is_known_to_be_hidden(tmp_path: Path) -> None:
    """A class in a function is no definition, but can be pointed out."""
    read = source(tmp_path, "def f():\n    class Local: ...\n")
    assert read.definition("Local") is None
    hidden = read.hidden_class("Local")
    assert hidden is not None
    assert hidden.lineno == 2
    assert read.hidden_class("Other") is None


UNREADABLE = {
    b"# coding: no-such-code\n": "CBG006",
    b"x = '\xff'\n": "CBG006",
    b"# coding: ascii\nx = '\xc3'\n": "CBG006",
    b"\xff\xfex\x00": "CBG006",
    b"x = 1\0\n": "CBG001",
    b"class First(:\n": "CBG001",
    b"if x:\npass\n": "CBG001",
    b"x = '''\n": "CBG001",
    b"(" * 5000: "CBG001",
}


@pytest.mark.parametrize("data", UNREADABLE, ids=range(len(UNREADABLE)))
def test_file_that_cannot_be_read_is_refused(data: bytes, tmp_path: Path) -> None:
    """Bytes that are no text and text that is no Python have one finding each."""
    with pytest.raises(Refused) as refused:
        source(tmp_path, data)
    (found,) = refused.value.diagnostics
    assert found.code == UNREADABLE[data]
    assert found.path == tmp_path / "module.py"
    assert found.hint


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A folder or a file that went away is said to be unreadable."""
    with pytest.raises(Refused) as refused:
        Source(ModuleFile("module", tmp_path))
    (found,) = refused.value.diagnostics
    assert found.code == "CBG006"
    assert "UTF-8" not in found.hint


@example(b"#\x80")
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode))
def test_any_bytes_are_a_source_or_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    """No file brings the generator down, and Python's own verdict is followed."""
    codes: set[str] = set()
    folder = tmp_path_factory.mktemp("any")
    try:
        source(folder, data)
    except Refused as refused:
        codes = {found.code for found in refused.diagnostics}
    assert codes <= {"CBG001", "CBG006"}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # ``ast.parse`` takes bytes that Python itself does not take in a file.
            with tokenize.open(folder / "module.py") as file:
                ast.parse(file.read())
    except (SyntaxError, ValueError):
        return
    assert not codes
