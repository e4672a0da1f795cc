"""From an annotation as written to a type of the model, every name resolved.

What the typing module has several spellings for becomes one: ``Optional[X]`` is
``X | None``, ``typing.List`` is ``list``, an alias is what it stands for. Of the
metadata of ``Annotated`` only msgspec's limits are kept: the run time holds to them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.limits import limits_in
from callbackgen.generator.literals import quoted
from callbackgen.generator.names import (
    Found,
    Library,
    Undefined,
)
from callbackgen.generator.source import Assigned, Defined, Names, Source
from callbackgen.generator.spellings import canonical
from callbackgen.interface import (
    ANNOTATED,
    ANY,
    CALLABLE,
    NONE,
    Apply,
    Arguments,
    Constant,
    Symbol,
    Type,
    TypeParameter,
    Union,
    Variable,
    transform,
    walk,
)


@dataclass(frozen=True)
class Scope:
    """Where an annotation stands: what its names are looked up in.

    `parameters` are the PEP 695 type parameters in force. `declared` collects the
    ``TypeVar`` declarations that annotations in this scope turn out to use.
    """

    source: Source
    inner: tuple[Names, ...] = ()
    parameters: frozenset[str] = frozenset()
    declared: dict[str, TypeParameter] = field(default_factory=dict[str, TypeParameter])
    expanding: frozenset[Symbol] = frozenset()


def union(members: Iterable[Type]) -> Type:
    """The union of types: flat, each once, a single one as itself."""
    flat: dict[Type, None] = {}
    for member in members:
        inner = member.members if isinstance(member, Union) else (member,)
        flat.update(dict.fromkeys(inner))
    return Union(tuple(flat)) if len(flat) > 1 else next(iter(flat))


def parse(text: str) -> ast.expr:
    """An annotation's text as an expression. Raises Problem (CBG122)."""
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        raise not_understood(text) from None


def not_understood(text: str) -> Problem:
    """What is said of an annotation that is no type."""
    return Problem(
        "CBG122",
        f"{_short(text)} is not understood as a type",
        "write a type: a class, a generic with arguments, X | None, Literal[...] or "
        "an alias of one",
    )


