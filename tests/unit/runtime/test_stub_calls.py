"""The calls of stubs: deadlines, connections, threads, loops and processes."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import operator
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import callbackgen
from callbackgen import ConnectionLost, DeadlineExceeded, with_deadline
from tests.unit.runtime.serving import Daemon, running, serving

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

from tests.unit.runtime.desk import PATIENCE, Desk, DeskStub, DeskWrapper


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.release.set()


def test_a_deadline_of_the_interface_holds(desk: Desk) -> None:
    """A method with a deadline of its own does not wait the default's time."""
    with serving(DeskWrapper(desk)) as (address,):
        with pytest.raises(DeadlineExceeded, match=r"0\.3 s"):
            DeskStub(address).quick("slow")
        desk.release.set()


def test_a_deadline_of_the_caller_comes_first(desk: Desk) -> None:
    """`with_deadline` holds in place of what the interface says."""
    with serving(DeskWrapper(desk)) as (address,):
        stub = DeskStub(address)
        with pytest.raises(DeadlineExceeded, match=r"0\.2 s"):
            with_deadline(stub, 0.2).quick("slow")
        desk.release.set()
        assert with_deadline(stub, PATIENCE).quick("now") == "now"


def test_the_default_deadline_is_a_setting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody says otherwise, `callbackgen.settings.deadline` holds."""
    defaults = {one.name: one.default for one in fields(callbackgen.Settings)}
    assert defaults["deadline"] == 5
    monkeypatch.setattr(callbackgen.settings, "deadline", 0.2)
    with serving(DeskWrapper(desk)) as (address,):
        with pytest.raises(DeadlineExceeded, match=r"0\.2 s"):
            DeskStub(address).hold("slow")
        desk.release.set()


def test_the_far_end_learns_how_much_time_is_left(desk: Desk) -> None:
    """The remaining time travels with the call."""
    with serving(DeskWrapper(desk)) as (address,):
        assert 0 < with_deadline(DeskStub(address), 25).left() <= 25


def test_a_call_goes_on_after_a_late_answer(desk: Desk) -> None:
    """The answer to a call that was given up is not taken for the next one's."""
    with serving(DeskWrapper(desk)) as (address,):
        stub = DeskStub(address)
        with pytest.raises(DeadlineExceeded):
            with_deadline(stub, 0.2).hold("first")
        desk.release.set()
        assert stub.hold("second") == "second"


def test_an_unknown_object_is_a_lost_connection(desk: Desk) -> None:
    """A daemon that does not have the object refuses, and says so."""
    with serving(DeskWrapper(desk)) as (address,):
        location = address.partition("@")[2]
        with pytest.raises(ConnectionLost, match="unknown object"):
            DeskStub(f"PYRO:gone@{location}").add(1, 2)


def test_a_daemon_that_starts_again_is_dialled_again(desk: Desk) -> None:
    """The first call after it is lost, since it may have gone out; the next works."""
    wrapper = DeskWrapper(desk)
    with Daemon(host="127.0.0.1") as daemon:
        daemon.register(wrapper, "desk")
        port = int(str(daemon.locationStr).rpartition(":")[2])
        stub = DeskStub(f"PYRO:desk@127.0.0.1:{port}")
        with running(daemon):
            assert stub.add(1, 2) == 3
        daemon.unregister(wrapper)
    with pytest.raises(ConnectionLost):
        stub.add(1, 2)
    with Daemon(host="127.0.0.1", port=port) as again:
        again.register(wrapper, "desk")
        with running(again):
            assert stub.add(2, 3) == 5


def test_names_of_hosts_are_looked_up(desk: Desk) -> None:
    """A host by name is found as one by number is."""
    with serving(DeskWrapper(desk), host="localhost") as (address,):
        assert "localhost" in address
        assert DeskStub(address).add(1, 2) == 3


