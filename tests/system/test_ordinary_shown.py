"""What a daemon need not show to ordinary Pyro5 clients: ids of objects, tracebacks."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Generator
from functools import partial
from typing import Any, TypeVar, cast

import Pyro5.api
import Pyro5.core
import Pyro5.errors
import Pyro5.server
import pytest

import callbackgen
from tests.system.edges.hall import Hall, looping
from tests.system.edges.peer import refusals_in
from tests.system.edges.room_remote import RoomWrapper

SERIALIZERS = ["serpent", "json", "msgpack"]
TROUBLES: dict[str, Callable[[], BaseException]] = {
    "value": lambda: ValueError("no good"),
    "communication": lambda: Pyro5.errors.CommunicationError("inside"),
    "exit": lambda: SystemExit(3),
    "interrupt": KeyboardInterrupt,
    "group": lambda: ExceptionGroup("several", [_raised()]),
}

T = TypeVar("T")


def expose(thing: T) -> T:
    """Pyro5's, with types."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


def _raised() -> ValueError:
    try:
        raise ValueError("one of them")
    except ValueError as error:
        return error


def _first(batch: Any) -> object:
    """The first result of a batch."""
    results = batch()
    return next(results)


@expose
class Shop:
    def fail(self, name: str) -> None:
        try:
            raise KeyError("the cause")
        except KeyError as error:
            trouble = TROUBLES[name]()
            raise trouble from error

    def items(self) -> Generator[int]:
        yield 1
        raise ValueError("no more")

    def same(self, value: Any) -> Any:
        return value

    @property
    def level(self) -> int:
        raise ValueError("no level")


@contextlib.contextmanager
def serving(**options: Any) -> Generator[Any]:
    """A daemon of ours with an object of each kind."""
    with callbackgen.Daemon(host="127.0.0.1", **options) as daemon:
        daemon.register(Shop(), "shop")
        daemon.register(RoomWrapper(Hall()), "hall")
        with looping(daemon):
            yield daemon


def proxy_of(daemon: Any, name: str, serializer: str = "serpent") -> Any:
    """A stock proxy."""
    proxy: Any = Pyro5.api.Proxy(daemon.uriFor(name))
    proxy._pyroSerializer = serializer
    return proxy


class Own(Pyro5.server.DaemonObject):  # type: ignore[misc]  # Pyro5 has no types
    @expose
    def version(self) -> int:
        return 2

    @expose
    def registered(self) -> list[str]:
        return ["another way"]


@pytest.mark.parametrize("interface", [Pyro5.server.DaemonObject, Own])
def test_the_ids_of_objects_are_not_listed(interface: Any) -> None:
    """Who asks for them gets an error; all else that a daemon says stays as it was."""
    with (
        serving(list_objects=False, interface=interface) as daemon,
        proxy_of(daemon, Pyro5.core.DAEMON_NAME) as about,
        proxy_of(daemon, "shop") as shop,
    ):
        with pytest.raises(Pyro5.errors.DaemonError, match="list_objects=False"):
            about.registered()
        batch: Any = Pyro5.api.BatchProxy(about)
        batch.registered()
        with pytest.raises(Pyro5.errors.DaemonError, match="list_objects=False"):
            next(batch())
        about.ping()
        assert {"fail", "items"} <= {*about.get_metadata("shop")["methods"]}
        told = about.info()
        assert not any(name in told for name in ("shop", "hall"))
        assert interface is not Own or about.version() == 2
        assert next(shop.items()) == 1


def test_the_ids_of_objects_are_listed_unless_it_is_said() -> None:
    """As by Pyro5's own daemon."""
    with serving() as daemon, proxy_of(daemon, Pyro5.core.DAEMON_NAME) as about:
        assert {*about.registered()} == {Pyro5.core.DAEMON_NAME, "shop", "hall"}