class Annotations:
    """Reads annotations. `convert` raises Problem for what is no type.

    Limits become a part of the type. `is_evaluated`: Python itself will evaluate the
    annotations, so that limits that are not literals are let be.
    """

    def __init__(self, library: Library, *, is_evaluated: bool = False) -> None:
        self.library = library
        self._is_evaluated = is_evaluated

    def convert(self, node: ast.expr, scope: Scope) -> Type:
        """The type that an expression in an annotation stands for."""
        match node:
            case ast.Constant(value=None):
                return NONE
            case ast.Constant(value=str(text)):
                return self.convert(parse(text), scope)
            case ast.Constant(value=value) if value is ...:
                return Constant("...")
            case ast.Name() | ast.Attribute():
                return self._name(ast.unparse(node), (), scope)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return union([self.convert(left, scope), self.convert(right, scope)])
            case ast.Subscript(value=ast.Name() | ast.Attribute() as base):
                return self._generic(ast.unparse(base), _items(node.slice), scope)
            case ast.List(elts=items):
                return Arguments(tuple(self.convert(item, scope) for item in items))
            case ast.Starred():
                raise variadic(ast.unparse(node))
            case _:
                raise not_understood(ast.unparse(node))

    def symbol(self, dotted: str, scope: Scope) -> Symbol:
        """The symbol of a dotted name in a scope. Raises Problem (CBG121)."""
        name, file = dotted.partition(".")[0], scope.source.path.name
        if self._is_evaluated and scope.source.is_hidden(name):
            raise Problem(
                "CBG121",
                f"only type checkers see the name {name}",
                f"import it in {file} outside of TYPE_CHECKING: the types of fields "
                "are looked up at run time",
            )
        try:
            found = self.library.resolve(dotted, scope.source, scope.inner)
            return self.library.meant(found)
        except Undefined as undefined:
            enough = "" if self._is_evaluated else " (under TYPE_CHECKING will do)"
            raise Problem(
                "CBG121",
                f"the name {undefined} is not defined or imported here",
                f"import it in {file}{enough}",
            ) from None

    # -- generics ----------------------------------------------------------------

    def _generic(self, base: str, items: list[ast.expr], scope: Scope) -> Type:
        symbol = canonical(self.symbol(base, scope))
        if symbol.module != "typing":
            return self._name(base, items, scope)
        match symbol.name:
            case "Optional" if len(items) == 1:
                return union([self.convert(items[0], scope), NONE])
            case "Union":
                return union([self.convert(item, scope) for item in items])
            case "Annotated":
                return self._annotated(items, scope)
            case "Literal":
                values = [v for item in items for v in self._values(item, scope)]
                return Apply(symbol, tuple(values))
            case "Unpack" | "Concatenate":
                raise variadic(f"{symbol.name}[...]")
            case _:
                return self._name(base, items, scope)

    def _annotated(self, items: list[ast.expr], scope: Scope) -> Type:
        meant = self.convert(items[0], scope)
        source, library, is_evaluated = scope.source, self.library, self._is_evaluated
        texts = [
            limits_in(item, source, library, is_evaluated=is_evaluated)
            for item in items[1:]
        ]
        limits = tuple(Constant(text) for text in texts if text)
        if not limits:
            return meant
        if isinstance(meant, Apply) and meant.base == ANNOTATED:
            return Apply(ANNOTATED, meant.arguments + limits)
        return Apply(ANNOTATED, (meant, *limits))

    def _values(self, node: ast.expr, scope: Scope) -> tuple[Type, ...]:
        """The values that one item of ``Literal[...]`` stands for."""
        match node:
            case ast.Constant(value=str() | bytes() as value):
                return (Constant(quoted(value)),)
            case ast.Constant() | ast.UnaryOp(operand=ast.Constant()):
                return (Constant(ast.unparse(node)),)
            case ast.Name() | ast.Attribute() | ast.Subscript():
                meant = self.convert(node, scope)
                if isinstance(meant, Apply) and meant.base.name == "Literal":
                    return meant.arguments
                return (meant,)
            case _:
                raise not_understood(f"Literal[{ast.unparse(node)}]")

    # -- names -------------------------------------------------------------------

    def _name(self, dotted: str, items: Iterable[ast.expr], scope: Scope) -> Type:
        if dotted in scope.parameters:
            return Variable(dotted)
        if dotted.endswith((".args", ".kwargs")):
            self._refuse_parameters_of(dotted.rpartition(".")[0], scope)
        written = self.symbol(dotted, scope)
        symbol = canonical(written)
        self._refuse_special(symbol)
        if symbol == Symbol("typing", "AnyStr"):
            text, data = Symbol("builtins", "str"), Symbol("builtins", "bytes")
            declaration = TypeParameter("AnyStr", constraints=(text, data))
            scope.declared["AnyStr"] = declaration
            return Variable("AnyStr")
        found = self.library.find(symbol)
        if found is None:
            return self._applied(symbol, items, scope)
        if isinstance(found.definition, Defined):
            if self.library.is_protocol(found):
                symbol = found.symbol
            return self._applied(symbol, items, scope)
        if self.library.finder.is_standard(found.source.path):
            # `threading.Lock` has another private name in each Python.
            return self._applied(symbol, items, scope)
        return self._assigned(found, symbol, items, scope)

    def _applied(self, symbol: Symbol, items: Iterable[ast.expr], scope: Scope) -> Type:
        arguments = list(items)
        if not arguments:
            return _ANY_CALLABLE if symbol == CALLABLE else symbol
        if symbol == Symbol("builtins", "tuple") and _is_empty_tuple(arguments):
            return Apply(symbol, ())
        return Apply(symbol, tuple(self.convert(item, scope) for item in arguments))

    def _refuse_parameters_of(self, owner: str, scope: Scope) -> None:
        """``P.args`` and ``P.kwargs`` of a ParamSpec."""
        if owner in scope.parameters:
            raise variadic(owner)
        found = self.library.find(self.symbol(owner, scope))
        if (
            found is not None
            and self.library.declares(found.definition, found.source) == "ParamSpec"
        ):
            raise variadic(owner)

    def _refuse_special(self, symbol: Symbol) -> None:
        if symbol.module != "typing":
            return
        if symbol.name == "Self":
            raise Problem(
                "CBG123",
                "Self cannot be carried: the far end has only a stub",
                "name the Protocol itself; it then travels by reference",
            )
        if symbol.name in ("ParamSpec", "TypeVarTuple", "Unpack", "Concatenate"):
            raise variadic(symbol.name)

    def _assigned(
        self, found: Found, symbol: Symbol, items: Iterable[ast.expr], scope: Scope
    ) -> Type:
        definition = found.definition
        assert isinstance(definition, Assigned)
        match self.library.declares(definition, found.source):
            case "TypeVar":
                return self._variable(found, scope)
            case "ParamSpec" | "TypeVarTuple" as kind:
                raise variadic(f"{found.symbol.name} ({kind})")
            case "NewType":
                return symbol
            case _:
                return self._alias(found, symbol, items, scope)

    def _variable(self, found: Found, scope: Scope) -> Variable:
        """An old-style type variable; its declaration goes to the scope."""
        definition = found.definition
        assert isinstance(definition, Assigned)
        assert isinstance(definition.value, ast.Call)
        name = found.symbol.name
        inside = Scope(found.source)
        fields: dict[str, Type] = {}
        variance = ""
        for keyword in definition.value.keywords:
            if keyword.arg in ("bound", "default"):
                fields[keyword.arg] = self.convert(keyword.value, inside)
            elif keyword.arg and ast.unparse(keyword.value) == "True":
                variance = keyword.arg
        declaration = TypeParameter(
            name,
            fields.get("bound"),
            tuple(self.convert(a, inside) for a in definition.value.args[1:]),
            fields.get("default"),
            variance,
        )
        if scope.declared.setdefault(name, declaration) != declaration:
            raise Problem(
                "CBG131",
                f"two different type variables are called {name}",
                "rename one of them",
            )
        return Variable(name)

    def _alias(
        self, found: Found, symbol: Symbol, items: Iterable[ast.expr], scope: Scope
    ) -> Type:
        definition = found.definition
        assert isinstance(definition, Assigned)
        value, names = self._aliased(definition, found.source)
        if value is None:
            return self._applied(symbol, items, scope)
        if found.symbol in scope.expanding:
            raise Problem(
                "CBG132",
                f"the alias {found.symbol.name} stands for itself: a recursive type "
                "cannot be carried",
                "use a TypedDict for the recursive part, or Any",
            )
        inside = Scope(
            found.source,
            parameters=frozenset(names),
            expanding=scope.expanding | {found.symbol},
        )
        meant = self.convert(value, inside)
        names = names or tuple(
            dict.fromkeys(p.name for p in walk(meant) if isinstance(p, Variable))
        )
        arguments = [self.convert(item, scope) for item in items]
        if len(arguments) > len(names):
            raise not_understood(f"{symbol.name}[...]")
        given = dict(zip(names, arguments, strict=False))
        return substitute(meant, {name: given.get(name, ANY) for name in names})

    def _aliased(
        self, definition: Assigned, source: Source
    ) -> tuple[ast.expr | None, tuple[str, ...]]:
        """What an alias stands for and its type parameters; None for no alias."""
        value = definition.value
        if definition.annotation is not None:
            text = ast.unparse(definition.annotation).rpartition(".")[2]
            if text != "TypeAlias":
                raise Problem(
                    "CBG122",
                    "a variable stands where a type is wanted",
                    "write the type itself, or declare the name as a TypeAlias",
                )
            return value, definition.type_parameters
        match value:
            case ast.Name() | ast.Attribute() | ast.Subscript() | ast.BinOp():
                return value, ()
            case ast.Call(func=function, args=[_, inner, *_]):
                symbol = self.library.base(function, source)
                if symbol and symbol.name == "TypeAliasType":
                    return inner, _type_params(value)
                return None, ()
            case _:
                return None, ()


