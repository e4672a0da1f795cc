"""The model of an interface that both halves share.

The generator reads a Protocol into an :class:`Interface`; a generated module hands
the signatures of its methods to the run time as text, and the run time parses that
text into the same classes. ``parse_signature(str(signature))`` gives a signature
with the same text again.

A type is one of :class:`Symbol`, :class:`Variable`, :class:`Constant`,
:class:`Apply`, :class:`Arguments` and :class:`Union`. Every name in it is fully
qualified, so that it means the same wherever it stands.
"""

from __future__ import annotations

import ast
import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Symbol:
    """A class, alias or special form, by the module that has it and its name there.

    A nested name has dots (``Outer.Inner``). Text does not tell where a module's
    name ends: parsing takes all but the last part as the module.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return self.name if self.module == "builtins" else f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Variable:
    """A type variable. At run time it is plain data: its text is ``typing.Any``."""

    name: str

    def __str__(self) -> str:
        return "typing.Any"


@dataclass(frozen=True)
class Constant:
    """``None``, ``...``, a value inside ``Literal[...]``, or limits, as source text."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Apply:
    """A generic with its arguments: ``dict[str, int]``."""

    base: Symbol
    arguments: tuple[Type, ...]

    def __str__(self) -> str:
        return f"{self.base}[{', '.join(map(str, self.arguments)) or '()'}]"


@dataclass(frozen=True)
class Arguments:
    """The list of parameter types in ``Callable[[int, str], None]``."""

    items: tuple[Type, ...]

    def __str__(self) -> str:
        return f"[{', '.join(map(str, self.items))}]"


@dataclass(frozen=True)
class Union:
    """``A | B``; also what ``Optional`` and ``Union`` are read as."""

    members: tuple[Type, ...]

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


Type: TypeAlias = Symbol | Variable | Constant | Apply | Arguments | Union

ANY = Symbol("typing", "Any")
NONE = Constant("None")
CALLABLE = Symbol("collections.abc", "Callable")
"""A function, which travels by reference. Applied, it has two arguments: what it takes,
as :class:`Arguments` or the constant ``...``, and its result."""


ANNOTATED = Symbol("typing", "Annotated")
"""A type with limits. Applied, its arguments are the type and, each as a constant, the
limits: ``msgspec.Meta(ge=0)``. Only the run time looks at them."""


def children(annotation: Type) -> tuple[Type, ...]:
    """The types directly inside a type, its generic base excepted."""
    match annotation:
        case Apply(arguments=inner) | Arguments(items=inner) | Union(members=inner):
            return inner
        case _:
            return ()


def walk(annotation: Type) -> Iterator[Type]:
    """A type and all the types inside it, outermost first, generic bases included."""
    yield annotation
    if isinstance(annotation, Apply):
        yield annotation.base
    for inner in children(annotation):
        yield from walk(inner)


def transform(annotation: Type, replace: Callable[[Type], Type | None]) -> Type:
    """The type with every part for which `replace` gives one replaced by that.

    A generic base is replaced only by a symbol; the inside of a replacement is left
    as it is.
    """
    replacement = replace(annotation)
    if replacement is not None:
        return replacement
    inner = tuple(transform(part, replace) for part in children(annotation))
    match annotation:
        case Apply(base=base):
            changed = replace(base)
            return Apply(changed if isinstance(changed, Symbol) else base, inner)
        case Arguments():
            return Arguments(inner)
        case Union():
            return Union(inner)
        case _:
            return annotation


class ParameterKind(enum.Enum):
    """How an argument reaches a parameter, in the order that Python has them in."""

    POSITIONAL_ONLY = "positional-only"
    POSITIONAL_OR_KEYWORD = "positional or keyword"
    VARIADIC_POSITIONAL = "variadic positional"
    KEYWORD_ONLY = "keyword-only"
    VARIADIC_KEYWORD = "variadic keyword"


OMITTABLE = "..."
"""The text of a default that is not copied: who leaves the argument out gets the far
end's own."""


@dataclass(frozen=True)
class Parameter:
    """One parameter, ``self`` never included.

    `annotation` is None where the source has none. `default` is the text of a
    literal, :data:`OMITTABLE`, or None for a required parameter.
    """

    name: str
    kind: ParameterKind
    annotation: Type | None
    default: str | None = None

    def __str__(self) -> str:
        text = f"{self.name}: {self.annotation or ANY}"
        return text if self.default is None else f"{text} = {self.default}"


@dataclass(frozen=True)
class Signature:
    """The parameters of a method and what it returns (None: not annotated)."""

    parameters: tuple[Parameter, ...]
    result: Type | None

    def __str__(self) -> str:
        items = arrange([(p.kind, p.name, str(p)) for p in self.parameters])
        return f"({', '.join(items)}) -> {self.result or ANY}"


def arrange(parameters: list[tuple[ParameterKind, str, str]]) -> list[str]:
    """The items of a parameter list of `(kind, name, text)`, ``/`` and ``*`` put in."""
    kinds = [kind for kind, _, _ in parameters]
    items: list[str] = []
    for index, (kind, _, text) in enumerate(parameters):
        before = kinds[:index]
        match kind:
            case ParameterKind.VARIADIC_POSITIONAL:
                text = f"*{text}"
            case ParameterKind.VARIADIC_KEYWORD:
                text = f"**{text}"
            case ParameterKind.KEYWORD_ONLY if not {
                ParameterKind.VARIADIC_POSITIONAL,
                ParameterKind.KEYWORD_ONLY,
            }.intersection(before):
                items.append("*")
            case _:
                pass
        items.append(text)
        last = kinds[index + 1 : index + 2] != [ParameterKind.POSITIONAL_ONLY]
        if kind is ParameterKind.POSITIONAL_ONLY and last:
            items.append("/")
    return items


