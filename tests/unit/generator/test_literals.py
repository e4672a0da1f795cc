"""A default that is a literal is written as the formatters leave it."""

from __future__ import annotations

import ast

import black
import libcst
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbackgen.generator.literals import literal, quoted

NUMBERS = (
    st.integers(0).map(str)
    | st.integers(0).flatmap(
        lambda n: st.sampled_from([hex(n), hex(n).upper(), oct(n), bin(n), f"{n:_}"])
    )
    | st.floats(0, allow_nan=False, allow_infinity=False).map(repr)
    | st.floats(0, allow_nan=False, allow_infinity=False).map("{:E}".format)
    | st.sampled_from(
        ["1.", ".5", "1J", "1.5E+10j", "0XaB", "0B1", "0O7", "1e+5", "00"]
    )
)
SPELLINGS = (
    st.text(max_size=12).map(repr)
    | st.text(max_size=12).map(ascii)
    | st.binary(max_size=12).map(repr)
    | st.sampled_from(['"a" "b"', "r'\\d'", 'u"x"', "'''a\"'''", 'b"\\x00" b"\\n"'])
)
SIMPLE = NUMBERS | SPELLINGS | st.sampled_from(["None", "True", "False"])
TUPLES = st.lists(SIMPLE, max_size=3).map(
    lambda items: f"({''.join(f'{i}, ' for i in items)})"
)
LITERALS = SIMPLE | TUPLES | NUMBERS.map("-{}".format) | NUMBERS.map("+{}".format)


def written(text: str) -> str | None:
    return literal(libcst.parse_expression(text))


@given(LITERALS)
@example("1.")
@example(".5")
@example("1.E+5J")
@example("0XaB")
def test_literal_keeps_its_value(text: str) -> None:
    """However a default is spelt, what is copied has the same value and type."""
    copied = written(text)
    assert copied is not None
    value, again = ast.literal_eval(text), ast.literal_eval(copied)
    assert (repr(again), type(again)) == (repr(value), type(value))


@given(LITERALS)
@example("1.")
@example(".5")
@example("1.E+5J")
@example("0XaB")
def test_literal_is_stable_under_black(text: str) -> None:
    """A generated module needs no formatter: black would leave the default alone."""
    copied = written(text)
    assert copied is not None
    mode = black.Mode(line_length=10_000)
    assert black.format_str(f"x = {copied}\n", mode=mode) == f"x = {copied}\n"


@given(st.text() | st.binary())
def test_quoted_text_is_visible(value: str | bytes) -> None:
    """A string is one line of printable characters that reads back as itself."""
    text = quoted(value)
    assert ast.literal_eval(text) == value
    assert len(text.splitlines()) == 1
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "text",
    [
        "NAME",
        "module.NAME",
        "...",
        "f'{x}'",
        "'a' f'{x}'",
        "[]",
        "{}",
        "()[0]",
        "(1, NAME)",
        "(1, *rest)",
        "1 + 2",
        "not True",
        "~1",
        "-NAME",
        "--1",
        "int()",
        "lambda: 1",
        "True if x else False",
    ],
)
def test_other_expressions_are_not_copied(text: str) -> None:
    """What has to be evaluated is left to the far end."""
    assert written(text) is None
