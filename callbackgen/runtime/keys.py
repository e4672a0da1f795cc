"""Keys and items of sets whose hashes a peer has made equal.

Python looks them up by their hash, so that a map or a set of many which have the same
takes quadratic time: 16,000 tuples in 220 KB cost 3.8 s in one go, in which no other
thread runs. The hashes of texts are secret and those of numbers differ enough; those of
tuples can be computed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable
from typing import Final, TypeAlias

import msgspec

from callbackgen.runtime.wire import WireError

_MOST_ALIKE: Final = 64
_LARGE: Final = 512
"""Bytes that so many keys have at least."""

_DEEPEST: Final = 128
_MOST_BYTES: Final = 32 * 1024 * 1024
"""What is looked at for one payload: that many times its size as it is deep."""

_TOO_LONG: Final = (
    "so much that is nested so deeply takes too long to be looked through: its size "
    f"times its depth is above {_MOST_BYTES // 1024**2} MiB; send less of it at once, "
    "or the same nested less deeply"
)

_MAP_16, _MAP_32, _ARRAY_16, _ARRAY_32 = 0xDE, 0xDF, 0xDC, 0xDD
_SMALL_MAPS: Final = range(0x80, 0x90)
_SMALL_ARRAYS: Final = range(0x90, 0xA0)
_TUPLES: Final = bytes(
    [*_SMALL_ARRAYS, _ARRAY_16, _ARRAY_32, *range(0xC7, 0xCA), *range(0xD4, 0xD9)]
)
"""The first bytes of arrays and extensions: of keys whose hash can be computed."""

Unpack: TypeAlias = "Callable[[bytes], list[dict[Hashable, None]]]"

_parts: Final = msgspec.msgpack.Decoder(list[msgspec.Raw])


def check_alike(values: Iterable[Hashable]) -> None:
    """Raises WireError where too many different values have the same hash."""
    hashes = Counter(map(hash, values))
    if hashes and max(hashes.values()) > _MOST_ALIKE:
        raise WireError(f"more than {_MOST_ALIKE} keys that have the same hash")


def check_keys(data: bytes, unpack: Unpack) -> None:
    """Raises WireError where too many keys of a map in a payload have the same hash.

    `unpack` reads a list of maps that have one key each.
    """
    if len(data) >= _LARGE:
        _Search(unpack).look_at(data, 1)


class _Search:
    """Looks for maps, at whatever depth. Each level costs another look at its bytes."""

    def __init__(self, unpack: Unpack) -> None:
        self._unpack = unpack
        self._bytes_left = _MOST_BYTES

    def look_at(self, data: bytes, depth: int) -> None:
        """Look at one value. Raises WireError."""
        if len(data) < _LARGE or (b"\xde" not in data and b"\xdf" not in data):
            return  # no map of more than 15
        if len(data) - len(data.translate(None, _TUPLES)) <= _MOST_ALIKE:
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
        """The items of an array, or the keys and values of a map."""
        head = data[0]
        try:
            if head in _SMALL_ARRAYS or head in {_ARRAY_16, _ARRAY_32}:
                return _parts.decode(data)
            if head in _SMALL_MAPS or head in {_MAP_16, _MAP_32}:
                parts = _parts.decode(_as_array(data))
                _check_map(parts[::2], self._unpack)
                return parts
        except (msgspec.DecodeError, RecursionError) as error:
            raise WireError(f"not well-formed msgpack: {error}") from None
        return []


def _as_array(data: bytes) -> bytes:
    """A map as an array: of a key, a value, a key, and so on."""
    width = {_MAP_16: 2, _MAP_32: 4}.get(data[0], 0)
    pairs = int.from_bytes(data[1 : 1 + width]) if width else data[0] & 0x0F
    if pairs > len(data):
        raise WireError("not well-formed msgpack: a map that is too large")
    return _array_of(2 * pairs) + data[1 + width :]


def _array_of(count: int) -> bytes:
    return bytes([_ARRAY_32]) + count.to_bytes(4)


def _check_map(keys: list[msgspec.Raw], unpack: Unpack) -> None:
    tuples = [key for key in map(bytes, keys) if key[0] in _TUPLES]
    if len(tuples) > _MOST_ALIKE:
        maps = b"".join([b"\x81%b\xc0" % key for key in tuples])
        check_alike(key for one in unpack(_array_of(len(tuples)) + maps) for key in one)