def test_what_pyro5_leaves_unanswered_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """By peer and method, a few lines however often it happens."""
    caplog.set_level(logging.INFO, "callbackgen.calls")
    with serving() as daemon, proxy_of(daemon, "shop") as shop:
        began = time.monotonic()
        for _ in range(20):
            with pytest.raises(RuntimeError, match="SystemExit: 3"):
                shop.fail("exit")
        host, port = shop._pyroConnection.sock.getsockname()
        with pytest.raises(Pyro5.errors.CommunicationError):
            shop.fail("communication")
    seconds = time.monotonic() - began
    start = f"{host}:{port}: shop.fail raised"
    exits = [one for one in caplog.messages if "SystemExit" in one]
    assert exits[0] == f"{start} RuntimeError: SystemExit: 3"
    assert refusals_in(exits) == 20
    assert len(exits) <= seconds + 2
    assert f"{start} Pyro5.errors.CommunicationError: inside" in caplog.messages


def answers(shop: Any, hall: Any) -> Generator[bytes]:
    """What is sent of an error, in all ways that there are."""
    shop._pyroRawWireResponse = hall._pyroRawWireResponse = True
    for name in TROUBLES:
        yield bytes(shop.fail(name).data)
        yield bytes(shop._pyroInvokeBatch([("fail", [name], {})]).data)
    for name in ("memory", "exit", "interrupt"):
        yield bytes(hall.fail(name).data)
        yield bytes(hall._pyroInvokeBatch([("fail", [name], {})]).data)
    yield bytes(shop._pyroInvoke("__getattr__", ["level"], None).data)
    yield bytes(shop._pyroInvoke("nothing", [], {}).data)
    yield bytes(shop._pyroInvoke("same", [{"__class__": "a"}], {}).data)
    stream = bytes(shop.items().annotations["STRM"]).decode()
    about = Pyro5.core.DAEMON_NAME
    shop._pyroInvoke("get_next_stream_item", [stream], {}, objectId=about)
    answer = shop._pyroInvoke("get_next_stream_item", [stream], {}, objectId=about)
    yield bytes(answer.data)


@pytest.mark.parametrize("serializer", SERIALIZERS)
@pytest.mark.parametrize("detailed", [False, True])
def test_without_tracebacks_none_is_sent(
    serializer: str, detailed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `tracebacks` of the settings off, no file and no source line is told."""
    monkeypatch.setattr(Pyro5.config, "DETAILED_TRACEBACK", detailed)
    with (
        serving(settings=callbackgen.Settings(tracebacks=False)) as daemon,
        proxy_of(daemon, "shop", serializer) as shop,
        proxy_of(daemon, "hall", serializer) as hall,
    ):
        for answer in answers(shop, hall):
            assert b"Error" in answer
            for hidden in (b"File", b"line", b"Traceback (", b".py", b"the cause"):
                assert hidden not in answer


def test_tracebacks_are_sent_unless_it_is_said() -> None:
    """As by Pyro5's own daemon, batches included."""
    with serving() as daemon, proxy_of(daemon, "shop") as shop:
        batch: Any = Pyro5.api.BatchProxy(shop)
        batch.fail("value")
        for attempt in (partial(shop.fail, "value"), partial(_first, batch)):
            with pytest.raises(ValueError, match="no good") as caught:
                attempt()
            sent = "".join(cast(Any, caught.value)._pyroTraceback)
            assert "the cause" in sent
            assert "test_ordinary_shown.py" in sent


@pytest.mark.parametrize("tracebacks", [False, True])
def test_the_user_s_own_handler_of_errors(tracebacks: bool) -> None:
    """Pyro5's `methodcall_error_handler` sees what was raised with its traceback."""
    seen: list[tuple[Any, ...]] = []

    def handler(*arguments: Any) -> None:
        seen.append((*arguments, arguments[-1].__traceback__))

    settings = callbackgen.Settings(tracebacks=tracebacks)
    with serving(settings=settings) as daemon, proxy_of(daemon, "shop") as shop:
        daemon.methodcall_error_handler = handler
        batch: Any = Pyro5.api.BatchProxy(shop)
        batch.fail("value")
        for attempt in (partial(shop.fail, "value"), partial(_first, batch)):
            with pytest.raises(ValueError, match="no good"):
                attempt()
    assert len(seen) == 2
    for its_daemon, _, _, arguments, _, error, shown in seen:
        assert its_daemon is daemon
        assert [*arguments] == ["value"]
        assert isinstance(error, ValueError)
        assert shown is not None
