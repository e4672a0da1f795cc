"""Wrappers and stubs with peers that know Pyro5 alone."""

from __future__ import annotations

from typing import Any

import Pyro5.api
import pytest

from templates.example_remote import (
    ExampleStub,
    ExampleWrapper,
    RemoteExample,
)
from templates.peer_remote import PeerStub, PeerWrapper
from tests.system.plain import Listening, Plain
from tests.unit.runtime.serving import Daemon, running, serving


@pytest.fixture
def plain() -> Plain:
    return Plain()


def test_an_ordinary_pyro5_client_calls_a_wrapper(plain: Plain) -> None:
    """A stock Proxy sees the members of the Protocol, and no others."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        assert proxy.changed("ACME", 1.5, final=True) is True
        assert proxy.call_("go") is True
        assert proxy.label == "plain"
        proxy.level = 9
        assert plain.level == 9
        members = {name for name in vars(RemoteExample) if not name.startswith("_")}
        exposed = proxy._pyroMethods | proxy._pyroAttrs
        assert exposed == {*members, "level", "call_"}
        assert proxy._pyroAttrs == {"label", "level", "old_label"}
        assert proxy._pyroOneway == set()


@pytest.mark.parametrize(
    "name", ["__call__", "seen", "_ExampleWrapper__callback", "_callbackgen_loop"]
)
def test_nothing_else_can_be_called(plain: Plain, name: str) -> None:
    """Neither the object's own members nor the wrapper's private ones are exposed."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        proxy._pyroBind()
        with pytest.raises(AttributeError):
            proxy._pyroInvoke(name, ("go",), {})
        with pytest.raises(AttributeError):
            proxy._pyroInvoke("__getattr__", (name,), {})


def test_an_ordinary_pyro5_client_passes_a_proxy(plain: Plain) -> None:
    """A Proxy, a URI and what Pyro5 makes a Proxy of arrive as stubs."""
    listening = Listening()
    peer = PeerWrapper(listening)
    proxy: Any
    with (
        serving(peer) as (peer_address,),
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
        Pyro5.api.Proxy(peer_address) as peer_proxy,
    ):
        for given in (peer_proxy, Pyro5.api.URI(peer_address), peer):
            with proxy.attach(given) as answer:
                answer.notify("back")
        assert listening.texts == ["attached", "back"] * 3


def test_an_ordinary_pyro5_service_gets_a_proxy() -> None:
    """A reference in a stub's call reaches a hand-written service as a Proxy."""
    listening = Listening()

    class ByHand:
        @Pyro5.api.expose  # type: ignore[untyped-decorator]  # Pyro5 has no annotations
        def attach(self, peer: Any) -> Any:
            with peer:
                peer.notify("by hand")
            return peer

    peer = PeerWrapper(listening)
    with serving(peer) as (peer_address,), Daemon() as daemon:
        address = daemon.register(ByHand())
        with running(daemon):
            assert ExampleStub(address).attach(peer) == PeerStub(peer_address)
    assert listening.texts == ["by hand"]


def test_an_argument_of_an_ordinary_client_is_checked(plain: Plain) -> None:
    """What does not fit is a TypeError that says where; the object is not called."""
    proxy: Any
    with (
        serving(ExampleWrapper(plain)) as (address,),
        Pyro5.api.Proxy(address) as proxy,
    ):
        with pytest.raises(TypeError, match=r"changed.*price.*expected float, got str"):
            proxy.changed("ACME", "much")
        with pytest.raises(TypeError, match=r"changed.*missing.*price"):
            proxy.changed("ACME")
        with pytest.raises(TypeError, match=r"attach.*peer.*expected a reference"):
            proxy.attach("PYRO:peer@localhost:1")
        with pytest.raises(TypeError, match=r"level.*expected int, got str"):
            proxy.level = "high"
    assert plain.seen == []
