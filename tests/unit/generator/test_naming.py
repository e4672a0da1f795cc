"""Names as Python reads them, and those that the generator makes up."""

from __future__ import annotations

import ast
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.naming import (
    constant_name,
    free_name,
    identifier,
    module_stem,
)

IDENTIFIERS = st.from_regex(r"[A-Za-zäÖßéİ_][A-Za-z0-9äÖßéİ_]{0,12}", fullmatch=True)


@pytest.mark.parametrize(
    "written", ["plain", "\ufb01le", "\xaa", "e\u0301t\xe9", "\xb5"]
)
def test_a_name_is_what_python_takes_it_for(written: str) -> None:
    """Ligatures and other forms of letters are the letters themselves."""
    (statement,) = ast.parse(f"class {written}: ...").body
    assert isinstance(statement, ast.ClassDef)
    assert identifier(written) == statement.name


def is_mangled(name: str) -> bool:
    """Whether Python changes this name inside a class."""
    return name.startswith("__") and not name.endswith("__")


@pytest.mark.parametrize(
    ("protocol", "module"),
    [
        ("PriceListener", "price_listener_remote"),
        ("HTTPCallback", "http_callback_remote"),
        ("OnHTTP", "on_http_remote"),
        ("Callback", "callback_remote"),
        ("_Callback", "_callback_remote"),
        ("__Callback", "__callback_remote"),
        ("Version2Listener", "version2_listener_remote"),
        ("callback", "callback_remote"),
        ("Price_Listener", "price_listener_remote"),
        ("X", "x_remote"),
        ("ABC", "abc_remote"),
    ],
)
def test_module_is_the_protocol_in_snake_case(protocol: str, module: str) -> None:
    """Words of capitals stay together; an underscore is never doubled."""
    assert module_stem(protocol) == module


@given(IDENTIFIERS)
def test_every_protocol_has_a_module(name: str) -> None:
    """The module of any class name can be imported."""
    stem = module_stem(name)
    assert stem.isidentifier()
    assert not keyword.iskeyword(stem)


@given(IDENTIFIERS.filter(lambda name: not name.startswith("_")))
def test_every_member_has_a_constant(name: str) -> None:
    """A constant's name is private, not mangled in a class, and an identifier."""
    constant = constant_name(name)
    assert constant.isidentifier()
    assert constant.startswith("_")
    assert not constant.startswith("__")


def test_constant_of_a_call() -> None:
    """The constant of ``call_`` is called as a member `call`'s would be."""
    assert constant_name("call_") == constant_name("call") == "_CALL"


@pytest.mark.parametrize(
    ("name", "taken", "free"),
    [
        ("final", set[str](), "final"),
        ("final", {"final"}, "_final"),
        ("final", {"final", "_final"}, "_final_"),
        ("_LEVEL", {"_LEVEL"}, "_LEVEL_"),
        ("_LEVEL", {"_LEVEL", "_LEVEL_"}, "_LEVEL__"),
    ],
)
def test_a_name_gives_way(name: str, taken: set[str], free: str) -> None:
    """A name gets a leading underscore, or a trailing one where that is no way out."""
    assert free_name(name, taken) == free


@given(IDENTIFIERS, st.sets(IDENTIFIERS))
def test_a_free_name_is_free(name: str, taken: set[str]) -> None:
    """No name that is taken is given out, and none that a class body would change."""
    found = free_name(name, taken | {name})
    assert found not in taken
    assert found.isidentifier()
    assert is_mangled(name) or not is_mangled(found)
