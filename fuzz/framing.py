"""Messages from bytes of which nearly all make one: few changes break it."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.envelope import CONTROL
from callbackgen.runtime.lanes import Key

_FRAME: Final = struct.Struct("!BBBH")
"""What it is, where it goes, its number, and the size of what follows."""

KEYS: Final[tuple[Key, ...]] = (1, 2, "service", CONTROL, "", 3, "other", 2**63)
CHAINS: Final = (0, -1, 1, -2, 2, -3, 3, 2**40)
KINDS: Final = (
    (wire.INVOKE, 0),
    (wire.INVOKE, wire.ONEWAY),
    (wire.RESULT, 0),
    (wire.RESULT, wire.EXCEPTION),
    (wire.PING, 0),
    (wire.RESULT, wire.COMPRESSED),
    (wire.CONNECT, 0),
    (wire.INVOKE, wire.COMPRESSED),
)
_SHORT_OF_TIME: Final = 0x40
"""With it the caller waits for a millisecond."""

_NO_HEAD: Final = 0x80
"""With it what follows begins with the annotations: their size as a byte, and they."""


def frame(what: int, where: int, number: int, content: bytes) -> bytes:
    """The bytes of which `framed` makes one message."""
    return _FRAME.pack(what, where, number, len(content)) + content


def framed(data: bytes) -> Iterator[bytes]:
    """Messages, as bytes each; the last may be cut short."""
    while len(data) >= _FRAME.size:
        what, where, number, size = _FRAME.unpack_from(data)
        end = _FRAME.size + size
        yield _message(what, where, number, data[_FRAME.size : end])
        data = data[end:]


def _message(what: int, where: int, number: int, content: bytes) -> bytes:
    kind, flags = KINDS[what % len(KINDS)]
    annotations = b""
    if what & _NO_HEAD:
        size = content[0] if content else 0
        annotations, content = content[1 : size + 1], content[size + 1 :]
    elif kind == wire.INVOKE:
        milliseconds = 1 if what & _SHORT_OF_TIME else 0
        chain = CHAINS[where >> 3 & 7]
        annotations = envelope.head(milliseconds, chain, KEYS[where & 7])
    if flags & wire.COMPRESSED and not what & _SHORT_OF_TIME:
        content = zlib.compress(content)
    return wire.encoded(kind, number, content, flags=flags, annotations=annotations)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    """The bytes as they may arrive; 0: all at once."""
    size = size or max(len(data), 1)
    for start in range(0, len(data), size):
        yield data[start : start + size]
