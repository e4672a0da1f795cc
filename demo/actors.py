"""The processes of a story: what they say is shown while they say it, and kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Self

from demo.showing import show
from demo.sockets import listening_ports

CHECKOUT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0
"""Seconds that the next thing of a story may take to happen, on a busy machine."""


class DemoFailed(Exception):
    """A process of the demo did not do what it should; the text says which."""


class Actor:
    """One process, which has ended when the ``with`` block has.

    It has a process group of its own: Ctrl-C reaches the story-teller alone, which
    then ends the others.
    """

    def __init__(self, who: str, module: str, *arguments: str) -> None:
        self.who = who
        self.lines: list[str] = []
        self._has_ended = False
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, *_warnings(), "-m", module, *arguments],
            cwd=CHECKOUT,
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            process_group=0,
        )
        self.pid = self._process.pid
        self._listener = threading.Thread(target=self._listen, name=f"hears {who}")
        self._listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._process.__exit__(None, None, None)

    def until(self, words: str, times: int = 1) -> str:
        """Waits until it has said these words so often; the last line with them."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._has_ended or len(self._with(words)) >= times, PATIENCE
            )
            said = self._with(words)
        if len(said) >= times:
            return said[times - 1]
        often = "" if times == 1 else f" {times} times"
        how = "ended before it" if self._has_ended else f"has not in {PATIENCE:g} s"
        raise DemoFailed(f"{self.who} {how} said “{words}”{often}")

    def count(self, words: str) -> int:
        """How many lines with these words it has said so far."""
        with self._changed:
            return len(self._with(words))

    def ports(self) -> list[int] | None:
        """The ports on which it listens; None where the system does not say."""
        return listening_ports(self.pid)

    def cue(self) -> None:
        """Ends its stdin, for which it may wait."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def terminate(self) -> None:
        """Asks it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """Ends it without asking, unless it has ended; all that it said was shown."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._listener.join()

    def finish(self) -> list[str]:
        """Waits for its end, which has to be a good one; all that it has said."""
        try:
            code = self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            raise DemoFailed(f"{self.who} has not ended in {PATIENCE:g} s") from None
        if code:
            raise DemoFailed(f"{self.who} ended with {code}")
        self._listener.join()
        return self.lines

    def _with(self, words: str) -> list[str]:
        return [line for line in self.lines if words in line]

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with suppress(BrokenPipeError):  # the story-teller's own end sees to that
                show(self.who, line.rstrip("\n"))
            with self._changed:
                self.lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._has_ended = True
            self._changed.notify_all()


def _warnings() -> list[str]:
    """The options for warnings that this process was started with."""
    return [f"-W{option}" for option in sys.warnoptions]
