"""The calls of one connection in both directions: two ends, joined by bytes."""

from __future__ import annotations

import pytest

from callbackgen.runtime import envelope, wire
from callbackgen.runtime.channel import NOTHING
from callbackgen.runtime.envelope import CONTROL, GOODBYE, RELEASE
from callbackgen.runtime.errors import Busy, ConnectionLost, DeadlineExceeded
from callbackgen.runtime.lanes import NO_CHAIN
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.ends import CALLBACK, REFERENCE, End, answer, nested

LATE = 1024


def release(key: int) -> bytes:
    return envelope.control(RELEASE, (key, 1))


def test_a_call_arrives_and_its_answer_comes_back() -> None:
    """Key, payload and time are those of the caller; the answer is the callee's."""
    left, right = End(), End()
    pending, data = left.call("prices", b"what?", milliseconds=500)
    (incoming,) = right.hear(data, now=10.0).ready
    assert (incoming.key, incoming.payload) == ("prices", b"what?")
    assert incoming.expires == 10.5
    assert not incoming.oneway
    right.channel.begun(incoming)
    data = right.channel.answer(incoming, b"42", failed=False)
    right.channel.ended(incoming)
    assert right.channel.take() is NOTHING
    assert left.hear(data) is NOTHING
    message = answer(pending)
    assert message.payload == b"42"
    assert not message.flags & wire.EXCEPTION


def test_answers_come_in_any_order() -> None:
    """Each goes to the call that it answers."""
    left, right = End(), End()
    calls = [left.call("prices") for _ in range(3)]
    incoming = right.hear(*(data for _, data in calls)).ready
    for number in (2, 0, 1):
        payload = bytes([number])
        left.hear(right.channel.answer(incoming[number], payload, failed=True))
    for number, (pending, _) in enumerate(calls):
        assert answer(pending).payload == bytes([number])


def test_sequence_numbers_are_those_that_nothing_uses() -> None:
    """A number comes again only when no call, late answer or PING has it."""
    end = End()
    waits, _ = end.call()
    late, _ = end.call()
    end.channel.abandon(late)
    end.channel.tick(end.settings.heartbeat)
    vars(end.channel)["_sequence"] = 0xFFFF
    numbers = [end.call()[0].sequence for _ in range(2)]
    assert (waits.sequence, late.sequence) == (1, 2)
    assert numbers == [0, 4]


def test_a_late_answer_is_dropped() -> None:
    """Its payload is discarded, under a number of its own, and nobody gets it."""
    left, right = End(), End()
    pending, data = left.call()
    (incoming,) = right.hear(data).ready
    left.channel.abandon(pending)
    assert left.channel.take() is NOTHING
    data = right.channel.answer(incoming, b"late" + REFERENCE, failed=False)
    assert left.hear(data).discarded == [(1, b"late" + REFERENCE)]
    assert pending.items.empty()
    with pytest.raises(WireError, match="answer to no call"):
        left.hear(data)


def test_an_answered_call_is_given_up_though_its_number_is_in_use_again() -> None:
    """Its thread saw the time pass as the answer came; another call has its number."""
    left, right = End(), End()
    first, data = left.call()
    (incoming,) = right.hear(data).ready
    left.hear(right.channel.answer(incoming, b"", failed=False))
    vars(left.channel)["_sequence"] = first.sequence - 1
    again, data = left.call(key=CALLBACK + 1)
    assert again.sequence == first.sequence
    left.channel.abandon(first)
    (incoming,) = right.hear(data).ready
    left.hear(right.channel.answer(incoming, b"again", failed=False))
    assert answer(again).payload == b"again"


def test_nothing_is_done_about_a_late_answer_without_references() -> None:
    """There is nothing in it to be released."""
    left, right = End(), End()
    pending, data = left.call()
    (incoming,) = right.hear(data).ready
    left.channel.abandon(pending)
    data = right.channel.answer(incoming, b"late", failed=False)
    assert left.hear(data) is NOTHING


