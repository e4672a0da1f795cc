"""Type parameters and type arguments of classes, read from their sources."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from callbackgen.generator.annotations import Annotations, Scope
from callbackgen.generator.names import Found, Library
from callbackgen.generator.source import Defined
from callbackgen.generator.spellings import canonical
from callbackgen.interface import Constant, Symbol, Type, Variable, walk


class Generics:
    """Reads what classes are generic in."""

    def __init__(self, library: Library, annotations: Annotations) -> None:
        self.library = library
        self._annotations = annotations

    def scope(self, found: Found) -> Scope:
        """What the names in a class are looked up in."""
        definition, source = found.definition, found.source
        assert isinstance(definition, Defined)
        parameters = frozenset(source.type_parameters(definition))
        # Python does not look into the classes around it.
        return Scope(source, source.scopes(definition)[:1], parameters)

    def counts(self, found: Found) -> range:
        """How many type arguments a class takes. Raises Problem for a base's."""
        if not isinstance(found.definition, Defined):
            return range(1)
        scope = self.scope(found)
        names = self.parameters(found, scope)
        required = [
            name
            for name in names
            if name in scope.declared and scope.declared[name].default is None
        ]
        return range(len(required), len(names) + 1)

    def parameters(self, found: Found, scope: Scope) -> Sequence[str]:
        """The type parameters of a class, in order."""
        definition = found.definition
        assert isinstance(definition, Defined)
        listed = found.source.type_parameters(definition)
        if listed:
            return listed
        explicit: list[str] = []
        used: list[str] = []
        for base in definition.node.bases:
            names = [
                part.name
                for item in self.arguments(base, scope)
                for part in walk(item)
                if isinstance(part, Variable)
            ]
            symbol = self.library.base(base, found.source)
            is_explicit = symbol and canonical(symbol) == Symbol("typing", "Generic")
            (explicit if is_explicit else used).extend(names)
        return list(dict.fromkeys(explicit or used))

    def arguments(self, base: ast.expr, scope: Scope) -> list[Type]:
        """The type arguments that a base of a class has. Raises Problem."""
        if not isinstance(base, ast.Subscript):
            return []
        return [self.unquoted(item, scope) for item in items_of(base)]

    def unquoted(self, node: ast.expr, scope: Scope) -> Type:
        """A type in which Python never looks what a text means: one stands for all."""
        text = _text_in(node)
        return Constant(text) if text else self._annotations.convert(node, scope)


def items_of(node: ast.Subscript) -> list[ast.expr]:
    """What stands in the brackets of a generic."""
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _text_in(node: ast.expr) -> str | None:
    """The first text in an annotation that is no value of a Literal, as source."""
    match node:
        case ast.Constant(value=str()):
            return ast.unparse(node)
        case ast.Subscript(value=base) if ast.unparse(base).endswith("Literal"):
            return None
        case ast.Subscript(value=base) if ast.unparse(base).endswith("Annotated"):
            return _text_in(items_of(node)[0])
        case _:
            inner = (n for n in ast.iter_child_nodes(node) if isinstance(n, ast.expr))
            return next(filter(None, map(_text_in, inner)), None)
