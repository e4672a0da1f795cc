"""What a user or a machine can do wrong: a message and a code, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.system.command import PRICES, Project, environment


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("prices.py", PRICES)
    return made


def test_no_target_at_all(project: Project) -> None:
    """Without a TARGET and without settings one is told what to write."""
    done = project.generate(code=2)

    assert "callbackgen: CBG010: no TARGET is given" in done.err
    assert "hint: name one (callbackgen generate package.module.Protocol)" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("--check", "--diff"),
        ("--check", "--watch"),
        ("--stdout", "--check"),
        ("--stdout", "--watch"),
        ("--diff", "--watch"),
        ("--diff", "-q"),
        ("--stdout", "prices.Session", "prices.Listener"),
        ("--format", "xml"),
        ("--templates", "nowhere"),
        ("-o", "prices.py"),
        ("-o", ""),
        ("--cheque",),
    ],
)
def test_wrong_use(project: Project, arguments: tuple[str, ...]) -> None:
    """What cannot be meant is refused with code 2 and a sentence, nothing is done."""
    done = project.generate(*arguments, "prices.Listener", code=2)

    assert done.out == ""
    assert "Error: " in done.err
    assert sorted(project.files()) == ["prices.py"]


def test_all_mistakes_are_shown_at_once(project: Project) -> None:
    """Mistakes in several targets are all printed, counted, and nothing is written."""
    project.write(
        "wrong.py",
        "from typing import Protocol\n"
        "class One(Protocol):\n"
        "\tdef 価格(self) -> Missing: ...\n"
        "class Two(Protocol):\n"
        "    def two(self) -> Absent: ...\n",
    )
    done = project.generate("prices.Listener", "wrong", "nowhere.At", code=2)

    lines = done.err.splitlines()
    caret = lines.index("    \tdef 価格(self) -> Missing: ...") + 1
    assert lines[caret - 2].startswith("wrong.py:3:18: CBG")
    assert lines[caret] == "    \t" + " " * 18 + "^"
    assert lines[caret + 1].startswith("    hint: ")
    assert any(line.startswith("wrong.py:5:22: CBG") for line in lines)
    assert any(line.startswith("callbackgen: CBG002: ") for line in lines)
    assert lines[-1] == "3 errors"
    assert done.out == ""
    assert sorted(project.files()) == ["prices.py", "wrong.py"]


def test_github_annotations(project: Project) -> None:
    """--format github marks errors, stale files and what is left over, by file."""
    project.write("wrong.py", PRICES.replace("price: float", "price: Missing"))
    done = project.generate("--format", "github", "wrong.Listener", code=2)
    assert done.err.startswith("::error file=wrong.py,line=11,col=43,title=CBG")

    project.generate("prices")
    project.write("prices.py", PRICES.replace("class Listener", "class Watcher"))
    project.generate("prices.Watcher")
    watcher = project.folder / "watcher_remote.py"
    text = watcher.read_text(encoding="utf-8")
    watcher.write_text(text + "\nmore = 1\n", encoding="utf-8")
    done = project.generate("--check", "--format", "github", "prices.Watcher", code=1)
    found = [line for line in done.lines if line.startswith("::")]
    line = text.count("\n") + 1
    stale = "watcher_remote.py is out of date; run: callbackgen generate prices.Watcher"
    left_over = "listener_remote.py is left over: prices.Listener is gone; delete it"
    assert found == [
        f"::error file=watcher_remote.py,line={line},title=callbackgen::{stale}",
        f"::error file=listener_remote.py,title=callbackgen::{left_over}",
    ]


def test_a_file_of_somebody_else_is_not_overwritten(project: Project) -> None:
    """A file that we did not write stops the whole run before the first write."""
    project.write("listener_remote.py", "precious = 1\n")
    before = project.files()
    done = project.generate("prices", code=2)

    assert "CBG030: listener_remote.py exists and was not generated" in done.err
    assert project.files() == before


def test_a_file_of_another_protocol_is_not_overwritten(project: Project) -> None:
    """A file generated for another Protocol is refused; both are named."""
    project.write("orders.py", PRICES)
    project.generate("prices.Listener")
    before = project.files()
    done = project.generate("orders.Listener", code=2)

    assert (
        "CBG031: listener_remote.py was generated for prices.Listener, not for "
        "orders.Listener"
    ) in done.err
    assert project.files() == before


def test_two_protocols_that_want_one_file(project: Project) -> None:
    """Two Protocols of one name in one folder are refused; both are named."""
    project.write("orders.py", PRICES)
    done = project.generate("prices.Listener", "orders.Listener", code=2)

    assert "CBG032: " in done.err
    assert "prices.Listener" in done.err
    assert "orders.Listener" in done.err


@pytest.mark.parametrize("folder", [os.devnull, "taken/made"])
def test_a_folder_that_cannot_be(project: Project, folder: str) -> None:
    """An output folder that is a file, or would lie in one, is refused."""
    project.write("taken", "")
    project.write(
        "pyproject.toml", f'[tool.callbackgen]\nroots = ["/"]\noutput = "{folder}"\n'
    )
    done = project.generate("prices.Listener", code=2)

    assert "CBG033: listener_remote.py cannot be" in done.err


def test_a_file_that_is_a_folder(project: Project) -> None:
    """Where a folder has the name of the module, that is said."""
    (project.folder / "listener_remote.py").mkdir()
    done = project.generate("prices.Listener", code=2)

    assert "CBG033: listener_remote.py cannot be read or written: " in done.err


def test_settings_that_are_wrong(project: Project) -> None:
    """A mistake in pyproject.toml is located there."""
    project.write("pyproject.toml", "[tool.callbackgen]\ntargets = [\n")
    done = project.generate("prices.Listener", code=2)
    assert done.err.startswith("pyproject.toml:2:")
    assert "CBG010: is not TOML" in done.err

    project.write("pyproject.toml", "[tool.callbackgen]\n\ntarget = []\n")
    done = project.generate("prices.Listener", code=2)
    assert done.err.startswith("pyproject.toml:3:1: CBG010: no such setting: target\n")


def test_a_folder_that_is_gone(project: Project) -> None:
    """In a deleted current folder the command says so."""
    gone = project.folder / "gone"
    gone.mkdir()
    script = 'rmdir ../gone && exec "$@"'
    command = ["sh", "-c", script, "sh", *project.command("generate", "prices.Session")]
    done = subprocess.run(
        command,
        cwd=gone,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        "Error: the current folder is gone: change to one that exists"
    )


def test_names_that_cannot_be_decoded(project: Project) -> None:
    """A name that is no text in the locale's encoding is looked for all the same."""
    done = project.run("generate", b"\xff.py")

    assert done.code == 2
    assert "CBG002: there is no file \N{REPLACEMENT CHARACTER}.py" in done.err


