"""The one spelling of what ``typing`` has several names for."""

from __future__ import annotations

import collections.abc

from callbackgen.generator.names import TYPING_MODULES
from callbackgen.interface import Symbol

_BUILTIN = {
    "Dict": "dict",
    "FrozenSet": "frozenset",
    "List": "list",
    "Set": "set",
    "Text": "str",
    "Tuple": "tuple",
    "Type": "type",
}
_COLLECTIONS = {
    "ChainMap": "ChainMap",
    "Counter": "Counter",
    "DefaultDict": "defaultdict",
    "Deque": "deque",
    "OrderedDict": "OrderedDict",
}
_ABSTRACT = frozenset(dir(collections.abc)) | {"Buffer", "ByteString"}


def canonical(symbol: Symbol) -> Symbol:
    """The one spelling of a name of ``typing`` and ``typing_extensions``."""
    if symbol.module not in TYPING_MODULES:
        return symbol
    if symbol.name in _BUILTIN:
        return Symbol("builtins", _BUILTIN[symbol.name])
    if symbol.name in _COLLECTIONS:
        return Symbol("collections", _COLLECTIONS[symbol.name])
    if symbol.name == "AbstractSet":
        return Symbol("collections.abc", "Set")
    if symbol.name in _ABSTRACT:
        return Symbol("collections.abc", symbol.name)
    return Symbol("typing", symbol.name)
