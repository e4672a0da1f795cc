"""What ordinary Pyro5 clients see of the objects of a daemon."""

from __future__ import annotations

import gc
import threading
from collections.abc import Generator
from typing import Any

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from tests.system.edges.hall import Hall, looping
from tests.system.edges.room_remote import RoomWrapper
from tests.system.pyro5.users import SERIALIZERS, behavior, expose, oneway, proxy_of


class Ticket:
    """What is handed out; a proxy of it, once it is registered."""

    def __init__(self, number: int) -> None:
        self._number = number

    @property
    @expose
    def number(self) -> int:
        return self._number


class Office:
    """Has one of each that a client may use, and of each that it may not."""

    plain = 1

    def __init__(self, daemon: Any) -> None:
        self._daemon = daemon
        self._level = 1

    @property
    @expose
    def level(self) -> int:
        return self._level

    @level.setter
    def level(self, value: int) -> None:
        if value < 0:
            raise ValueError("below zero")
        self._level = value

    @property
    @expose
    def fixed(self) -> str:
        return "fixed"

    @property
    def hidden(self) -> int:
        return 2

    @expose
    def ticket(self, number: int, *, is_registered: bool) -> Ticket:
        ticket = Ticket(number)
        if is_registered:
            self._daemon.register(ticket)
        return ticket

    @expose
    def hall(self) -> RoomWrapper:
        hall = RoomWrapper(Hall())
        self._daemon.register(hall)
        return hall

    @expose
    @oneway
    def note(self) -> None:
        """Nothing to wait for."""

    def secret(self) -> None:
        """Not exposed."""

    def _private(self) -> None:
        """Not even to be exposed."""


@pytest.fixture
def daemon() -> Generator[Any]:
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        daemon.register(Office(daemon), "office")
        with looping(daemon):
            yield daemon


# Members


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_properties(daemon: Any, serializer: str) -> None:
    """They are read and set as the object has it; other attributes are not there."""
    with proxy_of(daemon, "office", serializer) as office:
        office.level = 7
        assert (office.level, office.fixed) == (7, "fixed")
        with pytest.raises(ValueError, match="below zero"):
            office.level = -1
        with pytest.raises(AttributeError):
            office.fixed = "other"
        assert (office.level, office.fixed) == (7, "fixed")


@pytest.mark.parametrize("name", ["plain", "hidden", "_level", "__class__"])
def test_attributes_that_are_not_exposed(daemon: Any, name: str) -> None:
    """Nor are they for a client that asks whatever its proxy knows."""
    with proxy_of(daemon, "office") as office:
        office._pyroBind()
        with pytest.raises(AttributeError):
            office._pyroInvoke("__getattr__", (name,), {})
        with pytest.raises(AttributeError):
            office._pyroInvoke("__setattr__", (name, 9), {})
    assert daemon.objectsById["office"]._level == 1


@pytest.mark.parametrize("name", ["secret", "_private", "__init__", "unknown"])
def test_methods_that_are_not_exposed(daemon: Any, name: str) -> None:
    """The same for methods."""
    with proxy_of(daemon, "office") as office:
        office._pyroBind()
        with pytest.raises(AttributeError):
            office._pyroInvoke(name, (), {})


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_metadata(daemon: Any, serializer: str) -> None:
    """A proxy knows what its object has; the daemon's own object says the same."""
    methods, attributes = {"ticket", "hall", "note"}, {"level", "fixed"}
    with proxy_of(daemon, "office", serializer) as office:
        office._pyroBind()
        assert office._pyroMethods == methods
        assert office._pyroAttrs == attributes
        assert office._pyroOneway == {"note"}
        with pytest.raises(AttributeError, match="secret"):
            office.secret()
    with proxy_of(daemon, "Pyro.Daemon", serializer) as own:
        assert own.ping() is None
        assert {*own.registered()} == {"Pyro.Daemon", "office"}
        assert "callbackgen" in own.info()
        known = own.get_metadata("office")
        assert {*known["methods"]} == methods
        assert {*known["attrs"]} == attributes
        assert {*known["oneway"]} == {"note"}
        with pytest.raises(Pyro5.errors.PyroError):
            own.get_metadata("nobody")


