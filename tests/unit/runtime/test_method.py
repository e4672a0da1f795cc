"""Methods: arguments are bound, checked and put in the form in which they travel."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.arguments import OMITTED
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.method import Method
from callbackgen.runtime.misfit import Misfit


def packed(
    signature: str, *arguments: object, **keywords: object
) -> tuple[list[object], dict[str, object]]:
    _, positional, named = Method[Any]("m", signature).pack(
        arguments, keywords, BY_ADDRESS
    )
    return positional, named


def test_omitted_is_readable() -> None:
    """It shows in help texts as what it is."""
    assert repr(OMITTED) == "OMITTED"


@pytest.mark.parametrize(
    ("signature", "arguments", "keywords", "expected"),
    [
        ("(a: int, b: str) -> None", (1, "x"), {}, ([1, "x"], {})),
        ("(a: int, b: str) -> None", (1,), {"b": "x"}, ([1, "x"], {})),
        ("(a: int, *, b: str) -> None", (1,), {"b": "x"}, ([1], {"b": "x"})),
        ("(a: int = ..., b: int = 2) -> None", (OMITTED, 3), {}, ([], {"b": 3})),
        ("(a: int = ..., b: int = ...) -> None", (OMITTED, OMITTED), {}, ([], {})),
        ("(a: int = ..., b: int = ...) -> None", (1, OMITTED), {}, ([1], {})),
        ("(*, a: int = ...) -> None", (), {"a": OMITTED}, ([], {})),
        ("(a: int, /, *, b: int = ...) -> None", (1,), {"b": 2}, ([1], {"b": 2})),
        ("(*a: int, **b: str) -> None", (1, 2), {"c": "x"}, ([1, 2], {"c": "x"})),
        ("(a: int, /, **b: int) -> None", (1,), {"a": 2}, ([1], {"a": 2})),
        (
            "(self: int, method: int) -> None",
            (),
            {"self": 1, "method": 2},
            ([1, 2], {}),
        ),
    ],
)
def test_arguments_travel(
    signature: str,
    arguments: tuple[object, ...],
    keywords: dict[str, object],
    expected: object,
) -> None:
    """Positional ones by position; after an omitted one by name; omitted ones not."""
    assert packed(signature, *arguments, **keywords) == expected


def test_positional_only_after_an_omitted_one() -> None:
    """Its own literal default need not travel; another value cannot, and says so."""
    signature = "(a: int = ..., b: int = 3, /) -> None"
    assert packed(signature, OMITTED, 3) == ([], {})
    with pytest.raises(Misfit, match="b can be given only if a"):
        packed(signature, OMITTED, 4)
    with pytest.raises(Misfit, match="b can be given only if a"):
        packed(signature, OMITTED, True)


@pytest.mark.parametrize(
    ("arguments", "keywords", "message"),
    [
        ((), {}, "missing a required argument: 'a'"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1,), {"c": 1}, "unexpected keyword argument 'c'"),
        (("x",), {}, "a: expected int, got str"),
        ((1, [1, "x"]), {}, r"b\[1\]: expected int, got str"),
    ],
)
def test_misfits_name_the_parameter(
    arguments: tuple[object, ...], keywords: dict[str, object], message: str
) -> None:
    """What does not fit is refused, at the sender and at the receiver."""
    method = Method[None]("m", "(a: int, b: list[int] = []) -> None")
    for convert in (method.pack, method.unpack):
        with pytest.raises(Misfit, match=message):
            convert(arguments, keywords, BY_ADDRESS)


def test_variadic_arguments_are_checked_one_by_one() -> None:
    """The misfit among many is named by its place or its name."""
    signature = "(*a: int, **b: str) -> None"
    with pytest.raises(Misfit, match=r"a\[1\]: expected int"):
        packed(signature, 1, "x")
    with pytest.raises(Misfit, match="c: expected str"):
        packed(signature, 1, c=2)


def test_first_fitting_overload_is_used() -> None:
    """Overloads are tried in order; the answer is checked against the one that fits."""
    method = Method[Any](
        "get", "(key: str) -> str", "(key: str, default: int) -> str | int"
    )
    one, _, _ = method.pack(("a",), {}, BY_ADDRESS)
    two, _, _ = method.pack(("a", 1), {}, BY_ADDRESS)
    assert one.unpack_result("x", BY_ADDRESS) == "x"
    assert two.unpack_result(1, BY_ADDRESS) == 1
    with pytest.raises(Misfit, match="reply: expected str, got int"):
        one.unpack_result(1, BY_ADDRESS)
    with pytest.raises(Misfit, match=r"none of its overloads: \(key: str\) -> str: "):
        method.pack((1,), {}, BY_ADDRESS)


def test_overload_without_parameters_takes_none() -> None:
    """Arguments never go to the overload that has no place for them."""
    method = Method[Any]("call_", "() -> None", "(value: int) -> int")
    assert method.pack((), {}, BY_ADDRESS)[0] is method.overloads[0]
    chosen, positional, _ = method.pack((4,), {}, BY_ADDRESS)
    assert chosen is method.overloads[1]
    assert positional == [4]


def test_overloads_do_not_use_up_a_generator() -> None:
    """The overload that fits gets all items, though one before it tried them."""
    method = Method[None](
        "m",
        "(items: collections.abc.Iterable[str]) -> None",
        "(items: collections.abc.Iterable[int]) -> None",
    )
    _, positional, _ = method.pack((iter([1, 2]),), {}, BY_ADDRESS)
    assert positional == [[1, 2]]


def test_signatures_are_read_at_the_first_call() -> None:
    """Making a Method looks nothing up: generated modules may refer to each other."""
    method = Method[Any]("m", "(a: never.made.There) -> None")
    with pytest.raises(ImportError, match=r"never\.made\.There"):
        method.pack((1,), {}, BY_ADDRESS)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_deadlines_must_be_possible(seconds: float) -> None:
    """A deadline that no call can keep, or that is none, is refused."""
    with pytest.raises(ValueError, match="more than 0"):
        Method[None]("m", "() -> None", deadline=seconds)


KINDS = {
    "positional-only": inspect.Parameter.POSITIONAL_ONLY,
    "either": inspect.Parameter.POSITIONAL_OR_KEYWORD,
    "named": inspect.Parameter.KEYWORD_ONLY,
}


@st.composite
def calls(
    draw: st.DrawFn,
) -> tuple[inspect.Signature, tuple[object, ...], dict[str, object]]:
    """A signature with literal and unknown defaults, and arguments that it takes."""
    kinds = sorted(draw(st.lists(st.sampled_from(list(KINDS.values())), max_size=6)))
    parameters: list[inspect.Parameter] = []
    has_default = False
    for index, kind in enumerate(kinds):
        if kind is inspect.Parameter.KEYWORD_ONLY:
            has_default = draw(st.booleans())
        else:
            has_default = has_default or draw(st.booleans())
        default = index if has_default else inspect.Parameter.empty
        parameters.append(
            inspect.Parameter(f"p{index}", kind, default=default, annotation="int")
        )
    positional: list[object] = []
    named: dict[str, object] = {}
    is_by_position = True
    for parameter in parameters:
        optional = parameter.default is not inspect.Parameter.empty
        given = not optional or draw(st.booleans())
        match parameter.kind:
            case inspect.Parameter.POSITIONAL_ONLY:
                is_by_position = is_by_position and given
                if is_by_position:
                    positional.append(draw(st.integers()))
            case inspect.Parameter.POSITIONAL_OR_KEYWORD:
                is_by_position = is_by_position and given and draw(st.booleans())
                if is_by_position:
                    positional.append(draw(st.integers()))
                elif given:
                    named[parameter.name] = draw(st.integers())
            case _:
                if given:
                    named[parameter.name] = draw(st.integers())
    return inspect.Signature(parameters), tuple(positional), named


@given(calls())
def test_a_call_means_the_same_at_the_far_end(
    call: tuple[inspect.Signature, tuple[object, ...], dict[str, object]],
) -> None:
    """Binding what arrives gives what binding the call itself gives."""
    signature, arguments, keywords = call
    method = Method[Any]("m", f"{signature} -> None".replace("'", ""))
    _, positional, named = method.pack(arguments, keywords, BY_ADDRESS)
    _, arrived, arrived_named = method.unpack(positional, named, BY_ADDRESS)
    expected = signature.bind(*arguments, **keywords).arguments
    assert signature.bind(*arrived, **arrived_named).arguments == expected
