"""The thread that waits for sockets and for moments in time."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from collections.abc import Generator, Iterator
from functools import partial
from queue import SimpleQueue

import pytest

from callbackgen.runtime.loop import READ, WRITE, Loop

PATIENCE = 60.0
NAME = "the tested loop"


@pytest.fixture(params=["epoll", "selectors"], autouse=True)
def poller(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Every test runs with both ways to wait for sockets."""
    if request.param == "selectors":
        monkeypatch.delattr(select, "epoll", raising=False)
    elif not hasattr(select, "epoll"):
        pytest.skip("this system has no epoll")
    return str(request.param)


@pytest.fixture
def loop(poller: str) -> Iterator[Loop]:
    """A loop, which ends with the test."""
    loop = Loop(NAME)
    yield loop
    loop.end()
    assert not loop._thread.is_alive()


@contextlib.contextmanager
def pair() -> Generator[tuple[socket.socket, socket.socket]]:
    """Two connected sockets, the first of which does not block."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setblocking(False)
        theirs.settimeout(PATIENCE)
        yield ours, theirs


def in_loop(loop: Loop, action: object = None) -> object:
    """What an action gives, run in the loop's thread; all before it has run then."""
    result: SimpleQueue[object] = SimpleQueue()
    loop.soon(lambda: result.put(action() if callable(action) else action))
    return result.get(timeout=PATIENCE)


def test_actions_run_in_the_thread_of_the_loop(loop: Loop) -> None:
    """It has the name that it was given, and knows itself."""
    assert not loop.is_this_thread
    assert in_loop(loop, lambda: loop.is_this_thread) is True
    assert in_loop(loop, lambda: threading.current_thread().name) == NAME


