"""A whole session to which a stranger sends anything, as server and as client."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from callbackgen.runtime.call import Call
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.errors import RemoteError
from fuzz.framing import framed, pieces
from fuzz.line import LIMITS, Line
from fuzz.surface import METHODS, Surface, SurfaceStub

FRAMED: Final = 1
CALLS: Final = 2
"""It is a client, which makes calls and reads their answers."""

_MOST_ASKED: Final = 1024 + 2
_MADE: Final[dict[str, tuple[object, ...]]] = {
    "plain": (1, 2.0, "three", True),
    "kept": ([1, {"a": (2, "b")}],),
    "many": (1, 2, 3),
    "either": ("a",),
    "listen": (Surface(),),
    "told": ("text",),
    "listeners": ({"a": Surface()},),
    "level": (),
}


def run(data: bytes) -> None:
    """The first byte says what the session does, the second how bytes arrive.

    Messages that are framed arrive one by one.
    """
    if len(data) < 2:
        return
    mode, size = data[0], data[1]
    line = Line(framed(data[2:]) if mode & FRAMED else pieces(data[2:], size))
    if mode & CALLS:
        for method in METHODS:
            if method.name in _MADE:
                _call(line, method)
    line.run()
    _check(line)


def _call(line: Line, method: Any) -> None:
    call = Call(SurfaceStub, method, Deadline(60), _MADE[method.name])
    with contextlib.suppress(RemoteError):
        line.session.make(call, "service")


def _check(line: Line) -> None:
    """No more was kept than may be, and nothing is when all is over."""
    session = line.session
    assert not line.surface.wrong
    kept = vars(session.channel)
    assert not kept["_pending"]
    assert not kept["_waiting"]
    assert not kept["_queued"]
    assert len(kept["_unanswered_pings"]) <= _MOST_ASKED
    assert kept["_unread"]._size <= LIMITS.queue_size + LIMITS.message_size
    assert len(session.references) == 0
    assert len(vars(session.references)["_imports"]) <= LIMITS.callbacks
