"""The model of an interface: its text says all, and reads back as the same."""

from __future__ import annotations

import inspect
import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.interface import (
    ANNOTATED,
    ANY,
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
    Union,
    Variable,
    arrange,
    parse_signature,
    transform,
    walk,
)

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,6}", fullmatch=True).filter(
    lambda name: not keyword.iskeyword(name)
)
MODULES = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
SYMBOLS = st.builds(Symbol, MODULES, NAMES) | st.builds(
    Symbol, st.just("builtins"), NAMES
)
CONSTANTS = st.sampled_from(["None", "...", "1", "-2", "True", "'text'"]).map(Constant)
LIMITS = Constant("msgspec.Meta(ge=-1, pattern='a')")


def _function(taken: list[Type], result: Type) -> Type:
    return Apply(CALLABLE, (Arguments(tuple(taken)), result))


def larger(inner: st.SearchStrategy[Type]) -> st.SearchStrategy[Type]:
    listed = st.lists(inner, min_size=1, max_size=3).map(tuple)
    plain = inner.filter(lambda part: not isinstance(part, Union))
    return (
        st.builds(Apply, SYMBOLS, listed)
        | st.builds(Apply, SYMBOLS, st.just(()))
        | st.builds(Arguments, listed)
        | st.builds(_function, st.lists(inner, max_size=3), inner)
        | inner.map(lambda result: Apply(CALLABLE, (Constant("..."), result)))
        | inner.map(lambda limited: Apply(ANNOTATED, (limited, LIMITS)))
        | st.builds(Union, st.lists(plain, min_size=2, max_size=3).map(tuple))
    )


TYPES: st.SearchStrategy[Type] = st.recursive(
    SYMBOLS | CONSTANTS | st.builds(Variable, NAMES), larger, max_leaves=8
)
DEFAULTS = st.none() | st.sampled_from(["None", "1", "'text'", "(1, 2)", OMITTABLE])


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    """Signatures that Python allows: kinds in order, defaults last."""
    kinds = sorted(
        draw(st.lists(st.sampled_from(list(ParameterKind)), max_size=6)),
        key=list(ParameterKind).index,
    )
    for kind in (ParameterKind.VARIADIC_POSITIONAL, ParameterKind.VARIADIC_KEYWORD):
        while kinds.count(kind) > 1:
            kinds.remove(kind)
    names = draw(st.lists(NAMES, min_size=len(kinds), max_size=len(kinds), unique=True))
    parameters: list[Parameter] = []
    optional = False
    for name, kind in zip(names, kinds, strict=True):
        default = None
        if kind is ParameterKind.KEYWORD_ONLY:
            default = draw(DEFAULTS)
        elif kind.value.startswith("positional"):
            default = draw(DEFAULTS)
            if optional and default is None:
                default = OMITTABLE
            optional = default is not None
        parameters.append(Parameter(name, kind, draw(TYPES), default))
    return Signature(tuple(parameters), draw(TYPES))


@given(signatures())
def test_text_of_a_signature_reads_back_as_the_same_text(signature: Signature) -> None:
    """What a generated module says is what the run time understands."""
    text = str(signature)
    again = parse_signature(text)
    assert str(again) == text
    kinds = [(p.name, p.kind) for p in again.parameters]
    assert kinds == [(p.name, p.kind) for p in signature.parameters]
    defaults = [p.default for p in again.parameters]
    assert defaults == [p.default for p in signature.parameters]


@given(signatures())
def test_text_of_a_signature_is_python(signature: Signature) -> None:
    """Python itself reads the same parameters, with their kinds, from the text."""
    scope: dict[str, object] = {}
    text = f"from __future__ import annotations\ndef function{signature}: ..."
    exec(text, scope)
    function = scope["function"]
    assert callable(function)
    read = inspect.signature(function).parameters.values()
    assert [(p.name, p.kind.name) for p in read] == [
        (p.name, p.kind.name.replace("VARIADIC", "VAR")) for p in signature.parameters
    ]


