"""What a Protocol inherits: the order of its bases, and type arguments put in."""

from __future__ import annotations

from dataclasses import replace

from callbackgen.generator.annotations import substitute
from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.members import ReadMember
from callbackgen.interface import Signature, Symbol, Type, Variable, walk


def merged(lines: list[list[Symbol]]) -> list[Symbol] | None:
    """The C3 merge of some orders, as Python's own; None if there is no such order."""
    order: list[Symbol] = []
    while lines := [line for line in lines if line]:
        tails = [line[1:] for line in lines]
        heads = [line[0] for line in lines]
        free = [head for head in heads if not any(head in tail for tail in tails)]
        if not free:
            return None
        order.append(free[0])
        lines = [line[1:] if line[0] == free[0] else line for line in lines]
    return order


def substituted(read: ReadMember, given: dict[str, Type]) -> ReadMember:
    """The member with a base's type parameters replaced by their arguments."""
    parameters = given.keys()
    given = {name: value for name, value in given.items() if value != Variable(name)}
    if not given:
        return read
    member = read.member
    own = {
        part.name
        for signature in member.signatures
        for annotation in types_of(signature)
        for part in walk(annotation)
        if isinstance(part, Variable) and part.name not in parameters
    }
    brought = {
        part.name
        for value in given.values()
        for part in walk(value)
        if isinstance(part, Variable)
    }
    if own & brought:
        raise Problem(
            "CBG131",
            f"the type variable {min(own & brought)} of {member.name} meets another "
            "of that name from a class that inherits it",
            "rename one of them",
        )

    def put(annotation: Type | None) -> Type | None:
        return None if annotation is None else substitute(annotation, given)

    signatures = tuple(
        Signature(
            tuple(
                replace(parameter, annotation=put(parameter.annotation))
                for parameter in signature.parameters
            ),
            put(signature.result),
        )
        for signature in member.signatures
    )
    return read._replace(member=replace(member, signatures=signatures))


def types_of(signature: Signature) -> list[Type]:
    """The annotations of a signature's parameters and result that there are."""
    listed = [parameter.annotation for parameter in signature.parameters]
    return [found for found in (*listed, signature.result) if found is not None]
