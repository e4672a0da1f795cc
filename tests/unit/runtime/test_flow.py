"""How much is sent before the other end has taken it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callbackgen import Settings
from callbackgen.runtime.flow import Flow

SIZES = st.lists(st.integers(0, 2000), max_size=200)
SETTINGS = Settings(queue_size=8000, message_size=2000, oneways=16, in_flight=8)
PART = 1000


@given(SIZES)
def test_calls_that_are_not_answered_are_few_and_small(sizes: list[int]) -> None:
    """At most as many as may be in flight; one more than fits in their part of bytes."""
    flow = Flow(SETTINGS)
    sent: list[int] = []
    for size in sizes:
        while not flow.may_call:
            flow.ended()
            flow.answered(sent.pop(0))
        flow.called(size)
        sent.append(size)
        assert len(sent) <= 8
        assert sum(sent) <= PART + 2000
    assert flow.may_call or len(sent) == 8 or sum(sent) > PART


@given(SIZES)
def test_oneway_calls_that_are_not_taken_are_few_and_small(sizes: list[int]) -> None:
    """Who waits for room waits for an answer that has been asked for."""
    flow = Flow(SETTINGS)
    asked: list[tuple[int, int]] = []
    taken = 0, 0
    for size in sizes:
        while not flow.may_send_oneway:
            taken = asked.pop(0)
            flow.taken(taken)
        if flow.has_to_ask(size):
            asked.append(flow.sent)
        number, sent = flow.sent
        assert number - taken[0] <= 16
        assert sent - taken[1] <= PART + 2000


def test_a_call_that_nobody_waits_for_still_takes_its_bytes() -> None:
    """Until its answer says that the other end has taken it."""
    flow = Flow(SETTINGS)
    flow.called(PART + 1)
    flow.ended()
    assert not flow.may_call
    flow.answered(PART + 1)
    assert flow.may_call
