"""The signature of one function of a Protocol, read from its libcst tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import libcst

from callbackgen.generator.annotations import Annotations, Scope, parse
from callbackgen.generator.diagnostics import Diagnostic, Problem
from callbackgen.generator.literals import literal
from callbackgen.generator.naming import identifier
from callbackgen.generator.place import Place
from callbackgen.generator.refusals import too_deep
from callbackgen.interface import (
    ANY,
    OMITTABLE,
    Parameter,
    ParameterKind,
    Signature,
    Type,
    TypeParameter,
)


class ReadSignature(NamedTuple):
    """A signature, how ``self`` is annotated in it, and where its parts stand.

    `places` goes by the names of the parameters, and ``return``.
    """

    signature: Signature
    self_annotation: Type | None
    places: dict[str, Place]


class SignatureReader:
    """Reads the signatures of one class. What is wrong goes to `diagnostics`."""

    def __init__(
        self,
        annotations: Annotations,
        scope: Scope,
        place: Place,
        diagnostics: list[Diagnostic],
    ) -> None:
        self.annotations = annotations
        self.scope = scope
        self.place = place
        self.diagnostics = diagnostics
        # Annotations that were met before, by text and type parameters in force.
        self._known: dict[tuple[str, frozenset[str]], Type] = {}

    def read(self, node: libcst.FunctionDef) -> ReadSignature:
        """The signature of a method. Raises Problem (CBG110) if it has no self."""
        listed = list(_parameters(node.params))
        if not listed or listed[0][1] is ParameterKind.KEYWORD_ONLY:
            raise Problem(
                "CBG110",
                f"the method {node.name.value} has no self",
                "give it self as its first parameter",
            )
        scope = self._scope_of(node)
        places: dict[str, Place] = {}
        first: Type | None = None
        if listed[0][1] is not ParameterKind.VARIADIC_POSITIONAL:
            me = listed.pop(0)[0]
            first = self._annotated(me.annotation, scope, self.place.at(me.name))
        parameters: list[Parameter] = []
        for param, kind in _with_older_spelling(listed):
            name = identifier(param.name.value)
            places[name] = _annotation_place(self.place, param.annotation, param.name)
            annotation = self._annotated(param.annotation, scope, places[name])
            parameters.append(Parameter(name, kind, annotation, _default(param)))
        places["return"] = _annotation_place(self.place, node.returns, node.name)
        result = self._annotated(node.returns, scope, places["return"])
        return ReadSignature(Signature(tuple(parameters), result), first, places)

    def convert(self, expression: ast.expr, place: Place) -> Type:
        """The type an expression stands for; Any after taking down what is wrong."""
        try:
            return self._converted(expression, self.scope)
        except Problem as problem:
            self.diagnostics.append(place.of(problem))
            return ANY

    def type_parameters(
        self, node: libcst.FunctionDef | libcst.ClassDef
    ) -> tuple[TypeParameter, ...]:
        """PEP 695 type parameters. Raises Problem for ``*Ts`` and ``**P``."""
        if node.type_parameters is None:
            return ()
        scope = self._scope_of(node)
        return tuple(
            self._type_parameter(item, scope) for item in node.type_parameters.params
        )

    def _type_parameter(self, item: libcst.TypeParam, scope: Scope) -> TypeParameter:
        if not isinstance(item.param, libcst.TypeVar):
            raise Problem(
                "CBG124",
                f"{item.param.name.value} cannot be carried: the parameters have to "
                "be known",
                "write the parameters one by one",
            )
        name, bound = identifier(item.param.name.value), item.param.bound
        default = self._optional(item.default, scope)
        if isinstance(bound, libcst.Tuple):
            constraints = tuple(
                self._convert_node(element.value, scope) for element in bound.elements
            )
            return TypeParameter(name, None, constraints, default)
        return TypeParameter(name, self._optional(bound, scope), (), default)

    def _optional(
        self, node: libcst.BaseExpression | None, scope: Scope
    ) -> Type | None:
        return None if node is None else self._convert_node(node, scope)

    def _scope_of(self, node: libcst.FunctionDef | libcst.ClassDef) -> Scope:
        if node.type_parameters is None:
            return self.scope
        names = {
            identifier(item.param.name.value) for item in node.type_parameters.params
        }
        return replace(self.scope, parameters=self.scope.parameters | names)

    def _annotated(
        self, annotation: libcst.Annotation | None, scope: Scope, place: Place
    ) -> Type | None:
        if annotation is None:
            return None
        try:
            return self._convert_node(annotation.annotation, scope)
        except Problem as problem:
            self.diagnostics.append(place.of(problem))
            return ANY

    def _convert_node(self, node: libcst.BaseExpression, scope: Scope) -> Type:
        text = self.place.tree.code(node)
        known = self._known.get((text, scope.parameters))
        if known is None:
            known = self._converted(parse(text), scope)
            self._known[text, scope.parameters] = known
        return known

    def _converted(self, expression: ast.expr, scope: Scope) -> Type:
        try:
            return self.annotations.convert(expression, scope)
        except RecursionError:
            raise too_deep() from None


def _parameters(
    parameters: libcst.Parameters,
) -> Iterator[tuple[libcst.Param, ParameterKind]]:
    for param in parameters.posonly_params:
        yield param, ParameterKind.POSITIONAL_ONLY
    for param in parameters.params:
        yield param, ParameterKind.POSITIONAL_OR_KEYWORD
    if isinstance(parameters.star_arg, libcst.Param):
        yield parameters.star_arg, ParameterKind.VARIADIC_POSITIONAL
    for param in parameters.kwonly_params:
        yield param, ParameterKind.KEYWORD_ONLY
    if parameters.star_kwarg is not None:
        yield parameters.star_kwarg, ParameterKind.VARIADIC_KEYWORD


def _with_older_spelling(
    listed: list[tuple[libcst.Param, ParameterKind]],
) -> Iterator[tuple[libcst.Param, ParameterKind]]:
    """PEP 484's spelling: leading parameters called ``__x`` are positional-only."""
    leading = True
    for param, kind in listed:
        name = param.name.value
        if kind is ParameterKind.POSITIONAL_OR_KEYWORD:
            leading = leading and name.startswith("__") and not name.endswith("__")
            if leading:
                kind = ParameterKind.POSITIONAL_ONLY
        yield param, kind


def _default(param: libcst.Param) -> str | None:
    if param.default is None:
        return None
    return literal(param.default) or OMITTABLE


def _annotation_place(
    place: Place, annotation: libcst.Annotation | None, otherwise: libcst.CSTNode
) -> Place:
    return place.at(annotation.annotation if annotation else otherwise)
