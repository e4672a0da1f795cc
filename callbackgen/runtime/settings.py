"""The limits of the run time, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    """Limits of every stub of the process; set them before the first call."""

    deadline: float = 5.0
    """Seconds for one call in all, from dialling to the last byte of the answer, where
    neither the method nor `with_deadline` says otherwise."""

    message_size: int = 1024 * 1024
    """The most bytes that one message may have, unpacked, in either direction."""

    unanswered: int = 256
    """How many oneway calls of one stub may be under way before the next one waits."""


settings = Settings()
"""The settings in force."""
