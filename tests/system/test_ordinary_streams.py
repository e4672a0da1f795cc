"""Batches and item streams of ordinary Pyro5 clients."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Generator, Iterator
from queue import SimpleQueue
from typing import Any

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from tests.system.edges.hall import PATIENCE, looping, reached
from tests.system.pyro5.users import SERIALIZERS, expose, oneway, proxy_of


class Mill:
    """Gives items one by one, and says when it stops."""

    def __init__(self) -> None:
        self.ended: SimpleQueue[str] = SimpleQueue()
        self.noted: list[int] = []
        self.release = threading.Event()
        self.last = threading.Event()

    @expose
    def echo(self, value: int) -> int:
        return value

    @expose
    def fail(self, text: str) -> None:
        raise ValueError(text)

    @expose
    @oneway
    def note(self, number: int) -> None:
        self.noted.append(number)

    @expose
    def end(self) -> None:
        self.release.wait(PATIENCE)
        self.last.set()

    @expose
    def endless(self, name: str) -> Generator[int]:
        try:
            yield from itertools.count()
        finally:
            self.ended.put(name)

    @expose
    def breaking(self) -> Generator[int]:
        yield 1
        raise ValueError("the wheel broke")

    @expose
    def iterator(self) -> Iterator[str]:
        return iter("abc")

    @property
    @expose
    def stock(self) -> Generator[int]:
        yield from range(3)


@pytest.fixture
def mill() -> Mill:
    return Mill()


@pytest.fixture
def daemon(mill: Mill, monkeypatch: pytest.MonkeyPatch) -> Generator[Any]:
    monkeypatch.setattr(Pyro5.config, "POLLTIMEOUT", 0.02)
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        daemon.register(mill, "mill")
        with looping(daemon):
            yield daemon


@pytest.fixture
def set_to(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, object], None]:
    """Sets something of Pyro5's configuration for a test."""
    return lambda name, value: monkeypatch.setattr(Pyro5.config, name, value)


def batch_of(proxy: Any) -> Any:
    return Pyro5.api.BatchProxy(proxy)


# Batches


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_batch_ends_where_a_call_fails(
    daemon: Any, mill: Mill, serializer: str
) -> None:
    """The results before come first, the calls behind are not made."""
    with proxy_of(daemon, "mill", serializer) as proxy:
        batch = batch_of(proxy)
        batch.echo(1)
        batch.note(2)
        batch.fail("here")
        batch.note(3)
        results = batch()
        assert [next(results), next(results)] == [1, None]
        with pytest.raises(ValueError, match="here"):
            next(results)
        assert mill.noted == [2]
        assert proxy.echo(4) == 4


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_oneway_batch_is_not_waited_for(
    daemon: Any, mill: Mill, serializer: str
) -> None:
    """Its calls are made in order, before those of the next; ordinary ones go on."""
    with proxy_of(daemon, "mill", serializer) as proxy:
        for first in (0, 100):
            batch = batch_of(proxy)
            for number in range(first, first + 100):
                batch.note(number)
            if first:
                batch.end()
            assert batch(oneway=True) is None
        try:
            assert proxy.echo(1) == 1
            assert not mill.last.is_set()
        finally:
            mill.release.set()
        assert mill.last.wait(PATIENCE)
    assert mill.noted == [*range(200)]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_oneway_batch_that_fails(daemon: Any, mill: Mill, serializer: str) -> None:
    """Nobody is told, and the connection goes on."""
    with proxy_of(daemon, "mill", serializer) as proxy:
        batch = batch_of(proxy)
        batch.fail("unheard")
        assert batch(oneway=True) is None
        assert proxy.echo(1) == 1
        connection = proxy._pyroConnection
        assert proxy.echo(2) == 2
        assert proxy._pyroConnection is connection


# Item streams


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_streams_of_each_kind(daemon: Any, serializer: str) -> None:
    """Generators and iterators, of methods and properties; they may be mixed."""
    with proxy_of(daemon, "mill", serializer) as proxy:
        one, other = proxy.iterator(), proxy.stock
        assert [next(one), next(other), next(one), next(other)] == ["a", 0, "b", 1]
        assert ([*one], [*other]) == (["c"], [2])
        broken = proxy.breaking()
        assert next(broken) == 1
        with pytest.raises(ValueError, match="the wheel broke"):
            next(broken)
        assert proxy.echo(1) == 1
        assert daemon.streaming_responses == {}


def test_an_endless_stream_holds_up_nobody(
    daemon: Any, mill: Mill, set_to: Callable[[str, object], None]
) -> None:
    """Items are made as they are asked for; the stream ends with its client."""
    set_to("ITER_STREAM_LINGER", 0)
    with proxy_of(daemon, "mill") as other, proxy_of(daemon, "mill") as proxy:
        stream = proxy.endless("left")
        for number in range(500):
            assert next(stream) == number
            assert number % 50 or other.echo(number) == number
        assert mill.ended.empty()
        closed = proxy.endless("closed")
        assert next(closed) == 0
        closed.close()
        assert mill.ended.get(timeout=PATIENCE) == "closed"
        proxy._pyroRelease()
        assert mill.ended.get(timeout=PATIENCE) == "left"
        with pytest.raises(Pyro5.errors.ConnectionClosedError):
            next(stream)
        proxy._pyroBind()
        with pytest.raises(Pyro5.errors.PyroError, match="terminated"):
            next(stream)
        assert other.echo(1) == 1


