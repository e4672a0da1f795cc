"""What each way of calling back consists of."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from benchmarks.calling.contract import Listener

    Register: TypeAlias = Callable[[Callable[[], Listener]], None]
    """Takes each listener that comes: a function that the thread calls which is to
    call the listener."""

NAMES = {
    "sockets": "bare sockets",
    "pyro_msgpack": "Pyro5, msgpack",
    "pyro_serpent": "Pyro5, serpent",
    "generated": "callbackgen",
}
"""The modules of the ways that are measured, and what they are called."""

BASE = "sockets"
"""What the others are measured beside."""

ADDRESS = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Contender:
    """A way of calling back. Both functions set up their end, and tear it down.

    `serving` runs the server's end beside the block, which gets its address;
    `listening` connects and registers each of the listeners, as a client of its own.
    """

    serving: Callable[[Register], AbstractContextManager[str]]
    listening: Callable[[str, Sequence[Listener]], AbstractContextManager[None]]


def load(name: str) -> Contender:
    """The contender of one of the `NAMES`; those of the others are not imported."""
    if name not in NAMES:
        raise ValueError(f"{name!r} is none of {', '.join(NAMES)}")
    contender: object = importlib.import_module(f"benchmarks.calling.{name}").CONTENDER
    if not isinstance(contender, Contender):
        raise TypeError(f"{contender!r} is no Contender")
    return contender
