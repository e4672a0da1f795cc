"""A Pyro5 daemon's hooks for clients that come and go, with ordinary clients."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Generator
from queue import SimpleQueue
from typing import Any, ClassVar

import Pyro5.api
import Pyro5.errors
import pytest

import callbackgen
from tests.system.command import ROOT
from tests.system.edges.hall import PATIENCE, looping, reached
from tests.system.pyro5.users import SERIALIZERS, context, expose, oneway


class Resource:
    """Something that has to be closed when its client is gone."""

    def __init__(self, closed: SimpleQueue[Any]) -> None:
        self._closed = closed

    def close(self) -> None:
        self._closed.put(self)


class Lodge:
    """Where clients are asked who they are."""

    def __init__(self) -> None:
        self.closed: SimpleQueue[Any] = SimpleQueue()
        self.tracked = [Resource(self.closed) for _ in range(3)]
        self.heard: SimpleQueue[Any] = SimpleQueue()

    @property
    @expose
    def guest(self) -> str:
        name: str = context.client.guest
        return name

    @expose
    def visit(self) -> None:
        """Three things are opened for a client, and one of them closed again."""
        for resource in self.tracked:
            context.track_resource(resource)
        context.untrack_resource(self.tracked[1])

    @expose
    def who(self) -> str:
        return self.guest

    @expose
    def hear(self, is_well: bool = True) -> dict[str, str]:
        context.response_annotations = {"LODG": b"of " + self.guest.encode()}
        if not is_well:
            raise ValueError("unwell")
        return heard()

    @expose
    @oneway
    def overhear(self) -> None:
        self.heard.put((self.guest, heard()))

    @expose
    def describe(self) -> dict[str, Any]:
        """What the context of a call is."""
        kept = context.to_global()
        assert kept["client"] is context.client
        return {
            "address": list(context.client_sock_addr),
            "seq": context.seq,
            "serializer": context.serializer_id,
            "flags": context.msg_flags,
            "correlation": str(context.correlation_id),
            "certificate": context.client.getpeercert(),
            "elsewhere": elsewhere(kept),
        }


def heard() -> dict[str, str]:
    """The annotations of a call."""
    return {key: bytes(value).decode() for key, value in context.annotations.items()}


def elsewhere(kept: dict[str, Any]) -> str:
    """Who the client is in another thread that goes on with its call."""
    names: list[str] = []

    def work() -> None:
        context.from_global(kept)
        names.append(context.client.guest)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return names[0]


class Porter(callbackgen.Daemon):
    """Its clients say who they are, and it remembers who has come and gone."""

    def __init__(self) -> None:
        super().__init__(host="127.0.0.1")
        self.come: list[Any] = []
        self.gone: SimpleQueue[Any] = SimpleQueue()
        self.trouble: Exception | None = None

    def validateHandshake(self, conn: Any, data: Any) -> Any:  # noqa: N802
        if data["name"] == "nobody":
            raise PermissionError("nobody may come in")
        conn.guest = data["name"]
        self.come.append(conn)
        return {"welcome": [conn.guest, len(self.come)]}

    def clientDisconnect(self, conn: Any) -> None:  # noqa: N802 - Pyro5's name
        self.gone.put(conn)
        if self.trouble is not None:
            raise self.trouble

    def annotations(self) -> dict[str, bytes]:
        return {"PORT": str(len(self.come)).encode()}


class Guest(Pyro5.api.Proxy):  # type: ignore[misc]  # Pyro5 has no types
    """A proxy that looks at what it is let in with."""

    welcomes: ClassVar[list[object]] = []

    def __init__(self, daemon: Any, name: str, serializer: str = "serpent") -> None:
        super().__init__(daemon.uriFor("lodge"))
        pyro: Any = self
        pyro._pyroHandshake = {"name": name}
        pyro._pyroSerializer = serializer

    def _pyroValidateHandshake(self, response: Any) -> None:  # noqa: N802
        if response["welcome"][0] == "wary":
            raise ConnectionAbortedError("not in here")
        self.welcomes.append(response["welcome"])


@pytest.fixture
def lodge() -> Lodge:
    return Lodge()


@pytest.fixture
def porter(lodge: Lodge) -> Generator[Porter]:
    with Porter() as porter:
        porter.register(lodge, "lodge")
        with looping(porter):
            yield porter


def guest(porter: Porter, name: str, serializer: str = "serpent") -> Any:
    return Guest(porter, name, serializer)


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_what_a_handshake_leaves_on_a_connection(
    porter: Porter, serializer: str
) -> None:
    """Its methods see it, and `clientDisconnect`; the client gets what was returned."""
    with guest(porter, "ann", serializer) as ann, guest(porter, "bob") as bob:
        for _ in range(3):
            assert (ann.who(), bob.who(), ann.guest) == ("ann", "bob", "ann")
        batch: Any = Pyro5.api.BatchProxy(ann)
        batch.who()
        assert [*batch()] == ["ann"]
        assert Guest.welcomes[-2:] == [["ann", 1], ["bob", 2]]
        ann._pyroRelease()
        assert porter.gone.get(timeout=PATIENCE) is porter.come[0]
        assert bob.who() == "bob"
    assert porter.gone.get(timeout=PATIENCE) is porter.come[1]
    assert [conn.guest for conn in porter.come] == ["ann", "bob"]


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_a_handshake_may_refuse(porter: Porter, serializer: str) -> None:
    """The client is told why, and may come again; who was not in does not leave."""
    with guest(porter, "nobody", serializer) as proxy:
        for _ in range(2):
            with pytest.raises(
                Pyro5.errors.CommunicationError, match=r"rejected: nobody may come in"
            ):
                proxy.who()
        proxy._pyroHandshake = {}
        with pytest.raises(Pyro5.errors.CommunicationError, match="rejected: 'name'"):
            proxy.who()
        proxy._pyroHandshake = {"name": "ann"}
        assert proxy.who() == "ann"
    assert porter.gone.get(timeout=PATIENCE) is porter.come[0]
    assert len(porter.come) == 1
    assert porter.gone.empty()


def test_a_client_may_refuse(porter: Porter) -> None:
    """It looks at what it is let in with, and leaves."""
    with (
        guest(porter, "wary") as proxy,
        pytest.raises(ConnectionAbortedError, match="not in here"),
    ):
        proxy.who()
    assert porter.gone.get(timeout=PATIENCE) is porter.come[0]


def test_a_client_that_is_killed(porter: Porter, lodge: Lodge) -> None:
    """`clientDisconnect` is called, and what is tracked for it closed, once each."""
    uri = str(porter.uriFor("lodge"))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.system.pyro5.visitor", uri],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "here\n"
            assert porter.gone.empty()
            assert lodge.closed.empty()
        finally:
            process.kill()
    assert porter.gone.get(timeout=PATIENCE).guest == "visitor"
    closed = {lodge.closed.get(timeout=PATIENCE) for _ in range(2)}
    assert closed == {lodge.tracked[0], lodge.tracked[2]}
    with guest(porter, "ann") as ann:
        assert ann.who() == "ann"
    assert porter.gone.get(timeout=PATIENCE).guest == "ann"
    assert porter.gone.empty()
    assert lodge.closed.empty()


def test_a_hook_that_fails(
    porter: Porter, lodge: Lodge, caplog: pytest.LogCaptureFixture
) -> None:
    """Where `clientDisconnect` raises, the log says so, and all else goes on."""
    porter.trouble = LookupError("no such guest")
    for _ in range(2):
        with guest(porter, "ann") as ann:
            ann.visit()
        assert lodge.closed.get(timeout=PATIENCE) in lodge.tracked
        assert lodge.closed.get(timeout=PATIENCE) in lodge.tracked
    assert porter.gone.qsize() == 2
    assert reached(lambda: caplog.text.count("LookupError: no such guest") == 2)


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_annotations_of_both_ends(
    porter: Porter, lodge: Lodge, serializer: str
) -> None:
    """A call has the client's, an answer the daemon's and the method's own."""
    with guest(porter, "ann", serializer) as ann:
        context.annotations = {"ANNE": b"hello"}
        try:
            assert ann.hear() == {"ANNE": "hello"}
            assert got() == {"PORT": b"1", "LODG": b"of ann"}
            ann.overhear()
            assert lodge.heard.get(timeout=PATIENCE) == ("ann", {"ANNE": "hello"})
            with pytest.raises(ValueError, match="unwell"):
                ann.hear(is_well=False)
            assert got() == {"PORT": b"1"}  # as Pyro5 does
            assert ann.who() == "ann"
            assert got() == {"PORT": b"1"}
        finally:
            context.annotations = {}
        assert ann.hear() == {}


def got() -> dict[str, bytes]:
    """The annotations of the last answer."""
    return {key: bytes(value) for key, value in context.response_annotations.items()}


@pytest.mark.parametrize("serializer", SERIALIZERS)
def test_the_context_of_a_call(porter: Porter, serializer: str) -> None:
    """Who calls, from where and how; another thread may go on with it."""
    correlation = uuid.uuid4()
    with guest(porter, "ann", serializer) as ann, guest(porter, "bob") as bob:
        bob._pyroBind()
        context.correlation_id = correlation
        try:
            seen = ann.describe()
        finally:
            context.correlation_id = None
        assert seen == {
            "address": [*ann._pyroConnection.sock.getsockname()],
            "seq": ann._pyroSeq,
            "serializer": {"serpent": 1, "json": 3, "msgpack": 4}[serializer],
            "flags": 64,  # a correlation id is given
            "correlation": str(correlation),
            "certificate": None,
            "elsewhere": "ann",
        }
        assert bob.describe()["correlation"] != str(correlation)


def test_there_is_no_client_outside_of_a_call() -> None:
    """Nothing can be tracked there."""
    with pytest.raises(Pyro5.errors.PyroError, match="connectionless"):
        context.track_resource(object())
