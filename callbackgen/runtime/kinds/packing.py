"""Several values at once, each of a kind of its own: quickly where nothing changes."""

from __future__ import annotations

import operator
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from callbackgen.runtime.kinds.kind import Kind
from callbackgen.runtime.kinds.scalars import is_huge
from callbackgen.runtime.misfit import Misfit

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier


def are_as_they_are(items: Collection[Any], item: Kind) -> bool:
    """Whether items of one kind travel as they are."""
    kinds = set(map(type, items))
    if not kinds <= item.as_they_are:
        return False
    if int not in kinds:
        return True
    return not any(is_huge(one) for one in items if type(one) is int)


class Fields:
    """So many values, each of its kind; `places` is where each stands, for people."""

    __slots__ = ("_as_they_are", "_ints", "_kinds", "_places")

    def __init__(self, kinds: Sequence[Kind], places: Sequence[str]) -> None:
        self._kinds = kinds
        self._places = places
        self._as_they_are = [kind.as_they_are for kind in kinds]
        self._ints = [
            index for index, kind in enumerate(kinds) if int in kind.as_they_are
        ]

    def packed_columns(
        self, columns: Sequence[tuple[Any, ...]], carrier: Carrier
    ) -> list[Sequence[Any]]:
        """What travels for many values of each kind. Raises Misfit, without a path."""
        return [
            column
            if are_as_they_are(column, kind)
            else [kind.pack(value, carrier) for value in column]
            for column, kind in zip(columns, self._kinds, strict=True)
        ]

    def packed(self, values: tuple[Any, ...], carrier: Carrier) -> tuple[Any, ...]:
        """What travels for the values. Raises Misfit."""
        if all(map(operator.contains, self._as_they_are, map(type, values))):
            for at in self._ints:
                if type(values[at]) is int and is_huge(values[at]):
                    break
            else:
                return values
        made: list[object] = []
        add = made.append
        try:
            for value, kind, as_is in zip(
                values, self._kinds, self._as_they_are, strict=True
            ):
                if type(value) in as_is and type(value) is not int:
                    add(value)
                else:
                    add(kind.pack(value, carrier))
        except Misfit as misfit:
            raise misfit.within(self._places[len(made)]) from None
        return tuple(made)
