"""Calls of clients that speak our protocol by hand: what is not there, is not theirs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import msgspec
import pytest

import callbackgen
from callbackgen.runtime import envelope
from tests.system.edges.hall import Hall, open_hall
from tests.system.edges.peer import (
    GUEST,
    ROOM,
    Peer,
    a_guest,
    answer,
    calling,
    lines_about,
    refusals_in,
    release,
)

Ask = Callable[[Peer], object]


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "callbackgen")
    return caplog


REFUSED: dict[str, tuple[Ask, type[callbackgen.RemoteError], str]] = {
    "an unknown object": (
        lambda peer: peer.ask("told", "x", key=99, interface=GUEST),
        callbackgen.Withdrawn,
        "the object 99 is not there any more",
    ),
    "an unknown service": (
        lambda peer: peer.ask("echo", 1, key="cellar"),
        callbackgen.Unimplemented,
        "there is no object named 'cellar'",
    ),
    "an unknown method": (
        lambda peer: peer.ask("_pyroId"),
        callbackgen.Unimplemented,
        "Room has no method '_pyroId' there",
    ),
    "an unknown object as an argument": (
        lambda peer: peer.ask("relay", a_guest(99, receivers=True), "x"),
        callbackgen.RemoteRaised,
        "the Guest is not there any more",
    ),
    "a service as an argument": (
        lambda peer: peer.ask("relay", a_guest("hall", receivers=True), "x"),
        callbackgen.RemoteRaised,
        "the Guest is not there any more",
    ),
    "an object of another interface": (
        lambda peer: peer.ask("relay", a_guest(1, interface="os.system"), "x"),
        callbackgen.RemoteRaised,
        "expected a Guest, got a reference to 'os.system'",
    ),
    "no object": (
        lambda peer: peer.ask("relay", "a text", "x"),
        callbackgen.RemoteRaised,
        "expected a Guest by reference, got str",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_there_fails_that_call_alone(
    log: pytest.LogCaptureFixture, name: str
) -> None:
    """The caller is told why, and its connection goes on, as does another client's."""
    ask, error, text = REFUSED[name]
    with (
        open_hall() as address,
        calling(address),
        Peer.connected(address) as peer,
    ):
        with pytest.raises(error) as caught:
            ask(peer)
        assert text in str(caught.value)
        assert len([one for one in lines_about(log, peer.name) if text in one]) == 1
        assert peer.ask("echo", "after") == "after"


def test_more_objects_than_are_taken(log: pytest.LogCaptureFixture) -> None:
    """The call fails and says so, at the server's log too; the objects are released."""
    limited = callbackgen.Settings(callbacks=5)
    with (
        open_hall(settings=limited) as address,
        calling(address),
        Peer.connected(address) as peer,
    ):
        guests = [a_guest(number) for number in range(1, 9)]
        with pytest.raises(callbackgen.LimitExceeded, match=r"no more Guest.* 5 .*5 "):
            peer.ask("echo", guests)
        refused = [one for one in lines_about(log, peer.name) if "refused" in one]
        assert len(refused) == 1
        assert refused[0].startswith("Room.echo refused: Room.echo: no more Guest")
        released: set[int] = set()
        while released != set(range(1, 9)):
            said = envelope.control_in(peer.called().payload)
            assert said[0] == envelope.RELEASE
            released |= {key for key, _ in said[1:]}
        assert peer.ask("echo", "after") == "after"


def test_numbers_are_those_of_a_connection() -> None:
    """An object of another client is neither called nor compared by its number."""
    hall = Hall()
    with (
        open_hall(hall) as address,
        Peer.connected(address) as ann,
        Peer.connected(address) as bob,
    ):
        for peer in (ann, bob):
            peer.ask("join", a_guest(1))
        of_ann, of_bob = hall.joined
        assert of_ann != of_bob
        assert len({of_ann, of_bob}) == 2
        asking = bob.call("relay", a_guest(1), "for bob")
        bob.send(answer(bob.called().sequence, "bob heard"))
        assert bob.answered(asking) == "bob heard"
        assert not ann.has_heard()


@pytest.mark.parametrize(
    "pair", [(1, 1_000_000), (99, 1), (-1, 1), (0, 0), (1, -5), (2**63, 2**63)], ids=str
)
def test_releases_of_what_was_not_received(pair: tuple[int, int]) -> None:
    """They do no harm: neither to what the server has, nor to what others have."""
    hall = Hall()
    with (
        open_hall(hall) as address,
        calling(address),
        Peer.connected(address) as peer,
    ):
        peer.ask("join", a_guest(1))
        for _ in range(2000):
            peer.send(release(pair))
        asking = peer.call("relay", a_guest(1), "text")
        peer.send(answer(peer.called().sequence, "still here"))
        assert peer.answered(asking) == "still here"
        assert callbackgen.connected(hall.joined[0])


MANY = 40


class Raising(Hall):
    """A hall whose oneway calls fail, each with another number."""

    def note(self, text: str) -> None:
        raise ValueError(f"{text}: number {len(self.texts)}")


def be_refused(address: str) -> None:
    with Peer.connected(address) as peer:
        for number in range(MANY):
            with pytest.raises(callbackgen.Withdrawn):
                peer.ask("told", "x", key=1000 + number, interface=GUEST)


def make_oneways_raise(address: str) -> None:
    with Peer.connected(address) as peer:
        for _ in range(MANY):
            peer.call("note", "a text\nof two lines", oneway=True)
        assert peer.ask("echo", "after") == "after"


def be_disconnected(address: str) -> None:
    for _ in range(MANY):
        with Peer.connected(address) as peer:
            peer.send(release(("x", 1)))
            peer.ended()
        with Peer.connected(address) as peer:
            peer.call_with(b"\xc1")
            peer.ended()


FLOODS: dict[str, tuple[Callable[[str], None], tuple[str, ...]]] = {
    "refused calls": (
        be_refused,
        ("Guest.told refused: the object ",),
    ),
    "oneway calls that raise": (
        make_oneways_raise,
        ("Room.note raised ValueError: a text\\nof two lines: number 0",),
    ),
    "connections that break the rules": (
        be_disconnected,
        (
            "the connection ended: a release that is not made",
            "the connection ended: not well-formed msgpack",
        ),
    ),
}
"""What a client does, and what is said of it: each so many times."""


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_is_a_few_lines(name: str, log: pytest.LogCaptureFixture) -> None:
    """One a second for each reason; all are counted by the end of the daemon."""
    flood, texts = FLOODS[name]
    began = time.monotonic()
    with open_hall(Raising()) as address:
        flood(address)
    seconds = time.monotonic() - began
    for text in texts:
        lines = [one for one in log.messages if text in one]
        assert refusals_in(lines) == MANY
        assert 1 <= len(lines) <= seconds + 2


def test_large_arguments_are_of_their_types_before_they_are_read() -> None:
    """A peer that sends others is told which; what it refers to beside is released."""
    many = msgspec.Raw(b"\xdd" + (100_000).to_bytes(4) + b"\x81\xa0\xc0" * 100_000)
    payload = msgspec.msgpack.encode((ROOM, "relay", [a_guest(5), many], {}))
    with open_hall() as address, Peer.connected(address) as peer:
        with pytest.raises(
            callbackgen.RemoteRaised, match=r"relay\(\): text: expected str, got list"
        ):
            peer.answered(peer.call_with(payload))
        said = envelope.control_in(peer.called().payload)
        assert said == [envelope.RELEASE, [5, 1]]
        assert peer.ask("echo", "after") == "after"
