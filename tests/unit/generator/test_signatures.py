"""Parameters are read as Python itself reads them."""

from __future__ import annotations

import ast
import inspect
import keyword
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.interface import OMITTABLE, Parameter
from tests.unit.generator.reading import read_text

HEAD = "from typing import Protocol\n\n\nclass Listener(Protocol):\n"
NAMES = st.sampled_from(
    [
        *("a", "b", "self_", "cls", "Final", "Any", "method", "arguments", "größe"),
        *("match", "type", "case", "_x", "x_", "property", "overload", "int"),
    ]
).filter(lambda name: not keyword.iskeyword(name))
LITERALS = ["None", "1", "-2.5", "'text'", "b'x'", "(1, 'a')", "True"]
OTHERS = ["LIMIT", "...", "[]", "1 + 1", "lambda x=1, *y: x", "{'a': (1, 2)}", "f(1)"]
DEFAULTS = st.sampled_from(LITERALS + OTHERS)
ANNOTATIONS = st.sampled_from([None, "int", "list[str]", "'int'", "dict[str, int]"])


@st.composite
def parameter_lists(draw: st.DrawFn) -> str:
    """A parameter list that Python allows, self included, with odd layout."""
    names = draw(st.lists(NAMES, unique=True, max_size=7))
    positional = draw(st.integers(0, len(names)))
    slash = draw(st.integers(0, positional))
    items: list[str] = []
    optional = False
    for index, name in enumerate(names[:positional]):
        optional = draw(st.booleans()) or optional
        items.append(_item(draw, name, optional=optional))
        if index + 1 == slash:
            items.append("/")
    items.insert(0, draw(st.sampled_from(["self", "me", "this"])))
    rest = names[positional:]
    if rest:
        star = draw(st.booleans())
        items.append(f"*{_item(draw, rest.pop(0))}" if star else "*")
        last = draw(st.booleans()) and (star or len(rest) > 1)
        keywords = rest[:-1] if last else rest
        items += [_item(draw, name, optional=draw(st.booleans())) for name in keywords]
        if last and rest:
            items.append(f"**{_item(draw, rest[-1])}")
        if items[-1] == "*":
            items.pop()
    separator = draw(st.sampled_from([", ", ",", " ,  ", ",\n        ", ", # why\n  "]))
    comma = "," if draw(st.booleans()) and not items[-1].startswith("*") else ""
    return f"{separator.join(items)}{comma}"


def _item(draw: st.DrawFn, name: str, *, optional: bool = False) -> str:
    annotation = draw(ANNOTATIONS)
    text = f"{name}: {annotation}" if annotation else name
    if not optional:
        return text
    return f"{text}{draw(st.sampled_from(['=', ' = ', '= ']))}{draw(DEFAULTS)}"


def kind_of(parameter: inspect.Parameter) -> str:
    return parameter.kind.name.replace("VAR_", "VARIADIC_")


@given(parameter_lists())
def test_parameters_equal_those_of_inspect(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    """Names, kinds and order are Python's; who has a default has one."""
    method = f"    def changed({text}) -> None: ...\n"
    folder = tmp_path_factory.mktemp("read")
    read = read_text(folder, f"{HEAD}{method}").member("changed").signatures[0]
    scope: dict[str, object] = {"LIMIT": 1, "f": str}
    exec(
        f"from __future__ import annotations\n{HEAD}{method}",
        scope,
    )
    function = vars(scope["Listener"])["changed"]
    _, *wanted = inspect.signature(function).parameters.values()
    assert [(p.name, p.kind.name) for p in read.parameters] == [
        (p.name, kind_of(p)) for p in wanted
    ]
    for mine, theirs in zip(read.parameters, wanted, strict=True):
        assert (mine.annotation is None) == (theirs.annotation is theirs.empty)
        assert (mine.default is None) == (theirs.default is theirs.empty)
        check_default(mine, theirs.default)


def check_default(parameter: Parameter, value: object) -> None:
    """A literal is copied with its value; any other default is left out."""
    if parameter.default not in (None, OMITTABLE):
        assert ast.literal_eval(parameter.default) == value


@pytest.mark.parametrize("text", LITERALS)
def test_literal_default_is_copied(text: str, tmp_path: Path) -> None:
    """Of a literal the stub has the value itself."""
    method = f"    def changed(self, a: int = {text}) -> None: ...\n"
    (parameter,) = (
        read_text(tmp_path, HEAD + method).member("changed").signatures[0].parameters
    )
    assert parameter.default is not None
    assert ast.literal_eval(parameter.default) == ast.literal_eval(text)


@pytest.mark.parametrize("text", OTHERS)
def test_other_default_is_left_to_the_far_end(text: str, tmp_path: Path) -> None:
    """What would have to be evaluated is neither evaluated nor copied."""
    method = f"    def changed(self, a: int = {text}) -> None: ...\n"
    (parameter,) = (
        read_text(tmp_path, HEAD + method).member("changed").signatures[0].parameters
    )
    assert parameter.default == OMITTABLE


OLDER = {
    "(self, __a: int, __b: int)": "(__a: int, __b: int, /)",
    "(self, __a: int, b: int)": "(__a: int, /, b: int)",
    "(self, a: int, __b: int)": "(a: int, __b: int)",
    "(self, __a__: int)": "(__a__: int)",
    "(__self, __a: int = 1)": "(__a: int = 1, /)",
    "(self, /, a: int)": "(a: int)",
    "(self, a: int, /, b: int)": "(a: int, /, b: int)",
    "(self, a: int, *, __b: int)": "(a: int, *, __b: int)",
}


@pytest.mark.parametrize("written", OLDER)
def test_both_spellings_of_positional_only(written: str, tmp_path: Path) -> None:
    """Leading `__x` means positional-only, as type checkers take it; so does `/`."""
    text = f"{HEAD}    def changed{written} -> None: ...\n"
    signature = read_text(tmp_path, text).member("changed").signatures[0]
    assert str(signature) == f"{OLDER[written]} -> None"


@pytest.mark.parametrize(
    "method",
    [
        "def changed() -> None: ...",
        "def changed(*, a: int) -> None: ...",
        "def changed(**rest: int) -> None: ...",
        "@staticmethod\n    def changed(a: int) -> None: ...",
        "@classmethod\n    def changed(cls) -> None: ...",
        "def changed(self: int) -> None: ...",
    ],
)
def test_method_without_a_plain_self_is_refused(method: str, tmp_path: Path) -> None:
    """What is not called on an object cannot be called on one from afar."""
    codes = read_text(tmp_path, f"{HEAD}    {method}\n").codes
    assert set(codes) <= {"CBG106", "CBG110"}
    assert codes
