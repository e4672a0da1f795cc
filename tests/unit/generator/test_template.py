"""The template: found, its own golden file, changed by a user, broken by a user."""

from __future__ import annotations

import ast
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from callbackgen.generator import pipeline
from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.render import render
from callbackgen.generator.request import Request
from callbackgen.generator.template import find_templates, load
from callbackgen.interface import Member
from tests.unit.generator.interfaces import (
    REFERENCES,
    attribute,
    interface,
    method,
    parameter,
    signature,
)

CHECKOUT = Path(__file__).parents[3]
FILE = "example_remote.py"
TEXT = (CHECKOUT / "templates" / FILE).read_text(encoding="utf-8")


def changed(folder: Path, *changes: tuple[str, str]) -> Path:
    """A folder with a template in which each first text is replaced by the second."""
    text = TEXT
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (folder / FILE).write_text(text, encoding="utf-8")
    return folder


def with_template(folder: Path, *members: Member) -> str:
    """The module of an interface, rendered through a folder's template."""
    text = render(interface(*members), REFERENCES, load(folder))
    ast.parse(text)
    return text


ANSWER = """\
        answer = self.__callback.changed(symbol, price, final=final)
        return answer"""

RING = method("ring", signature(parameter("x")))


# -- as it comes -------------------------------------------------------------------


def test_is_found_in_the_checkout() -> None:
    """Without an installed package the template at the top level is used."""
    assert (find_templates() / FILE).read_text(encoding="utf-8") == TEXT


def test_is_its_own_golden_file() -> None:
    """The example's modules come out byte for byte as they stand in the template."""
    request = Request(("templates.example.Example",), CHECKOUT, (CHECKOUT,))
    modules = pipeline.run(request).modules
    assert [each.path.name for each in modules] == [FILE, "peer_remote.py"]
    for each in modules:
        assert each.text == each.path.read_text(encoding="utf-8")


def test_nothing_else_is_read_or_run(tmp_path: Path) -> None:
    """A user's folder needs the one module; nothing in it is imported."""
    changed(tmp_path)
    (tmp_path / "__init__.py").write_text("raise SystemExit", encoding="utf-8")
    assert "def ring(" in with_template(tmp_path, RING)


# -- changed by a user -------------------------------------------------------------


def test_comment_comes_out(tmp_path: Path) -> None:
    """A comment in a body and one before the docstring are in every module."""
    body = "        return self._call(_CHANGED"
    changed(
        tmp_path,
        (body, f"        # Ask the client.\n{body}"),
        ('"""Remote form', '# Copyright us.\n"""Remote form'),
    )
    text = with_template(tmp_path, RING)
    assert text.startswith('# Copyright us.\n"""Remote form of prices.Listener.')
    assert "        # Ask the client.\n        return self._call(_RING, x)\n" in text


def test_statement_and_import_come_out(tmp_path: Path) -> None:
    """A statement in a body, a helper and an import of it are in every module."""
    changed(
        tmp_path,
        ("from typing import TYPE", "import logging\nfrom typing import TYPE"),
        ('\nT = TypeVar("T")\n', '\nT = TypeVar("T")\n\n_log = logging.getLogger()\n'),
        (
            "        return self.__callback.changed(symbol, price, final=final)",
            f"        _log.info(_CHANGED)\n{ANSWER}",
        ),
    )
    text = with_template(tmp_path, RING)
    assert "\nimport logging\n" in text
    assert "\n_log = logging.getLogger()\n" in text
    wanted = (
        "        _log.info(_RING)\n"
        "        answer = self.__callback.ring(x)\n"
        "        return answer\n"
    )
    assert wanted in text


def test_own_names_of_a_template_give_way(tmp_path: Path) -> None:
    """A local of the user's template that meets a parameter gets another name."""
    changed(
        tmp_path,
        (
            "        return self.__callback.changed(symbol, price, final=final)",
            ANSWER,
        ),
    )
    made = method("ring", signature(parameter("answer")))
    text = with_template(tmp_path, made)
    assert "_answer = self.__callback.ring(answer)\n        return _answer" in text


def test_decorator_comes_out(tmp_path: Path) -> None:
    """A further decorator stands on every such method, and its import in the module."""
    changed(
        tmp_path,
        ("from typing import TYPE", "import functools\nfrom typing import TYPE"),
        ("    @exposed(_CHANGED)\n", "    @functools.cache\n    @exposed(_CHANGED)\n"),
    )
    text = with_template(tmp_path, RING)
    assert "    @functools.cache\n    @exposed(_RING)\n    def ring" in text


