"""Diagnostics as people and as GitHub read them."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from callbackgen.generator import report
from callbackgen.generator.diagnostics import Diagnostic

FOLDER = "/srv/project"


def a_diagnostic(
    source_line: str = "    def later(self) -> Iterator[int]: ...",
    column: int = 24,
    *,
    is_warning: bool = False,
    path: str | None = "/srv/project/app/prices.py",
    hint: str = "return a list",
) -> Diagnostic:
    return Diagnostic(
        "CBG111",
        "an iterator cannot be carried",
        hint,
        None if path is None else Path(path),
        7,
        column,
        source_line,
        is_warning=is_warning,
    )


def plain(*diagnostics: Diagnostic) -> list[str]:
    return click.unstyle(report.as_text(diagnostics, FOLDER)).splitlines()


def test_a_diagnostic_shows_place_source_caret_hint_and_count() -> None:
    """The form that the README promises, path relative to the current folder."""
    assert plain(a_diagnostic()) == [
        "app/prices.py:7:24: CBG111: an iterator cannot be carried",
        "        def later(self) -> Iterator[int]: ...",
        "                           ^",
        "    hint: return a list",
        "1 error",
    ]


def test_a_warning_says_so() -> None:
    """Who reads a warning need not know from its code that it is none."""
    first, *_, last = plain(a_diagnostic(is_warning=True))

    assert first == "app/prices.py:7:24: CBG111: warning: an iterator cannot be carried"
    assert last == "1 warning"


def test_errors_and_warnings_are_counted() -> None:
    """The last line says how many there are of each, in the right number."""
    error, warning = a_diagnostic(), a_diagnostic(is_warning=True)

    assert plain(error, warning)[-1] == "1 error, 1 warning"
    assert plain(error, error)[-1] == "2 errors"
    assert plain(*[warning] * 3)[-1] == "3 warnings"


def test_a_finding_without_a_file_is_ours() -> None:
    """What is wrong with the command line itself is located at the program."""
    found = Diagnostic("CBG002", "there is no module for a.B", "give a path")

    assert plain(found) == [
        "callbackgen: CBG002: there is no module for a.B",
        "    hint: give a path",
        "1 error",
    ]


def test_a_finding_about_a_whole_file_has_no_line() -> None:
    """A file that exists already is named without a line and column."""
    found = Diagnostic("CBG030", "is not ours", "move it", Path("/srv/project/a.py"))

    assert plain(found)[0] == "a.py: CBG030: is not ours"


def test_files_elsewhere_are_named_in_full() -> None:
    """A path outside the current folder is not a row of dots."""
    found = a_diagnostic(path="/srv/projects/b.py")

    assert plain(found)[0].startswith("/srv/projects/b.py:7:24: ")


@pytest.mark.parametrize(
    ("source", "column"),
    [("\tdef later(self, x\t: int): ...", 18), ("\t\tx: int", 3)],
)
def test_a_tab_does_not_shift_the_caret(source: str, column: int) -> None:
    """The line below has a tab wherever the source line has one."""
    shown, caret = plain(a_diagnostic(source, column))[1:3]

    assert shown.index(source[column - 1], 4 + column - 1) == caret.index("^")
    below = caret[: caret.index("^")]
    assert [i for i, c in enumerate(below) if c == "\t"] == [
        i for i, c in enumerate(shown[: len(below)]) if c == "\t"
    ]


@pytest.mark.parametrize(
    ("before", "width"),
    [
        ("価格", 4),
        ("e\N{COMBINING ACUTE ACCENT}", 1),
        ("ä", 1),
        ("\N{GRINNING FACE}", 2),
    ],
)
def test_wide_characters_do_not_shift_the_caret(before: str, width: int) -> None:
    """The caret stands where a terminal shows the character, not where it counts."""
    _, caret = plain(a_diagnostic(f"{before}: int", len(before) + 1))[1:3]

    assert caret == " " * (4 + width) + "^"


def test_a_long_line_is_shown_around_the_column() -> None:
    """A minified source does not fill the screen, and the caret still points."""
    source = "x" * 5000 + "HERE" + "y" * 5000
    shown, caret = plain(a_diagnostic(source, 5001))[1:3]

    assert len(shown) < 200
    assert shown[caret.index("^") :].startswith("HERE")


def test_a_source_line_cannot_command_the_terminal() -> None:
    """Control characters in somebody's source are shown, not obeyed."""
    shown = report.as_text([a_diagnostic("x = '\x1b]0;title\x07\x9b2J'", 1)], FOLDER)

    assert "\x1b]" not in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown


