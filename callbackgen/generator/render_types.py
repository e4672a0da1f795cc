"""Types of an interface as code of a generated module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callbackgen.generator.annotations import flattened
from callbackgen.generator.format import Alternatives, Bracket, Code, flat
from callbackgen.interface import (
    ANNOTATED,
    ANY,
    CALLABLE,
    Apply,
    Arguments,
    Constant,
    Parameter,
    ParameterKind,
    Symbol,
    Type,
    TypeParameter,
    Union,
    Variable,
    transform,
    walk,
)

Key = tuple[str, str]
"""What a name is bound to: a module and a name in it, the outermost of a nested one."""


def key_of(symbol: Symbol) -> Key:
    """What has to be imported for a symbol."""
    return symbol.module, symbol.name.partition(".")[0]


def stub_symbol(symbol: Symbol, module: str) -> Symbol:
    """The stub class of a Protocol whose generated module is `module`."""
    return Symbol(module, f"{symbol.name.rpartition('.')[2]}Stub")


def has_variable(annotation: Type | None) -> bool:
    """Whether there is a type variable anywhere in a type."""
    return annotation is not None and any(
        isinstance(part, Variable) for part in walk(annotation)
    )


_COVARIANT = {"tuple", "Sequence", "Collection", "Iterable", "Mapping"}
"""Of the types that references travel in: they may hold a subtype of what they name."""


class References:
    """Which Protocols travel by reference, and as which stubs they arrive.

    A function is called from the other end than the one it was handed over at: what it
    takes goes the other way than itself, what it returns goes the same.
    """

    def __init__(self, modules: Mapping[Symbol, str]) -> None:
        self._stubs = {
            symbol: stub_symbol(symbol, module) for symbol, module in modules.items()
        }
        self._views: dict[tuple[Type, bool, bool], Type] = {}

    def named(self, annotation: Type) -> Type:
        """The type with the stub class in the place of every Protocol.

        That names all that the far end needs to know, whichever way it travels.
        """
        return transform(annotation, self._stub) if self._stubs else annotation

    def arriving(self, annotation: Type) -> Type:
        """The type that a value has where it arrives: references are stubs."""
        return self._view(annotation, arrives=True, is_exact=True)

    def accepted(self, annotation: Type) -> Type:
        """The type that an implementer's parameter has to accept.

        It may be written with stubs or with the Protocol itself. A list or a dict of
        the one is none of the other, so that only Any is right for what is in it.
        """
        return self._view(annotation, arrives=True, is_exact=False)

    def handed_over(self, annotation: Type) -> Type:
        """The type that a value may have where it leaves: references are Protocols.

        A function may be written to take stubs, since stubs are what it will get.
        """
        return self._view(annotation, arrives=False, is_exact=False)

    def _view(self, annotation: Type, *, arrives: bool, is_exact: bool) -> Type:
        if not self._stubs:
            return annotation
        key = annotation, arrives, is_exact
        known = self._views.get(key)
        if known is None:
            known = self._views[key] = self._seen(annotation, arrives, is_exact)
        return known

    def _seen(self, annotation: Type, arrives: bool, is_exact: bool) -> Type:
        """A type from one end; `is_exact`: no Any for what two types fit."""

        def part(inner: Type) -> Type:
            return self._view(inner, arrives=arrives, is_exact=is_exact)

        match annotation:
            case Symbol():
                return (arrives and self._stubs.get(annotation)) or annotation
            case Apply(base=base, arguments=(taken, result)) if base == CALLABLE:
                turned = self._view(taken, arrives=not arrives, is_exact=is_exact)
                return Apply(base, (turned, part(result)))
            case Apply(base=base, arguments=(inner_type, *limits)) if base == ANNOTATED:
                return Apply(base, (part(inner_type), *limits))
            case Apply(base=base, arguments=inner):
                seen = tuple(map(part, inner))
                if not is_exact and base.name not in _COVARIANT:
                    pairs = zip(inner, seen, strict=True)
                    seen = tuple(ANY if new != old else old for old, new in pairs)
                stub = self._stubs.get(base) if arrives else None
                return Apply(stub or base, seen)
            case Arguments(items=inner):
                return Arguments(tuple(map(part, inner)))
            case Union(members=inner):
                return Union(tuple(map(part, inner)))
            case _:
                return annotation

    def _stub(self, part: Type) -> Type | None:
        return self._stubs.get(part) if isinstance(part, Symbol) else None

    def travels(self, annotation: Type | None) -> bool:
        """Whether a value arrives as another type than it has in the Protocol."""
        return annotation is not None and self.arriving(annotation) != annotation

    def turns(self, annotation: Type | None) -> bool:
        """Whether a value may leave as another type than it has in the Protocol."""
        return annotation is not None and self.handed_over(annotation) != annotation

    def argument(self, parameter: Parameter) -> Type | None:
        """The type of what a parameter holds at its receiver, if it has references."""
        if parameter.annotation is None or not self.travels(parameter.annotation):
            return None
        held = self.arriving(parameter.annotation)
        match parameter.kind:
            case ParameterKind.VARIADIC_POSITIONAL:
                return Apply(Symbol("builtins", "tuple"), (held, Constant("...")))
            case ParameterKind.VARIADIC_KEYWORD:
                return Apply(
                    Symbol("builtins", "dict"), (Symbol("builtins", "str"), held)
                )
            case _:
                return held


def symbols_in(annotation: Type | None) -> Iterator[Symbol]:
    """The symbols in a type, outermost first."""
    if annotation is not None:
        for part in walk(annotation):
            if isinstance(part, Symbol) and part != ANNOTATED:
                yield part


def _without_limits(annotation: Type) -> Type:
    """The type as type checkers see it, who know nothing of limits."""
    if ANNOTATED not in walk(annotation):
        return annotation

    def unlimited(part: Type) -> Type | None:
        if isinstance(part, Apply) and part.base == ANNOTATED:
            return _without_limits(part.arguments[0])
        return None

    return flattened(transform(annotation, unlimited))


class TypePrinter:
    """Prints types with the names that their symbols have in one module."""

    def __init__(self, bound: Mapping[Key, str], variables: Mapping[str, str]) -> None:
        self._bound = bound
        self._variables = variables
        self._codes: dict[Type, Code] = {}
        self.used: dict[Key, None] = {}
        """What was printed, in order."""

    def code(self, annotation: Type) -> Code:
        """A type as code that may be broken over lines."""
        known = self._codes.get(annotation)
        if known is None:
            code = self._print(_without_limits(annotation))
            known = self._codes[annotation] = code
        return known

    def text(self, annotation: Type) -> str:
        """A type on one line."""
        return flat(self.code(annotation))

    def _print(self, annotation: Type) -> Code:
        match annotation:
            case Symbol():
                return (self._symbol(annotation),)
            case Variable(name):
                return (self._variables.get(name, name),)
            case Constant(text):
                return (text,)
            case Apply(base, ()):
                return (f"{self._symbol(base)}[()]",)
            case Apply(base, arguments):
                items = tuple(map(self.code, arguments))
                return (self._symbol(base), Bracket("[", items, "]"))
            case Arguments(items):
                return (Bracket("[", tuple(map(self.code, items)), "]"),)
            case Union(members):
                return (Alternatives(tuple(map(self.code, members))),)

    def _symbol(self, symbol: Symbol) -> str:
        key = key_of(symbol)
        self.used[key] = None
        return self._bound[key] + symbol.name[len(key[1]) :]

    def parameters(self, parameters: tuple[TypeParameter, ...]) -> str:
        """Type parameters in brackets, nothing for none (PEP 695)."""
        if not parameters:
            return ""
        return f"[{', '.join(map(self._parameter, parameters))}]"

    def _parameter(self, parameter: TypeParameter) -> str:
        text = self._variables.get(parameter.name, parameter.name)
        if parameter.constraints:
            text += f": ({', '.join(map(self.text, parameter.constraints))})"
        elif parameter.bound is not None:
            text += f": {self.text(parameter.bound)}"
        if parameter.default is not None:
            text += f" = {self.text(parameter.default)}"
        return text
