"""Two versions of an interface at the ends of a connection: what an error says then."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import callbackgen
from callbackgen.runtime import Method, Stub, references
from callbackgen.runtime.call import Call
from callbackgen.runtime.context import deadline_within
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.errors import (
    BadReply,
    DeadlineExceeded,
    RemoteError,
    RemoteRaised,
    Unimplemented,
    Withdrawn,
)
from callbackgen.runtime.interfaces import interface_name, wrapper_of
from callbackgen.runtime.referring import reference
from callbackgen.runtime.stub import attribute
from callbackgen.runtime.versions import INTERFACES, InterfacesStub
from tests.patience import patiently
from tests.unit.runtime.interfaces import PATIENCE, Made, call, connected, interface
from tests.unit.runtime.papers import Side

SAME: Method[str] = Method("same", "(text: str) -> str")
CLOSED: Method[None] = Method("closed", "() -> None")
TOLD: Method[str] = Method("told", "(text: str) -> str")
TOLD_MORE: Method[str] = Method("told", "(text: str, *, at: int = 0) -> str")
COUNT: Method[Any] = Method("count", "() -> int | str")
COUNT_INT: Method[int] = Method("count", "() -> int")
LEVEL: Method[int] = Method("level", "-> int")
OPENED: Method[None] = Method("opened", "() -> None")

THERE = interface(SAME, TOLD, COUNT, LEVEL, OPENED)
HERE = interface(SAME, TOLD_MORE, COUNT_INT, LEVEL, CLOSED, settable=("level",))
ANOTHER = "the other end has another version of Made"
SHOWN = "told(text: str, *, at: int = 0) -> str"
DESCRIBE: Method[str] = Method("describe", "(key: int | str, interface: str) -> str")
ANSWER: Method[Any] = Method(
    "describe", "(key: int | str, interface: str) -> typing.Any"
)


class Level:
    """Assigns an attribute by a stub, as a generated class does."""

    level = attribute(LEVEL)


def assign_level(stub: Stub) -> None:
    vars(Level)["level"].__set__(stub, 2)


CALLS: list[tuple[Callable[[Stub], object], type[RemoteError], str, str]] = [
    (
        lambda stub: call(stub, CLOSED),
        Unimplemented,
        "Made has no method 'closed' there",
        f"{ANOTHER}, without closed",
    ),
    (
        lambda stub: call(stub, TOLD_MORE, "a", at=1),
        RemoteRaised,
        "TypeError: told(): got an unexpected keyword argument 'at'",
        f"{ANOTHER}: there it is told(text: str) -> str, here it is {SHOWN}",
    ),
    (
        lambda stub: call(stub, COUNT_INT),
        BadReply,
        "MadeStub.count: reply: expected int, got str",
        f"{ANOTHER}: there it is count() -> int | str, here it is count() -> int",
    ),
    (
        assign_level,
        Unimplemented,
        "Made has 'level' to be read alone",
        f"{ANOTHER}: there it is read-only level: int, here it is level: int",
    ),
]


@pytest.mark.parametrize(("act", "kind", "text", "explanation"), CALLS)
def test_an_error_says_how_the_other_end_has_the_member(
    act: Callable[[Stub], object], kind: type[RemoteError], text: str, explanation: str
) -> None:
    """A member that is not there, an argument or an answer that does not fit."""
    with connected(THERE) as connection:
        stub = HERE(connection)
        for _ in range(2):
            with pytest.raises(kind) as caught:
                act(stub)
            assert str(caught.value) == f"{text}; {explanation}"
            assert caught.value.explanation == explanation
        assert connection.statistics().calls_made == 3
        assert call(HERE(connection), LEVEL) == 1


def test_all_calls_share_one_question() -> None:
    """Also those that fail at one moment: each has the explanation."""
    callers = 8
    with connected(THERE) as connection, ThreadPoolExecutor(callers) as pool:
        stub = HERE(connection)
        together = threading.Barrier(callers)

        def fail(_: int) -> str:
            together.wait(PATIENCE)
            with pytest.raises(Unimplemented) as caught:
                call(stub, CLOSED)
            return caught.value.explanation

        assert {*pool.map(fail, range(callers))} == {f"{ANOTHER}, without closed"}
        assert connection.statistics().calls_made == callers + 1


@pytest.mark.parametrize(
    ("method", "text", "calls"),
    [
        (SAME, "value", 1),
        (SAME, "type", 2),
        (TOLD_MORE, "type", 1),
        (TOLD_MORE, "value", 1),
    ],
)
def test_what_the_object_raises_is_not_explained(
    method: Method[Any], text: str, calls: int
) -> None:
    """It is its own, whatever its text; nothing is asked for that is clear before."""
    with connected(THERE) as connection:
        with pytest.raises(RemoteRaised) as caught:
            call(HERE(connection), method, text)
        assert caught.value.explanation == ""
        assert "version" not in str(caught.value)
        assert connection.statistics().calls_made == calls


def test_where_versions_are_the_same_nothing_is_explained() -> None:
    """An object whose answers do not fit its own interface, say."""
    same = interface(COUNT_INT, CLOSED, SAME, TOLD)
    text = r"count\(\): reply: .* got str$"
    with connected(same) as connection, pytest.raises(BadReply, match=text):
        call(same(connection), COUNT_INT)


def test_the_log_has_the_members_that_differ_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """One record for each connection and interface, whatever fails afterwards."""
    caplog.set_level(logging.INFO, "callbackgen.versions")
    with connected(THERE) as connection:
        for act, kind, _, _ in [*CALLS, *CALLS]:
            with pytest.raises(kind):
                act(HERE(connection))
    (record,) = caplog.records
    assert record.getMessage().endswith(
        f"{ANOTHER}; not there: closed; not the same: count, level, told; "
        "only there: opened"
    )


class Answering:
    """Answers as a test says, in place of the service that describes interfaces."""

    def __init__(self, answer: Callable[[], object]) -> None:
        self.asked = 0
        self.seconds = 0.0
        self._answer = answer

    def describe(self, _: object, __: str) -> object:
        self.asked += 1
        self.seconds = deadline_within(PATIENCE).remaining()
        return self._answer()


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[[object], Answering]:
    """Has both ends describe their interfaces in another way."""

    def replace(answer: object) -> Answering:
        made: Any = wrapper_of(interface(ANSWER))
        give: Any = answer if callable(answer) else lambda: answer
        answers = Answering(give)

        def wrap(_: object) -> Any:
            return made(answers)

        monkeypatch.setattr(references, "InterfacesWrapper", wrap)
        return answers

    return replace


def refuse() -> str:
    raise Withdrawn("not any more")


@pytest.mark.parametrize(
    "answer",
    [
        "[" + " " * 64 * 1024 + "]",
        "x" * 1_000_000,
        '["closed"]',
        "[" * 10_000,
        5,
        None,
        ["closed", ["() -> None"], False, False],
        refuse,
    ],
)
def test_a_hostile_answer_is_as_good_as_none(
    answer: object, answering: Callable[[object], Answering]
) -> None:
    """The error is what it was, the question is not asked again, calls go on."""
    answers = answering(answer)
    with connected(THERE) as connection:
        for _ in range(2):
            with pytest.raises(Unimplemented, match=r"^Made has no .* there$"):
                call(HERE(connection), CLOSED)
        assert call(HERE(connection), LEVEL) == 1
    assert answers.asked == 1


def test_a_member_that_is_hostile_is_shown_in_ascii(
    answering: Callable[[object], Answering], caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the error nor the log has more of it than a limited printable text."""
    caplog.set_level(logging.INFO, "callbackgen.versions")
    name = "\\u001b[31m\\n" * 1000
    answering(f'[["told",["(\\u2028)"],false,false],["{name}",[],false,false]]')
    with connected(THERE) as connection, pytest.raises(RemoteRaised) as caught:
        call(HERE(connection), TOLD_MORE, "a", at=1)
    assert r"there it is told(\u2028), here" in caught.value.explanation
    assert caught.value.explanation.isprintable()
    (record,) = caplog.records
    assert record.getMessage().isprintable()
    assert len(record.getMessage()) < 350


