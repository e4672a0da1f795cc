"""Functions as listeners: each is a callback with one method."""

from __future__ import annotations

import functools
import gc
import threading
import weakref
from collections.abc import Callable, Iterator

import pytest

import callbackgen
from tests.system.functions.subscriptions_remote import (
    SubscriptionsStub,
    SubscriptionsWrapper,
)

PATIENCE = 60.0

Heard = Callable[[str, float], bool]


class Keeping:
    """Fits Subscriptions."""

    def __init__(self) -> None:
        self.kept: dict[Heard, None] = {}

    def add(self, heard: Heard) -> int:
        self.kept[heard] = None
        return len(self.kept)

    def remove(self, heard: Heard) -> None:
        del self.kept[heard]

    def tell(self, symbol: str, price: float) -> list[bool]:
        return [heard(symbol, price) for heard in self.kept]


class Watcher:
    """An object whose method is passed."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def hear(self, symbol: str, price: float) -> bool:
        self.heard.append(f"{symbol} {price:g}")
        return price > 1


@pytest.fixture
def keeping() -> Keeping:
    return Keeping()


@pytest.fixture
def connection(keeping: Keeping) -> Iterator[callbackgen.Connection]:
    """A connection to a daemon that serves `keeping`."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = daemon.register(SubscriptionsWrapper(keeping), "subscriptions")
        serving = threading.Thread(target=daemon.requestLoop, name="serving")
        serving.start()
        try:
            with callbackgen.connect(str(address)) as made:
                yield made
        finally:
            daemon.shutdown()
            serving.join()


def constant(answer: bool) -> Heard:
    return lambda symbol, price: answer


def above(limit: float) -> Heard:
    return lambda symbol, price: price > limit


def is_above(limit: float, symbol: str, price: float) -> bool:
    return price > limit


def test_a_function_is_called_back(connection: callbackgen.Connection) -> None:
    """Any function is a listener; its answers arrive."""
    stub = SubscriptionsStub(connection)
    stub.add(constant(answer=True))
    stub.add(lambda symbol, price: symbol == "ACME")
    assert stub.tell("ACME", 1.0) == [True, True]
    assert stub.tell("NONE", 1.0) == [True, False]


def test_a_method_passed_again_is_the_same(
    connection: callbackgen.Connection, keeping: Keeping
) -> None:
    """Python makes a method anew each time; to the server it is one listener."""
    stub = SubscriptionsStub(connection)
    watcher = Watcher()
    assert [stub.add(watcher.hear), stub.add(watcher.hear)] == [1, 1]
    assert stub.add(Watcher().hear) == 2
    stub.remove(watcher.hear)
    assert stub.tell("ACME", 2.0) == [True]
    assert watcher.heard == []


def test_a_function_passed_again_is_the_same(
    connection: callbackgen.Connection, keeping: Keeping
) -> None:
    """A lambda, a partial function and an object that can be called: each is itself."""

    class Limit:
        def __call__(self, symbol: str, price: float) -> bool:
            return price > 5

    stub = SubscriptionsStub(connection)
    functions: list[Heard] = [
        above(1),
        functools.partial(is_above, 3),
        Limit(),
    ]
    for heard in functions * 3:
        stub.add(heard)
    assert len(keeping.kept) == 3
    assert stub.tell("ACME", 4.0) == [True, True, False]
    assert stub.add(above(1)) == 4, "another one, though it does the same"
    stub.remove(functions[1])
    assert stub.tell("ACME", 6.0) == [True, True, True]


def test_a_thousand_lambdas_are_taken(connection: callbackgen.Connection) -> None:
    """X6: a thousand distinct functions; one more is refused, with the numbers."""
    stub = callbackgen.with_deadline(SubscriptionsStub(connection), PATIENCE)
    limit = callbackgen.settings.callbacks
    for number in range(limit):
        assert stub.add(above(number)) == number + 1
    with pytest.raises(callbackgen.LimitExceeded, match=rf"{limit}.*limit is {limit}"):
        stub.add(lambda symbol, price: False)
    assert sum(stub.tell("ACME", 9.5)) == 10


def test_a_function_that_nobody_holds_is_released(
    connection: callbackgen.Connection, keeping: Keeping
) -> None:
    """Its weak reference dies at the client when the server has dropped it."""
    released = threading.Event()
    heard = constant(answer=True)
    weakref.finalize(heard, released.set)
    SubscriptionsStub(connection).add(heard)
    del heard
    gc.collect()
    assert not released.is_set()
    keeping.kept.clear()
    assert released.wait(PATIENCE)


def test_what_can_be_asked_of_a_function(
    connection: callbackgen.Connection, keeping: Keeping
) -> None:
    """`connected`, `on_lost` and `with_deadline` take it as they take a stub."""
    SubscriptionsStub(connection).add(constant(answer=True))
    (heard,) = keeping.kept
    assert callbackgen.connected(heard)
    assert callbackgen.with_deadline(heard, 30)("ACME", 1.0)
    lost = threading.Event()
    gone: list[Heard] = []

    def note(function: Heard) -> None:
        gone.append(function)
        lost.set()

    callbackgen.on_lost(heard, note)
    connection.close()
    assert lost.wait(PATIENCE)
    assert gone == [heard]
    assert not callbackgen.connected(heard)


def test_what_is_no_function_is_refused(connection: callbackgen.Connection) -> None:
    """What cannot be called is a BadArgument that says so; nothing is sent."""
    given: object = "no function"
    with pytest.raises(callbackgen.BadArgument, match="it cannot be called"):
        SubscriptionsStub(connection).add(given)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
