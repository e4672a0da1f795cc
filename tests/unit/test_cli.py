"""The command line's last line of defence: whatever happens, a message and a code."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from callbackgen import cli
from callbackgen.generator import present
from callbackgen.generator.present import Presenter
from callbackgen.generator.project import Invocation


def ends(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> int | str | None:
    """How the process would end if writing met that error."""

    def fail(_presenter: Presenter) -> int:
        raise error

    monkeypatch.setattr(Presenter, "write", fail)
    with pytest.raises(SystemExit) as ended:
        cli.main(["generate", "prices.Listener"])
    return ended.value.code


def test_control_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C ends with the code that shells have for it, and without a word."""
    assert ends(monkeypatch, KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.strip() == ""


def test_the_system_refuses(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the operating system refuses is said with the file's name."""
    text = os.strerror(errno.ENOSPC)

    assert ends(monkeypatch, OSError(errno.ENOSPC, text, "full.py")) == 2
    assert capsys.readouterr().err == f"Error: full.py: {text}\n"
    assert ends(monkeypatch, OSError("cannot be watched")) == 2
    assert capsys.readouterr().err == "Error: cannot be watched\n"


def test_too_deep(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source that is nested too deeply for Python is a user's mistake."""
    assert ends(monkeypatch, RecursionError()) == 2
    assert "nested too deeply" in capsys.readouterr().err


def test_a_mistake_of_ours_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no user can have made stays an error."""

    def fail(_presenter: Presenter) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(Presenter, "write", fail)
    with pytest.raises(ZeroDivisionError):
        cli.main(["generate", "prices.Listener"])


def test_the_invocation_has_absolute_paths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Folders on the command line are meant from where it was typed."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    inner = tmp_path / "inner"
    (inner / "shape").mkdir(parents=True)
    monkeypatch.chdir(inner)
    seen: list[Invocation] = []

    class Recorder(Presenter):
        def __init__(self, invocation: Invocation, *, style: str, quiet: bool) -> None:
            seen.append(invocation)
            super().__init__(invocation, style=style, quiet=quiet)

        def check(self) -> int:
            return 0

    monkeypatch.setattr(present, "Presenter", Recorder)
    options = ["--check", "-o", "../made", "--templates", "shape", "a.B", "c.py:D"]
    done = CliRunner().invoke(cli.callbackgen, ["generate", *options])

    assert done.exit_code == 0, done.output
    assert seen == [
        (
            os.fspath(inner),
            os.fspath(tmp_path / "pyproject.toml"),
            ("a.B", "c.py:D"),
            os.fspath(tmp_path / "made"),
            os.fspath(inner / "shape"),
        )
    ]


@pytest.mark.parametrize("command", [[], ["generate"], ["explain"]])
def test_help_fits_the_screen(command: list[str]) -> None:
    """Help has an example where there is something to do, and no broken lines."""
    done = CliRunner().invoke(cli.callbackgen, [*command, "--help"])

    assert done.exit_code == 0
    assert "\b" not in done.output
    assert max(map(len, done.output.splitlines())) <= 88
    if command != ["explain"]:
        assert "        callbackgen generate prices.Listener\n" in done.output.replace(
            "\n      callbackgen", "\n        callbackgen"
        )
