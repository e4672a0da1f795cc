"""The names that the module of a template imports, defines and uses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import libcst as cst

from callbackgen.generator.template_code import Malformed, text_of
from callbackgen.generator.template_parts import Import, Place

if TYPE_CHECKING:
    from symtable import SymbolTable


def imports_from(node: cst.ImportFrom, place: Place) -> Iterator[Import]:
    """The names of a ``from`` import; those of the example are left out."""
    if isinstance(node.names, cst.ImportStar) or node.relative or node.module is None:
        raise Malformed("a template imports by absolute names, without `*`")
    module = text_of(node.module)
    if module.partition(".")[0] == "templates":
        return
    for alias in node.names:
        name = text_of(alias.name)
        bound = alias.asname.name if alias.asname else alias.name
        yield Import(module, name, text_of(bound), place)


def plain_imports(node: cst.Import, place: Place) -> Iterator[Import]:
    """The names of an ``import``."""
    for alias in node.names:
        module = text_of(alias.name)
        if alias.asname is None and "." in module:
            raise Malformed(f"write `import {module} as name`, or `from ... import`")
        bound = alias.asname.name if alias.asname else alias.name
        yield Import(module, "", text_of(bound), place)


def bound_names(text: str) -> Iterator[str]:
    """The names that a statement of a module binds."""
    import symtable  # only for what a template has besides

    table = symtable.symtable(text, "template", "exec")
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported():
            yield symbol.get_name()


def globals_used(table: SymbolTable) -> Iterator[str]:
    """The names that a module looks up among its own, those in functions included."""
    for symbol in table.get_symbols():
        if symbol.is_global() and symbol.is_referenced():
            yield symbol.get_name()
    for inner in table.get_children():
        yield from globals_used(inner)
