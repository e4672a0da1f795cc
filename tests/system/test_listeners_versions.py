"""Servers and clients whose interfaces are not of the same age."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.listening.running import Failed, Program, Stage

INTERFACE = """
from typing import Protocol

class Listener(Protocol):
    {changed}
{newer_listener}

class Feed(Protocol):
    def add(self, listener: Listener) -> None: ...
    def close(self, listener: Listener) -> None: ...
{newer_feed}
"""
CHANGED = "def changed(self, symbol: str) -> str: ..."
CHANGED_AT = "def changed(self, symbol: str, *, at: int = 0) -> str: ..."
CHANGED_TIMES = "def changed(self, symbol: str) -> int: ..."
NEWER_LISTENER = "    def closed(self, symbol: str) -> str: ..."
NEWER_FEED = "    def count(self) -> int: ..."

DIFFERS = "; the other end has another version of "

SERVER = """
import logging, threading
import callbackgen
from feed_remote import FeedWrapper
from tests.system.listening.answering import answer_commands, emit

class Feeding:
    def __init__(self):
        self.listeners = []
    def add(self, listener):
        self.listeners.append(listener)
    def close(self, listener):
        listener.closed("during a call")
    def count(self):
        return len(self.listeners)

class Records(logging.Handler):
    def __init__(self):
        super().__init__()
        self.texts = []
    def emit(self, record):
        self.texts.append(record.getMessage())

class Desk:
    def address(self):
        return str(address)
    def records(self):
        return [text.partition(": ")[2] for text in records.texts]
    def changed(self, symbol):
        return [listener.changed(symbol) for listener in feeding.listeners]
    def closed(self, symbol):
        return [listener.closed(symbol) for listener in feeding.listeners]

records = Records()
logging.getLogger("callbackgen.versions").addHandler(records)
logging.getLogger("callbackgen.versions").setLevel(logging.INFO)
feeding = Feeding()
with callbackgen.Daemon(host="127.0.0.1") as daemon:
    address = daemon.register(FeedWrapper(feeding), "feed")
    def obey():
        answer_commands(Desk())
        daemon.shutdown()
    threading.Thread(target=obey, daemon=True).start()
    emit("ready")
    daemon.requestLoop()
"""

CLIENT = """
import json, sys
import callbackgen
from feed_remote import FeedStub
from tests.system.listening.answering import answer_commands, emit

class Hearer:
    def changed(self, symbol):
        return f"changed {symbol}"
    def closed(self, symbol):
        return f"closed {symbol}"

class Guest:
    def add(self):
        feed.add(Hearer())
    def close(self):
        feed.close(Hearer())
    def count(self):
        return feed.count()

with callbackgen.connect(json.loads(sys.argv[1])["address"]) as connection:
    feed = FeedStub(connection)
    emit("ready")
    answer_commands(Guest())