def test_an_answer_that_never_comes_holds_a_call_until_its_deadline(
    answering: Callable[[object], Answering],
) -> None:
    """Then it raises what it would have raised; the next ones do not wait."""

    def attempt(times: int) -> None:
        release = threading.Event()
        answers = answering(lambda: str(release.wait(PATIENCE)))
        seconds = 0.5 * times
        try:
            with connected(THERE) as connection:
                stub = HERE(connection)
                for each in (callbackgen.with_deadline(stub, seconds), stub, stub):
                    with pytest.raises(Unimplemented, match=r"^Made has no .* there$"):
                        call(each, CLOSED)
                assert connection.is_open
                assert connection.statistics().timeouts == 1
                release.set()
        finally:
            release.set()
        assert answers.asked == 1
        assert answers.seconds <= seconds

    patiently(attempt)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        (1, "Withdrawn: the object 1 is not there"),
        (2**70, "Withdrawn: the object .* is not there"),
        ("other", "Unimplemented: there is no object named 'other'"),
        ("Pyro.Daemon", "Unimplemented: there is no generated wrapper named"),
    ],
)
def test_only_what_may_be_called_is_described(key: int | str, reason: str) -> None:
    """An object that the asker does not hold, or that is no wrapper, is not."""
    with connected(THERE) as connection:
        stub = InterfacesStub(connection, INTERFACES)
        with pytest.raises(RemoteRaised, match=reason):
            call(stub, DESCRIBE, key, "tests.Made")
        for _ in range(100):
            assert call(stub, DESCRIBE, "made", "").startswith('[["count",[')


