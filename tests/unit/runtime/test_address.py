"""Addresses: the only thing that is kept of a reference."""

from __future__ import annotations

from typing import Any

import pytest
from Pyro5.api import URI, Proxy

from callbackgen.runtime.address import address_in_state, address_of


@pytest.mark.parametrize(
    ("text", "host", "port", "socket_name"),
    [
        ("PYRO:a@localhost:80", "localhost", 80, None),
        ("PYRO:a@[::1]:80", "::1", 80, None),
        ("PYRO:a@./u:/run/x.sock", "", 0, "/run/x.sock"),
    ],
)
def test_every_form_of_an_address(
    text: str, host: str, port: int, socket_name: str | None
) -> None:
    """A text, a URI and a Proxy of one object give the same address."""
    uri: Any = URI
    proxy: Any = Proxy
    made = [address_of(source) for source in (text, uri(text), proxy(text))]
    assert made[0] == made[1] == made[2]
    address = made[0]
    assert str(address) == text
    assert (address.object_id, address.host, address.port) == ("a", host, port)
    assert address.socket_name == socket_name


@pytest.mark.parametrize("text", ["PYRONAME:a", "PYRONAME:a@h:1", "PYROMETA:a,b"])
def test_addresses_that_need_a_look_up_are_refused(text: str) -> None:
    """Who has a name resolves it himself; the message says how."""
    with pytest.raises(ValueError, match=r"pass Pyro5\.api\.resolve"):
        address_of(text)


@pytest.mark.parametrize("text", ["", "nonsense", "PYRO:a", "PYRO:a@h", "PYRO:a@h:x"])
def test_other_texts_are_refused(text: str) -> None:
    """What is not an address is said not to be one."""
    with pytest.raises(ValueError, match="is not an address"):
        address_of(text)


@pytest.mark.parametrize("source", [None, 1, b"PYRO:a@h:1", object()])
def test_other_types_are_refused(source: object) -> None:
    """What can be no address is a TypeError that says what can."""
    with pytest.raises(TypeError, match="a Pyro5 Proxy, a URI or its text"):
        address_of(source)


@pytest.mark.parametrize(
    "state",
    [None, (), [], (1,), "x", ("PYRO:a@" + "h" * 5000,), ("PYRONAME:a",), {"a": 1}],
)
@pytest.mark.parametrize("class_name", ["Pyro5.client.Proxy", "Pyro5.core.URI"])
def test_hostile_states_are_refused(class_name: str, state: object) -> None:
    """A peer decides what stands in a reference: nonsense is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        address_in_state(class_name, state)


def test_state_of_another_class_is_no_address() -> None:
    """Only what Pyro5 makes of a Proxy or a URI is a reference."""
    assert address_in_state("builtins.dict", ("PYRO:a@h:1",)) is None
