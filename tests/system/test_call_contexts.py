"""What a method learns of who calls it is of that call alone, whoever calls besides."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, cast

import Pyro5.api
import pytest

import callbackgen
from tests.patience import patiently
from tests.system.edges.guest_remote import GuestStub
from tests.system.edges.hall import PATIENCE, Hall, Visitor, looping, reached
from tests.system.edges.room_remote import RoomStub, RoomWrapper

context: Any = Pyro5.api.current_context
Contents = dict[str, object]
FRESH: Contents = {"annotations": {}, "response_annotations": {}, "mine": None}
"""What a method of ours finds, besides who calls."""


def contents() -> Contents:
    """What of the context could be another call's."""
    return {
        "annotations": {key: bytes(one) for key, one in context.annotations.items()},
        "response_annotations": dict(context.response_annotations),
        "mine": getattr(context, "mine", None),
    }


def leave_traces(name: str) -> None:
    """Put into the context what nobody else may find there."""
    context.annotations["LEFT"] = name.encode()
    context.response_annotations = {"SAID": name.encode()}
    context.correlation_id = uuid.uuid4()
    context.mine = name


class Mirror(Hall):
    """Says who calls, by all that tells it; `echo` is given who it really is."""

    def __init__(self) -> None:
        super().__init__()
        self.wrong: list[object] = []

    def check(self, name: object) -> None:
        """Note what is not as it should be for a caller of that name."""
        peer = callbackgen.current_peer()
        host, port = context.client_sock_addr
        found = (peer.identity, peer.connection, peer.address)
        wanted = (name, context.client, f"{host}:{port}")
        if found != wanted:
            self.wrong.append((found, wanted))
        if context.client.peer.identity != name:
            self.wrong.append((context.client.peer, name))

    def echo(self, value: Any) -> Any:
        self.check(value)
        if contents() != FRESH or context.correlation_id is not None:
            self.wrong.append((value, contents(), context.correlation_id))
        leave_traces(value)
        return value

    def note(self, text: str) -> None:
        self.echo(text)
        raise ValueError("what a oneway leaves must not stay either")

    def fail(self, name: str) -> None:
        self.echo(name)
        raise ValueError(name)

    def relay(self, guest: GuestStub, text: str) -> str:
        name = self.echo(text)
        heard = guest.told(name)
        self.check(name)
        if context.mine != name:
            self.wrong.append((name, "its own context is gone", context.mine))
        return heard

    async def later(self, number: int) -> int:
        name = callbackgen.current_peer().identity
        for _ in range(3):
            await asyncio.sleep(0)
            if callbackgen.current_peer().identity != name:
                self.wrong.append((name, callbackgen.current_peer()))
        return number if name == f"client {number}" else -1

    def end(self) -> None:
        """For ordinary clients: it has what they have sent, and answers with its own."""
        name = str(callbackgen.current_peer().identity)
        self.check(name)
        found = contents()
        sent = {"annotations": {"MINE": name.encode()}}
        if found != FRESH | sent or str(context.correlation_id) != NUMBERS[name]:
            self.wrong.append((name, found, context.correlation_id))
        leave_traces(name)


NUMBERS = {f"ordinary {number}": str(uuid.uuid4()) for number in range(4)}
"""The correlation id of each ordinary client."""


def given(value: object) -> object:
    return value


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture
def daemon(
    mirror: Mirror, monkeypatch: pytest.MonkeyPatch
) -> Generator[callbackgen.Daemon]:
    """Few threads, so that each serves one client after the other."""
    monkeypatch.setattr(Pyro5.config, "THREADPOOL_SIZE", 4)
    with callbackgen.Daemon(host="127.0.0.1", authenticate=given) as daemon:
        daemon.register(RoomWrapper(mirror), "hall")
        with looping(daemon):
            yield daemon


def one_of_ours(address: str, number: int) -> None:
    """Calls of each kind, by a client whose name is in each."""
    name = f"client {number}"
    with callbackgen.connect(address, handshake=name) as connection:
        room = callbackgen.with_deadline(RoomStub(connection), PATIENCE)
        visitor = Visitor(lambda: room.echo(name))
        for _ in range(15):
            room.note(name)
            assert room.echo(name) == name
            with pytest.raises(callbackgen.RemoteRaised):
                room.fail(name)
            assert room.relay(visitor, name) == f"heard {name}"
            assert asyncio.run(room.later(number)) == number


def ordinary(address: str, name: str) -> None:
    """An unmodified Pyro5 client, with annotations and a number of its own."""
    proxy: Any
    with Pyro5.api.Proxy(address) as proxy:
        proxy._pyroHandshake = name
        for _ in range(40):
            context.annotations = {"MINE": name.encode()}
            context.correlation_id = uuid.UUID(NUMBERS[name])
            proxy.end()
            assert bytes(context.response_annotations["SAID"]) == name.encode()


def test_nothing_of_one_call_reaches_another(
    daemon: callbackgen.Daemon, mirror: Mirror
) -> None:
    """Clients of both kinds, many at once, whose calls nest, fail and leave traces."""
    address = str(daemon.uriFor("hall"))
    with ThreadPoolExecutor(8) as pool:
        ours = [pool.submit(one_of_ours, address, number) for number in range(4)]
        theirs = [pool.submit(ordinary, address, name) for name in NUMBERS]
        for done in (*ours, *theirs):
            done.result()
    assert mirror.wrong == []


