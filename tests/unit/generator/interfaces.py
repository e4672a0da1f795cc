"""Interfaces of every kind, made by hand and by hypothesis, with no source behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hypothesis import strategies as st

from callbackgen.interface import (
    CALLABLE,
    NONE,
    OMITTABLE,
    Apply,
    Arguments,
    Constant,
    Interface,
    Member,
    MemberKind,
    Parameter,
    ParameterKind,
    Signature,
    Symbol,
    Type,
    TypeParameter,
    Union,
    Variable,
    walk,
)

INT = Symbol("builtins", "int")
STR = Symbol("builtins", "str")
BOOL = Symbol("builtins", "bool")
LIST = Symbol("builtins", "list")
PEER = Symbol("prices", "Peer")
REFERENCES = {PEER: "prices_pkg.peer_remote"}
"""A Protocol that travels by reference, and its generated module."""

EITHER = ParameterKind.POSITIONAL_OR_KEYWORD


def parameter(
    name: str,
    annotation: Type | None = INT,
    default: str | None = None,
    kind: ParameterKind = EITHER,
) -> Parameter:
    return Parameter(name, kind, annotation, default)


def signature(*parameters: Parameter, result: Type | None = NONE) -> Signature:
    return Signature(parameters, result)


def method(name: str, *signatures: Signature) -> Member:
    """A method; without a signature it takes nothing and returns None."""
    remote_name = "call_" if name == "__call__" else name
    return Member(name, remote_name, MemberKind.METHOD, signatures or (signature(),))


def function(*taken: Type, result: Type = NONE) -> Type:
    """The type of a function."""
    return Apply(CALLABLE, (Arguments(taken), result))


def attribute(
    name: str, annotation: Type = INT, kind: MemberKind = MemberKind.ATTRIBUTE
) -> Member:
    return Member(name, name, kind, (signature(result=annotation),))


def interface(*members: Member, name: str = "Listener") -> Interface:
    return Interface("prices", name, members)


# -- by hypothesis -----------------------------------------------------------------

_MEMBERS = """
expose property overload cast final load call_ add connected format exposed
exposed_attribute attribute classmethod list int level LEVEL Level T Any Method
Stub Wrapper Final Protocol deprecated OMITTED str Peer PeerStub changed result
notified_of_every_single_change_of_a_price confirm_with_the_person größe
"""
MEMBER_NAMES = st.sampled_from(_MEMBERS.split())

_PARAMETERS = """
self Final Any method arguments keywords callback wrapper result cast list int T
OMITTED _CALL _LEVEL name value Decimal Peer PeerStub Method final größe property
a_parameter_with_a_name_of_some_length another_parameter_with_a_long_name
"""
PARAMETER_NAMES = st.sampled_from(_PARAMETERS.split())

_PROTOCOLS = """
Listener Group Stub Method Wrapper Any Remote Protocol Final Decimal
HTTPCallback _Private Outer.Nested
"""
PROTOCOL_NAMES = st.sampled_from(_PROTOCOLS.split())

SYMBOLS = st.sampled_from(
    [
        INT,
        STR,
        BOOL,
        Symbol("builtins", "float"),
        Symbol("typing", "Any"),
        Symbol("decimal", "Decimal"),
        Symbol("prices", "Decimal"),
        Symbol("prices", "Any"),
        Symbol("prices", "Method"),
        Symbol("other.prices", "Method"),
        Symbol("prices", "Outer.Inner"),
        Symbol("prices", "ListenerStub"),
        Symbol("prices", "RemoteListener"),
        PEER,
    ]
)

OPTIONS = st.sampled_from(['"r"', '"w"', "1", "True"])


def _literal(options: list[str]) -> Type:
    return Apply(Symbol("typing", "Literal"), tuple(map(Constant, options)))


def _optional(annotation: Type) -> Type:
    if annotation == NONE or isinstance(annotation, Union):
        return annotation
    return Union((annotation, NONE))


def _generics(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    return st.one_of(
        inner.map(lambda item: Apply(LIST, (item,))),
        inner.map(lambda item: Apply(Symbol("collections.abc", "Sequence"), (item,))),
        inner.map(_optional),
        st.tuples(inner, inner).map(
            lambda pair: Apply(Symbol("builtins", "dict"), pair)
        ),
        st.lists(inner, max_size=2).flatmap(
            lambda taken: inner.map(lambda result: function(*taken, result=result))
        ),
        inner.map(lambda result: Apply(CALLABLE, (Constant("..."), result))),
    )


def types(*leaves: Type) -> st.SearchStrategy[Type]:
    """Types, `leaves` among them."""
    base: st.SearchStrategy[Type] = st.one_of(
        SYMBOLS,
        st.just(NONE),
        st.lists(OPTIONS, min_size=1, max_size=3, unique=True).map(_literal),
        *map(st.just, leaves),
    )
    return st.recursive(base, _generics, max_leaves=3)


DEFAULTS = st.sampled_from([None, "0", '"text"', "(1, 2)", OMITTABLE])

DOCSTRINGS = st.none() | st.sampled_from(
    ["One line.", 'With a "quote"', "First.\n\n    Deeper.\nLast.", "A \\d raw one\\"]
)


@st.composite
def signatures(
    draw: st.DrawFn, *leaves: Type, result: st.SearchStrategy[Type] | None = None
) -> Signature:
    """Signatures with parameters of every kind, in an order that Python allows."""
    names = draw(st.lists(PARAMETER_NAMES, unique=True, max_size=4))
    kinds = sorted(
        (draw(st.sampled_from(ParameterKind)) for _ in names),
        key=list(ParameterKind).index,
    )
    parameters: list[Parameter] = []
    optional = False
    once: set[ParameterKind] = set()
    for name, kind in zip(names, kinds, strict=True):
        annotation = draw(st.none() | types(*leaves))
        if "variadic" in kind.value:
            if kind not in once:
                parameters.append(Parameter(name, kind, annotation))
            once.add(kind)
            continue
        default = draw(DEFAULTS)
        if optional and kind is not ParameterKind.KEYWORD_ONLY:
            default = default or "0"
        optional = optional or default is not None
        parameters.append(Parameter(name, kind, annotation, default))
    results = types(*leaves) if result is None else result
    return Signature(tuple(parameters), draw(results))


@st.composite
def members(draw: st.DrawFn, name: str, *leaves: Type) -> Member:
    """Members of every kind, with every mark that such a one may have."""
    kind = (
        MemberKind.METHOD if name == "__call__" else draw(st.sampled_from(MemberKind))
    )
    if kind is not MemberKind.METHOD:
        made = attribute(name, draw(types(*leaves)), kind)
        return replace(made, docstring=draw(DOCSTRINGS))
    oneway = draw(st.booleans())
    result = st.just(NONE) if oneway else None
    count = draw(st.sampled_from([1, 1, 1, 2, 3]))
    found = tuple(draw(signatures(*leaves, result=result)) for _ in range(count))
    return replace(
        method(name, *found),
        is_async=not oneway and draw(st.booleans()),
        oneway=oneway,
        deadline=draw(st.sampled_from([None, None, 2.5, 30.0])),
        docstring=draw(DOCSTRINGS),
        deprecated=draw(st.sampled_from([(), (), ((0, 'use "more"'),)])),
    )


def _variables(made: list[Member]) -> Iterator[str]:
    for each in made:
        for found in each.signatures:
            annotations = [found.result, *(one.annotation for one in found.parameters)]
            for annotation in (each for each in annotations if each is not None):
                for part in walk(annotation):
                    if isinstance(part, Variable):
                        yield part.name


@st.composite
def interfaces(draw: st.DrawFn) -> Interface:
    """Interfaces whose names are those that a generated module has, too."""
    names = draw(
        st.lists(
            MEMBER_NAMES | st.just("__call__"), unique=True, min_size=1, max_size=6
        )
    )
    variables = draw(st.sampled_from([(), (), ("T",), ("S", "T")]))
    leaves = [Variable(name) for name in variables]
    made = [draw(members(name, *leaves)) for name in names]
    if "call_" in names:
        made = [
            replace(each, remote_name="call__") if each.name == "__call__" else each
            for each in made
        ]
    used = set(_variables(made))
    declared = tuple(TypeParameter(name) for name in variables if name in used)
    return Interface(
        "prices",
        draw(PROTOCOL_NAMES),
        tuple(made),
        docstring=draw(DOCSTRINGS),
        type_variables=declared,
    )
