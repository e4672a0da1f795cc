"""How many lists and dicts there are in a message, counted before any of them is made.

An empty one is one byte and takes 64 or more in memory, and until all are made no other
thread runs: a quarter million in 256 KiB took 20 MB and 15 ms. To count them takes next
to nothing of either, and what is refused costs no more than that.
"""

from __future__ import annotations

import re
from typing import Final

_HEADS: Final = bytes([*range(0x80, 0xA0), *range(0xDC, 0xE0)])
"""How those begin that are counted."""

_OTHERS: Final = bytes({*range(256)} - {*_HEADS})

_short: Final = b"|".join(
    b"%b.{%d}" % (re.escape(first), size)
    for size in range(1, 32)
    for first in (bytes([0xA0 + size]), bytes([0xC4, size]))
)
_skip: Final = re.compile(
    rb"(?:[\x00-\x7f\xa0\xc0\xc2\xc3\xe0-\xff]++|[\xcc\xd0].|[\xcd\xd1].{2}"
    rb"|[\xca\xce\xd2].{4}|[\xcb\xcf\xd3].{8}|\xc4\x00|" + _short + rb")*+",
    re.DOTALL,
).match
"""Numbers, None, True and False, texts and bytes of which there is room for many."""

_small: Final = re.compile(rb"[\x80-\x9f]++").match
"""Lists and dicts of up to 15 items, one after the other."""

_LENGTHS: Final = {
    **dict.fromkeys((0xC4, 0xC7, 0xD9), 1),
    **dict.fromkeys((0xC5, 0xC8, 0xDA, 0xDC, 0xDE), 2),
    **dict.fromkeys((0xC6, 0xC9, 0xDB, 0xDD, 0xDF), 4),
}
"""The bytes of the length behind the first byte."""

_LARGE: Final = frozenset({0xDC, 0xDD, 0xDE, 0xDF})
_EXTENSIONS: Final = frozenset({0xC7, 0xC8, 0xC9})
_FIXED: Final = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}
"""Extensions by the number of their bytes."""


def has_more(data: bytes, most: int, entered: frozenset[int] = frozenset()) -> bool:
    """Whether there are more lists and dicts than that, in one value or several.

    Or twice as many other things that cannot be skipped quickly, which no sender makes.
    In extensions of the types `entered` there is msgpack, too. What is not well-formed
    is not counted from there on: whoever reads it stops there as well.
    """
    return (
        len(data) > most
        and len(data.translate(None, _OTHERS)) > most
        and _count(data, most, entered) > most
    )


_json_text: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Also one that does not end: it would be looked for again in all that follows."""


def has_more_in_json(data: bytes, most: int) -> bool:
    """Whether there are more lists and dicts than that, texts of brackets apart."""
    return _brackets(data) > most and _brackets(_json_text.sub(b"", data)) > most


def _brackets(data: bytes) -> int:
    return data.count(b"[") + data.count(b"{")


def _count(data: bytes, most: int, entered: frozenset[int]) -> int:
    """Those that there are, or at least one more than `most`."""
    found = at = 0
    steps = 2 * most
    while found <= most:
        steps -= 1
        if steps < 0:
            return most + 1
        skipped = _skip(data, at)
        at = skipped.end() if skipped else at
        if small := _small(data, at):
            at = small.end()
            found += at - small.start()
            continue
        if at >= len(data):
            break
        first = data[at]
        at += 1
        if first in _FIXED:
            at += 1 if data[at : at + 1] and data[at] in entered else 1 + _FIXED[first]
            continue
        if first not in _LENGTHS:  # it is no msgpack, or is cut off
            break
        size = int.from_bytes(data[at : at + _LENGTHS[first]])
        at += _LENGTHS[first]
        if first in _LARGE:
            found += 1
        elif first in _EXTENSIONS:
            is_entered = data[at : at + 1] and data[at] in entered
            at += 1 if is_entered else 1 + size
        else:
            at += size
    return found
