"""The threads that run calls: who gets one, when, and what becomes of it."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

import contextlib
import gc
import logging
import threading
import time
import weakref
from collections.abc import Generator
from functools import partial
from queue import SimpleQueue

import pytest

from callbackgen.runtime import workers as module
from callbackgen.runtime.shares import Clients, Share
from callbackgen.runtime.workers import Crew, Workers, waiting

PATIENCE = 60.0


class Held:
    """Tasks that say that they have started, and end when they may."""

    def __init__(self) -> None:
        self.started: SimpleQueue[object] = SimpleQueue()
        self.may_end = threading.Event()

    def run(self, what: object) -> None:
        self.started.put(what)
        assert self.may_end.wait(PATIENCE)

    def wait(self, what: object) -> None:
        """As one that waits for an answer from elsewhere."""
        with waiting():
            self.run(what)

    def next(self) -> object:
        return self.started.get(timeout=PATIENCE)


@contextlib.contextmanager
def working(size: int, *, replace: bool = True) -> Generator[tuple[Workers, Held]]:
    """Workers, which end with the block."""
    workers, held = Workers(size, replace=replace), Held()
    try:
        yield workers, held
    finally:
        held.may_end.set()
        assert workers.close(PATIENCE) == []


def threads(workers: Workers) -> int:
    return len(workers._threads)


def nobody_is_counted(workers: Workers) -> None:
    for counts in (workers._running, workers._waiting):
        assert counts.total == 0
        assert not counts.of_share
        assert not counts.of_client


def test_clients_take_turns() -> None:
    """However much one has submitted, the next one's first task comes before it."""
    with working(1) as (workers, held):
        order: SimpleQueue[str] = SimpleQueue()
        workers.submit("holds the thread", lambda: held.run(None))
        held.next()
        for client in "aaabbc":
            workers.submit(client, partial(order.put, client))
        held.may_end.set()
        got = [order.get(timeout=PATIENCE) for _ in range(6)]
    assert got == list("abcaba")


def test_tasks_of_one_client_start_in_order() -> None:
    """What was submitted first starts first."""
    order: list[int] = []
    with working(2) as (workers, _):
        for number in range(100):
            workers.submit("a", partial(order.append, number))
    assert order == list(range(100))


@pytest.mark.parametrize(("size", "share"), [(1, 1), (2, 1), (3, 1), (4, 2), (8, 4)])
def test_a_client_has_at_most_half_of_the_threads(size: int, share: int) -> None:
    """Others find a free one, however much a client submits; one it has always."""
    with working(size) as (workers, held):
        for _ in range(size + 1):
            workers.submit("a", lambda: held.run("a"))
        assert [held.next() for _ in range(share)] == ["a"] * share
        assert threads(workers) == share
        if size > 1:
            workers.submit("b", lambda: held.run("b"))
            assert held.next() == "b"


def hold(workers: Workers, held: Held, *shares: Share) -> None:
    """Submit for each more than there are threads; each says its number."""
    for number, share in enumerate(shares):
        for _ in range(10):
            workers.submit(share, partial(held.run, number))


def test_connections_of_a_client_take_turns() -> None:
    """Among themselves, in the turn of their client."""
    clients = Clients()
    with working(1) as (workers, held):
        order: SimpleQueue[str] = SimpleQueue()
        workers.submit("holds the thread", lambda: held.run(None))
        held.next()
        a1, a2, b1 = (clients.join(key) for key in "aab")
        for name, share in (("a1", a1), ("a1", a1), ("a2", a2), ("b1", b1), ("b1", b1)):
            workers.submit(share, partial(order.put, name))
        held.may_end.set()
        got = [order.get(timeout=PATIENCE) for _ in range(5)]
    assert got == ["a1", "b1", "a2", "b1", "a1"]


@pytest.mark.parametrize("connections", [1, 2, 5, 100])
def test_more_connections_get_no_more_threads(connections: int) -> None:
    """A client has at most half of them while others are connected, who find the rest."""
    clients = Clients()
    with working(8) as (workers, held):
        other = clients.join("other")
        hold(workers, held, *(clients.join("many") for _ in range(connections)))
        for _ in range(4):
            held.next()
        assert threads(workers) == 4
        workers.submit(other, lambda: held.run("other"))
        assert held.next() == "other"


