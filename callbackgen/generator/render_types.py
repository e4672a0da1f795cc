"""Types of an interface as code of a generated module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from callbackgen.generator.format import Alternatives, Bracket, Code, flat
from callbackgen.interface import (
    ANY,
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
    """Which Protocols travel by reference, and as which stubs they arrive."""

    def __init__(self, modules: Mapping[Symbol, str]) -> None:
        self._stubs = {
            symbol: stub_symbol(symbol, module) for symbol, module in modules.items()
        }
        self._arriving: dict[Type, Type] = {}

    def arriving(self, annotation: Type) -> Type:
        """The type that a value has where it arrives: references are stubs."""
        known = self._arriving.get(annotation)
        if known is None:
            known = transform(annotation, self._stub) if self._stubs else annotation
            self._arriving[annotation] = known
        return known

    def accepted(self, annotation: Type) -> Type:
        """The type that an implementer's parameter has to accept.

        It may be written with stubs or with the Protocol itself. A list or a dict of
        the one is none of the other, so that only Any is right for what is in it.
        """
        return transform(annotation, self._accepted) if self._stubs else annotation

    def _accepted(self, part: Type) -> Type | None:
        if isinstance(part, Apply) and part.base.name not in _COVARIANT:
            arguments = tuple(
                ANY if self.travels(each) else each for each in part.arguments
            )
            return Apply(part.base, arguments) if arguments != part.arguments else None
        return self._stub(part)

    def _stub(self, part: Type) -> Type | None:
        return self._stubs.get(part) if isinstance(part, Symbol) else None

    def travels(self, annotation: Type | None) -> bool:
        """Whether there is a reference anywhere in a type."""
        return annotation is not None and self.arriving(annotation) != annotation

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
            if isinstance(part, Symbol):
                yield part


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
            known = self._codes[annotation] = self._print(annotation)
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
