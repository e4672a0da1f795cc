"""Stubs: what they are made from, how they compare, and what they refuse."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import Pyro5.api
import pytest
import serpent

from callbackgen import BadArgument, ConnectionLost, with_deadline
from tests.unit.runtime.desk import DeskStub, OtherStub

NOWHERE = "PYRO:desk@127.0.0.1:1"


@pytest.mark.parametrize(
    "source",
    [NOWHERE, NOWHERE.lower().replace("pyro", "Pyro"), Pyro5.api.URI(NOWHERE)],
    ids=["text", "other case", "URI"],
)
def test_a_stub_is_made_from_an_address(source: Any) -> None:
    """A text and a URI of the same object give the same stub; nothing is dialled."""
    assert DeskStub(source) == DeskStub(NOWHERE)


def test_a_stub_keeps_the_address_of_a_proxy_alone() -> None:
    """What the proxy was told of methods, serializers and handshakes is dropped."""
    with Pyro5.api.Proxy(NOWHERE) as proxy:
        proxy.__setstate__((NOWHERE, {"add"}, {"add"}, set(), "secret", "marshal"))
        stub = DeskStub(proxy)
    assert stub == DeskStub(NOWHERE)
    assert "secret" not in repr(stub)


@pytest.mark.parametrize("name", ["PYRONAME:desk", "PYROMETA:kind", "PYRONAME:a@b:1"])
def test_an_address_to_look_up_is_refused(name: str) -> None:
    """Only direct addresses are taken; the error says what resolves another."""
    with pytest.raises(ValueError, match=r"Pyro5\.api\.resolve"):
        DeskStub(name)


def test_stubs_are_equal_if_they_stand_for_the_same_object() -> None:
    """Two stubs of one object are one key, under two interfaces too."""
    stub = DeskStub(NOWHERE)
    assert stub == with_deadline(stub, 1)
    assert len({stub, DeskStub(NOWHERE)}) == 1
    assert stub != DeskStub("PYRO:desk@127.0.0.1:2")
    assert stub == OtherStub(NOWHERE)
    assert hash(stub) == hash(OtherStub(NOWHERE))
    assert stub != NOWHERE


def test_a_stub_shows_what_it_is() -> None:
    """Its repr has the class and the address, and asks nobody."""
    assert repr(DeskStub(NOWHERE)) == f"<DeskStub of {NOWHERE}>"


@pytest.mark.parametrize(
    "write", [pickle.dumps, copy.copy, copy.deepcopy, serpent.dumps]
)
def test_a_stub_is_not_serialised_by_accident(write: Any) -> None:
    """Neither pickle, nor copy, nor Pyro5's serializer takes one."""
    with pytest.raises(TypeError, match="DeskStub cannot be serialised"):
        write(DeskStub(NOWHERE))


def test_nothing_can_be_hung_on_a_stub() -> None:
    """A stub has no attributes but the interface's: a misspelt one is an error."""
    with pytest.raises(AttributeError):
        DeskStub(NOWHERE).symbol = 5  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_a_deadline_is_a_time_to_come(seconds: float) -> None:
    """A deadline of no time, or of for ever, is refused."""
    with pytest.raises(ValueError, match="deadline"):
        with_deadline(DeskStub(NOWHERE), seconds)


def test_an_argument_that_does_not_fit_is_not_sent() -> None:
    """It is refused without a connection, naming stub, method and parameter."""
    with pytest.raises(BadArgument, match=r"DeskStub\.add: b: expected int, got str"):
        DeskStub(NOWHERE).add(1, "2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    assert issubclass(BadArgument, TypeError)


def test_arguments_that_are_too_large_are_not_sent() -> None:
    """A message over the limit is refused here, and names the setting."""
    with pytest.raises(BadArgument, match=r"callbackgen\.settings\.message_size"):
        DeskStub(NOWHERE).hold("x" * 1_100_000)


def test_nobody_there_is_a_lost_connection() -> None:
    """A refused connection is ConnectionLost, a ConnectionError, with the address."""
    with pytest.raises(ConnectionLost, match=r"desk@127\.0\.0\.1:1"):
        DeskStub(NOWHERE).add(1, 2)
    assert issubclass(ConnectionLost, ConnectionError)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "a" * 300, "x\x00y"])
def test_an_unknown_host_is_a_lost_connection(host: str) -> None:
    """A host that cannot be found, or be a host, is ConnectionLost."""
    with pytest.raises(ConnectionLost):
        DeskStub(f"PYRO:desk@{host}:1").add(1, 2)


def test_an_impossible_path_is_a_lost_connection() -> None:
    """A path that the system cannot even be asked for is ConnectionLost too."""
    with pytest.raises(ConnectionLost):
        DeskStub("PYRO:desk@./u:\ud800").add(1, 2)