def test_an_answer_to_no_call_ends_the_connection() -> None:
    """Nor may a call be answered twice."""
    left, right = End(), End()
    _, data = left.call()
    (incoming,) = right.hear(data).ready
    data = right.channel.answer(incoming, b"", failed=False)
    with pytest.raises(WireError, match="answer to no call"):
        End().hear(data)
    left.hear(data)
    with pytest.raises(WireError, match="answer to no call"):
        left.hear(data)


def test_no_more_than_1024_answers_may_be_late() -> None:
    """A peer that never answers costs no more memory than that."""
    end = End()
    for _ in range(LATE + 1):
        end.channel.abandon(end.call()[0])
    with pytest.raises(WireError, match="more than 1024"):
        end.call()
    with pytest.raises(WireError, match="more than 1024"):
        end.oneways(1)


def test_calls_in_flight_have_a_limit() -> None:
    """A call counts until its answer comes or nobody waits for it any more."""
    left, right = End(Settings(in_flight=2)), End()
    first, data = left.call()
    assert left.may_call()
    second, _ = left.call()
    assert not left.may_call()
    left.channel.abandon(second)
    assert left.may_call()
    left.channel.abandon(second)
    left.call()
    assert not left.may_call()
    (incoming,) = right.hear(data).ready
    left.hear(right.channel.answer(incoming, b"", failed=False))
    assert answer(first).payload == b""
    assert left.may_call()


def test_nested_calls_do_not_count_as_in_flight() -> None:
    """The calls that wait for them could not end if these had to wait in turn."""
    left, right = End(), End(Settings(in_flight=1))
    _, data = left.call()
    (incoming,) = right.hear(data).ready
    inner, data = right.call(chain=incoming.chain)
    assert inner.nested
    assert right.may_call()
    right.call()
    assert not right.may_call()
    right.channel.abandon(inner)
    assert not right.may_call()


def test_a_nested_call_goes_to_who_waits_in_its_chain() -> None:
    """Back and forth: each is run by the thread of the innermost call that waits."""
    left, right = End(), End()
    other, _ = left.call()
    outer, data = left.call()
    (first,) = right.hear(data).ready
    middle, data = right.call(3, chain=first.chain)
    assert left.hear(data) is NOTHING
    second = nested(outer)
    assert second.key == 3
    assert second.chain == outer.chain
    assert not second.inside
    inner, data = left.call(chain=second.chain)
    assert right.hear(data) is NOTHING
    third = nested(middle)
    assert third.inside
    assert third.chain == first.chain
    again, data = right.call(chain=third.chain)
    left.hear(data)
    assert nested(inner).key == CALLBACK
    for pending in (other, outer, middle, inner, again):
        assert pending.items.empty()


def test_a_oneway_call_of_a_chain_goes_to_any_thread() -> None:
    """Its sender does not wait for it, so it must not keep back an answer."""
    left, right = End(), End()
    outer, data = left.call()
    (incoming,) = right.hear(data).ready
    turn = left.hear(right.channel.oneway(3, incoming.chain, b"told"))
    assert [one.payload for one in turn.ready] == [b"told"]
    assert outer.items.empty()


def test_what_an_abandoned_call_was_to_run_runs_elsewhere() -> None:
    """Its nested calls become ready, and an answer that is there is discarded."""
    left, right = End(), End()
    outer, data = left.call()
    (incoming,) = right.hear(data).ready
    _, call = right.call(3, b"inner", chain=incoming.chain)
    _, second = right.call(4, b"next", chain=incoming.chain)
    reply = right.channel.answer(incoming, b"answer" + REFERENCE, failed=False)
    assert left.hear(call, second, reply) is NOTHING
    left.channel.abandon(outer)
    turn = left.channel.take()
    assert [one.payload for one in turn.ready] == [b"inner", b"next"]
    assert turn.discarded == [(outer.arrival, b"answer" + REFERENCE)]
    assert outer.arrival == 3
    assert left.may_call()