def test_a_description_that_is_too_large_is_not_sent() -> None:
    """An interface of so many members works without."""
    many = [
        Method[None](f"m{n}", f"(text: {'str | ' * 50}None) -> None")
        for n in range(300)
    ]
    with connected(interface(SAME, *many)) as connection:
        with pytest.raises(Unimplemented, match=r"has no method 'closed' there$"):
            call(HERE(connection), CLOSED)
        stub = InterfacesStub(connection, INTERFACES)
        with pytest.raises(RemoteRaised, match=r"a description of \d+ bytes"):
            call(stub, DESCRIBE, "made", "")


NEWER = interface(SAME, CLOSED)
OLDER = interface(SAME)


class Asked:
    """A session that is asked, and gives no answer."""

    def __init__(self) -> None:
        self.asked = 0

    def make(self, _: Call, __: object) -> object:
        self.asked += 1
        raise DeadlineExceeded("no answer")


def explained(side: Side, stub: type[Stub], key: int | str = 1) -> str:
    """What is said of a member that the other end does not have."""
    error = Unimplemented("it is not there")
    side.references.versions.explain(Call(stub, CLOSED, Deadline(PATIENCE)), key, error)
    return error.explanation


def test_a_reference_of_another_version_is_noticed_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By its fingerprint: it is known without a question, and is in the log."""
    caplog.set_level(logging.INFO, "callbackgen.versions")
    session = Asked()
    ours, theirs = Side(), Side(session)
    for _ in range(3):
        theirs.receive_stub(ours.send(Made(), OLDER), NEWER)
    assert session.asked == 0
    assert [record.getMessage() for record in caplog.records] == [
        f"{session}: {ANOTHER}"
    ]
    assert [explained(theirs, NEWER) for _ in range(2)] == [ANOTHER, ANOTHER]
    assert session.asked == 1


def test_a_reference_of_the_same_version_is_never_asked_about() -> None:
    """Nor one that does not say which version it is of: its end is too old to know."""
    session = Asked()
    ours, theirs = Side(), Side(session)
    theirs.receive_stub(ours.send(Made(), OLDER), OLDER)
    silent = reference(receivers=False, key=9, interface=interface_name(NEWER))
    theirs.receive_stub(packed(silent), NEWER)
    assert explained(theirs, OLDER) == explained(theirs, NEWER) == ""
    assert session.asked == 0


def test_a_service_is_asked_about_when_a_call_fails() -> None:
    """No reference tells of its version before."""
    session = Asked()
    side = Side(session)
    assert explained(side, NEWER, "made") == explained(side, NEWER, "made") == ""
    assert session.asked == 1