def test_actions_run_in_order(loop: Loop) -> None:
    """Those of one thread in the order of its requests, and none is lost or doubled."""
    ran: list[tuple[int, int]] = []

    def ask(thread: int) -> None:
        for number in range(1000):
            loop.soon(partial(ran.append, (thread, number)))

    threads = [threading.Thread(target=ask, args=(thread,)) for thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    in_loop(loop)
    assert len(ran) == 4000
    for asked in range(4):
        assert [number for by, number in ran if by == asked] == list(range(1000))


def test_an_action_may_ask_for_another(loop: Loop) -> None:
    """It runs after those that have been asked for before."""
    order: list[str] = []
    ended = threading.Event()

    def first() -> None:
        loop.soon(lambda: order.append("third"))
        loop.soon(ended.set)
        order.append("first")

    def both() -> None:
        loop.soon(first)
        loop.soon(lambda: order.append("second"))

    loop.soon(both)
    assert ended.wait(PATIENCE)
    assert order == ["first", "second", "third"]


def test_actions_do_not_keep_sockets_from_being_looked_at(loop: Loop) -> None:
    """Not even one that asks for itself again and again."""
    seen = threading.Event()

    def again() -> None:
        if not seen.is_set():
            loop.soon(again)

    with pair() as (ours, theirs):
        in_loop(loop, lambda: loop.watch(ours, READ, lambda _: seen.set()))
        loop.soon(again)
        theirs.send(b"x")
        assert seen.wait(PATIENCE)
        in_loop(loop, lambda: loop.unwatch(ours))


def test_timers_run_when_they_are_due(loop: Loop) -> None:
    """The earliest first, those of the same moment as they were asked for; not early."""
    order: SimpleQueue[tuple[str, float]] = SimpleQueue()

    def note(what: str) -> None:
        order.put((what, time.monotonic()))

    def start() -> float:
        begun = time.monotonic()
        for what, seconds in (("late", 0.1), ("soon", 0.02), ("now", 0.0)):
            loop.later(seconds, partial(note, what))
        return begun

    begun = in_loop(loop, start)
    assert isinstance(begun, float)
    got = [order.get(timeout=PATIENCE) for _ in range(3)]
    assert [what for what, _ in got] == ["now", "soon", "late"]
    assert got[1][1] >= begun + 0.02
    assert got[2][1] >= begun + 0.1


def test_timers_that_are_late_let_the_sockets_go_first(loop: Loop) -> None:
    """After a process was stopped, what has come meanwhile is there to be read."""
    done: SimpleQueue[str] = SimpleQueue()
    with pair() as (ours, theirs):

        def ready(_: int) -> None:
            done.put("read")
            loop.unwatch(ours)

        def held_up() -> None:
            loop.later(0, partial(done.put, "timer"))
            # As if it had been due long ago.
            _, number, action = loop._timers.pop()
            loop._timers.append((time.monotonic() - 5, number, action))
            loop.watch(ours, READ, ready)
            theirs.send(b"x")

        loop.soon(held_up)
        assert done.get(timeout=PATIENCE) == "read"
        assert done.get(timeout=PATIENCE) == "timer"


def test_what_raises_is_logged(loop: Loop, caplog: pytest.LogCaptureFixture) -> None:
    """An action, a timer, and what is called for a socket; the loop goes on."""

    def fail(what: str, *_: object) -> None:
        if what == "a socket":
            loop.unwatch(ours)
        done.release()
        raise ValueError(what)

    done = threading.Semaphore(0)
    with pair() as (ours, theirs), caplog.at_level(logging.ERROR):
        theirs.send(b"x")
        loop.soon(partial(fail, "an action"))
        loop.soon(lambda: loop.later(0, partial(fail, "a timer")))
        loop.soon(lambda: loop.watch(ours, READ, partial(fail, "a socket")))
        for _ in range(3):
            assert done.acquire(timeout=PATIENCE)
        in_loop(loop)
    assert {record.name for record in caplog.records} == {"callbackgen.loop"}
    raised = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert {str(one) for one in raised} == {"an action", "a timer", "a socket"}


def test_a_watched_socket_is_told_what_it_is_ready_for(loop: Loop) -> None:
    """Only of the events that were asked for; 0 is none; and nothing once unwatched."""
    told: SimpleQueue[int] = SimpleQueue()
    with pair() as (ours, theirs):

        def ready(events: int) -> None:
            loop.watch(ours, 0, ready)
            told.put(events)

        def watch(events: int) -> None:
            in_loop(loop, lambda: loop.watch(ours, events, ready))

        watch(0)
        theirs.send(b"x")
        for _ in range(10):
            in_loop(loop)
        assert told.empty()
        watch(READ)
        assert told.get(timeout=PATIENCE) == READ
        watch(WRITE)
        assert told.get(timeout=PATIENCE) == WRITE
        watch(READ | WRITE)
        assert told.get(timeout=PATIENCE) == READ | WRITE
        loop.soon(lambda: loop.watch(ours, READ, ready))
        in_loop(loop, lambda: loop.unwatch(ours))
        while not told.empty():  # the loop may have looked in between
            assert told.get() == READ
        for _ in range(10):
            in_loop(loop)
        assert told.empty()


def test_a_socket_may_be_forgotten_twice(loop: Loop) -> None:
    """Also one that was never watched, and one that was watched for nothing."""
    with pair() as (ours, _):

        def forget() -> str:
            loop.unwatch(ours)
            loop.watch(ours, 0, print)
            loop.watch(ours, 0, print)
            loop.unwatch(ours)
            loop.unwatch(ours)
            return "no error"

        assert in_loop(loop, forget) == "no error"


def test_the_end_of_a_connection_is_something_to_read(loop: Loop) -> None:
    """Who watches for reading is told when the other end has closed."""
    told = threading.Event()
    with pair() as (ours, theirs):

        def ready(events: int) -> None:
            if events & READ and not ours.recv(1):
                loop.unwatch(ours)
                told.set()

        in_loop(loop, lambda: loop.watch(ours, READ, ready))
        theirs.close()
        assert told.wait(PATIENCE)


def test_a_socket_may_forget_another_one_that_is_ready(loop: Loop) -> None:
    """That one is not called any more, though it was ready at the same time."""
    told: list[str] = []
    with pair() as (first, one), pair() as (second, other):

        def ready(_: int) -> None:
            loop.unwatch(first)
            loop.unwatch(second)
            told.append("once")

        def watch() -> None:
            one.send(b"x")
            other.send(b"x")
            loop.watch(first, READ, ready)
            loop.watch(second, READ, ready)

        in_loop(loop, watch)
        while not told:
            in_loop(loop)
        for _ in range(10):
            in_loop(loop)
    assert told == ["once"]


def test_other_threads_may_change_what_is_watched_where_it_says_so(
    loop: Loop, poller: str
) -> None:
    """With epoll it takes effect while the loop waits."""
    assert loop.can_be_changed is (poller == "epoll")
    if not loop.can_be_changed:
        return
    told = threading.Event()
    with pair() as (ours, theirs):

        def ready(_: int) -> None:
            loop.watch(ours, 0, ready)
            told.set()

        in_loop(loop, lambda: loop.watch(ours, 0, ready))
        theirs.send(b"x")
        loop.watch(ours, READ, ready)
        assert told.wait(PATIENCE)
        in_loop(loop, lambda: loop.unwatch(ours))


def test_end_runs_what_was_asked_for() -> None:
    """Actions, also those that an action asks for, and timers before they are due."""
    loop, ran = Loop(NAME), list[str]()
    begun, go_on = threading.Event(), threading.Event()

    def first() -> None:
        begun.set()
        assert go_on.wait(PATIENCE)
        loop.later(3600, lambda: ran.append("timer"))
        loop.soon(lambda: ran.append("asked for last"))

    loop.soon(first)
    assert begun.wait(PATIENCE)
    for number in range(1000):
        loop.soon(partial(ran.append, str(number)))
    threading.Timer(0.01, go_on.set).start()
    loop.end()
    assert ran == [*map(str, range(1000)), "asked for last", "timer"]


def test_nothing_is_left_after_the_end() -> None:
    """No thread, no socket; to ask for more, or to end once more, does no harm."""
    loop = Loop(NAME)
    in_loop(loop)
    loop.end()
    assert not loop._thread.is_alive()
    assert loop._waker.fileno() == loop._woken.fileno() == -1
    loop.soon(print)
    loop.end()


def test_the_loop_may_end_itself() -> None:
    """An action that ends it does not wait for its own thread."""
    loop, ended = Loop(NAME), threading.Event()

    def end() -> None:
        loop.end()
        loop.soon(ended.set)

    loop.soon(end)
    assert ended.wait(PATIENCE)
    loop._thread.join(PATIENCE)
    assert not loop._thread.is_alive()
    assert loop._waker.fileno() == -1
