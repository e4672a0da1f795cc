"""What the story-teller prints: its own words, and what each process says."""

from __future__ import annotations

import os
import sys
import threading

BOLD, RED, GREEN = "1", "31", "32"
COLOURS = {"server": "36", "Ada": "35", "Ben": "33"}
"""Each process has a colour of its own."""


_one_at_a_time = threading.Lock()


def narrate(text: str, colour: str = BOLD) -> None:
    """Prints words of the story-teller's."""
    _print(coloured(text, colour))


def show(who: str, line: str) -> None:
    """Prints a line that a process has said."""
    _print(f"  {coloured(f'{who:6} |', COLOURS[who])} {line}")


def coloured(text: str, colour: str) -> str:
    """The text in a colour, where a person looks at it who has nothing against it."""
    if os.environ.get("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def _print(line: str) -> None:
    with _one_at_a_time:
        print(line, flush=True)
