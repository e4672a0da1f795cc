"""Who the caller is: of a request of a stock daemon, and of nothing beside it."""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import Pyro5.api
import pytest
from Pyro5 import config
from Pyro5.serializers import SerializerBase

import callbackgen
from callbackgen import DeadlineExceeded, with_deadline
from callbackgen.runtime import Method, Stub, Wrapper, exposed
from callbackgen.runtime.caller import caller
from tests.unit.runtime.serving import Daemon, running

PATIENCE = 30.0

_ASK: Method[str] = Method("ask", "() -> str")
_ASK_LATER: Method[str] = Method("ask_later", "() -> str")
_TOLD: Method[None] = Method("told", "() -> None", oneway=True)
_NEST: Method[float] = Method("nest", "() -> float")


class Asked:
    """Answers with what `caller` and `current_peer` say while it is called."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.was_told = threading.Event()

    def ask(self) -> str:
        self.seen.append(caller())
        return callbackgen.current_peer().address

    async def ask_later(self) -> str:
        await asyncio.sleep(0)
        return self.ask()

    def told(self) -> None:
        self.ask()
        self.was_told.set()

    def nest(self) -> float:
        """How long a call lasts that is made while this one is served."""
        from callbackgen.runtime.context import deadline_within

        return deadline_within(1000).seconds


class AskedWrapper(Wrapper, format=1):
    """As the generator writes it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: Asked) -> None:
        self.__callback = callback

    @exposed(_ASK)
    def ask(self) -> str:
        return self.__callback.ask()

    @exposed(_ASK_LATER)
    async def ask_later(self) -> str:
        return await self.__callback.ask_later()

    @exposed(_TOLD)
    def told(self) -> None:
        return self.__callback.told()

    @exposed(_NEST)
    def nest(self) -> float:
        return self.__callback.nest()


class AskedStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()

    def ask(self) -> str:
        return self._call(_ASK)

    async def ask_later(self) -> str:
        return await self._call_async(_ASK_LATER)

    def told(self) -> None:
        self._call(_TOLD)

    def nest(self) -> float:
        return self._call(_NEST)


class ByHand:
    """An object as users of Pyro5 write it."""

    def __init__(self) -> None:
        self.seen: list[object] = []
        self.was_told = threading.Event()

    @Pyro5.api.expose  # type: ignore[untyped-decorator]  # Pyro5 has no annotations
    def ask(self, _given: object = None) -> None:
        self.seen.append(caller())

    @Pyro5.api.expose  # type: ignore[prop-decorator, untyped-decorator]
    @property
    def asked(self) -> int:
        self.ask()
        return 5

    @Pyro5.api.expose  # type: ignore[untyped-decorator]
    @Pyro5.api.oneway  # type: ignore[untyped-decorator]
    def told(self) -> None:
        self.ask()
        self.was_told.set()

    @Pyro5.api.expose  # type: ignore[untyped-decorator]
    def in_a_thread(self) -> None:
        thread = threading.Thread(target=self.ask)
        thread.start()
        thread.join()


class Watching(Daemon):
    """A stock daemon that asks who the caller is where Pyro5 says nothing of it."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.seen: list[tuple[str, object]] = []
        self.disconnected = threading.Event()

    def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802 - Pyro5's name
        self.seen.append(("handshake", caller()))
        return super().validateHandshake(conn, data)

    def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - as above
        self.seen.append(("disconnect", caller()))
        self.disconnected.set()

    def requestLoop(self, loopCondition: Any = None) -> None:  # noqa: N802, N803
        def goes_on() -> bool:
            self.seen.append(("loop", caller()))
            return True

        super().requestLoop(goes_on)


@pytest.fixture(params=["thread", "multiplex"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of Pyro5's two servers."""
    name: str = request.param
    monkeypatch.setattr(config, "SERVERTYPE", name)
    return name


@contextmanager
def watching(*objects: Any, **settings: Any) -> Generator[tuple[Watching, list[str]]]:
    with Watching(**({"host": "127.0.0.1"} | settings)) as daemon:
        addresses = [str(daemon.register(each)) for each in objects]
        with running(daemon):
            yield daemon, addresses
        for each in objects:
            daemon.unregister(each)


def own_address(proxy: Any) -> object:
    return proxy._pyroConnection.sock.getsockname()


def test_a_method_by_hand_has_a_caller(kind: str) -> None:
    """Called, read as a property, in a batch and oneway: it is who has dialled."""
    target = ByHand()
    proxy: Any
    with watching(target) as (_, (address,)), Pyro5.api.Proxy(address) as proxy:
        proxy.ask()
        assert proxy.asked == 5
        batch: Any = Pyro5.api.BatchProxy(proxy)
        batch.ask()
        list(batch())
        proxy.told()
        assert target.was_told.wait(PATIENCE)
        assert target.seen == [own_address(proxy)] * 4