def _has_ipv6() -> bool:
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_ipv6_is_dialled(desk: Desk) -> None:
    """A numeric IPv6 address is dialled; without IPv6 it is a lost connection."""
    if not _has_ipv6():
        with pytest.raises(ConnectionLost):
            DeskStub("PYRO:desk@[::1]:1").add(1, 2)
        return
    with serving(DeskWrapper(desk), host="::1") as (address,):
        assert DeskStub(address).add(1, 2) == 3


def test_unix_sockets_are_dialled(desk: Desk) -> None:
    """A daemon on a Unix domain socket is called as any other."""
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "s")
        with serving(DeskWrapper(desk), host=None, unixsocket=name) as (address,):
            stub = DeskStub(address)
            assert stub.add(1, 2) == 3
            stub.told("x")
            assert stub.add(2, 3) == 5
        del stub


def test_threads_take_turns(desk: Desk) -> None:
    """Many threads may call one stub: each gets its own answer, on one connection."""
    answers: dict[int, int] = {}
    with Daemon(host="127.0.0.1") as daemon:
        stub = with_deadline(
            DeskStub(str(daemon.register(DeskWrapper(desk)))), PATIENCE
        )

        def call(number: int) -> None:
            for _ in range(20):
                answers[number] = stub.add(number, number)

        with running(daemon):
            threads = [threading.Thread(target=call, args=(n,)) for n in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert answers == {number: 2 * number for number in range(8)}
            assert len(daemon.connected) == 1


def test_a_stub_with_another_deadline_shares_the_connection(desk: Desk) -> None:
    """`with_deadline` costs no connection of its own."""
    with Daemon(host="127.0.0.1") as daemon:
        stub = DeskStub(str(daemon.register(DeskWrapper(desk))))
        with running(daemon):
            assert stub.add(1, 1) + with_deadline(stub, 9).add(1, 1) == 4
            assert len(daemon.connected) == 1


def test_a_slow_object_does_not_hold_up_another(desk: Desk) -> None:
    """Stubs of two objects have a connection each: one answers while one waits."""
    quick = Desk()
    with serving(DeskWrapper(desk), DeskWrapper(quick)) as (slow_at, quick_at):
        slow = with_deadline(DeskStub(slow_at), PATIENCE)
        waiting = threading.Thread(target=slow.hold, args=("x",))
        waiting.start()
        assert desk.arrived.acquire(timeout=PATIENCE)
        assert DeskStub(quick_at).add(1, 2) == 3
        desk.release.set()
        waiting.join()


def test_oneway_calls_do_not_wait_for_the_far_end(desk: Desk) -> None:
    """They return while the object is still busy, and are carried out in order."""
    with serving(DeskWrapper(desk)) as (address,):
        stub = with_deadline(DeskStub(address), PATIENCE)
        other = with_deadline(DeskStub(address), PATIENCE)
        waiting = threading.Thread(target=other.hold, args=("held",))
        waiting.start()
        assert desk.arrived.acquire(timeout=PATIENCE)
        for number in range(100):
            stub.told(str(number))
        assert not desk.release.is_set()
        desk.release.set()
        waiting.join()
        assert stub.add(1, 2) == 3
        assert desk.texts == ["held", *(str(number) for number in range(100))]


def test_oneway_calls_start_no_threads(desk: Desk) -> None:
    """Pyro5's thread for each oneway call is never asked for."""
    seen: set[str] = set()

    class Watching(Desk):
        def told(self, text: str) -> None:
            seen.update(thread.name for thread in threading.enumerate())

    with serving(DeskWrapper(Watching())) as (address,):
        stub = DeskStub(address)
        for _ in range(20):
            stub.told("x")
        assert stub.add(1, 2) == 3
    assert "oneway-call" not in seen


def test_small_messages_are_sent_at_once(desk: Desk) -> None:
    """Nagle's algorithm is off: a call after a oneway one does not wait 40 ms."""
    with serving(DeskWrapper(desk)) as (address,):
        stub = with_deadline(DeskStub(address), PATIENCE)
        stub.told("x")
        assert stub.add(1, 2) == 3
        of_stub = operator.attrgetter("_callbackgen_handle.link._lines")
        (line,) = of_stub(stub).values()
        option = line._connection._socket.getsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY
        )
    assert option != 0


