"""Objects that a server passes to its clients: how long they live, and for whom."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Generator
from typing import Any, cast

import pytest

import callbackgen
from callbackgen.runtime import envelope
from callbackgen.runtime.interfaces import interface_name
from tests.patience import given_up
from tests.system.edges.hall import PATIENCE, looping, reached
from tests.system.edges.peer import Peer, release
from tests.system.listening.market_remote import MarketStub, MarketWrapper
from tests.system.listening.order_remote import OrderStub

MARKET = interface_name(MarketStub)
ORDER = interface_name(OrderStub)


class Slip:
    """An order; it fits Order."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def owner(self) -> str:
        return self._owner

    def cancel(self) -> None:
        pass


class Stall:
    """The part of a Market that these tests need."""

    def __init__(self) -> None:
        self.slips: dict[str, Slip] = {}
        self.peers: dict[str, callbackgen.Peer] = {}
        self.asked = threading.Semaphore(0)
        self.may_answer = threading.Event()
        self.may_answer.set()

    def slip(self, owner: str) -> Slip:
        return self.slips.setdefault(owner, Slip(owner))

    def open(self, owner: str) -> Slip:
        self.peers[owner] = callbackgen.current_peer()
        slip = self.slip("everybody's" if owner != "own" else owner)
        self.asked.release()
        self.may_answer.wait(PATIENCE)
        return slip

    def is_open(self, order: object) -> bool:
        return order in self.slips.values()

    def drop(self, owner: str) -> weakref.ref[Slip]:
        """Keep an order no longer: who holds it does."""
        return weakref.ref(self.slips.pop(owner))


@pytest.fixture
def stall() -> Stall:
    return Stall()


@pytest.fixture
def address(stall: Stall) -> Generator[str]:
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = str(daemon.register(MarketWrapper(cast(Any, stall)), "hall"))
        with looping(daemon):
            yield address
            stall.may_answer.set()


def is_gone(reference: weakref.ref[Slip]) -> bool:
    gc.collect()
    return reference() is None


def test_the_server_takes_an_object_back(stall: Stall, address: str) -> None:
    """From one client, by the peer's connection: the stub of another goes on."""
    with callbackgen.connect(address) as ann, callbackgen.connect(address) as bob:
        of_ann, of_bob = MarketStub(ann).open("ann"), MarketStub(bob).open("bob")
        slip = stall.slip("everybody's")
        with pytest.raises(ValueError, match="this Slip was not passed to 127"):
            stall.peers["ann"].connection.withdraw(Slip("nobody's"))
        stall.peers["ann"].connection.withdraw(slip)
        with pytest.raises(ValueError, match="is not held there any more"):
            stall.peers["ann"].connection.withdraw(slip)
        with pytest.raises(callbackgen.Withdrawn, match="not there any more"):
            of_ann.owner()
        with pytest.raises(callbackgen.RemoteRaised, match="not there any more"):
            MarketStub(ann).is_open(of_ann)
        assert of_bob.owner() == "everybody's"
        again = MarketStub(ann).open("ann")
        assert again != of_ann
        assert again.owner() == "everybody's"
        held = stall.drop("everybody's")
        del slip, again
        gc.collect()
        stall.peers["bob"].connection.withdraw(held())
        assert reached(lambda: is_gone(held))
        with pytest.raises(callbackgen.Withdrawn):
            of_bob.owner()


def test_an_object_whose_answer_came_too_late_is_released(
    stall: Stall, address: str
) -> None:
    """The caller has given up, and gets no stub: the server does not keep it for it."""
    with callbackgen.connect(address) as connection:
        market = MarketStub(connection)
        stall.may_answer.clear()
        given_up(
            lambda seconds: callbackgen.with_deadline(market, seconds).open("own"),
            lambda: stall.asked.acquire(timeout=10),
        )
        held = stall.drop("own")
        assert not is_gone(held)
        stall.may_answer.set()
        assert reached(lambda: is_gone(held))
        assert market.open("ann").owner() == "everybody's"
        assert connection.is_open


def test_what_is_told_to_be_released_is_counted_no_more(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor what is dropped just then: its owner passes another one when it hears."""
    with callbackgen.connect(address) as connection:
        market = MarketStub(connection)
        orders = [market.open("ann"), market.open("own")]
        references, channel = connection.session.references, connection.session.channel
        forget, tell = references.forget_dropped, channel.tell
        told: list[tuple[int, bool]] = []

        def forget_dropped() -> None:
            forget()
            orders.clear()

        def telling(payload: bytes) -> bytes:
            _, *pairs = envelope.control_in(payload)
            kept = vars(references)["_imports"]
            told.extend((key, key in kept) for key, _ in pairs)
            return tell(payload)

        monkeypatch.setattr(references, "forget_dropped", forget_dropped)
        monkeypatch.setattr(channel, "tell", telling)
        del orders[0]
        assert reached(lambda: len(told) == 2)
        monkeypatch.undo()
    assert told == [(1, False), (2, False)]


def test_who_releases_too_much_loses_its_own(stall: Stall, address: str) -> None:
    """Not what another client holds, though it has the same number there."""
    with (
        callbackgen.connect(address) as connection,
        Peer.connected(address) as peer,
    ):
        of_ann = MarketStub(connection).open("ann")
        peer.ask("open", "mallory", interface=MARKET)
        assert peer.ask("owner", key=1, interface=ORDER) == "everybody's"
        held = stall.drop("everybody's")
        for _ in range(100):
            peer.send(release((1, 50), (2, 50), (3, 50)))
        with pytest.raises(callbackgen.Withdrawn, match="object 1 is not there"):
            peer.ask("owner", key=1, interface=ORDER)
        assert of_ann.owner() == "everybody's"
        del of_ann
        assert reached(lambda: is_gone(held))


def test_who_releases_a_negative_number_keeps_its_own(
    stall: Stall, address: str
) -> None:
    """Until it goes: nothing of it stays behind."""
    with Peer.connected(address) as peer:
        peer.ask("open", "own", interface=MARKET)
        held = stall.drop("own")
        peer.send(release((1, -1_000_000)), release((1, 1)))
        assert peer.ask("owner", key=1, interface=ORDER) == "own"
        assert not is_gone(held)
    assert reached(lambda: is_gone(held))


def test_a_client_calls_only_what_it_was_given(stall: Stall, address: str) -> None:
    """The number that another client has for an object is of no use to it."""
    with (
        callbackgen.connect(address) as connection,
        Peer.connected(address) as peer,
    ):
        orders = [MarketStub(connection).open(name) for name in ("ann", "own")]
        assert [order.owner() for order in orders] == ["everybody's", "own"]
        for key in (1, 2):
            with pytest.raises(callbackgen.Withdrawn):
                peer.ask("owner", key=key, interface=ORDER)
        peer.ask("open", "own", interface=MARKET)
        assert peer.ask("owner", key=1, interface=ORDER) == "own"
        with pytest.raises(callbackgen.Withdrawn):
            peer.ask("owner", key=2, interface=ORDER)
        with pytest.raises(callbackgen.Withdrawn):  # under another interface
            peer.ask("open", "x", key=1, interface=MARKET)
