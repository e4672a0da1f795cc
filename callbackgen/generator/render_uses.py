"""Which of the template's own names a module uses, and where they are looked up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from callbackgen.generator.render_forms import Plan
from callbackgen.generator.render_parts import deprecation_of
from callbackgen.generator.template_parts import (
    ClassKind,
    ClassPart,
    Constants,
    Function,
    Part,
    Pattern,
    Statement,
    Template,
    TypeVariables,
    names_in,
)


@dataclass(slots=True)
class Uses:
    """The template's names that a module uses, by where they are looked up."""

    in_module: dict[str, None] = field(default_factory=dict[str, None])
    in_class: dict[str, None] = field(default_factory=dict[str, None])
    hidden: set[str] = field(default_factory=set[str])
    """Names that are used inside a function where a parameter has the same name."""


def collect_uses(
    template: Template,
    plans: Sequence[Plan],
    *,
    has_target: bool,
    has_variables: bool,
) -> Uses:
    """What the module of these members uses of the template's names."""
    collector = _Collector(template, plans)
    for block in template.blocks:
        match block:
            case Constants(forms=forms):
                for each in plans:
                    collector.use_in_module(forms[each.form])
            case TypeVariables(form=form):
                if has_variables:
                    collector.use_in_module(form)
            case ClassPart():
                if has_target or block.kind is not ClassKind.TARGET:
                    collector.use_class(block)
            case Function() | Statement():
                collector.use_in_module(block)
            case _:
                pass
    return collector.uses


class _Collector:
    """Goes over the parts that a module has."""

    def __init__(self, template: Template, plans: Sequence[Plan]) -> None:
        self._template = template
        self._plans = plans
        self.uses = Uses()
        self._part_names: dict[int, tuple[dict[str, None], dict[str, None]]] = {}

    def use_in_module(self, part: Part) -> None:
        outer, inner = self._names_of(part)
        self.uses.in_module.update(outer)
        self.uses.in_module.update(inner)

    def _names_of(self, part: Part) -> tuple[dict[str, None], dict[str, None]]:
        """What a part uses of the known names, outside and inside its function."""
        found = self._part_names.get(id(part))
        if found is None:
            known = self._template.known_names
            if isinstance(part, Function):
                outer, inner = part.outer_names(), part.inner_names()
            else:
                outer, inner = part.names(), iter(())
            found = self._part_names[id(part)] = (
                {name: None for name in outer if name in known},
                {name: None for name in inner if name in known},
            )
        return found

    def _use(self, pattern: Pattern, where: dict[str, None]) -> None:
        known = self._template.known_names
        where.update((name, None) for name in names_in(pattern) if name in known)

    def use_class(self, block: ClassPart) -> None:
        for statement in (*block.decorators, block.head):
            self.use_in_module(statement)
        for part in (*block.first, *block.last):
            self._use_part(part, frozenset())
        for each in self._plans:
            self._use_member(block, each)

    def _use_part(self, part: Part, parameters: frozenset[str]) -> None:
        outer, inner = self._names_of(part)
        self.uses.in_class.update(outer)
        self.uses.in_module.update(inner)
        if isinstance(part, Function) and not part.is_flexible:
            self.uses.hidden.update(parameters & inner.keys())

    def _use_member(self, block: ClassPart, each: Plan) -> None:
        kind = block.kind
        part = block.members[each.form_in(kind)]
        for function in (part.main, part.overload):
            if function is not None:
                self._use_part(function, each.parameters)
        for statement in part.follow:
            self._use_part(statement, frozenset())
        self._use_composed(kind, each)

    def _use_composed(self, kind: ClassKind, each: Plan) -> None:
        """What a member has from the forms of others."""
        member = each.member
        if kind is ClassKind.STUB and each.omits and not member.is_overloaded:
            self._use(self._template.omitted, self.uses.in_class)
        if kind is ClassKind.WRAPPER and each.has_references:
            inner = self._template.reference
            self._use(inner, self.uses.in_module)
            self.uses.hidden.update(each.parameters.intersection(names_in(inner)))
        if kind in {ClassKind.REMOTE, ClassKind.STUB} and member.deprecated:
            self._use(deprecation_of(self._template).code, self.uses.in_class)
        if member.name == "__call__":
            for statement in self._template.of(kind).members["__call__"].follow:
                self._use_part(statement, frozenset())
