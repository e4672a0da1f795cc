"""``callbackgen generate --watch``: every change is seen, and no mistake ends it."""

from __future__ import annotations

import os
import selectors
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.command import PRICES, Project, environment

PATIENCE = 120
"""Seconds after which a line that does not come is a failure; seldom needed."""
AS_INT = PRICES.replace("price: float", "price: int")
WRONG = PRICES.replace("price: float", "price: Missing")


class Watching:
    """A running ``--watch``: its lines, stdout and stderr together, as they come."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        self.process = process
        self._output = process.stdout
        self._pending = b""
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)

    def close(self) -> None:
        """Let go of the output."""
        self._selector.close()

    def until(self, text: str) -> list[str]:
        """The lines up to the first one that has the text."""
        lines: list[str] = []
        deadline = time.monotonic() + PATIENCE
        while True:
            while b"\n" in self._pending:
                line, _, self._pending = self._pending.partition(b"\n")
                lines.append(line.decode())
                if text in lines[-1]:
                    return lines
            left = deadline - time.monotonic()
            if not self._selector.select(max(left, 0)):
                pytest.fail(f"no line with {text!r} came after {lines}")
            part = os.read(self._output.fileno(), 65536)
            if not part:
                pytest.fail(f"it ended without a line with {text!r} after {lines}")
            self._pending += part

    def stop(self) -> tuple[int, str]:
        """Ctrl-C: the exit code, and what was printed that nobody waited for."""
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE)
        return self.process.returncode, (self._pending + rest).decode()


@contextmanager
def watching(project: Project, *arguments: str) -> Generator[Watching]:
    """``--watch`` in the project, ended at the end if the test has not."""
    with subprocess.Popen(
        project.command("generate", "--watch", *arguments),
        cwd=project.folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        running = Watching(process)
        try:
            yield running
        finally:
            running.close()
            if process.poll() is None:
                process.kill()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "project")
    made.write("prices.py", PRICES)
    return made


def save(project: Project, name: str, text: str) -> Path:
    """Replace a file in one step, so that nobody sees it half-written."""
    new = project.write(f"{name}.new", text)
    return new.replace(project.folder / name)


def test_a_change_is_written_until_control_c(project: Project) -> None:
    """It writes at once, again after each change, and Ctrl-C is no failure."""
    with watching(project, "prices.Listener") as running:
        first = running.until("watching")
        assert first[0] == "wrote listener_remote.py"
        for source in (AS_INT, PRICES, AS_INT):
            save(project, "prices.py", source)
            assert running.until("wrote") == ["wrote listener_remote.py"]
        code, rest = running.stop()

    assert code == 0
    assert rest.split() == ["stopped"]
    text = project.read("listener_remote.py")
    project.generate("--check", "prices.Listener")
    assert "int" in text


def test_what_does_not_matter_is_not_mentioned(project: Project) -> None:
    """Nothing is said of other files, of comments and of what it wrote itself."""
    with watching(project, "prices.Listener") as running:
        running.until("watching")
        save(project, "other.py", "x = 1\n")
        save(project, "notes.txt", "x\n")
        save(project, "prices.py", f"# A comment.\n{PRICES}")
        save(project, "prices.py", AS_INT)
        assert running.until("wrote") == ["wrote listener_remote.py"]
        _, rest = running.stop()

    assert rest.split() == ["stopped"]


def test_a_mistake_is_printed_and_watching_goes_on(project: Project) -> None:
    """Half-written source is reported, the file left as it is, the cure noticed."""
    with watching(project, "prices.Listener") as running:
        running.until("watching")
        before = project.read("listener_remote.py")
        save(project, "prices.py", WRONG)
        assert running.until("1 error")[0].startswith("prices.py:")
        save(project, "prices.py", "class Listener(:\n")
        assert "CBG001" in running.until("1 error")[0]
        assert project.read("listener_remote.py") == before
        save(project, "prices.py", AS_INT)
        running.until("wrote listener_remote.py")
        save(project, "prices.py", WRONG)
        running.until("1 error")
        save(project, "prices.py", AS_INT)
        running.until("up to date again")
        assert running.stop()[0] == 0


def test_it_can_begin_with_a_mistake(project: Project) -> None:
    """What is wrong at the start is reported once, and the cure is waited for."""
    save(project, "prices.py", WRONG)
    with watching(project, "prices.Listener") as running:
        lines = running.until("watching")
        assert sum("CBG" in line for line in lines) == 1
        save(project, "prices.py", PRICES)
        assert running.until("wrote") == ["wrote listener_remote.py"]
        assert running.stop()[0] == 0


def test_a_source_that_is_not_there_yet(project: Project) -> None:
    """A module that appears later, in a folder that appears later, is noticed."""
    (project.folder / "src").mkdir()
    with watching(project, "shop.orders.Listener") as running:
        assert any("CBG002" in line for line in running.until("watching"))
        save(project, "src/shop/orders.py", PRICES)
        lines = running.until("wrote")
        assert lines[-1] == f"wrote {Path('src/shop/listener_remote.py')}"
        assert running.stop()[0] == 0


def test_settings_are_watched(project: Project) -> None:
    """A pyproject.toml that appears or changes is taken at once."""
    with watching(project) as running:
        assert any("no TARGET" in line for line in running.until("watching"))
        text = '[tool.callbackgen]\ntargets = ["prices.Listener"]\n'
        save(project, "pyproject.toml", text)
        running.until("wrote listener_remote.py")
        save(project, "pyproject.toml", f"{text}output = 'made'\n")
        running.until(f"wrote {Path('made/listener_remote.py')}")
        save(project, "pyproject.toml", f"{text}outputs = 3\n")
        running.until("pyproject.toml:3:1: CBG010")
        save(project, "pyproject.toml", text)
        running.until("up to date again")
        assert running.stop()[0] == 0


def test_what_it_refers_to_is_watched(project: Project) -> None:
    """A base class in another folder counts, and so does a stub file that appears."""
    save(project, "base/__init__.py", "")
    source = save(project, "base/events.py", PRICES)
    save(
        project,
        "prices.py",
        "from typing import Protocol\n"
        "from base.events import Listener\n"
        "class Watcher(Listener, Protocol):\n"
        "    def end(self) -> None: ...\n",
    )
    with watching(project, "prices.Watcher") as running:
        running.until("watching")
        save(project, "base/events.py", AS_INT)
        assert running.until("wrote") == ["wrote watcher_remote.py"]
        save(project, "base/events.pyi", PRICES)
        assert running.until("wrote") == ["wrote watcher_remote.py"]
        source.with_suffix(".pyi").unlink()
        assert running.until("wrote") == ["wrote watcher_remote.py"]
        assert running.stop()[0] == 0


def test_a_spoilt_output_is_mended(project: Project) -> None:
    """A generated file that is edited or deleted is written anew."""
    path = project.folder / "listener_remote.py"
    with watching(project, "prices.Listener") as running:
        running.until("watching")
        text = path.read_text(encoding="utf-8")
        path.unlink()
        running.until("wrote listener_remote.py")
        path.write_text(f"{text}more = 1\n", encoding="utf-8")
        running.until("wrote listener_remote.py")
        assert path.read_text(encoding="utf-8") == text
        assert running.stop()[0] == 0


def test_editors_that_write_in_place(project: Project) -> None:
    """A source that is written into, and not replaced, is read when it is whole."""
    with watching(project, "prices.Listener") as running:
        running.until("watching")
        for text in (AS_INT, PRICES):
            project.write("prices.py", text)
            running.until("wrote listener_remote.py")
        assert running.stop()[0] == 0


def test_a_folder_that_goes_and_comes_back(project: Project) -> None:
    """Another branch without the folder, and back: watching survives it."""
    save(project, "shop/prices.py", PRICES)
    with watching(project, "shop/prices.py:Listener") as running:
        running.until("watching")
        shutil.rmtree(project.folder / "shop")
        assert any("CBG002" in line for line in running.until("1 error"))
        save(project, "shop/prices.py", AS_INT)
        running.until(f"wrote {Path('shop/listener_remote.py')}")
        save(project, "shop/prices.py", PRICES)
        running.until(f"wrote {Path('shop/listener_remote.py')}")
        assert running.stop()[0] == 0


def test_quiet_prints_mistakes_alone(project: Project) -> None:
    """With -q the screen stays empty until something is wrong."""
    with watching(project, "-q", "prices.Listener") as running:
        save(project, "prices.py", WRONG)
        lines = running.until("1 error")
        assert lines[0].startswith("prices.py:11:43: CBG")
        save(project, "prices.py", PRICES)
        code, rest = running.stop()

    assert (code, rest) == (0, "")
