"""How many bytes a value may have on its way, by its declared type.

A type often says how large its values can be: what is larger need not be read to be
refused. And what is read without knowing its type, or consists of containers in a
container, takes many times its size of memory (1 MiB of msgpack up to 64), so that less
of it is taken; as of dicts whose keys are no texts, which have to be looked at first.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings

LEAST: Final = 64
"""So many bytes are taken for whatever there is to be said: None, say."""


class Size(NamedTuple):
    """What a type says of the size of its values as msgpack.

    `most` is in bytes, infinite where the type does not say; `is_dear`: they take many
    times that when they are read.
    """

    most: float
    is_dear: bool = False

    def limit(self, settings: Settings) -> int:
        """The most bytes that are taken of it."""
        dear = settings.untyped_size if self.is_dear else math.inf
        return int(min(max(self.most, LEAST), dear, settings.message_size))

    def exceeded(self, size: int, settings: Settings) -> str | None:
        """What is said of so many bytes if they are too many, else None."""
        limit = self.limit(settings)
        if size <= limit:
            return None
        if limit == settings.message_size:
            why = "callbackgen.settings.message_size"
        elif limit == settings.untyped_size:
            why = "callbackgen.settings.untyped_size, for Any and nested containers"
        else:
            why = "by its type"
        return f"{size} bytes; the limit is {limit} ({why})"


def largest(sizes: Iterable[Size]) -> Size:
    """The size of one of several values."""
    found = [*sizes]
    return Size(max(size.most for size in found), any(size.is_dear for size in found))
