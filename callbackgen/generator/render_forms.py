"""Which form of the template each member of an interface takes."""

from __future__ import annotations

from typing import NamedTuple

from callbackgen.generator.render_types import References, has_variable
from callbackgen.generator.template_parts import ClassKind
from callbackgen.interface import OMITTABLE, Member, MemberKind


class Plan(NamedTuple):
    """A member and the forms of the template that it takes."""

    member: Member
    form: str
    """The example's member for its declarations, its constant and its stub."""
    wrapper_form: str
    has_references: bool
    """Whether it takes references as arguments."""
    result_turns: bool
    """Whether its implementer's result may have another type than the Protocol's."""
    returns_variable: bool
    omits: bool
    """Whether a parameter has a default that is not copied."""
    parameters: frozenset[str]

    @property
    def needs_target(self) -> bool:
        """Whether it is another member to its implementer than in the Protocol."""
        return self.has_references or self.result_turns

    def name_in(self, kind: ClassKind) -> str:
        """What the member is called in a class."""
        if kind is ClassKind.WRAPPER:
            return self.member.remote_name
        return self.member.name

    def form_in(self, kind: ClassKind) -> str:
        """The example's member that it is rendered like in a class."""
        return self.wrapper_form if kind is ClassKind.WRAPPER else self.form


def plan(member: Member, references: References) -> Plan:
    """Choose the forms for a member."""
    is_method = member.kind is MemberKind.METHOD
    parameters = [p for signature in member.signatures for p in signature.parameters]
    has_references = is_method and any(
        references.travels(parameter.annotation) for parameter in parameters
    )
    returns_variable = any(has_variable(s.result) for s in member.signatures)
    omits = any(parameter.default == OMITTABLE for parameter in parameters)
    is_annotated = all(
        annotation is not None
        for signature in member.signatures
        for annotation in (signature.result, *(p.annotation for p in parameters))
    )
    result_turns = any(references.turns(s.result) for s in member.signatures)
    form = _form(member, omits, returns_variable, has_references)
    is_free = result_turns or (is_method and (omits or not is_annotated))
    return Plan(
        member,
        form,
        _wrapper_form(member, form, is_free=is_free),
        has_references,
        result_turns,
        returns_variable,
        omits,
        frozenset(parameter.name for parameter in parameters),
    )


def _form(
    member: Member, omits: bool, returns_variable: bool, has_references: bool
) -> str:
    if member.kind is MemberKind.ATTRIBUTE:
        return "level"
    if member.kind is MemberKind.PROPERTY:
        return "old_label" if member.deprecated else "label"
    later = "_later" if member.is_async else ""
    if member.is_overloaded:
        return f"get{later}"
    if returns_variable:
        return f"convert{later}"
    if omits:
        return f"limited{later}"
    if member.is_async:
        return "later"
    plain = "attach" if has_references else "changed"
    for form, applies in (
        ("old", member.deprecated),
        ("__call__", member.name == "__call__"),
        ("told", member.oneway),
        ("confirm", member.deadline is not None),
    ):
        if applies:
            return form
    return plain


def _wrapper_form(member: Member, form: str, *, is_free: bool) -> str:
    """Where the types do not say enough, or say too much, the wrapper passes on all."""
    later = "_later" if member.is_async else ""
    if member.kind is MemberKind.PROPERTY:
        return "old_label" if is_free else form
    if member.kind is MemberKind.ATTRIBUTE or member.is_overloaded:
        return form
    if is_free or (member.deprecated and later):
        return f"limited{later}"
    return "old" if member.deprecated else form