@pytest.mark.parametrize(("size", "most"), [(1, 1), (2, 1), (3, 2), (4, 3), (8, 7)])
def test_a_client_that_is_alone_leaves_a_thread(size: int, most: int) -> None:
    """It has all others, and who comes is served at once."""
    clients = Clients()
    with working(size) as (workers, held):
        hold(workers, held, *(clients.join("many") for _ in range(size + 1)))
        for _ in range(most):
            held.next()
        assert threads(workers) == most
        if size > 1:
            workers.submit(clients.join("other"), lambda: held.run("other"))
            assert held.next() == "other"


@pytest.mark.parametrize(("others", "most"), [(0, 4), (1, 2)])
def test_a_connection_leaves_threads_to_those_of_its_client(
    others: int, most: int
) -> None:
    """One of several has half of what its client has; its neighbour is served at once."""
    clients = Clients()
    with working(8) as (workers, held):
        strangers = [clients.join(f"stranger {number}") for number in range(others)]
        slow, neighbour = clients.join("same"), clients.join("same")
        hold(workers, held, slow)
        assert [held.next() for _ in range(most)] == [0] * most
        assert threads(workers) == most
        workers.submit(neighbour, lambda: held.run("neighbour"))
        assert held.next() == "neighbour"
        del strangers


@pytest.mark.parametrize("others", [0, 1])
def test_one_connection_has_half(others: int) -> None:
    """As a client always may, whoever else is connected."""
    clients = Clients()
    strangers = [clients.join(f"stranger {number}") for number in range(others)]
    with working(8) as (workers, held):
        hold(workers, held, clients.join("one"))
        assert [held.next() for _ in range(4)] == [0] * 4
        assert threads(workers) == 4
    assert len(strangers) == others


def test_all_on_one_machine_are_served_side_by_side() -> None:
    """Each of more connections than threads gets its turn, though some hold theirs."""
    clients = Clients()
    with working(4) as (workers, held):
        shares = [clients.join("this machine") for _ in range(64)]
        for share in shares[:2]:
            workers.submit(share, lambda: held.run("holds"))
            held.next()
        done: SimpleQueue[int] = SimpleQueue()
        for number, share in enumerate(shares):
            workers.submit(share, partial(done.put, number))
        got = {done.get(timeout=PATIENCE) for _ in shares}
        assert got == set(range(64))


def test_who_comes_again_does_not_begin_anew() -> None:
    """What still runs for connections that have ended counts for their client."""
    clients = Clients()
    with working(4) as (workers, held):
        other = clients.join("other")
        for _ in range(2):
            share = clients.join("a")
            workers.submit(share, lambda: held.run("a"))
            assert held.next() == "a"
            clients.leave(share)
            del share
        gc.collect()
        workers.submit(clients.join("a"), lambda: held.run("too much"))
        workers.submit(other, lambda: held.run("other"))
        assert held.next() == "other"
        assert held.started.empty()
        held.may_end.set()
        assert held.next() == "too much"
    nobody_is_counted(workers)


def test_what_one_leaves_is_there_for_the_others() -> None:
    """Tasks that wait start when a client goes, without another one being submitted."""
    crew, held = Crew(4), Held()
    other = crew.join("other", "")
    shares = [crew.join("many", "") for _ in range(4)]
    for share in shares:
        crew.workers.submit(share, lambda: held.run("many"))
    assert [held.next() for _ in range(2)] == ["many"] * 2
    assert held.started.empty()
    crew.leave(other)
    assert held.next() == "many"
    assert threads(crew.workers) == 3
    held.may_end.set()
    assert crew.close(PATIENCE) == []


