"""The demo: the same story by hand and generated, told by real processes."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from demo import __main__ as demo
from demo.telling import DemoFailed, Part, tell

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-W", "error", "-m", "demo"]


def run() -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=CHECKOUT, capture_output=True, text=True, timeout=240, check=False
    )


def test_the_story_is_told_twice_and_is_the_same() -> None:
    """The demo ends by itself with 0, shows both variants, and complains of nothing."""
    result = run()

    assert (result.returncode, result.stderr) == (0, "")
    _, by_hand, generated = result.stdout.split("\n\n", 3)[:3]
    assert by_hand.splitlines()[1:] == generated.splitlines()[1:]
    assert result.stdout.endswith("Both have told the same story.\n")
    assert "\x1b" not in result.stdout


def test_what_the_story_says() -> None:
    """Calls go both ways and come later; errors are caught; the slow one is dropped."""
    server, cyd, ada, ben = tell("generated")

    assert server.lines == (
        "Cyd has registered, and was called back meanwhile",
        "Ada has registered, and was called back meanwhile",
        "Ben has registered, and was called back meanwhile",
        "all registering calls have returned; now a thread of the server calls",
        "ACME is 2.5 now",
        "Ada has heard it",
        "Ben raised SoldOutError: nothing left to sell",
        "Cyd did not answer in time, and is dropped",
        "Cyd was the last; nobody waited for Cyd",
        "Ada answers yes",
        "Ben answers no",
        "ACME is 3.0 now",
        "Ada has heard it",
        "Ben has heard it",
        "the classes of the listeners were never seen here",
    )
    assert cyd == Part(
        "Cyd",
        (
            "hears that ACME is 1.0",
            "is greeted: welcome, Cyd",
            "hears that ACME is 2.5",
        ),
    )
    assert ada.lines[-2:] == ("is asked: Buy ACME at 2.5?", "hears that ACME is 3.0")
    assert ben.lines[-2:] == ("is asked: Buy ACME at 2.5?", "hears that ACME is 3.0")


def test_colour_is_for_a_terminal() -> None:
    """On a terminal the titles are coloured; that is the only difference."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(COMMAND, cwd=CHECKOUT, stdout=theirs) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux's way to say: nobody is there
            while chunk := os.read(ours, 65536):
                shown += chunk
        os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[32mBoth have told the same story.\x1b[0m" in shown


def test_two_different_stories_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo ends with 1, and says so, when the variants do not tell the same."""
    stories = {
        "by_hand": [Part("the server", ("one", "two"))],
        "generated": [Part("the server", ("one", "three"))],
    }
    monkeypatch.setattr(demo, "tell", stories.__getitem__)

    assert demo.main() == 1
    assert "have not told the same story" in capsys.readouterr().err


def test_a_process_that_fails_ends_the_demo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variant whose server does not start is a failure in words."""
    with pytest.raises(DemoFailed, match="the server ended before it was ready"):
        tell("missing")

    def fail(variant: str) -> list[Part]:
        raise DemoFailed(f"{variant} broke")

    monkeypatch.setattr(demo, "tell", fail)
    assert demo.main() == 1
    assert "The demo failed: by_hand broke" in capsys.readouterr().err


def test_the_generated_modules_are_up_to_date() -> None:
    """What is committed is what the generator makes of the Protocols today."""
    command = [sys.executable, "-m", "callbackgen", "generate", "demo.generated.prices"]
    checked = subprocess.run(
        [*command, "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")
