"""Stubs of what a peer has named: `over`, and the references in answers."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from typing import Any, assert_type, cast

import Pyro5.api
import pytest

import callbackgen
from callbackgen import BadReply
from callbackgen.runtime import Method, Stub
from templates.peer_remote import PeerStub, PeerWrapper
from tests.unit.runtime.desk import DeskStub
from tests.unit.runtime.hostile import Answer, hostile, message
from tests.unit.runtime.serving import serving
from tests.unit.runtime.thing import ThingStub, replying

FOREIGN = "PYRO:desk@127.0.0.1:1"
TRUST = ["127.0.0.1"]

_PEER: Method[PeerStub] = Method("peer", "() -> templates.peer_remote.PeerStub")
_PEERS: Method[list[PeerStub]] = Method(
    "peers", "() -> list[templates.peer_remote.PeerStub]"
)
_SAME: Method[PeerStub] = Method(
    "same", "(peer: templates.peer_remote.PeerStub) -> templates.peer_remote.PeerStub"
)


class GuideStub(Stub, format=1):
    """As the generator writes it: its answers lead to others."""

    __slots__ = ()

    def peer(self) -> PeerStub:
        return self._call(_PEER)

    def peers(self) -> list[PeerStub]:
        return self._call(_PEERS)

    def same(self, peer: PeerStub | PeerWrapper) -> PeerStub:
        return self._call(_SAME, peer)


class Overloaded(Stub, format=1):
    """Of a Protocol that has a member of the name itself."""

    __slots__ = ()

    def over(self, text: str) -> str:
        return text


_watched: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _watched is not None and event in ("socket.connect", "socket.getaddrinfo"):
        _watched.append(f"{event} {arguments[-1]}")


@pytest.fixture
def dialled() -> Iterator[list[str]]:
    """What this process looks up and dials; a hook stays, so that there is one."""
    global _watched  # noqa: PLW0603 - as above
    if _note not in _hooks:
        _hooks.append(_note)
        sys.addaudithook(_note)
    _watched = []
    yield _watched
    _watched = None


_hooks: list[Any] = []


@pytest.mark.parametrize(
    "source", [FOREIGN, FOREIGN.lower().replace("pyro", "Pyro"), Pyro5.api.URI(FOREIGN)]
)
def test_each_form_of_an_address_is_taken(source: Any, dialled: list[str]) -> None:
    """It is the stub that the class makes of it; nothing is dialled before a call."""
    stub = DeskStub.over(source, trust=TRUST)
    assert_type(stub, DeskStub)
    assert type(stub) is DeskStub
    with Pyro5.api.Proxy(FOREIGN) as proxy:
        assert stub == DeskStub.over(proxy, trust=iter(TRUST)) == DeskStub(FOREIGN)
    assert dialled == []


@pytest.mark.parametrize("name", ["PYRONAME:desk", "PYROMETA:kind", "PYRONAME:a@b:1"])
def test_a_name_is_not_looked_up_for_a_peer(name: str, dialled: list[str]) -> None:
    """Even to look it up is to dial where the peer says; no advice to do so is given."""
    with pytest.raises(ValueError, match="not done for a peer") as caught:
        DeskStub.over(name, trust=["0.0.0.0/0", "b"])
    assert "resolve" not in str(caught.value)
    assert dialled == []


@pytest.mark.parametrize("text", ["", "desk", "PYRO:desk", "PYRO:desk@h", "PYRO:d@h:0"])
def test_what_is_no_address_is_said_not_to_be_one(text: str) -> None:
    """As where a stub is made of it: a ValueError."""
    with pytest.raises(ValueError, match=r"is not an address|has the port"):
        DeskStub.over(text, trust=TRUST)


@pytest.mark.parametrize("source", [None, 5, b"PYRO:a@h:1", object()])
def test_what_can_be_no_address_is_a_type_error(source: Any) -> None:
    """A stub, say, or what a hand-written service gets instead of a Proxy."""
    with pytest.raises(TypeError, match="a Pyro5 Proxy, a URI or its text"):
        DeskStub.over(source)
    with pytest.raises(TypeError, match="a Pyro5 Proxy, a URI or its text"):
        DeskStub.over(cast(Any, DeskStub(FOREIGN)))


@pytest.mark.parametrize("trust", ["127.0.0.1", 5, [5]])
def test_trust_is_a_list_of_texts(trust: Any) -> None:
    """A single text would be a list of letters, none of them a host."""
    with pytest.raises(TypeError, match="what is trusted"):
        DeskStub.over(FOREIGN, trust=trust)


def test_without_a_caller_only_what_is_trusted_is_taken() -> None:
    """The error says that there is no caller here, and what helps."""
    with pytest.raises(
        ValueError, match=r"no caller here.*name '127\.0\.0\.1' in trust="
    ):
        DeskStub.over(FOREIGN)


def test_a_class_has_it_and_a_stub_does_not() -> None:
    """All that a stub has is the Protocol's; one that has such a member keeps it."""
    assert not hasattr(DeskStub(FOREIGN), "over")
    stub = Overloaded(FOREIGN)
    assert stub.over("mine") == "mine"
    of_the_class: Any = type(Overloaded)
    assert of_the_class.over(Overloaded, FOREIGN, trust=TRUST) == stub


