"""What a process looks up and dials, as Python itself says it."""

from __future__ import annotations

import sys

_seen: list[str] = []


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname"):
        _seen.append(
            f"{event} {arguments[1:] if event == 'socket.connect' else arguments}"
        )


def watch() -> None:
    """From now on, for as long as the process lives: a hook cannot be taken back."""
    sys.addaudithook(_note)


def dialled() -> list[str]:
    """What was looked up and dialled since this was asked the last time."""
    seen = _seen.copy()
    _seen.clear()
    return seen
