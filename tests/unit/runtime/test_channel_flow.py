"""How one end of a connection keeps the other from giving it more than it can take."""

from __future__ import annotations

import pytest

from callbackgen.runtime import wire
from callbackgen.runtime.channel import NOTHING
from callbackgen.runtime.lanes import Incoming
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import WireError
from tests.unit.runtime.ends import CALLBACK, REFERENCE, End, answer

ONEWAYS = 128


def run(end: End, ready: list[Incoming], number: int) -> list[bytes]:
    """Runs oneway calls, one after the other; gives what was sent meanwhile."""
    waiting, outgoing = [*ready], list[bytes]()
    for _ in range(number):
        turn = end.take_oneway(waiting.pop(0))
        waiting += turn.ready
        outgoing += turn.outgoing
    ready[:] = waiting
    return outgoing


def test_oneway_calls_go_on_as_they_are_taken() -> None:
    """After 128 that are not taken no more may be sent; each half set frees a half."""
    left, right = End(), End()
    data = left.oneways(ONEWAYS - 1)
    assert left.may_send_oneway()
    data += left.oneways(1)
    assert not left.may_send_oneway()
    turn = right.hear(data)
    assert not turn.outgoing
    ready = [*turn.ready]
    assert not run(right, ready, ONEWAYS // 2 - 1)
    assert left.hear(*run(right, ready, 1)) is NOTHING
    right.hear(left.oneways(ONEWAYS // 2 - 1))
    assert left.may_send_oneway()
    right.hear(left.oneways(1))
    assert not left.may_send_oneway()
    left.hear(*run(right, ready, ONEWAYS))
    assert left.may_send_oneway()


def test_a_oneway_call_is_taken_as_soon_as_it_begins() -> None:
    """The last one may run for long; those after it may be sent."""
    left, right = End(Settings(oneways=2)), End()
    (incoming,) = right.hear(left.oneways(2)).ready
    right.channel.begun(incoming)
    left.hear(*right.channel.take().outgoing)
    assert left.may_send_oneway()
    right.channel.ended(incoming)
    (incoming,) = right.channel.take().ready
    left.oneways(1)
    assert not left.may_send_oneway()
    right.channel.begun(incoming)
    left.hear(*right.channel.take().outgoing)
    assert left.may_send_oneway()


def test_two_way_calls_of_a_hung_object_do_not_keep_back_oneway_calls() -> None:
    """Only oneway calls that are not taken do; others have a limit of their own."""
    left, right = End(), End()
    (hung,) = right.hear(*(left.call()[1] for _ in range(3))).ready
    right.channel.begun(hung)
    turn = right.hear(left.oneways(ONEWAYS, key=8))
    assert not left.may_send_oneway()
    ready = [*turn.ready]
    left.hear(*run(right, ready, ONEWAYS))
    assert left.may_send_oneway()
    assert not ready


def test_oneway_calls_of_a_hung_object_keep_back_the_others() -> None:
    """What waits for it is queued here, and the sender has to know."""
    left, right = End(), End()
    (hung,) = right.hear(left.call()[1]).ready
    right.channel.begun(hung)
    turn = right.hear(left.oneways(1), left.oneways(ONEWAYS - 1, key=8))
    assert not run(right, [*turn.ready], ONEWAYS - 1)
    assert not left.may_send_oneway()
    right.channel.ended(hung)
    assert left.hear(*run(right, right.channel.take().ready, 1)) is NOTHING
    assert left.may_send_oneway()


def test_questions_that_wait_have_a_limit() -> None:
    """A peer that asks again and again behind a call that waits is disconnected."""
    end, peer = End(), End(Settings(oneways=2))
    data = peer.oneways(1)
    end.hear(data)
    ping = data[-(wire.HEADER.size + len(b"taken?")) :]
    end.hear(*[ping] * 1024)
    with pytest.raises(WireError, match="too many questions"):
        end.hear(ping)


def test_a_question_is_asked_after_15_seconds_of_silence() -> None:
    """Once, and its answer is a sign of life."""
    left, right = End(), End()
    assert left.channel.tick(14.0) == 1.0
    assert left.channel.take() is NOTHING
    assert left.channel.tick(15.0) == 15.0
    asked = left.channel.take().outgoing
    assert left.channel.tick(16.0) == 14.0
    assert left.channel.take() is NOTHING
    turn = right.hear(*asked)
    assert len(asked) == len(turn.outgoing) == 1
    assert left.hear(*turn.outgoing, now=17.0) is NOTHING
    assert left.channel.tick(17.0) == 15.0
    assert left.channel.tick(32.0) == 15.0
    assert len(left.channel.take().outgoing) == 1


def test_questions_are_asked_as_often_as_is_said() -> None:
    """An end that answers is asked again after `heartbeat`, not after `dead_after`."""
    end, other = End(Settings(heartbeat=1.0, dead_after=30.0)), End()
    now = asked = 0.0
    while asked < 5:
        now += end.channel.tick(now)
        for question in end.channel.take().outgoing:
            asked += 1
            end.hear(*other.hear(question).outgoing, now=now)
    assert now <= 10


def test_a_silent_end_is_given_up_after_30_seconds() -> None:
    """Seconds since the last message, not since the question."""
    end = End()
    end.hear(End().oneways(1), now=1.0)
    end.channel.tick(20.0)
    assert end.channel.tick(30.5) == 0.5
    with pytest.raises(WireError, match="no sign of life for 30 s"):
        end.channel.tick(31.0)


@pytest.mark.parametrize("kind", ["call", "oneway", "answer", "control", "ping"])
def test_any_message_is_a_sign_of_life(kind: str) -> None:
    """Who talks is not asked whether it lives."""
    left, right = End(), End()
    pending, call = left.call()
    (incoming,) = right.hear(call).ready
    right.channel.tick(15.0)
    messages = {
        "call": right.call()[1],
        "oneway": right.oneways(1),
        "answer": right.channel.answer(incoming, b"", failed=False),
        "control": right.channel.tell(b"\x90"),
        "ping": right.channel.take().outgoing[0],
    }
    left.channel.tick(16.0)
    left.hear(messages[kind], now=29.0)
    assert left.channel.tick(31.0) == 13.0
    assert pending.items.empty() == (kind != "answer")


def test_an_answer_to_a_heartbeat_frees_no_oneway_calls() -> None:
    """It says that the other end lives, not that it has taken anything."""
    left, right = End(Settings(oneways=2)), End()
    (incoming,) = right.hear(left.oneways(2)).ready
    left.channel.tick(15.0)
    left.hear(*right.hear(*left.channel.take().outgoing).outgoing)
    assert not left.may_send_oneway()
    left.hear(*run(right, [incoming], 2))
    assert left.may_send_oneway()


def test_no_more_than_256_calls_may_be_queued() -> None:
    """Who sends more than may be untaken is disconnected; what runs does not count."""
    left, right = End(Settings(oneways=1000)), End()
    (running,) = right.hear(left.call()[1]).ready
    right.channel.begun(running)
    right.hear(left.oneways(256))
    with pytest.raises(WireError, match="more than 256 calls queued"):
        right.hear(left.oneways(1))


def test_the_bytes_that_are_not_read_have_a_limit() -> None:
    """One with references counts until these are read, another until it is taken."""
    limits = Settings(queue_size=100)
    left, right = End(), End(limits)
    (first,) = right.hear(left.call("prices", REFERENCE + bytes(57))[1]).ready
    right.channel.begun(first)
    (second,) = right.hear(left.call("prices", bytes(40))[1]).ready
    right.channel.begun(second)
    (third,) = right.hear(left.call("prices", REFERENCE + bytes(37))[1]).ready
    right.channel.begun(third)
    right.channel.read(first.ordinal)
    right.channel.read(first.ordinal)
    right.hear(left.call("prices", bytes(60))[1])
    with pytest.raises(WireError, match="more than 100 bytes queued"):
        right.hear(left.call("prices", bytes(1))[1])


def test_the_messages_that_are_not_read_have_a_limit() -> None:
    """Calls that have begun and answers count too, at four times the number."""
    left, right = End(), End(Settings(queue_messages=2))
    for _ in range(8):
        (incoming,) = right.hear(left.call("prices", REFERENCE)[1]).ready
        right.channel.begun(incoming)
    with pytest.raises(WireError, match="queued"):
        right.hear(left.call("prices", REFERENCE)[1])


def test_an_answer_is_never_refused_for_what_is_queued() -> None:
    """It was asked for; the calls that wait for one have their own limit."""
    left, right = End(Settings(queue_messages=1, queue_size=10)), End()
    pending, data = left.call()
    (incoming,) = right.hear(data).ready
    left.hear(right.oneways(1, CALLBACK, bytes(10)))
    left.hear(right.channel.answer(incoming, bytes(500), failed=False))
    assert answer(pending).payload == bytes(500)


def test_late_answers_that_are_not_read_may_not_be_many_bytes() -> None:
    """They wait to have their references released, as calls wait to be run."""
    left, right = End(Settings(queue_size=100)), End()
    answers: list[bytes] = []
    for _ in range(3):
        pending, data = left.call("prices")
        (incoming,) = right.hear(data).ready
        left.channel.abandon(pending)
        late = REFERENCE + bytes(47)
        answers.append(right.channel.answer(incoming, late, failed=False))
    turn = left.hear(*answers[:2])
    left.channel.read(turn.discarded[0][0])
    left.hear(answers[2])
    pending, data = left.call("prices")
    (incoming,) = right.hear(data).ready
    left.channel.abandon(pending)
    data = right.channel.answer(incoming, REFERENCE + bytes(47), failed=False)
    with pytest.raises(WireError, match="more than 100 bytes queued"):
        left.hear(data)


def test_calls_whose_callers_gave_up_make_room_for_others() -> None:
    """At objects that hang: who keeps to the limits is not disconnected for them."""
    settings = Settings(queue_messages=10, waiting=6)
    end, caller = End(settings), End(settings)
    for key in (1, 2):
        _, running = caller.call(key)
        (begun,) = end.hear(running).ready
        end.channel.begun(begun)
        for _ in range(5):
            end.hear(caller.call(key, milliseconds=1000)[1])
    _, call = caller.call(3)
    with pytest.raises(WireError, match="more than 10 calls queued"):
        end.hear(call, now=0.5)
    turn = end.hear(caller.call(3)[1], now=1.5)
    assert len(turn.outgoing) == 10
    assert [one.key for one in turn.ready][-1] == 3