def test_what_pyro_leaves_in_its_context_is_no_caller(kind: str) -> None:
    """A handshake, the end of a connection and the loop itself have none."""
    target = ByHand()
    proxy: Any
    with watching(target) as (daemon, (address,)):
        for _ in range(3):
            daemon.disconnected.clear()
            with Pyro5.api.Proxy(address) as proxy:
                proxy.ask()
            assert daemon.disconnected.wait(PATIENCE)
        assert None not in target.seen
        assert {name for name, _ in daemon.seen} == {"handshake", "disconnect", "loop"}
        assert {where for _, where in daemon.seen} == {None}


def test_a_converter_of_arguments_has_no_caller(kind: str) -> None:
    """It runs before Pyro5 says who calls: the context is still that of another."""
    target = ByHand()
    seen: list[object] = []

    class Thing:
        pass

    proxy: Any
    base: Any = SerializerBase
    base.register_class_to_dict(Thing, lambda _: {"__class__": "Thing"})  # pyright: ignore[reportUnknownLambdaType]
    base.register_dict_to_class("Thing", lambda *_: seen.append(caller()))  # pyright: ignore[reportUnknownLambdaType]
    try:
        with watching(target) as (_, (address,)), Pyro5.api.Proxy(address) as proxy:
            proxy.ask()
            proxy.ask(Thing())
    finally:
        base.unregister_class_to_dict(Thing)
        base.unregister_dict_to_class("Thing")
    assert seen == [None]
    assert None not in target.seen


def test_a_thread_of_ones_own_has_no_caller(kind: str) -> None:
    """What a method starts may go on when its caller is another."""
    target = ByHand()
    proxy: Any
    with watching(target) as (_, (address,)), Pyro5.api.Proxy(address) as proxy:
        proxy.in_a_thread()
    assert target.seen == [None]
    assert caller() is None


def test_a_wrapped_object_has_a_caller(kind: str) -> None:
    """In an `async def`, which runs in another thread, too; and it is the peer."""
    target = Asked()
    with watching(AskedWrapper(target)) as (_, (address,)):
        stub = AskedStub(address)
        said = [stub.ask(), asyncio.run(stub.ask_later())]
        stub.told()
        assert target.was_told.wait(PATIENCE)
        assert len(set(target.seen)) == 1
        where: Any = target.seen[0]
        assert where[0] == "127.0.0.1"
        assert said == [f"127.0.0.1:{where[1]}"] * 2
        del stub


def test_a_wrapped_oneway_call_of_an_ordinary_client_has_a_caller(kind: str) -> None:
    """Pyro5 runs it in a thread of its own."""
    target = Asked()
    proxy: Any
    with (
        watching(AskedWrapper(target)) as (_, (address,)),
        Pyro5.api.Proxy(address) as proxy,
    ):
        proxy._pyroBind()
        proxy._pyroOneway.add("told")
        proxy.told()
        assert target.was_told.wait(PATIENCE)
        assert target.seen == [own_address(proxy)]


def test_a_wrapper_that_is_called_here_has_no_caller() -> None:
    """A call from this very process is no request, and has no peer."""
    target = Asked()
    with pytest.raises(RuntimeError, match="current_peer"):
        AskedWrapper(target).ask()
    assert target.seen == [None]


def test_a_unix_socket_has_no_host(kind: str) -> None:
    """Its caller is known to be one, and not where it is."""
    target = Asked()
    with tempfile.TemporaryDirectory() as folder:
        name = str(Path(folder) / "s")
        with watching(AskedWrapper(target), host=None, unixsocket=name) as (_, found):
            stub = AskedStub(found[0])
            assert stub.ask() == "a client of this daemon"
            del stub
    assert target.seen == [""]


def test_the_callers_deadline_holds_for_calls_within(kind: str) -> None:
    """As over a connection of ours; an ordinary client has said none."""
    proxy: Any
    with watching(AskedWrapper(Asked())) as (_, (address,)):
        assert 0 < with_deadline(AskedStub(address), 25).nest() <= 25
        with Pyro5.api.Proxy(address) as proxy:
            assert proxy.nest() == 1000


def test_our_own_daemon_says_who_calls() -> None:
    """To calls over its own connections, and to those of ordinary clients."""
    target = Asked()
    proxy: Any
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(AskedWrapper(target), "asked"))
        serving = threading.Thread(target=daemon.requestLoop)
        serving.start()
        try:
            with callbackgen.connect(address) as connection:
                AskedStub(connection).ask()
            with Pyro5.api.Proxy(address) as proxy:
                proxy.ask()
                assert target.seen[1] == own_address(proxy)
        finally:
            daemon.shutdown()
            serving.join()
    hosts: Any = target.seen
    assert [host for host, _ in hosts] == ["127.0.0.1"] * 2


def test_a_late_call_says_what_was_served_meanwhile() -> None:
    """Two chains of calls that wait for each other are to be found in the error."""
    ended = threading.Event()

    class Waiting(Asked):
        def ask(self) -> str:
            with pytest.raises(DeadlineExceeded) as caught:
                with_deadline(AskedStub(held), 0.2).nest()
            return str(caught.value)

        def nest(self) -> float:
            ended.wait(PATIENCE)
            return 0

    with watching(AskedWrapper(Waiting())) as (_, (held,)):
        said = with_deadline(AskedStub(held), PATIENCE).ask()
        ended.set()
    assert said.endswith(", while Asked.ask was served")
