"""Bytes that arrive, put together to messages, and what is read of each at once."""

from __future__ import annotations

import contextlib
from typing import Final

from callbackgen.runtime import envelope
from callbackgen.runtime.wire import Message, Receiver, WireError
from fuzz.framing import pieces

LIMIT: Final = 2000
_LARGEST_ANNOTATIONS: Final = 8 * 1024


def run(data: bytes) -> None:
    """The first byte says in which pieces the others arrive."""
    if not data:
        return
    rest = data[1:]
    at_once, error = _messages(rest, 0)
    assert _messages(rest, data[0]) == (at_once, error)
    for message in at_once:
        assert len(message.payload) <= LIMIT
        assert len(message.annotations) <= _LARGEST_ANNOTATIONS
        for read in (envelope.head_of, envelope.speaks_ours):
            with contextlib.suppress(WireError):
                read(message)


def _messages(data: bytes, size: int) -> tuple[list[Message], bool]:
    """The messages, and whether they end in what is none."""
    receiver = Receiver(lambda _: LIMIT)
    found: list[Message] = []
    try:
        for piece in pieces(data, size):
            receiver.feed(piece)
            while (message := receiver.take()) is not None:
                found.append(message)
    except WireError:
        return found, True
    assert receiver.begun == (sum(one.size for one in found) < len(data))
    return found, False
