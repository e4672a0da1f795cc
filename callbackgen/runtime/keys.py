"""Keys and items of sets whose hashes a peer has made equal.

Python looks them up by their hash, so that a map or a set of many which have the same
takes quadratic time: 16,000 tuples in 220 KB cost 3.8 s in one go, in which no other
thread runs. The hashes of texts are secret; those of tuples and numbers are not.
Those of numbers differ, and yet 80,000 in 600 KB can be chosen so that each is looked
for where the others are: 21 s. So what cannot be seen is tried, a few at a time.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain, islice
from typing import Final, TypeAlias

import msgspec

from callbackgen.runtime.wire import WireError

_MOST_ALIKE: Final = 64
_LARGE: Final = 512
"""Bytes that so many keys have at least."""

_MANY: Final = 512
"""So few cost nothing, however they were chosen."""

_AT_ONCE: Final = 256
_LONG: Final = 0.001
_SECONDS: Final = 0.02
SECONDS_EACH: Final = 2e-6
"""What keys may take, all those in a payload together; usual ones take 0.1e-6."""

_DEEPEST: Final = 128
_MOST_BYTES: Final = 32 * 1024 * 1024
"""What is looked at for one payload: that many times its size as it is deep."""

_TOO_LONG: Final = (
    "so much that is nested so deeply takes too long to be looked through: its size "
    f"times its depth is above {_MOST_BYTES // 1024**2} MiB; send less of it at once, "
    "or the same nested less deeply"
)

_MAP_16, _MAP_32, _ARRAY_16, _ARRAY_32 = 0xDE, 0xDF, 0xDC, 0xDD
_SMALL_ARRAYS: Final = range(0x90, 0xA0)
_ARRAYS: Final = bytes([*_SMALL_ARRAYS, _ARRAY_16, _ARRAY_32])
_CONTAINERS: Final = bytes([*range(0x80, 0x90), _MAP_16, _MAP_32]) + _ARRAYS
_NUMBERS: Final = bytes([*range(0x80), *range(0xCA, 0xD4), *range(0xE0, 0x100)])
_TUPLES: Final = bytes([*_ARRAYS, *range(0xC7, 0xCA), *range(0xD4, 0xD9)])
"""The first bytes of arrays and extensions: of keys whose hash can be computed."""

_has_large_map: Final = re.compile(rb"\xde[\x02-\xff]|\xdf\x00").search
"""Finds where one of `_MANY` keys may begin."""

Unpack: TypeAlias = "Callable[[bytes], list[dict[Hashable, None]]]"

_parts: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])
_of_texts: Final = msgspec.msgpack.Decoder(dict[str, msgspec.Raw])
_numbers: Final = msgspec.msgpack.Decoder(list[int | float | bool | None])


class Lookups:
    """Keys that are to be looked up, as many as there are in one payload.

    A dict and a set are made of them, a few at a time: in the time of this thread.
    """

    def __init__(self, seconds_each: float = SECONDS_EACH) -> None:
        self._seconds_left = _SECONDS
        self._seconds_each = seconds_each

    def check(self, values: Iterable[Hashable]) -> None:
        """Raises WireError where to look them up would take long."""
        keys = iter(values)
        counts: Counter[int] = Counter()
        made: dict[Hashable, None] = {}
        items: set[Hashable] = set()
        usual = took = 0.0
        while some := [*islice(keys, _AT_ONCE)]:
            hashes = [*map(hash, some)]
            counts.update(hashes)
            if max(map(counts.__getitem__, hashes)) > _MOST_ALIKE:
                raise WireError(f"more than {_MOST_ALIKE} keys that have the same hash")
            seconds = _looked_up(some, made, items)
            if seconds > _LONG:  # it may have been a garbage collection
                seconds = min(seconds, _looked_up(some, made, items))
            took += seconds
            usual += len(some) * self._seconds_each
            if took > self._seconds_left + usual:
                raise WireError("keys that take too long to be told apart")
        self._seconds_left -= max(took - usual, 0)


def _looked_up(
    keys: list[Hashable], made: dict[Hashable, None], items: set[Hashable]
) -> float:
    """The seconds that it took."""
    began = time.thread_time()
    made.update(dict.fromkeys(keys))
    items.update(keys)
    return time.thread_time() - began


def check_alike(values: Iterable[Hashable]) -> None:
    """Raises WireError where to look the values up would take long."""
    Lookups().check(values)


def check_keys(data: bytes, unpack: Unpack) -> None:
    """Raises WireError where to look up the keys of a map in a payload would take long.

    `unpack` reads a list of maps that have one key each.
    """
    if len(data) >= _LARGE:
        Search(unpack).look_at(data, 1)


class Search:
    """Looks for maps, at whatever depth. Each level costs another look at its bytes.

    `lookups` are those of all that is looked at.
    """

    def __init__(self, unpack: Unpack) -> None:
        self._unpack = unpack
        self._bytes_left = _MOST_BYTES
        self.lookups = Lookups()

    def look_at(self, data: bytes, depth: int) -> None:
        """Look at one value. Raises WireError."""
        if len(data) < _LARGE or (b"\xde" not in data and b"\xdf" not in data):
            return  # no map of more than 15
        if data[0] not in _CONTAINERS:
            return
        if _has_large_map(data) is None and (
            len(data) - len(data.translate(None, _TUPLES)) <= _MOST_ALIKE
        ):
            return
        self._bytes_left -= len(data)
        if depth > _DEEPEST:
            raise WireError(f"nested more than {_DEEPEST} deep")
        if self._bytes_left < 0:
            raise WireError(_TOO_LONG)
        for part in self._parts(data):
            if len(part) >= _LARGE:
                self.look_at(bytes(part), depth + 1)

    def _parts(self, data: bytes) -> list[msgspec.Raw]:
        """The items of an array, or the keys and values of a map, except texts."""
        try:
            if data[0] in _ARRAYS:
                return _parts.decode(data)
            try:
                return [*_of_texts.decode(data).values()]
            except msgspec.ValidationError:
                parts = _parts.decode(_as_array(data))
                self._check_map([*map(bytes, parts[::2])])
                return parts
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise WireError(f"not well-formed msgpack: {error}") from None

    def _check_map(self, keys: list[bytes]) -> None:
        numbers = [key for key in keys if key[0] in _NUMBERS]
        if len(numbers) > _MANY:
            data = _array_of(len(numbers)) + b"".join(numbers)
            self.lookups.check(_numbers.decode(data))
        tuples = [key for key in keys if key[0] in _TUPLES]
        if len(tuples) > _MOST_ALIKE:
            self.lookups.check(self._read(tuples))

    def _read(self, keys: list[bytes]) -> Iterator[Hashable]:
        """What is no number or text, some at a time: the first may be refused."""
        for start in range(0, len(keys), _AT_ONCE):
            some = keys[start : start + _AT_ONCE]
            maps = b"".join([b"\x81%b\xc0" % key for key in some])
            yield from chain.from_iterable(self._unpack(_array_of(len(some)) + maps))


def _as_array(data: bytes) -> bytes:
    """A map as an array: of a key, a value, a key, and so on."""
    width = {_MAP_16: 2, _MAP_32: 4}.get(data[0], 0)
    pairs = int.from_bytes(data[1 : 1 + width]) if width else data[0] & 0x0F
    if pairs > len(data):
        raise WireError("not well-formed msgpack: a map that is too large")
    return _array_of(2 * pairs) + data[1 + width :]


def _array_of(count: int) -> bytes:
    return bytes([_ARRAY_32]) + count.to_bytes(4)
