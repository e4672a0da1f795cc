"""The methods of classes in source files, with every name in them resolved.

Written apart from the generator, with ``ast`` alone, so that the two check each other.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

Substitution = Mapping[str, str]

_RENAMED = {"AbstractSet": "Set"}
_ABSTRACTS = "Iterable Iterator Mapping Sequence Collection Callable Set"
_ABSTRACT = frozenset(_ABSTRACTS.split())
_CALLABLE = "collections.abc.Callable"
_ANY_CALLABLE = f"{_CALLABLE}[..., typing.Any]"
_BUILTINS = {name: name.lower() for name in ("List", "Dict", "Set", "Tuple", "Type")}


@dataclass(frozen=True)
class Parameter:
    """A parameter as a caller sees it; `default` is None for a required one."""

    name: str
    kind: str
    annotation: str
    default: str | None


@dataclass(frozen=True)
class Function:
    """What one ``def`` promises."""

    parameters: tuple[Parameter, ...]
    result: str


@dataclass
class Module:
    """One source file, and the names that it gives a meaning."""

    name: str
    path: Path
    tree: ast.Module = field(init=False)

    def __post_init__(self) -> None:
        self.tree = ast.parse(self.path.read_bytes())

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, dotted."""
        found: dict[str, str] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for each in node.names:
                    bound = each.asname or each.name.partition(".")[0]
                    found.setdefault(bound, each.name if each.asname else bound)
            elif isinstance(node, ast.ImportFrom):
                for each in node.names:
                    target = f"{self._package(node)}.{each.name}"
                    found.setdefault(each.asname or each.name, target)
        return found

    def _package(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.name.split(".")
        if self.path.stem != "__init__":
            parts.pop()
        parts = parts[: len(parts) - node.level + 1]
        return ".".join([*parts, *filter(None, [node.module])])

    @cached_property
    def definitions(self) -> dict[str, ast.ClassDef | ast.expr]:
        """Classes and assigned values, by name."""
        found: dict[str, ast.ClassDef | ast.expr] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.ClassDef):
                found.setdefault(node.name, node)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found.setdefault(node.targets[0].id, node.value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                found.setdefault(ast.unparse(node.target), node.value)
        return found


class Resolver:
    """Resolves names over all modules below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module | None] = {}

    def module(self, name: str) -> Module | None:
        """The module of that dotted name, if its source lies below the root."""
        if name not in self._modules:
            base = self.root.joinpath(*name.split("."))
            paths = [
                base.with_suffix(".pyi"),
                base.with_suffix(".py"),
                base / "__init__.pyi",
                base / "__init__.py",
            ]
            path = next((each for each in paths if each.is_file()), None)
            self._modules[name] = None if path is None else Module(name, path)
        return self._modules[name]

    def define(self, dotted: str) -> tuple[Module, ast.ClassDef | ast.expr] | str:
        """The definition of a dotted name, through re-exports; else its last name."""
        owner, _, name = dotted.rpartition(".")
        module = self.module(owner) if owner else None
        if module is None:
            return dotted
        if name in module.definitions:
            return module, module.definitions[name]
        if name in module.imports:
            return self.define(module.imports[name])
        return dotted

    # -- types -------------------------------------------------------------------

    def type(self, node: ast.expr | None, module: Module, given: Substitution) -> str:
        """The text of a type: aliases expanded, type arguments put in."""
        match node:
            case None:
                return "typing.Any"
            case ast.Constant(value=str(text)):
                return self.type(ast.parse(text, mode="eval").body, module, given)
            case ast.Name() | ast.Attribute():
                name = self._name(ast.unparse(node), module, given)
                return _ANY_CALLABLE if name == _CALLABLE else name
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self._union([left, right], module, given)
            case ast.Subscript(value=value, slice=inner):
                return self._subscript(value, inner, module, given)
            case ast.List(elts=items):
                texts = [self.type(item, module, given) for item in items]
                return f"[{', '.join(texts)}]"
            case _:
                return ast.unparse(node)

    def _union(self, items: list[ast.expr], module: Module, given: Substitution) -> str:
        parts: dict[str, None] = {}
        for item in items:
            text = self.type(item, module, given)
            parts.update(dict.fromkeys(text.split(" | ")))
        return " | ".join(parts)

    def _subscript(
        self, value: ast.expr, inner: ast.expr, module: Module, given: Substitution
    ) -> str:
        items = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        base = self._name(ast.unparse(value), module, given)
        match base:
            case "typing.Optional":
                return self._union([*items, ast.Constant(None)], module, given)
            case "typing.Union":
                return self._union(items, module, given)
            case "typing.Annotated":
                return self.type(items[0], module, given)
            case "typing.Literal":
                return f"{base}[{', '.join(map(ast.unparse, items))}]"
            case _:
                texts = [self.type(item, module, given) for item in items]
                return f"{base}[{', '.join(texts)}]"

    def _name(self, text: str, module: Module, given: Substitution) -> str:
        first, dot, rest = text.partition(".")
        if not dot and first in module.definitions:
            dotted = f"{module.name}.{first}"
        elif first in module.imports:
            dotted = f"{module.imports[first]}{dot}{rest}"
        else:
            return text
        found = self.define(dotted)
        if isinstance(found, str):
            return canonical(found)
        owner, definition = found
        if isinstance(definition, ast.ClassDef):
            return f"{owner.name}.{definition.name}"
        if is_type_variable(definition):
            assert isinstance(definition, ast.Call)
            name = str(ast.literal_eval(definition.args[0]))
            return given.get(name, name)
        return self.type(definition, owner, given)

    # -- classes -----------------------------------------------------------------

    def members(
        self, module: Module, node: ast.ClassDef, given: Substitution
    ) -> dict[str, list[Function]]:
        """The functions of a class by name, inherited ones included."""
        found: dict[str, list[Function]] = {}
        for base in reversed(node.bases):
            arguments: list[ast.expr] = []
            if isinstance(base, ast.Subscript):
                inner = base.slice
                arguments = inner.elts if isinstance(inner, ast.Tuple) else [inner]
                base = base.value
            owner = self._class(base, module)
            if owner is not None:
                names = type_parameters(owner[1])
                texts = [self.type(item, module, given) for item in arguments]
                texts += ["typing.Any"] * (len(names) - len(texts))
                inherited = dict(zip(names, texts, strict=True))
                found.update(self.members(*owner, inherited))
        own: dict[str, list[Function]] = {}
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                function = self.function(statement, module, given)
                own.setdefault(statement.name, []).append(function)
            elif isinstance(statement, ast.AnnAssign):
                result = self.type(statement.annotation, module, given)
                own[ast.unparse(statement.target)] = [Function((), result)]
        return found | own

    def _class(
        self, node: ast.expr, module: Module
    ) -> tuple[Module, ast.ClassDef] | None:
        text = ast.unparse(node)
        first, dot, rest = text.partition(".")
        name = f"{module.name}.{first}"
        if first not in module.definitions:
            name = f"{module.imports.get(first, first)}{dot}{rest}"
        found = self.define(name)
        if isinstance(found, str) or not isinstance(found[1], ast.ClassDef):
            return None
        return found[0], found[1]

    def function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        module: Module,
        given: Substitution,
    ) -> Function:
        """The parameters but the first, and the result."""
        return Function(
            tuple(
                Parameter(
                    argument.arg,
                    kind,
                    self.type(argument.annotation, module, given),
                    None if default is None else ast.unparse(default),
                )
                for kind, argument, default in _parameters(node.args)
            ),
            self.type(node.returns, module, given),
        )


def canonical(dotted: str) -> str:
    """One name for what typing, typing_extensions and collections.abc share."""
    module, _, name = dotted.rpartition(".")
    if module in {"typing", "typing_extensions"}:
        if name in _BUILTINS:
            return _BUILTINS[name]
        name = _RENAMED.get(name, name)
        return f"collections.abc.{name}" if name in _ABSTRACT else f"typing.{name}"
    return name if module == "builtins" else dotted


def is_type_variable(node: ast.expr) -> bool:
    """Whether this is the value of a type variable's declaration."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith("TypeVar")


def type_parameters(node: ast.ClassDef) -> list[str]:
    """The type variables of ``Protocol[...]``, or of all bases."""
    explicit: list[str] = []
    used: list[str] = []
    for base in node.bases:
        if isinstance(base, ast.Subscript):
            names = [n.id for n in ast.walk(base.slice) if isinstance(n, ast.Name)]
            if ast.unparse(base.value).endswith(("Protocol", "Generic")):
                explicit += names
            else:
                used += names
    return list(dict.fromkeys(explicit or used))


def _parameters(
    arguments: ast.arguments,
) -> Iterator[tuple[str, ast.arg, ast.expr | None]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    defaults = [*[None] * missing, *arguments.defaults]
    only = len(arguments.posonlyargs)
    for index, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        is_private = argument.arg.startswith("__") and not argument.arg.endswith("__")
        if index:
            kind = "positional-only" if index < only or is_private else "either"
            yield kind, argument, default
    if arguments.vararg:
        yield "variadic", arguments.vararg, None
    for argument, default in zip(
        arguments.kwonlyargs, arguments.kw_defaults, strict=True
    ):
        yield "keyword-only", argument, default
    if arguments.kwarg:
        yield "keywords", arguments.kwarg, None