def test_a_callback_that_calls_for_another_client(
    daemon: callbackgen.Daemon, mirror: Mirror
) -> None:
    """A call inside a call, over another connection: each is that of who makes it."""
    address = str(daemon.uriFor("hall"))
    with (
        callbackgen.connect(address, handshake="ann") as ann,
        callbackgen.connect(address, handshake="bob") as bob,
    ):
        by_bob = RoomStub(bob)
        assert RoomStub(ann).relay(Visitor(lambda: by_bob.echo("bob")), "ann") == (
            "heard ann"
        )
    assert mirror.wrong == []


def test_a_callback_knows_who_calls(daemon: callbackgen.Daemon) -> None:
    """In a callback the peer is the server, its connection this one; outside nobody."""
    address = str(daemon.uriFor("hall"))
    peers: list[callbackgen.Peer] = []
    with callbackgen.connect(address, handshake="ann") as connection:
        visitor = Visitor(lambda: peers.append(callbackgen.current_peer()))
        RoomStub(connection).relay(visitor, "ann")
        (peer,) = peers
        assert (peer.identity, peer.connection) == (None, connection)
        assert peer.address == address
        with pytest.raises(RuntimeError, match="being called by another process"):
            callbackgen.current_peer()


def test_what_a_method_starts_is_no_part_of_its_call(
    daemon: callbackgen.Daemon, mirror: Mirror
) -> None:
    """A thread that a method starts has nobody who calls, and no end of that call."""
    told: list[str] = []
    started: list[threading.Thread] = []

    def join(guest: GuestStub) -> None:
        def push() -> None:
            with pytest.raises(RuntimeError):
                callbackgen.current_peer()
            told.append(guest.told("from a thread"))

        started.append(threading.Thread(target=push))
        started[0].start()

    cast(Any, mirror).join = join
    address = str(daemon.uriFor("hall"))
    with callbackgen.connect(address, handshake="ann") as connection:
        RoomStub(connection).join(Visitor())
        assert reached(lambda: bool(started))
        started[0].join()
        assert told == ["heard from a thread"]


class Pushing(Hall):
    """Its coroutine starts a task, which calls a listener when it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may_push = threading.Event()
        self.outcomes: SimpleQueue[object] = SimpleQueue()
        self.tasks: list[asyncio.Task[None]] = []

    async def later(self, number: int) -> int:
        self.tasks.append(asyncio.create_task(self.push()))
        return number

    async def push(self) -> None:
        while not self.may_push.is_set():  # noqa: ASYNC110 - another thread sets it
            await asyncio.sleep(0.01)
        try:
            told = self.joined[0].told("pushed")
        except callbackgen.RemoteError as error:
            told = str(error)
        self.outcomes.put(told)


def test_a_task_outlives_the_call_that_started_it(daemon: callbackgen.Daemon) -> None:
    """The time of that call, long over, is not the time of the calls of the task."""
    pushing = Pushing()
    address = str(daemon.register(RoomWrapper(pushing), "pushing"))
    with callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        room.join(Visitor())

        def attempt(times: int) -> None:
            seconds = 0.5 * times
            hasty = callbackgen.with_deadline(room, seconds)
            assert asyncio.run(hasty.later(5)) == 5
            assert not threading.Event().wait(seconds)  # now it has passed

        patiently(attempt)
        pushing.may_push.set()
        assert pushing.outcomes.get(timeout=PATIENCE) == "heard pushed"


Register = Callable[[Callable[[], object]], str]


@pytest.fixture
def register(daemon: callbackgen.Daemon) -> Generator[Register]:
    """Registers `RoomWrapper` itself; its instances, one a connection, are made so."""

    def use(make: Callable[[], object]) -> str:
        pyro: Any = Pyro5.api

        def creator(_: object) -> object:
            return make()

        made = pyro.behavior(instance_mode="session", instance_creator=creator)
        return str(daemon.register(made(RoomWrapper), "class"))

    yield use
    del cast(Any, RoomWrapper)._pyroInstancing


def test_who_an_instance_is_made_for(register: Register) -> None:
    """What makes the instances of a class knows the client, as its methods do."""
    made: list[object] = []

    def make() -> RoomWrapper:
        peer = callbackgen.current_peer()
        made.append((peer.identity, context.client is peer.connection))
        return RoomWrapper(Hall())

    address = register(make)
    for name in ("ann", "bob"):
        with callbackgen.connect(address, handshake=name) as connection:
            room = RoomStub(connection)
            assert [room.echo(number) for number in range(3)] == [0, 1, 2]
    assert made == [("ann", True), ("bob", True)]


def test_an_instance_that_needs_itself_to_be_made(
    daemon: callbackgen.Daemon,
    mirror: Mirror,
    register: Register,
) -> None:
    """Making it calls the client, which calls it: that ends by the limit of nesting."""
    visitor = Visitor()

    def make() -> RoomWrapper:
        mirror.joined[0].told("I am being made")
        return RoomWrapper(Hall())

    register(make)
    with callbackgen.connect(daemon.uriFor("hall"), handshake="ann") as connection:
        RoomStub(connection).join(visitor)
        room = callbackgen.with_deadline(RoomStub(connection, "class"), PATIENCE)
        visitor.does = lambda: room.echo(1)
        with pytest.raises(callbackgen.RemoteRaised, match="nested more than 32 deep"):
            room.echo(1)
        assert len(visitor.texts) == 32
        visitor.does = lambda: None
        assert room.echo(2) == 2
        assert RoomStub(connection).echo("ann") == "ann"