def test_docstring_comes_out(tmp_path: Path) -> None:
    """Another docstring of a class names the Protocol where it named the example."""
    changed(tmp_path, ("Exposes one templates.example.Example, and", "The client's"))
    assert '"""The client\'s nothing else of its object."""' in with_template(
        tmp_path, RING
    )
    changed(
        tmp_path,
        ("Exposes one templates.example.Example", "A templates.example.Example"),
    )
    assert '"""A prices.Listener, and nothing' in with_template(tmp_path, RING)


def test_import_that_nothing_uses_stays(tmp_path: Path) -> None:
    """An import that the user's template itself does not use is meant to be there."""
    changed(
        tmp_path,
        ("from typing import TYPE", "import antigravity\nfrom typing import TYPE"),
    )
    assert "import antigravity\n" in with_template(tmp_path, RING)


# -- broken by a user --------------------------------------------------------------


def refused(folder: Path) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        load(folder)
    assert {found.code for found in caught.value.diagnostics} == {"CBG020"}
    for found in caught.value.diagnostics:
        assert found.path == folder / FILE
        assert found.message
        assert found.hint
    return caught.value.diagnostics


def test_no_template_at_all(tmp_path: Path) -> None:
    """A folder without the module is refused by the module's name."""
    (found,) = refused(tmp_path)
    assert FILE in f"{found.message}{found.path}"


def test_not_utf8(tmp_path: Path) -> None:
    """Bytes that are no text are refused, not raised."""
    (tmp_path / FILE).write_bytes(b'"""\xff\xfe"""')
    refused(tmp_path)


def test_syntax_error_has_its_place(tmp_path: Path) -> None:
    """A syntax error has Python's message, its line and the line's text."""
    (tmp_path / FILE).write_text('"""A."""\n\nclass (:\n    0\n', encoding="utf-8")
    (found,) = refused(tmp_path)
    assert (found.line, found.column) == (3, 7)
    assert found.source_line == "class (:"


@pytest.mark.parametrize("text", ["", "\0", "\n\n", '"""A."""\n', "x = 1\n"])
def test_next_to_nothing(text: str, tmp_path: Path) -> None:
    """A module without any part is refused, with every part that is missing."""
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    refused(tmp_path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (("@generated by callbackgen", "@made by us"), "@generated"),
        (("class ExampleStub(", "class Handle("), "ExampleStub"),
        (("class ExampleTarget(", "class Goal("), "ExampleTarget"),
        (("_TOLD: Final[Method[None]] =", "_OTHER ="), "_TOLD"),
        (("    def confirm(", "    def affirm("), "confirm"),
        (
            ("return self._call(_CHANGED, symbol, price, final=final)", "return True"),
            "",
        ),
        (("return self._call(_CHANGED, symbol,", "return self._call(_CHANGED,"), ""),
        (("self.__callback.told(text)", "None"), "told"),
        (("    __call__ = call_\n", ""), "__call__"),
    ],
)
def test_missing_or_malformed_part(
    change: tuple[str, str], word: str, tmp_path: Path
) -> None:
    """A part that is missing or has not its form is named, at its place."""
    before, after = change
    found = refused(changed(tmp_path, (before, after)))
    messages = [each.message for each in found]
    assert any(word in message for message in messages), messages
    lines = (tmp_path / FILE).read_text(encoding="utf-8").splitlines()
    for each in found:
        assert not each.line or each.source_line == lines[each.line - 1]


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Two broken parts give two diagnostics."""
    changed(
        tmp_path,
        ("    def confirm(", "    def affirm("),
        ("class ExampleTarget(", "class Goal("),
    )
    assert len(refused(tmp_path)) >= 2


@pytest.mark.parametrize("line", range(0, TEXT.count("\n"), 7))
def test_any_missing_line_is_survived(line: int, tmp_path: Path) -> None:
    """Whatever line is lost: the template is refused, or still gives a module."""
    lines = TEXT.splitlines(keepends=True)
    text = "".join(lines[:line] + lines[line + 1 :])
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    every_kind = [
        RING,
        attribute("level"),
        replace(method("told"), oneway=True),
        method("get", signature(), signature(parameter("a"))),
        method("__call__"),
    ]
    with contextlib.suppress(Refused):
        with_template(tmp_path, *every_kind)
