"""What can be the key of a dict, and what the item of a set."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from callbackgen.generator.classes import Classes, Kind
from callbackgen.generator.forms import is_key_by_heart
from callbackgen.generator.names import Library
from callbackgen.interface import (
    ANNOTATED,
    Apply,
    Constant,
    Symbol,
    Type,
    Union,
    Variable,
)

_LITERAL = Symbol("typing", "Literal")
_TUPLE = Symbol("builtins", "tuple")
_KEYS = frozenset({Kind.ENUM})
_ITEMS = frozenset({Kind.NAMED_TUPLE, Kind.RECORD, Kind.STRUCT})


class Keys:
    """Goes over types that travel."""

    def __init__(self, library: Library, classes: Classes) -> None:
        self.library = library
        self.classes = classes

    def is_item(self, annotation: Type) -> bool:
        """Whether a type that travels can be the item of a set."""
        match annotation:
            case Union(members=members):
                return all(map(self.is_item, members))
            case Apply(base=base, arguments=(inner, *_)) if base == ANNOTATED:
                return self.is_item(inner)
            case Symbol() | Apply(base=Symbol()):
                base = annotation.base if isinstance(annotation, Apply) else annotation
                return self._is_name_item(base) or self.is_key(annotation)
            case _:
                return self.is_key(annotation)

    def _is_name_item(self, symbol: Symbol) -> bool:
        if symbol == Symbol("builtins", "frozenset"):
            return True
        return self._is_class(symbol, _ITEMS, self.is_item)

    def is_key(self, annotation: Type) -> bool:
        """Whether a type that travels can be the key of a dict."""
        match annotation:
            case Variable() | Constant(text="None"):
                return True
            case Union(members=members):
                return all(map(self.is_key, members))
            case Apply(base=base, arguments=(inner, *_)) if base == ANNOTATED:
                return self.is_key(inner)
            case Apply(base=base, arguments=parts):
                items = (part for part in parts if part != Constant("..."))
                return base == _LITERAL or (
                    base == _TUPLE and all(map(self.is_key, items))
                )
            case Symbol():
                return annotation == _TUPLE or self._is_name_key(annotation)
            case _:
                return False

    def _is_name_key(self, symbol: Symbol) -> bool:
        return is_key_by_heart(symbol) or self._is_class(symbol, _KEYS, self.is_key)

    def _is_class(
        self, symbol: Symbol, kinds: AbstractSet[Kind], is_one: Callable[[Type], bool]
    ) -> bool:
        """Whether a class is of these kinds, or a NewType of what `is_one`."""
        found = self.library.find(symbol)
        if found is None or self.library.is_registered(symbol):
            return False
        supertype = self.classes.supertype(found)
        if supertype is not None:
            return is_one(supertype)
        return self.classes.kind(found) in kinds
