"""Wrappers expose the members of their Protocol, checked, and nothing else."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, cast

import Pyro5.api
import pytest
import serpent
from Pyro5 import serializers, server
from Pyro5.core import URI
from Pyro5.errors import CommunicationError, DaemonError

from callbackgen import BadArgument, settings
from callbackgen.runtime import Method, Stub, Wrapper, attribute, exposed
from templates.example import Example
from templates.example_remote import ExampleStub, ExampleWrapper
from templates.peer_remote import PeerStub, PeerWrapper
from tests.generated.serving import serving
from tests.unit.runtime.serving import Daemon


class Peer:
    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, text: str) -> None:
        self.heard.append(text)


class Wrong:
    """Answers what its interface does not promise."""

    level = "high"
    label = 7

    def changed(self, symbol: str, price: float, *, final: bool = False) -> Any:
        return {"symbol": symbol}

    def limited(self, count: int = 3) -> Any:
        return [count, "x"]

    def attach(self, peer: PeerStub) -> Any:
        return self

    def convert(self, value: Any) -> Any:
        return object()


def wrong() -> Any:
    given: Any = Wrong()
    return ExampleWrapper(given)


def test_exposes_the_members_of_the_protocol_alone() -> None:
    """What Pyro5 may call is what the Protocol has, neither more nor less."""
    members: Any = vars(server)["_get_exposed_members"](ExampleWrapper)
    declared = {*vars(Example), *Example.__annotations__}
    promised = {name for name in declared if not name.startswith("_")} | {"call_"}
    assert members["methods"] | members["attrs"] == promised
    assert {"changed", "later", "call_"} <= members["methods"]
    assert {"label", "level"} <= members["attrs"]
    assert members["oneway"] == set()


@pytest.mark.parametrize(
    "name",
    ["__call__", "_ExampleWrapper__callback", "_callbackgen_loop", "__init__", "nope"],
)
def test_nothing_else_can_be_reached(name: str) -> None:
    """Neither the wrapped object nor a dunder can be called from outside."""
    get: Any = vars(server)["_get_attribute"]
    with pytest.raises(AttributeError):
        get(wrong(), name)


def test_holds_no_other_attributes() -> None:
    """A wrapper has the one private member that its class declares."""
    with pytest.raises(AttributeError):
        setattr(wrong(), "extra", 1)  # noqa: B010 - a type checker refuses the other


MISFITS: list[tuple[Callable[[Any], Any], str]] = [
    (lambda w: w.changed("A", "x"), "changed(): price: expected float, got str"),
    (lambda w: w.changed("A"), "changed(): missing a required argument: 'price'"),
    (lambda w: w.changed("A", 1.0, last=True), "unexpected keyword argument"),
    (lambda w: w.changed("A", 1.0), "changed(): reply: expected bool, got dict"),
    (lambda w: w.limited(), "limited(): reply[1]: expected int, got str"),
    (lambda w: w.convert(1), "convert(): reply: an object of class"),
    (lambda w: w.attach("x"), "attach(): peer: expected a reference"),
    (lambda w: w.label, "label: reply: expected str, got int"),
    (lambda w: w.level, "level: reply: expected int, got str"),
    (lambda w: setattr(w, "level", "x"), "level: value: expected int, got str"),
]


@pytest.mark.parametrize(("call", "message"), MISFITS)
def test_misfits_are_type_errors(call: Callable[[Any], Any], message: str) -> None:
    """An argument or an answer that does not fit names the member and the place."""
    with pytest.raises(TypeError) as raised:
        call(wrong())
    assert message in str(raised.value)


def test_answers_with_a_reference_name_the_wrapper(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An object that travels by reference has to be wrapped, and the text says so."""
    monkeypatch.setattr(settings, "trusted", ("127.0.0.1",))
    with pytest.raises(TypeError, match=r"wrap it in PeerWrapper\(\.\.\.\)"):
        wrong().attach(cast(Any, URI)("PYRO:a@127.0.0.1:1"))


def test_reference_that_has_to_be_looked_up_is_refused() -> None:
    """A caller's address leads straight to an object, or it is not taken."""
    with pytest.raises(
        TypeError, match=r"attach\(\): peer: .* would have to be looked up"
    ):
        wrong().attach(cast(Any, URI)("PYRONAME:somebody"))


def test_unregistered_wrapper_is_not_sent() -> None:
    """Nothing can be called at an unregistered wrapper, so it does not travel."""
    wrapper = PeerWrapper(Peer())
    dumps: Any = serpent
    with pytest.raises(TypeError, match=r"daemon\.register\(wrapper\) first"):
        dumps.dumps(wrapper)
    for serializer in ("json", "marshal"):
        with pytest.raises(TypeError, match=r"daemon\.register\(wrapper\) first"):
            serializers.serializers[serializer].dumps(wrapper)
    with pytest.raises(TypeError, match="cannot be sent or copied"):
        copy.copy(wrapper)
    with pytest.raises(TypeError, match="cannot be sent or copied"):
        pickle.dumps(wrapper)