def substitute(annotation: Type, given: dict[str, Type]) -> Type:
    """The type with type variables replaced; unions are flattened again."""

    def by_name(part: Type) -> Type | None:
        return given.get(part.name) if isinstance(part, Variable) else None

    return flattened(transform(annotation, by_name))


def flattened(annotation: Type) -> Type:
    """The type with no union directly in a union, and no member of one twice."""
    match annotation:
        case Union(members=members):
            return union(map(flattened, members))
        case Apply(base=base, arguments=arguments):
            return Apply(base, tuple(map(flattened, arguments)))
        case Arguments(items=items):
            return Arguments(tuple(map(flattened, items)))
        case _:
            return annotation


def _type_params(call: ast.Call) -> tuple[str, ...]:
    for keyword in call.keywords:
        if keyword.arg == "type_params" and isinstance(keyword.value, ast.Tuple):
            return tuple(ast.unparse(item) for item in keyword.value.elts)
    return ()


_ANY_CALLABLE = Apply(CALLABLE, (Constant("..."), ANY))
"""What ``Callable`` alone stands for."""


def variadic(what: str) -> Problem:
    """What is said of parameters that are left open."""
    return Problem(
        "CBG124",
        f"{what} cannot be carried: the parameters have to be known",
        "write the parameters one by one",
    )


def _items(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple) and node.elts else [node]


def _is_empty_tuple(items: list[ast.expr]) -> bool:
    return len(items) == 1 and isinstance(items[0], ast.Tuple) and not items[0].elts


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."