INT, STR = Symbol("builtins", "int"), Symbol("builtins", "str")
STUB = Symbol("shop.peer_remote", "PeerStub")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Callable[[str, int], None]", _function([STR, INT], NONE)),
        ("Callable[[], int]", _function([], INT)),
        ("Callable[..., typing.Any]", Apply(CALLABLE, (Constant("..."), ANY))),
        (
            "Callable[[shop.peer_remote.PeerStub, int | None], str] | None",
            Union((_function([STUB, Union((INT, NONE))], STR), NONE)),
        ),
        (
            "Callable[[collections.abc.Callable[[int], None]], list[str]]",
            _function(
                [_function([INT], NONE)], Apply(Symbol("builtins", "list"), (STR,))
            ),
        ),
    ],
)
def test_function_reads_back_as_it_is(text: str, meant: Type) -> None:
    """A Callable has its list of arguments, or `...`, and its result."""
    text = f"(call: collections.abc.{text}) -> collections.abc.{text}"
    signature = parse_signature(text)
    assert signature.parameters[0].annotation == meant
    assert signature.result == meant
    assert str(signature) == text


def test_attribute_is_a_signature_without_parameters() -> None:
    """`-> int` is how a property or attribute says its type."""
    assert parse_signature("-> int") == Signature((), Symbol("builtins", "int"))


def test_what_is_not_annotated_is_any() -> None:
    """A parameter or result without an annotation has the text of Any."""
    plain = Parameter("value", ParameterKind.POSITIONAL_OR_KEYWORD, None)
    assert str(Signature((plain,), None)) == "(value: typing.Any) -> typing.Any"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "(a)",
        "(a: int)",
        "(a: int) -> int: ...\ndef g() -> int",
        "(a: int) -> int: ...; x",
        "(a: int -> int",
        "(a: int.real[0][1]) -> int",
        "-> ",
    ],
)
def test_text_of_any_other_form_is_refused(text: str) -> None:
    """A signature that is none raises, and nothing of it is run."""
    with pytest.raises((SyntaxError, ValueError)):
        parse_signature(text)


@given(TYPES)
def test_transform_reaches_every_part(annotation: Type) -> None:
    """A replacement for every symbol leaves no symbol of the old kind."""
    new = Symbol("new", "Type")
    changed = transform(
        annotation, lambda part: new if isinstance(part, Symbol) else None
    )
    assert {part for part in walk(changed) if isinstance(part, Symbol)} <= {new}
    assert transform(annotation, lambda part: None) == annotation


def test_transform_leaves_a_replacement_alone() -> None:
    """What is put in is not searched again: a swap swaps."""
    first, second = Variable("first"), Variable("second")
    pair = Apply(Symbol("builtins", "tuple"), (first, second))
    swaps: dict[Type, Type] = {first: second, second: first}
    swapped = transform(pair, swaps.get)
    assert swapped == Apply(Symbol("builtins", "tuple"), (second, first))


@pytest.mark.parametrize(
    ("signature", "items"),
    [
        ("(a: int, /) -> None", ["a", "/"]),
        ("(a: int, /, b: int) -> None", ["a", "/", "b"]),
        ("(*, a: int) -> None", ["*", "a"]),
        ("(*a: int, b: int) -> None", ["*a", "b"]),
        ("(a: int, /, b: int, *, c: int, **d: int) -> None",
         ["a", "/", "b", "*", "c", "**d"]),
    ],
)  # fmt: skip
def test_arrange_puts_the_separators_in(signature: str, items: list[str]) -> None:
    """`/` and `*` stand where the kinds of the parameters ask for them."""
    listed = [(p.kind, p.name, p.name) for p in parse_signature(signature).parameters]
    assert arrange(listed) == items


def test_names_of_an_interface() -> None:
    """A nested Protocol has its own name and the place where it is found."""
    method = Member("f", "f", MemberKind.METHOD, (Signature((), NONE),))
    interface = Interface("shop.orders", "Outer.Listener", (method,))
    assert interface.name == "Listener"
    assert str(interface.symbol) == "shop.orders.Outer.Listener"
    assert not method.is_overloaded


def test_builtins_are_written_without_their_module() -> None:
    """`int` is written as it is; every other name has its module."""
    assert str(Symbol("builtins", "int")) == "int"
    assert str(ANY) == "typing.Any"