def test_a_stream_waits_for_its_client(daemon: Any, mill: Mill) -> None:
    """Who connects again within ITER_STREAM_LINGER goes on where it was."""
    with proxy_of(daemon, "mill") as proxy:
        stream = proxy.endless("stream")
        assert [next(stream), next(stream)] == [0, 1]
        for number in (2, 3):
            before = _client_of_stream(daemon)
            assert before is not None
            proxy._pyroRelease()
            assert reached(lambda: _client_of_stream(daemon) is None)
            proxy._pyroBind()
            assert next(stream) == number
            assert _client_of_stream(daemon) not in {None, before}
        assert mill.ended.empty()


def _client_of_stream(daemon: Any) -> object:
    [(client, *_)] = daemon.streaming_responses.values()
    return client


def test_a_stream_does_not_wait_for_ever(
    daemon: Any, mill: Mill, set_to: Callable[[str, object], None]
) -> None:
    """After ITER_STREAM_LINGER it is gone, though nobody calls meanwhile."""
    set_to("ITER_STREAM_LINGER", 0.1)
    with proxy_of(daemon, "mill") as proxy:
        stream = proxy.endless("stream")
        assert next(stream) == 0
        proxy._pyroRelease()
        assert mill.ended.get(timeout=PATIENCE) == "stream"
        proxy._pyroBind()
        with pytest.raises(Pyro5.errors.PyroError, match="terminated"):
            next(stream)


def test_the_lifetime_of_a_stream(
    daemon: Any, mill: Mill, set_to: Callable[[str, object], None]
) -> None:
    """After ITER_STREAM_LIFETIME it is gone, though its client is there."""
    with proxy_of(daemon, "mill") as proxy:
        stream = proxy.endless("stream")
        assert next(stream) == 0
        set_to("ITER_STREAM_LIFETIME", 0.1)
        assert mill.ended.get(timeout=PATIENCE) == "stream"
        with pytest.raises(Pyro5.errors.PyroError, match="terminated"):
            next(stream)
        assert proxy.echo(1) == 1


def test_streams_may_be_off(daemon: Any, set_to: Callable[[str, object], None]) -> None:
    """Without ITER_STREAMING an iterator is an error of its call."""
    set_to("ITER_STREAMING", False)
    with proxy_of(daemon, "mill") as proxy:
        with pytest.raises(Pyro5.errors.ProtocolError, match="not configured"):
            proxy.endless("off")
        assert proxy.echo(1) == 1
    assert daemon.streaming_responses == {}


def test_the_streams_of_each_client_are_counted(daemon: Any) -> None:
    """One that has ended, or was closed, makes room; others have room of their own."""
    most = callbackgen.settings.streams
    assert most == 16
    with proxy_of(daemon, "mill") as one, proxy_of(daemon, "mill") as other:
        streams = [one.iterator() for _ in range(most)]
        with pytest.raises(Pyro5.errors.DaemonError, match="16 item streams"):
            one.iterator()
        with pytest.raises(Pyro5.errors.DaemonError, match="16 item streams"):
            _ = one.stock
        assert [*other.iterator()] == ["a", "b", "c"]
        assert [*streams.pop()] == ["a", "b", "c"]
        streams.append(one.iterator())
        streams.pop(0).close()  # oneway: calls do not wait for it
        assert reached(lambda: len(daemon.streaming_responses) == most - 1)
        assert [*one.stock] == [0, 1, 2]


def leaving(daemon: Any, name: str, count: int) -> list[Any]:
    """Streams of a client that has gone."""
    kept = len(daemon.streaming_responses)
    with client(daemon, name) as proxy:
        streams = [proxy.endless(name) for _ in range(count)]
        assert [next(stream) for stream in streams] == [0] * count
        assert len(daemon.streaming_responses) == kept + count
    return streams


def client(daemon: Any, name: str) -> Any:
    proxy = proxy_of(daemon, "mill")
    proxy._pyroHandshake = name
    return proxy


def test_streams_that_wait_for_clients_are_counted(mill: Mill) -> None:
    """Who leaves ever more of them loses the oldest; what others left goes on."""
    settings = callbackgen.Settings(lingering=8)
    assert callbackgen.settings.lingering == 1024

    def who(value: object) -> object:
        return value

    with callbackgen.Daemon("127.0.0.1", authenticate=who, settings=settings) as daemon:
        pyro: Any = daemon
        kept: dict[str, Any] = pyro.streaming_responses
        daemon.register(mill, "mill")
        with looping(daemon), client(daemon, "friend") as friend:
            streams = leaving(daemon, "friend", 3)
            assert reached(lambda: all(one[0] is None for one in kept.values()))
            for _ in range(3):
                leaving(daemon, "stranger", 10)
                assert reached(lambda: len(kept) == 8)
            assert [mill.ended.get(timeout=PATIENCE) for _ in range(25)] == [
                "stranger"
            ] * 25
            friend._pyroBind()
            for stream in streams:
                stream.proxy = friend
                assert next(stream) == 1
            for _ in range(3):  # those in use are not among those that wait
                leaving(daemon, "friend", 10)
                assert reached(lambda: len(kept) == 3 + 8)
            assert [next(stream) for stream in streams] == [2, 2, 2]