def test_a_message_cannot_command_the_terminal() -> None:
    """Nor can a name that is quoted in a message, a hint or a path."""
    found = Diagnostic(
        "CBG002", "no module for \x1b[2Ja", "not \x9b2J", Path("/srv/\x1b[2J.py")
    )

    assert "\x1b[2J" not in report.as_text([found], FOLDER)
    assert "\x9b" not in report.as_text([found], FOLDER)


@example("\u2028\u20290", 0)  # which Python takes for ends of lines
@given(source=st.text(max_size=300), column=st.integers(-2, 310))
def test_every_source_line_can_be_shown(source: str, column: int) -> None:
    """Whatever the line and column: one line of source, at most one with a caret."""
    lines = plain(a_diagnostic(source, column))

    assert lines[0].startswith("app/prices.py")
    assert lines[-2:] == ["    hint: return a list", "1 error"]
    assert len(lines) <= 5
    assert not any(
        unicodedata.category(character) == "Cc" and character != "\t"
        for character in "".join(lines)
    )


def github(*diagnostics: Diagnostic) -> str:
    return report.as_github(diagnostics, FOLDER)


@pytest.fixture(autouse=True)
def no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)


def test_an_annotation_has_the_place_and_the_hint() -> None:
    """GitHub shows the message beside the line, the code as its title."""
    assert github(a_diagnostic()) == (
        "::error file=app/prices.py,line=7,col=24,title=CBG111::"
        "an iterator cannot be carried%0Ahint: return a list"
    )
    assert github(a_diagnostic(is_warning=True)).startswith("::warning file=")


def test_an_annotation_without_a_place() -> None:
    """What has no file or no line leaves them out; GitHub takes 0 for a line."""
    nowhere = Diagnostic("CBG002", "message", "")
    whole = Diagnostic("CBG030", "message", "", Path("/srv/project/a.py"))

    assert github(nowhere) == "::error title=CBG002::message"
    assert github(whole) == "::error file=a.py,title=CBG030::message"


def test_annotations_are_escaped() -> None:
    """Line ends, per cents, and in properties colons and commas, do not break them."""
    found = Diagnostic(
        "CBG111", "50% a\r\nb: c, d", "", Path("/srv/project/a,b:c%.py"), 1, 2
    )

    assert github(found) == (
        "::error file=a%2Cb%3Ac%25.py,line=1,col=2,title=CBG111::50%25 a%0D%0Ab: c, d"
    )


@given(text=st.text())
def test_an_annotation_is_one_line(text: str) -> None:
    """No message can end its annotation and begin another command."""
    found = Diagnostic("CBG111", text, text, Path("/srv/project/a.py"), 1, 1)
    annotation = github(found)

    assert "\n" not in annotation
    assert "\r" not in annotation
    message = annotation.partition("::")[2].partition("::")[2]
    assert message.count("%") == sum(message.count(f"%{x}") for x in ("25", "0D", "0A"))


def test_annotations_are_relative_to_the_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A check that runs in a folder of the checkout annotates the right file."""
    monkeypatch.setenv("GITHUB_WORKSPACE", "/srv/")

    assert github(a_diagnostic()).startswith("::error file=project/app/prices.py,")


def test_names_that_are_not_utf8_can_be_reported() -> None:
    """A file whose name is not UTF-8 can be reported."""
    name = os.fsdecode(b"/srv/project/caf\xe9.py")

    assert plain(a_diagnostic(path=name))[0].endswith("an iterator cannot be carried")