def test_wrapper_that_its_daemon_has_forgotten_is_refused() -> None:
    """A wrapper that was unregistered by its name is not registered either."""
    wrapper = PeerWrapper(Peer())
    with Daemon() as daemon:
        daemon.unregister(daemon.register(wrapper).object)
        with pytest.raises(BadArgument, match=r"daemon\.register\(wrapper\) first"):
            ExampleStub("PYRO:a@127.0.0.1:1").attach(wrapper)


def test_registered_wrapper_travels_as_its_address() -> None:
    """Pyro5's own clients pass a registered wrapper as they pass any object."""
    wrapper = PeerWrapper(Peer())
    data: Any = serializers.serializers["serpent"]
    with serving(wrapper) as (address,):
        arrived = data.loads(data.dumps(wrapper))
    assert str(arrived._pyroUri) == address


def test_class_that_is_registered_does_not_hide_its_objects() -> None:
    """Both can be registered, one after the other, and come off again."""
    pyro: Any = Pyro5.api
    made = [PeerWrapper(cast(Any, None)) for _ in range(2)]

    def creator(_: object) -> PeerWrapper:
        return made[0]

    kind: Any = pyro.behavior("session", creator)(PeerWrapper)
    try:
        with Daemon(host="127.0.0.1") as daemon:
            of_class = daemon.register(kind, "class")
            of_object = daemon.register(made[1], "object")
            assert daemon.uriFor(kind) == of_class
            assert daemon.uriFor(made[1]) == of_object
            assert kind._pyroId == "class"
            assert not hasattr(made[0], "_pyroId")
            with pytest.raises(DaemonError, match="already has a Pyro id"):
                daemon.register(kind)
            daemon.unregister(kind)
            assert not hasattr(kind, "_pyroId")
            assert str(daemon.register(kind, "again")).startswith("PYRO:again@")
            daemon.unregister("again")
    finally:
        del kind._pyroInstancing


def test_class_that_cannot_be_made_is_not_registered() -> None:
    """Unless it is said how; the error says what to do, and nothing is left behind."""
    with Daemon(host="127.0.0.1") as daemon:
        with pytest.raises(TypeError, match=r"register PeerWrapper\(your_object\); or"):
            daemon.register(PeerWrapper, "class")
        assert "class" not in daemon.objectsById
        wrapper = PeerWrapper(cast(Any, None))
        assert daemon.register(wrapper, "class") == daemon.uriFor(wrapper)
    del cast(Any, PeerWrapper)._pyroInstancing


def test_wrapper_is_final() -> None:
    """Who subclasses a generated class is told what to do instead."""
    with pytest.raises(TypeError, match="PeerWrapper is final, so Mine cannot"):
        type("Mine", (PeerWrapper,), {})
    with pytest.raises(TypeError, match="pass an object of it to the wrapper"):
        type("Mine", (PeerWrapper,), {}, format=1)
    with pytest.raises(TypeError, match="PeerStub is final"):
        type("Mine", (PeerStub,), {})


@pytest.mark.parametrize("base", [Wrapper, Stub])
def test_bases_are_for_generated_classes(base: type) -> None:
    """A class written by hand is refused with what to do instead."""
    with pytest.raises(TypeError, match="base of generated classes alone"):
        type("Mine", (base,), {})


@pytest.mark.parametrize("base", [Wrapper, Stub])
def test_newer_format_says_what_to_do(base: type) -> None:
    """A module that is generated for a later run time is refused at its import."""
    with pytest.raises(ImportError) as raised:
        type("Later", (base,), {"__module__": "prices_remote"}, format=2)
    assert "prices_remote is generated in format 2" in str(raised.value)
    assert "upgrade" in str(raised.value)
    assert raised.value.name == "prices_remote"


def test_communication_error_of_the_object_is_answered() -> None:
    """Pyro5 drops the caller's connection for one; the caller gets an answer."""

    class Failing(Wrapper, format=1):
        __slots__ = ()

        @exposed(Method[None]("fail", "() -> None"))
        def fail(self) -> None:
            raise CommunicationError("nested")

    with pytest.raises(RuntimeError, match=r"Pyro5\.errors\.CommunicationError: nest"):
        Failing().fail()


def test_attribute_is_the_stubs_own_descriptor() -> None:
    """Looking at a stub class calls nobody."""
    method = Method[int]("level", "-> int")
    made: Any = attribute(method)
    assert made.__get__(None, Stub) is made
