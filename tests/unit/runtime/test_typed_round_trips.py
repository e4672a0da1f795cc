"""Whatever is sent arrives: between two ends of ours, and by Pyro5's serializers."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import Pyro5.api
import Pyro5.serializers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import callbackgen
from callbackgen.runtime.by_address import BY_ADDRESS
from tests.unit.runtime import typed
from tests.unit.runtime.sending import sent, value
from tests.unit.runtime.typed_strategies import values

OURS = values(ints=st.integers(-(2**200), 2**200), resolution=1) | {
    "complex": st.complex_numbers(allow_nan=False),
    "str | bytes | None | int": st.text() | st.binary() | st.none() | st.integers(),
}
PYRO5 = values(ints=st.integers(-(2**63), 2**63 - 1), resolution=60)
SERIALIZERS: Any = cast(Any, Pyro5.serializers).serializers

callbackgen.register_type(
    typed.Money, typed.Money.to_builtins, typed.Money.from_builtins
)


def check(arrived: Any, given: Any) -> None:
    assert arrived == given
    assert type(arrived) is type(given)
    if isinstance(given, dt.datetime | dt.time):
        assert arrived.utcoffset() == given.utcoffset()


@pytest.mark.parametrize("text", OURS)
@settings(max_examples=50)
@given(data=st.data())
def test_between_two_ends_of_ours(text: str, data: st.DataObject) -> None:
    """Equal, and of its class."""
    given = data.draw(OURS[text])
    check(sent(text, given), given)


@pytest.mark.parametrize("serializer", ["serpent", "json", "msgpack"])
@settings(max_examples=200)
@given(data=st.data())
def test_by_a_serializer_of_pyro5(serializer: str, data: st.DataObject) -> None:
    """Who gives back what it has got of a service gives an equal value."""
    text = data.draw(st.sampled_from(sorted(PYRO5)))
    given = data.draw(PYRO5[text])
    carries: Any = SERIALIZERS[serializer]
    context: Any = Pyro5.api.current_context
    before = context.serializer_id
    context.serializer_id = carries.serializer_id
    try:
        message = carries.dumps(value(text).pack(given, BY_ADDRESS))
    finally:
        context.serializer_id = before
    check(value(text).unpack(carries.loads(message), BY_ADDRESS), given)