"""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def project(
    folder: Path, *, listener: str = "", feed: str = "", changed: str = CHANGED
) -> Path:
    """A folder with the interface as given, the generated modules, and the programs."""
    folder.mkdir()
    interface = INTERFACE.format(
        newer_listener=listener, newer_feed=feed, changed=changed
    )
    (folder / "feeding.py").write_text(interface, encoding="utf-8")
    (folder / "server.py").write_text(SERVER, encoding="utf-8")
    (folder / "client.py").write_text(CLIENT, encoding="utf-8")
    command = [sys.executable, "-m", "callbackgen", "generate", "feeding"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def started(stage: Stage, at_server: Path, at_client: Path) -> tuple[Program, Program]:
    """A server and a client, each with its own version of the modules."""
    server = stage.start("server", "the server", at_server)
    server.event("ready")
    address = server.ask("address")
    client = stage.start("client", "the client", at_client, address=address)
    client.event("ready")
    return server, client


def test_a_server_newer_by_a_callback_method(stage: Stage, tmp_path: Path) -> None:
    """X9: calling it is Unimplemented, which names it; all other methods work."""
    server, client = started(
        stage,
        project(tmp_path / "newer", listener=NEWER_LISTENER),
        project(tmp_path / "older"),
    )
    client.ask("add")

    assert server.ask("changed", "ACME") == ["changed ACME"]
    for _ in range(2):
        with pytest.raises(Failed, match=r"^Unimplemented: .*\bclosed\b") as caught:
            server.ask("closed", "ACME")
        assert str(caught.value).endswith(f"{DIFFERS}Listener, without closed")
    assert server.ask("changed", "EMCA") == ["changed EMCA"]
    assert server.ask("records") == [
        "the other end has another version of Listener",
        "the other end has another version of Listener; not there: closed",
    ]


def test_a_client_newer_by_a_callback_method(stage: Stage, tmp_path: Path) -> None:
    """The older server calls what it knows; the client's new method is of no harm."""
    server, client = started(
        stage,
        project(tmp_path / "older"),
        project(tmp_path / "newer", listener=NEWER_LISTENER),
    )
    client.ask("add")

    assert server.ask("changed", "ACME") == ["changed ACME"]
    assert server.ask("records") == ["the other end has another version of Listener"]


def test_a_client_newer_by_a_service_method(stage: Stage, tmp_path: Path) -> None:
    """X9 in the other direction: the client gets Unimplemented, and can go on."""
    server, client = started(
        stage,
        project(tmp_path / "older"),
        project(tmp_path / "newer", feed=NEWER_FEED),
    )
    with pytest.raises(Failed, match=r"^Unimplemented: .*\bcount\b") as caught:
        client.ask("count")
    assert str(caught.value).endswith(f"{DIFFERS}Feed, without count")
    client.ask("add")

    assert server.ask("changed", "ACME") == ["changed ACME"]
    assert server.ask("records") == []


def test_a_callback_inside_a_call_is_explained_too(
    stage: Stage, tmp_path: Path
) -> None:
    """What the other end has is asked for while it waits for this end."""
    _, client = started(
        stage,
        project(tmp_path / "newer", listener=NEWER_LISTENER),
        project(tmp_path / "older"),
    )
    with pytest.raises(Failed, match=f"Unimplemented: .*{DIFFERS}Listener, without"):
        client.ask("close")


def test_an_argument_that_the_other_end_does_not_take(
    stage: Stage, tmp_path: Path
) -> None:
    """The error has the method as both ends have it."""
    server, client = started(
        stage,
        project(tmp_path / "newer", changed=CHANGED_AT),
        project(tmp_path / "older"),
    )
    client.ask("add")

    with pytest.raises(Failed, match=r"^RemoteRaised: TypeError: ") as caught:
        server.ask("changed", "ACME")
    assert str(caught.value).endswith(
        f"{DIFFERS}Listener: there it is changed(symbol: str) -> str, "
        "here it is changed(symbol: str, *, at: int = 0) -> str"
    )


def test_an_answer_of_another_type(stage: Stage, tmp_path: Path) -> None:
    """A bad reply is the server's to explain: the client has said what it means."""
    server, client = started(
        stage,
        project(tmp_path / "newer", changed=CHANGED_TIMES),
        project(tmp_path / "older"),
    )
    client.ask("add")

    with pytest.raises(Failed, match=r"^BadReply: ListenerStub\.changed: ") as caught:
        server.ask("changed", "ACME")
    assert str(caught.value).endswith(
        f"{DIFFERS}Listener: there it is changed(symbol: str) -> str, "
        "here it is changed(symbol: str) -> int"
    )


def test_of_the_same_version_nothing_is_said(stage: Stage, tmp_path: Path) -> None:
    """Each end has generated its modules by itself, from the same interface."""
    server, client = started(
        stage, project(tmp_path / "one"), project(tmp_path / "other")
    )
    client.ask("add")

    assert server.ask("changed", "ACME") == ["changed ACME"]
    assert server.ask("records") == []