def test_a_client_has_at_most_half_of_the_replacements(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """With any number of connections, while others are connected, who have the rest."""
    monkeypatch.setattr(module, "_REPLACED", 8)
    clients = Clients()
    with working(4) as (workers, held):
        other = clients.join("other")
        many = [clients.join("many") for _ in range(20)]
        for share in many:
            workers.submit(share, lambda: held.wait("many"))
        most = 4 + 2  # half of the threads wait without being replaced
        assert [held.next() for _ in range(most)] == ["many"] * most
        assert threads(workers) == most
        for _ in range(3):
            workers.submit(other, lambda: held.wait("other"))
        assert [held.next() for _ in range(3)] == ["other"] * 3


def test_nothing_is_kept_of_a_client_that_has_gone() -> None:
    """However many come and go."""
    clients = Clients()
    with working(2) as (workers, _):
        for number in range(100):
            done = threading.Event()
            share = clients.join(number)
            workers.submit(share, done.set)
            assert done.wait(PATIENCE)
            clients.leave(share)
        share = clients.join("last")
        while len(clients._known) > 1:  # a thread may not be through with its task
            gc.collect()
        assert clients.connected == 1


def test_no_more_threads_than_the_size() -> None:
    """All clients together have no more, and what is too much waits."""
    with working(3) as (workers, held):
        for client in range(5):
            workers.submit(client, partial(held.run, client))
        assert {held.next() for _ in range(3)} == {0, 1, 2}
        assert threads(workers) == 3
        held.may_end.set()
        assert {held.next() for _ in range(2)} == {3, 4}


def test_a_thread_that_waits_is_replaced() -> None:
    """The client's next task runs meanwhile, which may be what it waits for."""
    with working(1) as (workers, _):
        answered, ended = threading.Event(), threading.Event()

        def ask() -> None:
            workers.submit("a", answered.set)
            with waiting():
                assert answered.wait(PATIENCE)
            ended.set()

        workers.submit("a", ask)
        assert ended.wait(PATIENCE)


def test_at_most_eight_threads_of_a_client_are_replaced() -> None:
    """A client that lets all its calls wait gets no more; others get what is theirs."""
    with working(4) as (workers, held):
        for _ in range(20):
            workers.submit("a", lambda: held.wait("a"))
        most = 8 + 2  # half of the threads wait without being replaced
        assert [held.next() for _ in range(most)] == ["a"] * most
        assert threads(workers) == most
        for _ in range(2):
            workers.submit("b", lambda: held.wait("b"))
        assert [held.next() for _ in range(2)] == ["b", "b"]


def test_no_thread_is_replaced_where_that_is_off() -> None:
    """One that waits counts like one that works."""
    with working(2, replace=False) as (workers, held):
        for _ in range(3):
            workers.submit("a", lambda: held.wait("a"))
        held.next()
        assert threads(workers) == 1
        assert held.started.empty()


def test_waiting_inside_waiting_counts_once() -> None:
    """A call that runs while its thread waits does not have it replaced once more."""
    with working(1) as (workers, held):

        def nested() -> None:
            with waiting():
                held.wait("outer")

        workers.submit("a", nested)
        held.next()
        assert workers._waiting.of_share == {"a": 1}
        assert workers._running.total == 0
        held.may_end.set()
        workers.submit("b", lambda: held.run("b"))
        assert held.next() == "b"
    nobody_is_counted(workers)


def test_waiting_elsewhere_does_nothing() -> None:
    """A thread that is no worker has nobody to replace it."""
    with waiting(), waiting():
        pass


@pytest.mark.parametrize("error", [ValueError, SystemExit, KeyboardInterrupt])
def test_a_task_that_raises_costs_nothing(
    error: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """It is logged; its thread runs the next one, and its place is free again."""
    names: SimpleQueue[str] = SimpleQueue()

    def fail() -> None:
        names.put(threading.current_thread().name)
        raise error("wrong")

    with working(1) as (workers, _), caplog.at_level(logging.ERROR):
        for _ in range(3):
            workers.submit("a", fail)
        workers.submit("a", lambda: names.put(threading.current_thread().name))
        assert len({names.get(timeout=PATIENCE) for _ in range(4)}) == 1
    assert caplog.messages == ["a: a task failed"] * 3
    assert "wrong" in caplog.text


def test_a_task_that_raises_while_it_waits_is_counted_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its place is free again, and so is that of its replacement."""

    def fail() -> None:
        with waiting():
            raise TimeoutError

    with working(1) as (workers, _):
        for _ in range(20):
            workers.submit("a", fail)
    assert len(caplog.records) == 20
    nobody_is_counted(workers)


def test_close_runs_what_waits_to_run() -> None:
    """All that was submitted before has run when it comes back."""
    held, ran = Held(), list[int]()
    workers = Workers(2)
    workers.submit("a", lambda: held.run("a"))
    held.next()
    for number in range(10):
        workers.submit("a", partial(ran.append, number))
    held.may_end.set()
    assert workers.close(PATIENCE) == []
    assert ran == list(range(10))
    assert threads(workers) == 0


def test_close_waits_for_threads_that_start_meanwhile() -> None:
    """One that replaces another one which waits is no less of it."""
    workers, closed = Workers(1), threading.Event()
    found: SimpleQueue[threading.Thread] = SimpleQueue()
    too_late: list[bool] = []

    def wait() -> None:
        while not workers._closed:
            time.sleep(0.001)
        found.put(threading.current_thread())
        with waiting():
            pass

    def replace() -> None:
        found.get(timeout=PATIENCE).join(PATIENCE)
        too_late.append(closed.wait(0.1))

    workers.submit("a", wait)
    workers.submit("a", replace)
    assert workers.close(PATIENCE) == []
    closed.set()
    assert too_late == [False]


def test_close_names_the_threads_that_do_not_end() -> None:
    """It waits no longer than it is told, and says who still runs."""
    held, names = Held(), list[str]()

    def hang() -> None:
        names.append(threading.current_thread().name)
        held.run(None)

    workers = Workers(4)
    for client in "ab":
        workers.submit(client, hang)
        held.next()
    assert workers.close(0.01) == sorted(names)
    held.may_end.set()
    assert workers.close(PATIENCE) == []


def test_close_does_not_name_a_thread_that_is_just_about_to_end() -> None:
    """On a busy machine an idle one may take longer than it waits: no call hangs."""
    workers = Workers(2)
    done = threading.Event()
    workers.submit("a", done.set)
    assert done.wait(PATIENCE)
    while not workers._idle:  # it may not be through with its task
        time.sleep(0.001)
    (thread,) = workers._threads
    assert workers.close(0) == []
    thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_worker_may_close() -> None:
    """It does not wait for itself; the idle ones end, and it does after its task."""
    workers = Workers(4)
    closed: SimpleQueue[tuple[list[str], threading.Thread]] = SimpleQueue()
    idle = threading.Event()
    workers.submit("a", idle.set)
    assert idle.wait(PATIENCE)
    workers.submit(
        "b",
        lambda: closed.put((workers.close(PATIENCE), threading.current_thread())),
    )
    left, thread = closed.get(timeout=PATIENCE)
    assert left == []
    thread.join(PATIENCE)
    assert not thread.is_alive()
    assert threads(workers) == 0


class Thing:
    """What a weak reference can be made to."""


def test_an_idle_thread_keeps_nothing() -> None:
    """What its last task had, and the client, are gone as soon as nobody else has it."""
    with working(1) as (workers, _):
        task, client = Thing(), Thing()
        task_gone, client_gone = threading.Event(), threading.Event()
        watched = (
            weakref.ref(task, lambda _: task_gone.set()),
            weakref.ref(client, lambda _: client_gone.set()),
        )
        workers.submit(client, partial(str, task))
        del task, client
        gc.collect()
        assert task_gone.wait(PATIENCE)
        assert client_gone.wait(PATIENCE)
        assert [one() for one in watched] == [None, None]
        assert threads(workers) == 1


def test_a_thread_without_work_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while; the next task gets a new one."""
    monkeypatch.setattr(module, "_IDLE", 0.01)
    with working(1) as (workers, _):
        found: SimpleQueue[threading.Thread] = SimpleQueue()
        for _ in range(2):
            workers.submit("a", lambda: found.put(threading.current_thread()))
            thread = found.get(timeout=PATIENCE)
            thread.join(PATIENCE)
            assert not thread.is_alive()
            assert threads(workers) == 0


def test_a_thread_has_time_while_half_of_them_are_free() -> None:
    """Not when more of them work, and not when a task waits to run."""
    with working(4) as (workers, held):
        assert workers.has_time
        for client, has_time in ((1, True), (2, True), (3, False)):
            workers.submit(client, lambda: held.run(None))
            held.next()
            assert workers.has_time is has_time
    with working(4) as (workers, held):
        for _ in range(2):
            workers.submit("a", lambda: held.run(None))
        assert workers.has_time
        workers.submit("a", lambda: held.run(None))
        assert not workers.has_time


def test_without_a_new_thread_one_that_is_there_does_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the system gives no more; without any, `submit` says so."""

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with working(4) as (workers, held):
        workers.submit("a", lambda: held.run("a"))
        held.next()
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            workers.submit("b", lambda: held.run("b"))
        assert threads(workers) == 1
        held.may_end.set()
        assert held.next() == "b"
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError):
            Workers(1).submit("a", lambda: None)


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_a_crew_closes_all_of_its_parts(one_at_a_time: bool) -> None:
    """It names the threads of each that do not end, and each once."""
    crew, held = Crew(8, one_at_a_time=one_at_a_time), Held()
    for part in (crew.workers, crew.beside, crew.callers):
        part.submit("a", lambda: held.run(None))
        held.next()
    assert len({*crew.close(0.01)}) == 3
    assert len(crew.close(0.01)) == 3
    held.may_end.set()
    assert crew.close(PATIENCE) == []