def test_who_says_where_to_dial_needs_no_trust(dialled: list[str]) -> None:
    """The class itself takes an address of the program's own, a name included."""
    for text in ("PYRO:desk@localhost:1", "PYRO:desk@192.0.2.1:1", "PYRO:d@./u:/x"):
        assert str(DeskStub(text)) == f"<DeskStub of {text}>"
    assert dialled == []


# The references in answers


class Answers:
    """Gives what is its answer when it is asked."""

    answer: Answer

    def give(self, connection: socket.socket, sequence: int, payload: bytes) -> None:
        self.answer(connection, sequence, payload)


@pytest.fixture
def answers() -> Answers:
    return Answers()


def reference(text: str) -> dict[str, object]:
    """As a stock daemon sends a registered object."""
    state = (text, (), (), (), "hello", None)
    return {"__class__": "Pyro5.client.Proxy", "state": state}


@pytest.mark.parametrize(
    "text",
    [
        "PYRO:peer@127.0.0.2:{port}",
        "PYRO:peer@localhost:{port}",
        "PYRO:peer@0.0.0.0:{port}",
        "PYRO:peer@./u:/no/such/socket",
        "PYRONAME:peer@127.0.0.1:{port}",
    ],
)
def test_an_answer_cannot_lead_elsewhere(
    text: str, answers: Answers, dialled: list[str]
) -> None:
    """A daemon that is called can have its own host dialled again, and no other."""
    with hostile(answers.give) as far:
        text = text.format(port=far.address.rpartition(":")[2])
        answers.answer = replying(message(0, reference(text)))
        stub = GuideStub(far.address)
        with pytest.raises(
            BadReply, match=r"is not dialled|would have to be looked up"
        ):
            stub.peer()
        answers.answer = replying(message(0, [reference(far.address), reference(text)]))
        with pytest.raises(BadReply, match=r"peers: reply\[1\]: |would have to be"):
            stub.peers()
        assert len([event for event in dialled if "connect" in event]) == 1
        assert far.connections == 1


@pytest.mark.parametrize("called", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("named", ["127.0.0.1", "called"])
def test_an_answer_leads_to_the_daemon_that_was_called(
    answers: Answers, called: str, named: str
) -> None:
    """By the name that was dialled, or by the IP that this name has turned out to be."""
    with hostile(answers.give) as far:
        text = far.address.replace("127.0.0.1", called if named == "called" else named)
        answers.answer = replying(message(0, reference(text)))
        found = GuideStub(far.address.replace("127.0.0.1", called)).peer()
        assert str(found) == f"<PeerStub of {text}>"


def test_an_answer_leads_where_the_settings_trust(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Services that stand on several machines are named there."""
    monkeypatch.setattr(callbackgen.settings, "trusted", ("192.0.2.0/24",))
    text = "PYRO:peer@192.0.2.9:9090"
    with hostile(replying(message(0, reference(text)))) as far:
        assert GuideStub(far.address).peer() == PeerStub(text)


def test_what_was_sent_comes_back(answers: Answers) -> None:
    """An object of this end, or of a third, that a service gives back is taken."""

    class Peer:
        def notify(self, text: str) -> None: ...

    third = PeerStub("PYRO:peer@192.0.2.9:9090")
    wrapper = PeerWrapper(Peer())
    with hostile(answers.give) as far, serving(wrapper) as (own,):
        stub = GuideStub(far.address.replace("127.0.0.1", "localhost"))
        for given, text in ((third, "PYRO:peer@192.0.2.9:9090"), (wrapper, own)):
            answers.answer = replying(message(0, reference(text)))
            assert stub.same(given) == PeerStub(text)
        answers.answer = replying(message(0, reference("PYRO:peer@192.0.2.9:9091")))
        with pytest.raises(BadReply, match="is not dialled"):
            stub.same(third)


@pytest.mark.parametrize("size", [16_000, 17_000])
def test_what_a_peer_has_named_answers_no_more_than_a_client_may_send(
    size: int,
) -> None:
    """Serpent is dear to read; an address of one's own may answer more."""
    text = "x" * size
    with hostile(replying(message(0, text))) as far:
        assert ThingStub(far.address).anything() == text
        named = ThingStub.over(far.address, trust=TRUST)
        if size <= callbackgen.settings.ordinary_serpent_size:
            assert named.anything() == text
            return
        with pytest.raises(BadReply, match=r"a message of 170\d\d bytes.* 16384"):
            named.anything()