class MemberKind(enum.Enum):
    """What a member of a Protocol is."""

    METHOD = "method"
    PROPERTY = "property"
    """Read-only: a property without a setter, or an attribute that says so."""
    ATTRIBUTE = "attribute"
    """May be assigned: a data attribute, or a property with a setter."""


@dataclass(frozen=True)
class TypeParameter:
    """A type variable's declaration: a PEP 695 one or a ``TypeVar`` call."""

    name: str
    bound: Type | None = None
    constraints: tuple[Type, ...] = ()
    default: Type | None = None
    variance: str = ""
    """``covariant``, ``contravariant``, ``infer_variance`` or nothing."""


@dataclass(frozen=True)
class Member:
    """One member of a Protocol: a method, a property or a data attribute.

    A property or attribute has one signature without parameters; an overloaded
    method has one signature for each overload. `deprecated` has the messages of
    ``@deprecated`` by the index of the signature.
    """

    name: str
    remote_name: str
    """The name on the wire: `name`, but ``call_`` for ``__call__``."""
    kind: MemberKind
    signatures: tuple[Signature, ...]
    is_async: bool = False
    oneway: bool = False
    deadline: float | None = None
    """Seconds for one call; None: the caller's default."""
    docstring: str | None = None
    deprecated: tuple[tuple[int, str], ...] = ()
    type_parameters: tuple[tuple[TypeParameter, ...], ...] = ()
    """PEP 695 type parameters by signature; empty where there are none at all."""

    @property
    def is_overloaded(self) -> bool:
        """Whether there is more than one signature."""
        return len(self.signatures) > 1


@dataclass(frozen=True)
class Interface:
    """A Protocol: its members are flattened, inherited ones first."""

    module: str
    qualified_name: str
    """The name in its module, with dots for a nested class."""
    members: tuple[Member, ...]
    docstring: str | None = None
    type_parameters: tuple[TypeParameter, ...] = ()
    """The parameters of a generic Protocol, in order."""
    type_variables: tuple[TypeParameter, ...] = ()
    """``TypeVar`` declarations that the members use besides, in order of use."""
    has_parameter_syntax: bool = False
    """Whether the Protocol is written ``class P[T](Protocol)`` (PEP 695)."""

    @property
    def name(self) -> str:
        """The class's own name, without the classes around it."""
        return self.qualified_name.rpartition(".")[2]

    @property
    def symbol(self) -> Symbol:
        """The Protocol itself."""
        return Symbol(self.module, self.qualified_name)


def parse_signature(text: str) -> Signature:
    """The signature that ``str(signature)`` was made from.

    ``-> int`` alone is the signature of a property or attribute.

    Raises SyntaxError or ValueError for a text of any other form. Nothing is
    imported or evaluated.
    """
    if text.startswith("->"):
        text = f"() {text}"
    module = ast.parse(f"def _{text}: ...")
    function = module.body[0]
    if (
        len(module.body) != 1
        or not isinstance(function, ast.FunctionDef)
        or len(function.body) != 1
    ):
        raise ValueError(f"not a signature: {text!r}")
    if function.returns is None:
        raise ValueError(f"a signature without a result: {text!r}")
    return Signature(tuple(_parameters(function.args)), _type(function.returns))


def _parameters(arguments: ast.arguments) -> Iterator[Parameter]:
    positional = [
        (ParameterKind.POSITIONAL_ONLY, argument) for argument in arguments.posonlyargs
    ] + [(ParameterKind.POSITIONAL_OR_KEYWORD, argument) for argument in arguments.args]
    required = len(positional) - len(arguments.defaults)
    defaults = [None] * required + arguments.defaults
    for (kind, argument), default in zip(positional, defaults, strict=True):
        yield _parameter(kind, argument, default)
    if arguments.vararg:
        yield _parameter(ParameterKind.VARIADIC_POSITIONAL, arguments.vararg, None)
    for argument, default in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        yield _parameter(ParameterKind.KEYWORD_ONLY, argument, default)
    if arguments.kwarg:
        yield _parameter(ParameterKind.VARIADIC_KEYWORD, arguments.kwarg, None)


def _parameter(
    kind: ParameterKind, argument: ast.arg, default: ast.expr | None
) -> Parameter:
    annotation = None if argument.annotation is None else _type(argument.annotation)
    text = None if default is None else ast.unparse(default)
    return Parameter(argument.arg, kind, annotation, text)


def _type(node: ast.expr) -> Type:
    match node:
        case ast.Name(id=name):
            return Symbol("builtins", name)
        case ast.Attribute():
            module, _, name = ast.unparse(node).rpartition(".")
            return Symbol(module, name)
        case ast.BinOp(op=ast.BitOr()):
            return Union(tuple(map(_type, _alternatives(node))))
        case ast.Subscript(value=value, slice=inner):
            base = _type(value)
            if not isinstance(base, Symbol):
                raise ValueError(f"not a generic: {ast.unparse(value)}")
            items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            return Apply(base, tuple(map(_type, items)))
        case ast.List(elts=items):
            return Arguments(tuple(map(_type, items)))
        case _:
            return Constant(ast.unparse(node))


def _alternatives(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        yield from _alternatives(node.left)
        yield from _alternatives(node.right)
    else:
        yield node