def test_an_async_call_leaves_the_loop_free(desk: Desk) -> None:
    """While one call is held, the loop runs and a call of another object answers."""

    async def scenario(slow: DeskStub, quick: DeskStub) -> tuple[int, str]:
        held = asyncio.create_task(slow.hold_later("text"))
        added = await quick.add_later(1, 2)
        desk.release.set()
        return added, await held

    with serving(DeskWrapper(desk), DeskWrapper(Desk())) as (slow, quick):
        found = asyncio.run(scenario(DeskStub(slow), DeskStub(quick)))
    assert found == (3, "text")


def test_a_cancelled_async_call_harms_no_other(desk: Desk) -> None:
    """The next call on the same stub gets its own answer."""

    async def scenario(stub: DeskStub) -> str:
        held = asyncio.create_task(stub.hold_later("first"))
        await asyncio.to_thread(desk.arrived.acquire, timeout=PATIENCE)
        held.cancel()
        with pytest.raises(asyncio.CancelledError):
            await held
        desk.release.set()
        return await stub.hold_later("second")

    with serving(DeskWrapper(desk)) as (address,):
        stub = with_deadline(DeskStub(address), PATIENCE)
        assert asyncio.run(scenario(stub)) == "second"


def test_an_async_call_waits_for_a_thread_until_its_deadline(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other calls that hold all threads do not make one longer; it is never sent."""
    monkeypatch.setattr("callbackgen.runtime.stock._MOST", 1)
    monkeypatch.setattr("callbackgen.runtime.stock._workers", {})

    async def scenario(slow: DeskStub, quick: DeskStub) -> None:
        held = asyncio.create_task(with_deadline(slow, PATIENCE).hold_later("slow"))
        await asyncio.to_thread(desk.arrived.acquire, timeout=PATIENCE)
        with pytest.raises(DeadlineExceeded, match=r"DeskStub\.hold: .* within 0\.2 s"):
            await with_deadline(quick, 0.2).hold_later("never")
        assert not held.done()
        desk.release.set()
        assert await held == "slow"

    other = Desk()
    with serving(DeskWrapper(desk), DeskWrapper(other)) as (slow, quick):
        asyncio.run(scenario(DeskStub(slow), DeskStub(quick)))
    assert other.texts == []


def test_a_stub_that_is_dropped_closes_its_connection(desk: Desk) -> None:
    """Without a call of `close`, and without a ResourceWarning."""
    left = threading.Event()

    class Noticing(Daemon):
        def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
            left.set()

    with Noticing(host="127.0.0.1") as daemon:
        stub = DeskStub(str(daemon.register(DeskWrapper(desk))))
        with running(daemon):
            assert stub.add(1, 2) == 3
            del stub
            gc.collect()
            assert left.wait(PATIENCE)


def _call_in_child(stub: DeskStub, pipe: Connection) -> None:
    pipe.send(stub.add(2, 3))


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_dials_its_own_connection(desk: Desk) -> None:
    """Parent and child each get their own answers after a fork."""
    forking = multiprocessing.get_context("fork")
    with Daemon(host="127.0.0.1") as daemon:
        stub = with_deadline(
            DeskStub(str(daemon.register(DeskWrapper(desk)))), PATIENCE
        )
        with running(daemon):
            assert stub.add(1, 2) == 3
            ours, theirs = forking.Pipe()
            with ours, theirs:
                child = forking.Process(target=_call_in_child, args=(stub, theirs))
                child.start()
                assert ours.poll(PATIENCE)
                assert ours.recv() == 5
                child.join()
            assert stub.add(3, 4) == 7
            assert len(daemon.connected) == 2
