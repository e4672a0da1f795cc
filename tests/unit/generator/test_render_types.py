"""As which types references travel: who hands over, and who receives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.render_types import References, stub_symbol
from callbackgen.interface import (
    ANY,
    CALLABLE,
    NONE,
    Apply,
    Arguments,
    Constant,
    Symbol,
    Type,
    Union,
    walk,
)
from tests.unit.generator.interfaces import (
    INT,
    LIST,
    PEER,
    REFERENCES,
    function,
    types,
)

STUB = stub_symbol(PEER, REFERENCES[PEER])
SEQUENCE = Symbol("collections.abc", "Sequence")
TAKES_PEER = function(PEER)
TAKES_STUB = function(STUB)
GIVES_PEER = function(result=PEER)
GIVES_STUB = function(result=STUB)


@pytest.fixture
def references() -> References:
    return References(REFERENCES)


ARRIVING: list[tuple[Type, Type]] = [
    (INT, INT),
    (PEER, STUB),
    (Apply(LIST, (PEER,)), Apply(LIST, (STUB,))),
    (function(INT, result=INT), function(INT, result=INT)),
    (TAKES_PEER, TAKES_PEER),
    (GIVES_PEER, GIVES_STUB),
    (Apply(LIST, (GIVES_PEER,)), Apply(LIST, (GIVES_STUB,))),
    (Union((GIVES_PEER, NONE)), Union((GIVES_STUB, NONE))),
    (function(TAKES_PEER), function(TAKES_STUB)),
    (function(GIVES_PEER), function(GIVES_PEER)),
    (function(result=TAKES_PEER), function(result=TAKES_PEER)),
    (function(function(TAKES_PEER)), function(function(TAKES_PEER))),
    (function(Apply(LIST, (TAKES_PEER,))), function(Apply(LIST, (TAKES_STUB,)))),
]


@pytest.mark.parametrize(("written", "arriving"), ARRIVING, ids=str)
def test_what_arrives(written: Type, arriving: Type, references: References) -> None:
    """A function that arrived gives stubs, and takes what its caller hands over."""
    assert references.arriving(written) == arriving
    assert references.travels(written) == (written != arriving)


HANDED_OVER: list[tuple[Type, Type]] = [
    (INT, INT),
    (PEER, PEER),
    (Apply(LIST, (PEER,)), Apply(LIST, (PEER,))),
    (function(INT, result=INT), function(INT, result=INT)),
    (TAKES_PEER, TAKES_STUB),
    (GIVES_PEER, GIVES_PEER),
    (Union((TAKES_PEER, NONE)), Union((TAKES_STUB, NONE))),
    (Apply(SEQUENCE, (TAKES_PEER,)), Apply(SEQUENCE, (TAKES_STUB,))),
    (Apply(LIST, (TAKES_PEER,)), Apply(LIST, (ANY,))),
    (function(TAKES_PEER), function(TAKES_PEER)),
    (function(GIVES_PEER), function(GIVES_STUB)),
    (function(Apply(LIST, (PEER,))), function(Apply(LIST, (ANY,)))),
]


@pytest.mark.parametrize(("written", "given"), HANDED_OVER, ids=str)
def test_what_is_handed_over(
    written: Type, given: Type, references: References
) -> None:
    """A function that is handed over may take stubs, since stubs are what it gets."""
    assert references.handed_over(written) == given
    assert references.turns(written) == (written != given)


def fits(given: Type, wanted: Type) -> bool:
    """Whether a type checker takes the one for the other."""
    if given == wanted or ANY in (given, wanted) or (given, wanted) == (STUB, PEER):
        return True
    match given, wanted:
        case Union(members=members), _:
            return all(fits(each, wanted) for each in members)
        case _, Union(members=members):
            return any(fits(given, each) for each in members)
        case Apply(base=one, arguments=inner), Apply(base=other, arguments=outer):
            return one == other and len(inner) == len(outer) and _fit(one, inner, outer)
        case Arguments(items=inner), Arguments(items=outer):
            return len(inner) == len(outer) and all(map(fits, inner, outer))
        case _:
            return False


def _fit(base: Symbol, inner: tuple[Type, ...], outer: tuple[Type, ...]) -> bool:
    if base == CALLABLE:
        return fits(outer[0], inner[0]) and fits(inner[1], outer[1])
    forth = all(map(fits, inner, outer))
    return forth and (base == SEQUENCE or all(map(fits, outer, inner)))


@given(types())
def test_a_target_may_be_written_with_either(written: Type) -> None:
    """What it is called with fits parameters of stubs as well as of Protocols."""
    references = References(REFERENCES)
    accepted = references.accepted(written)
    assert fits(references.arriving(written), accepted)
    assert fits(accepted, references.arriving(written))
    assert fits(accepted, written)


@given(types())
def test_a_stub_takes_either(written: Type) -> None:
    """It can be called with what the Protocol takes, and with what will do as well."""
    references = References(REFERENCES)
    match references.arriving(function(written)):
        case Apply(arguments=(Arguments(items=(exactly,)), _)):
            assert fits(exactly, references.handed_over(written))
            assert fits(written, references.handed_over(written))
        case other:
            pytest.fail(str(other))


@given(types())
def test_the_wire_knows_stubs_alone(written: Type) -> None:
    """In the text of a signature every reference has its stub, in functions too."""
    named = References(REFERENCES).named(written)
    assert PEER not in walk(named)
    assert str(named) == str(written).replace(str(PEER), str(STUB))


@given(types() | st.just(Constant("...")))
def test_without_references_nothing_changes(written: Type) -> None:
    """A module that refers to no Protocol has every type as it is written."""
    references = References({})
    for view in (
        references.named,
        references.arriving,
        references.accepted,
        references.handed_over,
    ):
        assert view(written) == written
