"""What the names in a source file mean, from its import statements alone."""

from __future__ import annotations

import ast
import builtins
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, cast

from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.locate import Finder
from callbackgen.generator.source import Assigned, Defined, Definition, Imported, Source
from callbackgen.generator.standard_library import MODULES
from callbackgen.interface import Symbol

TYPING_MODULES = frozenset({"typing", "typing_extensions"})

KNOWN_MODULES = frozenset(
    {
        *TYPING_MODULES,
        "abc",
        "builtins",
        "collections",
        "collections.abc",
        "contextlib",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "functools",
        "io",
        "ipaddress",
        "os",
        "pathlib",
        "types",
        "uuid",
        "warnings",
        "Pyro5.api",
        "Pyro5.server",
        "attr",
        "attrs",
        "callbackgen.markers",
        "msgspec",
        "numpy",
        "numpy.typing",
    }
)
"""Modules that are known by heart: their sources are never looked into.

So the output does not depend on whether they are installed."""

_KNOWN_PACKAGES = frozenset(module.partition(".")[0] for module in KNOWN_MODULES)

_EXPORTED = {
    "attr": ("attrib", "attrs", "define", "frozen", "ib", "mutable", "s"),
    "attrs": ("define", "field", "frozen", "mutable"),
    "msgspec": ("Meta", "Struct"),
    "numpy.typing": ("NDArray",),
}
"""What a star import of a known module that is not the standard library's brings."""

_BUILTINS = frozenset(dir(builtins))

_DECLARATIONS = frozenset({"TypeVar", "ParamSpec", "TypeVarTuple"})


class Undefined(Exception):
    """A name that no import, definition or builtin binds. The argument is the name."""


class Found(NamedTuple):
    """Where a symbol is defined in the end, after all re-exports."""

    symbol: Symbol
    source: Source
    definition: Definition


