"""Msgpack to values: within limits of depth, and of what is dear to read."""

from __future__ import annotations

import datetime
import struct
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from callbackgen.runtime.containers import has_more
from callbackgen.runtime.keys import Search
from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from typing import TypeAlias

REFERENCE: Final = 0x40
COMPLEX: Final = 0x30  # this and the next as Pyro5's own serializer has them
LARGE_INT: Final = 0x31
MOMENT: Final = 0x44  # a time whose offset from UTC has seconds
NUMBERS: Final = 0x45  # an array of numpy
ARRAYS: Final[dict[int, type[tuple[Any, ...] | set[Any] | frozenset[Any]]]] = {
    0x41: tuple,
    0x42: set,
    0x43: frozenset,
}
"""What msgpack has no types for, where the receiver does not know the type."""

DOUBLE: Final = struct.Struct("!dd")

_DEEPEST: Final = 128
"""More than a sender lets through: a value of the user must not end a connection."""

MOST_NUMBERS: Final = 1024
_LONGEST_MOMENT: Final = 64
_LARGEST_SET: Final = 4096
"""Whose hash a peer can choose is dear to read: sets and keys get quadratic by it."""

_SMALL: Final = 16 * 1024
"""Fewer bytes cannot have too many parts."""

_MOST_PARTS: Final = 64 * 1024
"""Texts; of others, each counts as some of these."""

_KEY: Final = 2
_CONTAINER: Final = 4
_MOST_CONTAINERS: Final = _MOST_PARTS // _CONTAINER + 1
"""In a call, which is an array itself."""

_MOST_IN_LARGE: Final = 2 * _MOST_PARTS
"""More than there are arguments."""

_TOO_MANY: Final = (
    f"more than {_MOST_PARTS} parts: a text is one, a key of a dict two, a list, a "
    "dict or the like four"
)
_ENTERED: Final = frozenset(ARRAYS)
_ARRAYS: Final[frozenset[type]] = frozenset({list, tuple, set, frozenset})
_CONTAINERS: Final = _ARRAYS | {dict}

_LARGE_SET: Final = f"a set of more than {_LARGEST_SET} items under Any"

Extension: TypeAlias = "Callable[[bytes], object]"
"""Makes what a reference stands for from its bytes."""


def unpacked(payload: bytes, extension: Extension, *, checked: bool = False) -> Any:
    """The value in a payload. Raises WireError where it is not msgpack.

    `checked`: it is of a type as `Kind.shape` has them, so that all keys are texts and
    it has few parts.
    """
    if not checked:
        check_containers(payload)
    return decoded(payload, Any, Extensions(extension, checked=checked))


def check_containers(payload: bytes, *, large: bool = False) -> None:
    """Raises WireError as `check_parts` does, for what must not even be made.

    It says so of most of what has too many parts, and of nothing else; of a `large`
    payload, which its type has to allow, for what no type does that may be large.
    """
    most = _MOST_IN_LARGE if large else _MOST_CONTAINERS
    if has_more(payload, most, _ENTERED):
        raise WireError(_TOO_MANY)


def check_parts(values: Iterable[object], size: int) -> None:
    """Raises WireError for values of too many parts, which take far more than bytes.

    An empty list is one byte and 56 in memory, a text of one letter two and 50. `size`
    is that of all of them, in bytes.
    """
    if size > _SMALL and _has_too_many_parts(values):
        raise WireError(_TOO_MANY)


def _has_too_many_parts(values: Iterable[object]) -> bool:
    """Looks at all that is as deep in each other at once, which is quicker."""
    left = _MOST_PARTS
    level: list[Any] = [*values]
    while level and left >= 0:
        kinds = Counter(map(type, level))
        left -= kinds[str] + _CONTAINER * sum(map(kinds.__getitem__, _CONTAINERS))
        maps = [one for one in level if one.__class__ is dict] if kinds[dict] else []
        left -= _KEY * sum(map(len, maps))
        others = () if kinds.keys().isdisjoint(_ARRAYS) else level
        arrays: list[Any] = [one for one in others if one.__class__ in _ARRAYS]
        level = [
            *chain.from_iterable(one.values() for one in maps),
            *chain.from_iterable(arrays),
        ]
    return left < 0


def decoded(data: bytes | memoryview, kind: Any, extensions: Extensions) -> Any:
    """What is of a kind that msgspec knows. Raises WireError for anything else."""
    if not extensions.checked:
        extensions.search.look_at(bytes(data), 1)
    try:
        return msgspec.msgpack.decode(data, type=kind, ext_hook=extensions)
    except msgspec.ValidationError as error:
        raise WireError(f"not made as it should be: {error}") from None
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise WireError(f"not well-formed msgpack: {error}") from None
    except TypeError as error:  # a key that cannot be hashed
        raise WireError(f"a key that cannot be one: {error}") from None


class Packed(msgspec.Struct, frozen=True):
    """An extension that its declared type reads, and nothing else does.

    `content` is a view of the message.
    """

    code: int
    content: memoryview


class Extensions:
    """Those in one payload, within limits of depth and of what is dear to read.

    `checked`: see `unpacked`.
    """

    __slots__ = ("_depth", "_extension", "_numbers", "checked", "search")

    def __init__(self, extension: Extension, *, checked: bool = False) -> None:
        self._extension = extension
        self.checked = checked
        self._depth = 1
        self._numbers = 0
        self.search = Search(maps)
        """Looks at keys, before they are looked up; for all that is nested, once."""

    def _items(self, data: memoryview) -> list[Any]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise WireError(f"nested more than {_DEEPEST} deep")
        value: list[Any] = decoded(data, list[Any], self)
        self._depth -= 1
        return value

    def _array(self, kind: Callable[[Any], object], items: list[Any]) -> object:
        try:
            if kind is not tuple:
                check_length(items)
                self.search.lookups.check(items)
            return kind(items)
        except TypeError as error:
            raise WireError(f"an item that cannot stand in a set: {error}") from None

    def __call__(self, code: int, data: memoryview) -> object:
        """What stands there. Raises WireError."""
        if code == REFERENCE:
            return self._extension(bytes(data))
        if code in ARRAYS and not self.checked:
            return self._array(ARRAYS[code], self._items(data))
        if code == MOMENT:
            return _moment(bytes(data))
        self._numbers += 1
        if self._numbers > MOST_NUMBERS:
            raise WireError(f"more than {MOST_NUMBERS} complex and large numbers")
        if code == NUMBERS:
            return Packed(code, data)
        if code == COMPLEX and len(data) == DOUBLE.size:
            return complex(*DOUBLE.unpack(data))
        if code == LARGE_INT:
            return _large_int(bytes(data))
        raise WireError(f"an extension of type {code}")


def maps(data: bytes) -> list[dict[Hashable, None]]:
    """Maps of one key each; of references in it nothing is made yet."""
    return cast("list[dict[Hashable, None]]", decoded(data, Any, Extensions(bytes)))


def check_length(items: Collection[Hashable]) -> None:
    """Raises WireError for a set that would be dear to make."""
    if len(items) > _LARGEST_SET:
        raise WireError(_LARGE_SET)


def _moment(data: bytes) -> datetime.datetime | datetime.time:
    """A time, or with the letter T in it a datetime."""
    kind = datetime.datetime if b"T" in data else datetime.time
    try:
        return kind.fromisoformat(data[:_LONGEST_MOMENT].decode("ascii"))
    except ValueError:
        raise WireError("a time that is none") from None


def _large_int(data: bytes) -> int:
    try:
        return int(data)
    except ValueError:  # that includes too many digits
        raise WireError("a large int that is none") from None