def test_a_nested_call_whose_caller_gave_up_runs_elsewhere() -> None:
    """Nothing waits in its chain here any more."""
    left, right = End(), End()
    outer, data = left.call()
    (incoming,) = right.hear(data).ready
    _, data = right.call(3, chain=incoming.chain)
    left.channel.abandon(outer)
    (inner,) = left.hear(data).ready
    assert inner.key == 3


def test_a_connection_that_ends_ends_the_calls_that_wait() -> None:
    """Each gets the error, after what it was to run; what has not begun is dropped."""
    left, right = End(), End()
    pending, data = left.call()
    (running,) = right.hear(data).ready
    _, data = left.call()
    right.hear(data)
    inner, _ = right.call(chain=running.chain)
    for end in (left, right):
        end.channel.lost(ConnectionLost("gone"))
    for waits in (pending, inner):
        assert isinstance(waits.items.get_nowait(), ConnectionLost)
    right.channel.abandon(inner)
    right.channel.ended(running)
    assert right.channel.take() is NOTHING


@pytest.mark.parametrize(
    "annotations",
    [
        b"",
        wire.chunk(b"OTHR", bytes(24)),
        wire.chunk(envelope.ANNOTATION, bytes(23)),
        envelope.head(0, 1, CALLBACK)[:-1],
        envelope.head(0, -(2**63), CALLBACK),
        envelope.head(0, -(2**63), CONTROL),
        wire.chunk(envelope.ANNOTATION, bytes(24) + b"\xff"),
    ],
    ids=["none", "other", "short", "cut", "chain", "control's chain", "name"],
)
@pytest.mark.parametrize("flags", [0, wire.ONEWAY])
def test_a_hostile_head_ends_the_connection(annotations: bytes, flags: int) -> None:
    """A call that does not say what it is for is a WireError, and nothing starts."""
    end = End()
    payload = release(1)
    data = wire.encoded(wire.INVOKE, 1, payload, flags=flags, annotations=annotations)
    with pytest.raises(WireError):
        end.hear(data)
    assert end.channel.take() is NOTHING


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (wire.encoded(wire.CONNECT, 1, b""), "kind"),
        (wire.encoded(wire.PING, 1, b"", serializer=wire.SERPENT), "serializer"),
        (End().channel.tell(bytes(16 * 1024 + 1)), "control message of"),
        (End().channel.tell(b"\xc0"), "not well-formed"),
    ],
    ids=["kind", "serializer", "large control", "no list"],
)
def test_a_message_that_must_not_come_ends_the_connection(
    data: bytes, reason: str
) -> None:
    """Only calls, answers and PINGs in msgpack come once a connection stands."""
    with pytest.raises(WireError, match=reason):
        End().hear(data)


def test_calls_beyond_those_that_may_wait_are_busy() -> None:
    """The 33rd that waits for an object is told so; other objects go on."""
    left, right = End(), End()
    calls = [left.call(payload=REFERENCE) for _ in range(34)]
    turn = right.hear(*(data for _, data in calls[:33]))
    assert len(turn.ready) == 1
    assert not turn.outgoing
    _, other = left.call(8)
    turn = right.hear(calls[33][1], other, left.oneways(1))
    assert [one.key for one in turn.ready] == [8]
    assert [payload for _, payload in turn.discarded] == [REFERENCE]
    left.hear(*turn.outgoing)
    message = answer(calls[33][0])
    assert message.flags & wire.EXCEPTION
    assert isinstance(envelope.error_in(message.payload), Busy)
    assert all(pending.items.empty() for pending, _ in calls[:33])