class Library:
    """All sources that one run has read, and what their names mean.

    `types` are the dotted names of the classes that are registered at run time.
    """

    def __init__(self, finder: Finder, types: Iterable[str] = ()) -> None:
        self.finder = finder
        self._types = tuple(types)
        self._sources: dict[str, Source | None] = {}

    @property
    def sources(self) -> Iterator[Source]:
        """The sources that were read."""
        return (source for source in self._sources.values() if source is not None)

    def source(self, module: str) -> Source | None:
        """The source of a module, or None if it has none that can be found."""
        if module not in self._sources:
            file = self.finder.module(module)
            self._sources[module] = Source(file) if file else None
        return self._sources[module]

    def add(self, source: Source) -> None:
        """Use a source that was named by path in place of what a look-up gives."""
        self._sources[source.module_name] = source

    # -- from a written name to a symbol ---------------------------------------

    def resolve(
        self, dotted: str, source: Source, inner: Iterable[Mapping[str, Definition]]
    ) -> Symbol:
        """The symbol that `dotted` stands for in `source`.

        `inner` are the scopes of the classes around the place, innermost first.
        Raises Undefined.
        """
        first, *rest = dotted.split(".")
        for names in inner:
            found = names.get(first)
            if isinstance(found, Assigned | Defined):
                name = ".".join([found.qualified_name, *rest])
                return Symbol(source.module_name, name)
        found = source.names.get(first)
        match found:
            case Imported(module=module, name=None):
                return self._in_module(module, rest, dotted)
            case Imported(module=module, name=str(name)):
                if rest and self._is_module(f"{module}.{name}"):
                    return self._in_module(f"{module}.{name}", rest, dotted)
                return Symbol(module, ".".join([name, *rest]))
            case Assigned() | Defined():
                return Symbol(source.module_name, dotted)
            case _:
                return self._unbound(first, dotted, source)

    def _in_module(self, module: str, rest: list[str], dotted: str) -> Symbol:
        while len(rest) > 1 and self._is_module(f"{module}.{rest[0]}"):
            module, rest = f"{module}.{rest[0]}", rest[1:]
        if not rest:
            raise Undefined(dotted)
        return Symbol(module, ".".join(rest))

    def _is_module(self, name: str) -> bool:
        return name in KNOWN_MODULES or self.finder.module(name) is not None

    def _unbound(self, first: str, dotted: str, source: Source) -> Symbol:
        module = None if first.startswith("_") else self._starred(first, source, set())
        if module is not None:
            return Symbol(module, dotted)
        if first in _BUILTINS:
            return Symbol("builtins", dotted)
        known = KNOWN_MODULES.intersection(source.stars)
        for module in sorted(known - TYPING_MODULES):
            if first in _exported(module):
                return Symbol(module, dotted)
        for module in sorted(known & TYPING_MODULES):
            # What typing has depends on the Python that runs us; the result must not.
            return Symbol(module, dotted)
        raise Undefined(first)

    def _starred(self, name: str, source: Source, seen: set[str]) -> str | None:
        """The module from which ``from module import *`` brings a name, if any does."""
        for module in source.stars:
            if module in seen or module in KNOWN_MODULES:
                continue
            seen.add(module)
            other = self._readable(module)
            if other is None:
                continue
            found = module if name in other.names else self._starred(name, other, seen)
            if found is not None:
                return found
        return None

    # -- from a symbol to its definition ---------------------------------------

    def find(self, symbol: Symbol) -> Found | None:
        """The definition of a symbol, through any number of re-exports.

        None for what has no source here: known modules, extension modules and
        modules that cannot be found or parsed.
        """
        return self._followed(symbol)[0]

    def meant(self, symbol: Symbol) -> Symbol:
        """The symbol that another one is a new name of, if a known module has it."""
        end = self._followed(symbol)[1]
        return end if end.module in KNOWN_MODULES else symbol

    def _followed(self, symbol: Symbol) -> tuple[Found | None, Symbol]:
        """The definition of a symbol, and the last of all its names."""
        seen: set[Symbol] = set()
        alias: Found | None = None
        while symbol not in seen and symbol.module not in KNOWN_MODULES:
            seen.add(symbol)
            source = self._readable(symbol.module)
            if source is None:
                break
            definition = source.definition(symbol.name)
            following: Symbol | None
            if isinstance(definition, Defined):
                return Found(symbol, source, definition), symbol
            if isinstance(definition, Assigned):
                alias = alias or Found(symbol, source, definition)
                following = self._renamed(definition, source)
            else:
                following = self._resolved(symbol.name, source)
            if following is None:
                break
            symbol = following
        return alias, symbol

    def _readable(self, module: str) -> Source | None:
        try:
            return self.source(module)
        except Refused:
            # Not the file that was asked for: what it defines is simply unknown.
            self._sources[module] = None
            return None

    def _renamed(self, definition: Assigned, source: Source) -> Symbol | None:
        """What ``Other = Name`` gives another name to."""
        text = None if definition.annotation else _dotted(definition.value)
        return self._resolved(text, source) if text else None

    def _resolved(self, dotted: str, source: Source) -> Symbol | None:
        try:
            return self.resolve(dotted, source, ())
        except Undefined:
            return None

    def is_protocol(self, found: Found) -> bool:
        """Whether that is a class that has Protocol itself for a base."""
        if not isinstance(found.definition, Defined):
            return False
        return any(
            symbol is not None
            and symbol.module in TYPING_MODULES
            and symbol.name == "Protocol"
            for symbol in (
                self.base(base, found.source) for base in found.definition.node.bases
            )
        )

    def base(self, base: ast.expr, source: Source) -> Symbol | None:
        """The symbol of a base class as written, its type arguments left out."""
        text = _dotted(base.value if isinstance(base, ast.Subscript) else base)
        found = self._resolved(text, source) if text else None
        return self.meant(found) if found else None

    @cached_property
    def _registered(self) -> frozenset[str]:
        """The names of the registered classes, those that they are defined by too."""
        names = set(self._types)
        for dotted in self._types:
            module, _, name = dotted.rpartition(".")
            found = self.find(Symbol(module, name))
            names |= {str(found.symbol)} if found else set()
        return frozenset(names)

    def is_registered(self, symbol: Symbol) -> bool:
        """Whether the user says how the instances of a class travel."""
        if not self._types:
            return False
        found = self.find(symbol)
        named = {symbol, found.symbol if found else symbol}
        names = {f"{each.module}.{each.name}" for each in named}
        return not names.isdisjoint(self._registered)

    def declares(self, definition: Definition, source: Source) -> str | None:
        """``TypeVar``, ``ParamSpec``, ``TypeVarTuple`` or ``NewType`` if it is one."""
        if not isinstance(definition, Assigned):
            return None
        if not isinstance(definition.value, ast.Call):
            return None
        symbol = self.base(definition.value.func, source)
        if symbol is None or symbol.module not in TYPING_MODULES:
            return None
        return symbol.name if symbol.name in _DECLARATIONS | {"NewType"} else None


def is_known(module: str) -> bool:
    """Whether a module is of a package that is known, which needs no source."""
    return module.partition(".")[0] in _KNOWN_PACKAGES | MODULES


def _exported(module: str) -> Iterable[str]:
    """The names that a star import of a known module brings."""
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return _EXPORTED.get(module, ("deadline", "expose", "oneway"))
    known = vars(importlib.import_module(module))
    return cast(Iterable[str], known.get("__all__", known))


def _dotted(node: ast.expr) -> str | None:
    """The text of a plain or dotted name, None for any other expression."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        value = _dotted(node.value)
        return value and f"{value}.{node.attr}"
    return None