def test_metadata_that_changes(daemon: Any) -> None:
    """After `resetMetadataCache`, new proxies know of a new method."""

    class Growing:
        @expose
        def one(self) -> int:
            return 1

    daemon.register(Growing(), "growing")
    with proxy_of(daemon, "growing") as before:
        assert before.one() == 1

        def two(_: Growing) -> int:
            return 2

        setattr(Growing, "two", expose(two))  # noqa: B010 - type checkers know none
        daemon.resetMetadataCache("growing")
        with pytest.raises(AttributeError, match="two"):
            before.two()
    with proxy_of(daemon, "growing") as after:
        assert after.two() == 2


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_registered_object_is_returned_as_a_proxy(
    daemon: Any, serializer: str
) -> None:
    """A plain one and a wrapper; one that nobody has registered is no proxy."""
    with proxy_of(daemon, "office", serializer) as office:
        with office.ticket(5, is_registered=True) as ticket:
            assert isinstance(ticket, Pyro5.api.Proxy)
            assert ticket.number == 5
        with office.hall() as hall:
            assert isinstance(hall, Pyro5.api.Proxy)
            assert hall.echo([1]) == [1]
        with pytest.raises(Pyro5.errors.SerializeError):
            office.ticket(6, is_registered=False)
        assert office.level == 1


def test_a_weak_registration(daemon: Any) -> None:
    """The daemon does not keep the object, and forgets it when it is gone."""
    ticket = Ticket(5)
    daemon.register(ticket, "ticket", weak=True)
    with proxy_of(daemon, "ticket") as proxy:
        assert proxy.number == 5
        del ticket
        gc.collect()
        with pytest.raises(Pyro5.errors.DaemonError, match="unknown object"):
            _ = proxy.number
    assert "ticket" not in daemon.objectsById


# Classes


class Counting:
    """Each instance counts for itself; the class counts the instances."""

    made = 0
    counting = threading.Lock()

    def __init__(self) -> None:
        with self.counting:
            type(self).made += 1
        self._count = 0

    @expose
    def count(self) -> int:
        self._count += 1
        return self._count


def counting(mode: str) -> type[Counting]:
    """A class of its own with a mode."""
    return behavior(mode)(type(mode, (Counting,), {"made": 0}))


@pytest.mark.parametrize(
    ("mode", "counts", "made"),
    [
        ("single", (1, 2, 3, 4), 1),
        ("session", (1, 2, 1, 3), 2),
        ("percall", (1,) * 4, 4),
    ],
)
@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_instance_modes(
    daemon: Any, mode: str, counts: tuple[int, ...], made: int, serializer: str
) -> None:
    """One instance for all, for each connection or for each call."""
    kind = counting(mode)
    daemon.register(kind, "class")
    with (
        proxy_of(daemon, "class", serializer) as one,
        proxy_of(daemon, "class", serializer) as other,
    ):
        seen = one.count(), one.count(), other.count(), one.count()
        assert (seen, kind.made) == (counts, made)
        if mode == "session":
            one._pyroReconnect()
            assert one.count() == 1
            assert other.count() == 2


@pytest.mark.parametrize("mode", ["single", "session", "percall"])
def test_instance_creators(daemon: Any, mode: str) -> None:
    """One makes the instances; what it makes instead is an error of the call."""
    kind: type[Counting] = type("Created", (Counting,), {"made": 0})
    creates: list[Any] = [kind, ValueError("none left"), object]

    def create(made: type[Counting]) -> object:
        assert made is kind
        what = creates[-1]
        if isinstance(what, Exception):
            raise what
        return what()

    daemon.register(behavior(mode, create)(kind), "class")
    with proxy_of(daemon, "class") as proxy:
        with pytest.raises(TypeError, match="different type"):
            proxy.count()
        creates.pop()
        with pytest.raises(ValueError, match="none left"):
            proxy.count()
        creates.pop()
        assert proxy.count() == 1
    assert kind.made == 1


def test_instances_of_a_connection_are_counted(daemon: Any) -> None:
    """Those in session mode: one too many is an error, and all else goes on."""
    most = callbackgen.settings.instances
    assert most == 64
    for number in range(most + 1):
        daemon.register(counting("session"), f"session{number}")
    daemon.register(counting("single"), "single")
    daemon.register(counting("percall"), "percall")

    def count(proxy: Any, name: str) -> Any:
        """Calls another object over the same connection, which any client may."""
        return proxy._pyroInvoke("count", (), {}, objectId=name)

    with proxy_of(daemon, "office") as one, proxy_of(daemon, "office") as other:
        one._pyroBind()
        other._pyroBind()
        for number in range(most):
            assert count(one, f"session{number}") == 1
        with pytest.raises(Pyro5.errors.DaemonError, match="64 instances"):
            count(one, f"session{most}")
        assert count(one, "session0") == 2
        assert [count(one, "single"), count(one, "single")] == [1, 2]
        assert [count(one, "percall"), count(one, "percall")] == [1, 1]
        assert count(other, f"session{most}") == 1
        one._pyroReconnect()
        assert count(one, f"session{most}") == 1
