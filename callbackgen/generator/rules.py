"""What cannot be carried is refused here, when generating and never at run time."""

from __future__ import annotations

from collections.abc import Iterator

from callbackgen.generator.carried import Carried, protocols, refers
from callbackgen.generator.diagnostics import Diagnostic, Problem
from callbackgen.generator.members import ReadMember
from callbackgen.generator.names import Library
from callbackgen.generator.read import Reading
from callbackgen.interface import NONE, MemberKind, ParameterKind, Symbol


def check(reading: Reading, library: Library) -> list[Diagnostic]:
    """Everything about a Protocol that cannot be carried, and the warnings."""
    found: list[Diagnostic] = []
    carried = Carried(library)
    for read in reading.members:
        found += _check_name(read)
        found += _check_keywords(read)
        found += _check_marks(read)
        found += _check_types(read, carried)
        found += _check_self(read)
        found += _unannotated(read)
    return found


def references(reading: Reading, library: Library) -> dict[Symbol, str]:
    """The Protocols that members refer to, in order, and where each is met first."""
    met: dict[Symbol, str] = {}
    owner = reading.interface.name
    for read in reading.members:
        name = f"{owner}.{read.member.name}"
        for signature in read.member.signatures:
            for parameter in signature.parameters:
                for symbol in protocols(parameter.annotation, library):
                    met.setdefault(symbol, f"parameter {parameter.name} of {name}")
            for symbol in protocols(signature.result, library):
                met.setdefault(symbol, f"result of {name}")
    return met


# -- names and marks ---------------------------------------------------------------


def _check_name(read: ReadMember) -> Iterator[Diagnostic]:
    name = read.member.name
    if name == "__call__" and read.member.kind is MemberKind.METHOD:
        return
    if name.startswith("_pyro"):
        yield read.place.diagnostic(
            "CBG103",
            f"names that begin with _pyro belong to Pyro5: {name}",
            "choose another name",
        )
    elif name.startswith("__") and name.endswith("__"):
        yield read.place.diagnostic(
            "CBG102",
            f"the special method {name} cannot be called from afar",
            "offer a method with an ordinary name; of the special ones only "
            "__call__ is carried",
        )
    elif name.startswith("_"):
        yield read.place.diagnostic(
            "CBG101",
            f"the private name {name} cannot be exposed",
            f"call it {name.strip('_') or 'by a public name'}, or leave it out of "
            "the Protocol",
        )


def _check_keywords(read: ReadMember) -> Iterator[Diagnostic]:
    """Python gives ``__name`` another name in each class, to callers as well."""
    for index, signature in enumerate(read.member.signatures):
        for parameter in signature.parameters:
            name = parameter.name
            if (
                parameter.kind is ParameterKind.KEYWORD_ONLY
                and name.startswith("__")
                and not name.endswith("__")
            ):
                yield read.places[index, name].diagnostic(
                    "CBG101",
                    f"the private name {name} cannot be passed as a keyword",
                    f"call the parameter {name.strip('_') or 'by a public name'}",
                )


def _check_marks(read: ReadMember) -> Iterator[Diagnostic]:
    member = read.member
    if member.oneway and any(
        signature.result not in (None, NONE) for signature in member.signatures
    ):
        place = read.places[0, "return"]
        yield place.diagnostic(
            "CBG111",
            f"{member.name} is @oneway and has a result",
            "annotate it -> None, or leave @oneway out",
        )
    if member.kind is not MemberKind.METHOD and (member.oneway or member.deadline):
        yield read.place.diagnostic(
            "CBG112",
            f"{member.name} is a property: @oneway and @deadline are for methods",
            "leave the mark out, or make it a method",
        )


# -- types -------------------------------------------------------------------------


def _check_types(read: ReadMember, carried: Carried) -> Iterator[Diagnostic]:
    for index, signature in enumerate(read.member.signatures):
        annotated = [(p.name, p.annotation) for p in signature.parameters]
        for name, annotation in (*annotated, ("return", signature.result)):
            if annotation is None:
                continue
            try:
                carried.check(annotation)
            except Problem as problem:
                yield read.places[index, name].of(problem)
        is_attribute = read.member.kind is MemberKind.ATTRIBUTE
        if is_attribute and refers(signature.result, carried.library):
            yield read.places[index, "return"].diagnostic(
                "CBG133",
                f"the attribute {read.member.name} holds a reference: who reads it "
                "gets a stub, so it cannot be assigned",
                "make it a read-only @property",
            )


def _check_self(read: ReadMember) -> Iterator[Diagnostic]:
    for first in read.first_parameters:
        if first is not None:
            yield read.place.diagnostic(
                "CBG110",
                f"self of {read.member.name} has an annotation: {first}",
                "leave it out; whose method it is cannot depend on a type argument",
            )


def _unannotated(read: ReadMember) -> Iterator[Diagnostic]:
    for index, signature in enumerate(read.member.signatures):
        names = [p.name for p in signature.parameters if p.annotation is None]
        if signature.result is None:
            names.append("return")
        for name in names:
            place = read.places[index, name]
            what = "the result" if name == "return" else f"the parameter {name}"
            yield place.diagnostic(
                "CBG140",
                f"{what} of {read.member.name} has no annotation: treated as Any",
                "write its type, so that it is checked",
                is_warning=True,
            )
