"""Lists, tuples and sets, and the abstract collections that arrive as one of them."""

from __future__ import annotations

import collections.abc
import math
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import msgspec

from callbackgen.runtime.kinds.hashed import check
from callbackgen.runtime.kinds.kind import (
    STR,
    Convert,
    Family,
    Hashing,
    Kind,
    applied,
    together,
)
from callbackgen.runtime.kinds.packing import Fields, are_as_they_are
from callbackgen.runtime.kinds.plain import PLAIN, check_key, plain_key
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size
from callbackgen.runtime.turns import pause

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

MOST_ITEMS: Final = 64 * 1024
"""A text of one letter takes 2 bytes on its way and 50 in memory, and a key of a dict
twice that: a large message has no more of them in one container. Nor of what msgspec
hands to us, which takes a microsecond each."""

_PIECE: Final = 1024
"""While msgspec makes objects, no other thread runs: of these for some milliseconds."""

_SETS: Final = (set, frozenset)
_UNLIMITED: Final = frozenset({Family.NULL, Family.BOOL, Family.INT, Family.FLOAT})

ARRAYS: Final[dict[object, type[Collection[Any]]]] = {
    list: list,
    set: set,
    frozenset: frozenset,
    collections.abc.Iterable: list,
    collections.abc.Collection: list,
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
}
"""What may be declared, and as what each arrives."""


def limited(container: Any, item: Kind) -> Any:
    """The shape of a container that has no more items than a large message may have."""
    if item.families <= _UNLIMITED and not item.is_custom:
        return container
    return Annotated[container, msgspec.Meta(max_length=MOST_ITEMS)]


def packed_all(items: Any, item: Kind, carrier: Carrier) -> list[Any]:
    """What travels for items of one kind. Raises Misfit."""
    together = item.packed_together(items, carrier)
    if together is not None:
        return together
    pack, made = item.pack, list[object]()
    add = made.append
    try:
        for one in items:
            add(pack(one, carrier))
    except Misfit as misfit:
        raise misfit.within(f"[{len(made)}]") from None
    return made


class Array(Kind):
    """Any number of items of one kind. What is abstract takes what Python does."""

    families = frozenset({Family.ARRAY})
    is_container = True
    _is_key = False

    def __init__(self, declared: Any, arrives: Any, item: Kind) -> None:
        self.name = arrives.__name__
        self.taken = (declared,)
        self._inner = (item,)
        self._arrives: Any = arrives
        self._item = item
        self._is_set = arrives in _SETS
        if arrives is tuple:
            self._is_key = item.is_key
            self.hashing = max(Hashing.SEEN, item.hashing)
        self.is_hashable = arrives is tuple and item.is_hashable
        if arrives is frozenset:
            self.hashing = Hashing.SLOW

    @property
    def form(self) -> Any:
        """See `Kind`."""
        if self._arrives is tuple:
            return applied(tuple, self._item.form, ...)
        return applied(self._arrives, self._item.form)

    @property
    def shape(self) -> Any:
        """See `Kind`. What is hashed by other means than a secret is a list in it."""
        return limited(applied(list, self._item.shape), self._item)

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        item = self._item
        is_dear = item.is_container or item.is_slow or item.size(around).is_dear
        return Size(math.inf, is_dear)

    def in_pieces(self, data: object, convert: Callable[[object], Any]) -> object:
        """A value, of which so much is made at a time as holds up nobody."""
        if self._arrives is not list or not isinstance(data, list):
            return convert(data)
        items, made = cast("list[object]", data), list[object]()
        for start in range(0, len(items), _PIECE):
            try:
                made += convert(items[start : start + _PIECE])
            except Misfit as misfit:
                raise misfit.moved(start) from None
            pause()
        return made

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        items = cast("Collection[Any]", value)
        if self._is_set and self._item is PLAIN:
            return self._plain_set(items, carrier)
        is_exact = type(items) is self._arrives and are_as_they_are(items, self._item)
        made = items if is_exact else packed_all(items, self._item, carrier)
        return self._as_set(made, carrier) if self._is_set else self._as_arrives(made)

    def _plain_set(self, items: Collection[Any], carrier: Carrier) -> Any:
        """A tuple is no tuple on its way to ours, and cannot be in a set there."""
        keys = map(plain_key, items)
        return [*map(carrier.plain, keys)] if carrier.is_ours else {*keys}

    def _as_arrives(self, made: Any) -> Any:
        return made if type(made) is self._arrives else self._arrives(made)

    def _as_set(self, made: Any, carrier: Carrier) -> Any:
        """A set, where what travels for its items can be in one; else a list.

        Pyro5's serializers know no frozenset.
        """
        if not self._item.is_hashable:
            return [*made]
        if self._item.as_they_are != STR:
            for item in made:
                check_key(item, may_be_none=carrier.is_ours)
        return self._as_arrives(made) if carrier.is_ours else {*made}

    @property
    def hashes(self) -> bool:
        """See `Kind`."""
        return self._is_set and self._item.hashing > Hashing.SECRET

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        if not isinstance(data, list | tuple | set | frozenset):
            return
        items = [*cast("Collection[Any]", data)]
        if self._item.has_hashed:
            for one in items:
                self._item.look_at(one, convert)
        if self.hashes:
            check(items, self._item, convert)


class Pack(Kind):
    """A tuple of so many items, each of a kind of its own."""

    name = "tuple"
    taken = (tuple,)
    families = frozenset({Family.ARRAY})
    is_container = True

    def __init__(self, items: tuple[Kind, ...]) -> None:
        self._inner = items
        self._packing = Fields(items, [f"[{index}]" for index in range(len(items))])
        self._is_key = all(item.is_key for item in items)
        self.is_hashable = all(item.is_hashable for item in items)
        self.hashing = max([Hashing.SEEN, *(item.hashing for item in items)])

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return _tuple_of([item.form for item in self.inner])

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return _tuple_of([item.shape for item in self.inner])

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return together(item.size(around) for item in self.inner)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, tuple):
            raise expected(self.name, value)
        items = cast("tuple[object, ...]", value)
        if len(items) != len(self.inner):
            raise Misfit(
                f"expected a tuple of length {len(self.inner)}, got one of length "
                f"{len(items)}"
            )
        return self._packing.packed(items, carrier)

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        if isinstance(data, list | tuple):
            for one, kind in zip(cast("list[Any]", data), self.inner, strict=False):
                kind.look_at(one, convert)


def _tuple_of(forms: list[Any]) -> Any:
    return applied(tuple, *forms) if forms else tuple[()]