def test_an_encoding_that_lacks_a_name(project: Project) -> None:
    """Where stdout is Latin-1 the text of a module is UTF-8, a message is escaped."""
    project.write("prices.py", PRICES.replace("Listener", "価格"))
    old = {"PYTHONIOENCODING": "latin-1"}
    done = project.run("generate", "--stdout", "prices:価格", variables=old)
    assert done.out.startswith('"""Remote form of prices.価格.\n')

    done = project.run("generate", "prices:価格", variables=old)
    assert done.code == 0
    assert done.out == "wrote \\u4fa1\\u683c_remote.py\n"


def test_file_names_that_lack_a_name(project: Project) -> None:
    """Where file names are ASCII, a module with another name is refused."""
    project.write("counts.py", PRICES.replace("Listener", "Zähler"))
    old = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = project.run("generate", "counts", variables=old)

    assert done.code == 2
    assert "zähler_remote.py cannot be written in this system's encoding" in done.err


def test_a_reader_that_goes_away(project: Project) -> None:
    """With nobody to read it (``| head``) a run ends without a word."""
    reader, writer = os.pipe()
    os.close(reader)
    with subprocess.Popen(
        project.command("generate", "--stdout", "prices.Listener"),
        cwd=project.folder,
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        os.close(writer)
        _, err = process.communicate(timeout=60)

    assert err == ""
    assert process.returncode == 128 + signal.SIGPIPE


def test_control_c_ends_a_run(project: Project) -> None:
    """Ctrl-C in the middle of a run ends it with 130 and leaves nothing behind."""
    templates = project.folder / "shape"
    templates.mkdir()
    os.mkfifo(templates / "example_remote.py")
    with (
        subprocess.Popen(
            project.command("generate", "--templates", "shape", "prices.Listener"),
            cwd=project.folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        # This waits until the command has opened it too; then that waits for text.
        (templates / "example_remote.py").open("w", encoding="utf-8"),
    ):
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)

    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert sorted(project.files()) == ["prices.py"]


def test_colours_are_for_terminals(project: Project) -> None:
    """Messages are coloured on a terminal, unless NO_COLOR is set."""
    code, screen = project.on_terminal("generate", "nowhere.At")
    assert code == 2
    assert "\x1b[31m\x1b[1mCBG002" in screen

    code, screen = project.on_terminal(
        "generate", "nowhere.At", variables={"NO_COLOR": "1"}
    )
    assert code == 2
    assert "\x1b[" not in screen
    assert "CBG002" in screen


def test_progress_is_for_terminals(project: Project) -> None:
    """Several files give a progress bar on a terminal, but not with -q."""
    code, screen = project.on_terminal("generate", "prices")
    assert code == 0
    assert "100%" in screen
    assert "wrote listener_remote.py" in screen

    _, screen = project.on_terminal("generate", "-q", "prices")
    assert screen == ""
    _, screen = project.on_terminal("generate", "prices.Session")
    assert "100%" not in screen


def test_an_unknown_command(project: Project) -> None:
    """A command that there is not is wrong use."""
    done = project.run("regenerate")

    assert done.code == 2
    assert "No such command 'regenerate'" in done.err


def test_the_module_is_the_command(project: Project) -> None:
    """``python -m callbackgen`` is the same command, under the same name."""
    done = subprocess.run(
        [sys.executable, "-m", "callbackgen", "generate", "--help"],
        cwd=project.folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout.startswith("Usage: callbackgen generate [OPTIONS] [TARGET]...")