def test_calls_whose_time_is_over_make_room() -> None:
    """Where too many wait, those that nobody waits for any more are answered first."""
    limits = Settings(waiting=2)
    left, right = End(), End(limits)
    _, data = left.call()
    right.hear(data, now=0.0)
    short, data = left.call(payload=b"short" + REFERENCE, milliseconds=1000)
    right.hear(data, now=0.0)
    long, data = left.call(payload=b"long", milliseconds=9000)
    right.hear(data, now=0.0)
    refused, data = left.call(payload=b"refused")
    left.hear(*right.hear(data, now=0.9).outgoing)
    assert isinstance(envelope.error_in(answer(refused).payload), Busy)
    taken, data = left.call(payload=b"taken")
    turn = right.hear(data, now=1.0)
    left.hear(*turn.outgoing)
    assert isinstance(envelope.error_in(answer(short).payload), DeadlineExceeded)
    assert [payload for _, payload in turn.discarded] == [b"short" + REFERENCE]
    assert long.items.empty()
    assert taken.items.empty()


def test_a_chain_is_counted_from_both_ends() -> None:
    """The same number, made by both ends, is two chains."""
    left, right = End(), End()
    ours, to_right = left.call()
    theirs, to_left = right.call()
    assert ours.chain == theirs.chain
    (at_right,) = right.hear(to_right).ready
    (at_left,) = left.hear(to_left).ready
    assert at_right.chain == -ours.chain
    assert at_left.chain == -theirs.chain
    assert NO_CHAIN not in {ours.chain, theirs.chain}


def test_a_release_waits_for_the_messages_before_it() -> None:
    """One that came before may name the object, and is not read yet."""
    left, right = End(), End()
    calls = [left.call("prices", REFERENCE)[1] for _ in range(2)]
    first, second = right.hear(*calls).ready
    assert right.hear(left.channel.tell(release(5))).controls == []
    (third,) = right.hear(left.call("prices", REFERENCE)[1]).ready
    right.channel.read(second.ordinal)
    right.channel.read(third.ordinal)
    assert right.channel.take() is NOTHING
    right.channel.read(first.ordinal)
    assert right.channel.take().controls == [[RELEASE, [5, 1]]]
    assert right.hear(left.channel.tell(release(6))).controls == [[RELEASE, [6, 1]]]


def test_a_release_does_not_wait_for_what_names_no_object() -> None:
    """A call without references is as good as read when it is taken."""
    left, right = End(), End()
    (incoming,) = right.hear(left.call("prices")[1]).ready
    assert right.hear(left.channel.tell(release(5))).controls == []
    right.channel.begun(incoming)
    assert right.channel.take().controls == [[RELEASE, [5, 1]]]


def test_a_release_waits_until_a_call_of_the_object_begins() -> None:
    """Whoever calls it and drops it at once has it called still."""
    left, right = End(), End()
    (incoming,) = right.hear(left.call(5)[1]).ready
    assert right.hear(left.channel.tell(release(5))) is NOTHING
    right.channel.begun(incoming)
    assert right.channel.take().controls == [[RELEASE, [5, 1]]]


def test_releases_go_on_as_far_as_is_read_and_in_order() -> None:
    """Each waits for those before it alone, answers included."""
    left, right = End(), End()
    pending, data = left.call()
    (incoming,) = right.hear(data).ready
    reply = right.channel.answer(incoming, REFERENCE, failed=False)
    early = right.channel.tell(release(1))
    goodbye = right.channel.tell(envelope.control(GOODBYE, "over"))
    turn = left.hear(right.oneways(1), early, reply, right.channel.tell(release(2)))
    assert not turn.controls
    assert left.hear(goodbye).controls == [[GOODBYE, "over"]]
    left.channel.read(turn.ready[0].ordinal)
    assert left.channel.take().controls == [[RELEASE, [1, 1]]]
    left.channel.read(pending.arrival)
    assert left.channel.take().controls == [[RELEASE, [2, 1]]]


def test_releases_that_wait_have_a_limit() -> None:
    """A peer cannot fill memory with them behind a message that is not read."""
    left, right = End(), End()
    right.hear(left.call()[1])
    told = left.channel.tell(release(1))
    right.hear(*[told] * (LATE + 1))
    with pytest.raises(WireError, match="too many releases"):
        right.hear(told)
