"""How much a call may carry, by the types of its method."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

import callbackgen
from callbackgen.runtime import Method, Stub, Wrapper, exposed
from tests.system.edges.hall import PATIENCE, Hall, looping, open_hall, reached
from tests.system.edges.room_remote import RoomStub

LIMIT = 256 * 1024
LARGE = "x" * LIMIT
GENEROUS = callbackgen.Settings(untyped_size=1024 * 1024)

_SAID: Method[Any] = Method("said", "() -> str")
_SAID_QUIETLY: Method[None] = Method("said", "() -> None")


class Large(Hall):
    """Gives more than an untyped result may have."""

    def echo(self, value: Any) -> Any:
        return value * LIMIT


class TalkerWrapper(Wrapper, format=1):
    """Answers with a text, whatever the caller's version of the interface says."""

    __slots__ = ("__callback",)

    def __init__(self, callback: str) -> None:
        self.__callback = callback

    @exposed(_SAID)
    def said(self) -> str:
        return self.__callback


class TalkerStub(Stub, format=1):
    """Expects no more than None."""

    __slots__ = ()

    def said(self) -> None:
        return self._call(_SAID_QUIETLY)


def test_untyped_arguments_have_a_limit_of_their_own_at_the_sender() -> None:
    """Nothing is sent: it names the limit; a text in a typed place may be larger."""
    with open_hall() as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        before = connection.statistics().bytes_sent
        with pytest.raises(callbackgen.BadArgument, match=rf"echo.* {LIMIT} .*untyped"):
            room.echo(LARGE)
        assert connection.statistics().bytes_sent == before
        room.note(LARGE)
        assert room.echo(LARGE[:-100]) == LARGE[:-100]


def test_untyped_arguments_have_a_limit_of_their_own_at_the_receiver() -> None:
    """They are refused unread, by name and limit; the connection lives on."""
    hall = Hall()
    with (
        open_hall(hall) as address,
        callbackgen.connect(address, settings=GENEROUS) as connection,
    ):
        room = RoomStub(connection)
        with pytest.raises(
            callbackgen.LimitExceeded, match=rf"Room\.echo: .* {LIMIT} .*untyped_size"
        ):
            room.echo(LARGE)
        room.note(LARGE)
        room.note("last")
        assert hall.noted.wait(30)
        assert hall.texts == [LARGE, "last"]


def test_an_untyped_result_has_the_same_limit_where_it_is_made() -> None:
    """The caller gets an error that names the method and the limit."""
    with open_hall(Large()) as address, callbackgen.connect(address) as connection:
        with pytest.raises(callbackgen.BadReply, match=rf"echo.* {LIMIT} .*untyped"):
            RoomStub(connection).echo("x")
        assert RoomStub(connection).echo("") == ""


def test_an_untyped_result_has_the_same_limit_where_it_arrives() -> None:
    """An end with other settings may send it; it is not read. The connection goes on."""
    with (
        open_hall(Large(), settings=GENEROUS) as address,
        callbackgen.connect(address) as connection,
    ):
        room = RoomStub(connection)
        with pytest.raises(callbackgen.BadReply, match=rf"echo: .* {LIMIT} .*untyped"):
            room.echo("x")
        assert room.echo("") == ""


def test_an_answer_is_no_larger_than_its_type_can_be() -> None:
    """For None that is 64 bytes; what is in more of them is not looked at."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        long = str(daemon.register(TalkerWrapper("x" * 100), "long"))
        with looping(daemon), callbackgen.connect(long) as connection:
            talker = TalkerStub(connection)
            with pytest.raises(callbackgen.BadReply, match=r"said: .*limit is 64 "):
                talker.said()
            assert connection.is_open


class Slow(Hall):
    """Takes what is noted only when it is told to go on."""

    def note(self, text: str) -> None:
        assert self.release.wait(PATIENCE)
        super().note(text)


def is_sent(room: RoomStub) -> bool:
    """Whether there was room for a large oneway call."""
    try:
        room.note("x" * 200_000)
    except callbackgen.DeadlineExceeded:
        return False
    return True


def test_large_oneway_calls_wait_at_their_sender() -> None:
    """Until the server has taken enough of them: more than it would queue arrive."""
    hall = Slow()
    with open_hall(hall) as address, callbackgen.connect(address) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        hasty = callbackgen.with_deadline(room, 0.2)
        sent = sum(1 for _ in iter(lambda: is_sent(hasty), False))
        assert sent * 200_000 < connection.settings.queue_size
        hall.release.set()
        for _ in range(40 - sent):
            assert is_sent(room)
        assert reached(lambda: len(hall.texts) == 40)
        assert connection.is_open


def test_large_calls_wait_at_their_sender() -> None:
    """Thirty-two at once are more than a server queues; each is answered."""
    with open_hall(Lengths()) as address, callbackgen.connect(address) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        with ThreadPoolExecutor(32) as pool:
            answers = pool.map(room.hold, ["x" * 1_000_000] * 32)
            assert set(answers) == {"1000000"}
        assert connection.is_open


class Lengths(Hall):
    """Says how long a text is."""

    def hold(self, text: str) -> str:
        return str(len(text))
