"""How a process of the demo says something: a whole line, at once."""

from __future__ import annotations

import threading

_one_at_a_time = threading.Lock()


def say(line: str) -> None:
    """Prints one line; those of several threads do not mix."""
    with _one_at_a_time:
        print(line, flush=True)
