"""Lines as the formatters leave them, compared with the formatters themselves."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from callbackgen.generator.format import (
    LINE_LENGTH,
    Bracket,
    Code,
    flat,
    lay_out,
    lay_out_docstring,
    lay_out_head,
    width,
)
from tests.unit.generator.formatters import by_black, by_ruff, difference

IN_BULK = settings(
    max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate]
)
"""For examples that are many pieces of code: a smaller one would say no more."""

NAMES = st.text("abcdefgh", min_size=1, max_size=24).filter(lambda name: name != "def")

TEXTS = st.text(
    st.sampled_from('ab ab ab .\n\n\t""\'\\\r\f\v\x00\x7f\x85\xa0é漢\u200b\u2028')
    | st.characters(codec="utf-8"),
    max_size=60,
)


def parentheses(*items: str) -> Bracket:
    return Bracket("(", tuple((item,) for item in items), ")")


def module(docstrings: list[str], indent: str = "    ") -> str:
    """A class with a method for each docstring."""
    lines = ["class Example:"]
    for index, text in enumerate(docstrings):
        lines += [""] if index else []
        lines += [f"{indent}def method{index}(self) -> None:"]
        lines += lay_out_docstring(text, 2 * indent)
        lines += [f"{indent * 2}return None"]
    return "\n".join(lines) + "\n"


def shown(text: str) -> str:
    """The docstring as ``help`` shows it, without blanks at the ends of lines."""
    lines = inspect.cleandoc(text).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


@given(TEXTS)
def test_docstring_says_what_was_said(text: str) -> None:
    """Python reads the same docstring again, whatever characters it has."""
    function = ast.parse(
        "\n".join(["def f():", *lay_out_docstring(text, "    "), "    0"])
    )
    definition = function.body[0]
    assert isinstance(definition, ast.FunctionDef)
    found = ast.get_docstring(definition)
    assert shown(found or "") == shown(text)


@given(TEXTS)
def test_docstring_is_readable(text: str) -> None:
    """Nothing invisible is left in a docstring, nor blanks at the end of a line."""
    for line in lay_out_docstring(text, "    "):
        assert line.rstrip() == line
        assert "\t" not in line
        assert not set(line) & set("\r\f\v\x00\x85\xa0\u200b\u2028")


@IN_BULK
@given(st.lists(TEXTS, min_size=20, max_size=40))
def test_docstring_is_left_as_it_is(texts: list[str]) -> None:
    """Neither formatter changes a docstring."""
    text = module(texts)
    assert difference(text, by_black(text)) == ""
    assert difference(text, by_ruff(text)) == ""


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One.", ['"""One."""']),
        ("One.\n\nTwo.", ['"""One.', "", "Two.", '"""']),
        ("", []),
        (" \n ", []),
        (r"A \d", [r'"""A \\d"""']),
    ],
)
def test_docstring_forms(text: str, lines: list[str]) -> None:
    """One line stays one line, several have their closing quotes below them."""
    assert lay_out_docstring(text, "") == lines


def in_one_module(pieces: Iterable[str]) -> str:
    return "\n\n\n".join(pieces) + "\n"


def statement(call: Code) -> str:
    return "\n".join(["def f():", *lay_out(("return ", *call), "    ")])


def head(name: str, parameters: list[str], result: str) -> str:
    code: Code = (f"def {name}", parentheses("self", *parameters), f" -> {result}")
    return "\n".join(["class C:", *lay_out_head(code, "    ", ": ...")])


UNIQUE_NAMES = st.lists(NAMES, unique=True, max_size=8)


@IN_BULK
@given(st.lists(st.tuples(NAMES, UNIQUE_NAMES), min_size=20, max_size=40))
def test_calls_are_left_as_they_are(calls: list[tuple[str, list[str]]]) -> None:
    """A call of any length is as both formatters write it."""
    text = in_one_module(
        statement((f"self.{name}", parentheses(*arguments)))
        for name, arguments in calls
    )
    assert difference(text, by_black(text)) == ""
    assert difference(text, by_ruff(text)) == ""


@IN_BULK
@given(
    st.lists(
        st.tuples(NAMES, UNIQUE_NAMES, st.sampled_from(["int", "list[int]", "None"])),
        min_size=20,
        max_size=40,
    )
)
def test_heads_are_left_as_they_are(
    heads: list[tuple[str, list[str], str]],
) -> None:
    """The head of a function of any length is as both formatters write it."""
    text = in_one_module(
        head(name, [f"{each}: int" for each in parameters], result)
        for name, parameters, result in heads
    )
    assert difference(text, by_black(text)) == ""
    assert difference(text, by_ruff(text)) == ""


@given(NAMES, UNIQUE_NAMES)
def test_one_line_if_it_fits(name: str, items: list[str]) -> None:
    """A line is broken only if it would be longer than the formatters allow."""
    code: Code = (name, parentheses(*items))
    lines = lay_out(code, "    ")
    assert (len(lines) == 1) == (4 + width(flat(code)) <= LINE_LENGTH or not items)


def test_width_counts_columns() -> None:
    """Wide characters take two columns, combining ones none."""
    assert width("abc") == 3
    assert width("漢字") == 4
    assert width("e\u0301") == 1
