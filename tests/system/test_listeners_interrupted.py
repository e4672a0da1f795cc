"""Ctrl-C, and other ends of servers and clients: no complaints, at whatever moment."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.system.listening.running import (
    CHECKOUT,
    NOTHING_LEFT,
    OPTIONS,
    PATIENCE,
    Failed,
    Stage,
    a_port,
)
from tests.system.listening.sockets import can_be_seen, count_listening


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def test_a_server_that_waits(stage: Stage) -> None:
    """`requestLoop` returns, the clients are told, and the address is free again."""
    port = a_port()
    server = stage.server(port=port)
    client = stage.client(server)
    client.ask("add", "ACME", "A")
    client.ask("watch")

    server.send_signal(signal.SIGINT)

    assert server.ended() == NOTHING_LEFT
    server.event("ended")
    client.event("lost")
    with pytest.raises(Failed, match=r"^ConnectionLost: .*the server shut down"):
        client.ask("keep", "ACME", "B")
    assert stage.client(stage.server(port=port)).ask("tick", "A")


def test_a_server_in_the_middle_of_callbacks(stage: Stage) -> None:
    """Callbacks that wait for an answer, in threads of the server, hold up nothing."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server)
    client.ask("keep", "ACME", "A", "B")
    client.ask("hold", "A")
    client.ask("hold", "B")
    server.start("push", "ACME", 1.0)
    client.event("changed", listener="A")
    server.start("push_side_by_side", "ACME", 50.0)
    client.event("changed", listener="B")

    server.send_signal(signal.SIGINT)

    assert server.ended() == NOTHING_LEFT
    client.ask("let_go", "A")
    client.ask("let_go", "B")


def test_a_client_that_waits(stage: Stage) -> None:
    """Leaving the `with` block closes all; to the server it is a client that left."""
    server = stage.server()
    client = stage.client(server)
    client.ask("add", "ACME", "A")

    client.send_signal(signal.SIGINT)

    assert client.ended() == NOTHING_LEFT
    client.event("ended")
    server.event("lost")
    server.event("disconnected")
    assert server.ask("push", "ACME", 1.0) == []


def test_a_client_in_the_middle_of_a_call(stage: Stage) -> None:
    """The call that the main thread waits in ends with KeyboardInterrupt, at once."""
    server = stage.server()
    client = stage.client(server, settings={"deadline": 50.0})
    client.ask("keep", "ACME", "A")
    client.start("wait", here=True)
    server.event("waiting")

    client.send_signal(signal.SIGINT)

    assert client.ended() == NOTHING_LEFT
    server.event("lost")
    server.ask("let_go")
    server.event("disconnected")


def test_a_client_in_the_middle_of_a_callback(stage: Stage) -> None:
    """A listener that does not return is named, and does not keep its process alive."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server)
    client.ask("keep", "ACME", "A")
    client.ask("hold", "A")
    pushing = server.start("push", "ACME", 1.0)
    client.event("changed")

    client.may_say = r"PYRO:.*: threads are left in callbacks that do not end.*\n"
    client.send_signal(signal.SIGINT)

    assert client.ended().code == 0
    (outcome,) = pushing.result()
    assert outcome.startswith("ConnectionLost: ")


def test_a_client_whose_call_is_called_back(stage: Stage) -> None:
    """The main thread, which runs a callback for the call that it waits in, is free."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server, settings={"deadline": 50.0})
    client.ask("hold", "A")
    client.start("add", "ACME", "A", here=True)
    client.event("changed")

    client.send_signal(signal.SIGINT)

    assert client.ended() == NOTHING_LEFT
    server.event("lost")
    server.event("disconnected")


def test_all_at_once(stage: Stage) -> None:
    """Ctrl-C at a terminal reaches server and clients together; each just ends."""
    server = stage.server()
    clients = stage.clients(server, "ada", "ben", "cyd")
    for client in clients:
        client.ask("add", "ACME", "A")

    for program in (server, *clients):
        program.send_signal(signal.SIGINT)

    for program in (server, *clients):
        assert program.ended() == NOTHING_LEFT, program.who


@pytest.mark.skipif(not can_be_seen(), reason="sockets are told of in Linux's /proc")
def test_nothing_listens_after_the_daemon_has_ended(stage: Stage) -> None:
    """A process that goes on after its daemon has closed has no socket of it left."""
    server = stage.server(lingers=True)
    client = stage.client(server)
    client.ask("add", "ACME", "A")

    server.send_signal(signal.SIGINT)
    server.event("ended")

    assert count_listening(server.pid) == 0
    assert server.end() == NOTHING_LEFT


def test_a_signal_handler_ends_the_server(stage: Stage) -> None:
    """`shutdown` in a handler ends it like Ctrl-C: the clients learn of it."""
    server = stage.server()
    client = stage.client(server)
    client.ask("add", "ACME", "A")
    client.ask("watch")

    server.send_signal(signal.SIGTERM)

    assert server.ended() == NOTHING_LEFT
    client.event("lost")
    with pytest.raises(Failed, match=r"^ConnectionLost: .*the server shut down"):
        client.ask("tick", "A")


def test_a_signal_handler_ends_the_server_at_any_moment() -> None:
    """Whatever `requestLoop` is doing when the handler interrupts it, both return."""
    program = """
import contextlib, random, signal
import Pyro5
from Pyro5.errors import DaemonError
import callbackgen

Pyro5.config.POLLTIMEOUT = 0.00001  # it is nearly always doing something
for _ in range(150):
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        signal.signal(signal.SIGALRM, lambda *_: daemon.shutdown())
        signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.004))
        with contextlib.suppress(DaemonError):  # it may come before the loop begins
            daemon.requestLoop()
print("all have ended")
"""
    done = subprocess.run(
        [sys.executable, *OPTIONS, "-c", program],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("all have ended\n", "")


def test_a_service_method_ends_the_server(stage: Stage) -> None:
    """`shutdown` in a call of a client does not wait for that very call."""
    server = stage.server()
    ada, ben = stage.clients(server, "ada", "ben")
    for client in (ada, ben):
        client.ask("add", "ACME", "A")
        client.ask("watch")

    stopping = ada.start("stop")

    assert server.ended() == NOTHING_LEFT
    with contextlib.suppress(Failed):  # the answer may still go out, or not
        assert stopping.result() is None
    for client in (ada, ben):
        client.event("lost")
        with pytest.raises(Failed, match=r"^ConnectionLost: .*the server shut down"):
            client.ask("tick", "A")


def test_the_loss_of_a_client_ends_the_server(stage: Stage) -> None:
    """`shutdown` in an `on_lost` function does not wait for that very function."""
    server = stage.server()
    client = stage.client(server)
    client.ask("add", "ACME", "A")
    server.ask("stop_when_lost")

    client.kill()

    assert server.ended() == NOTHING_LEFT


def test_a_callback_closes_its_connection(stage: Stage) -> None:
    """`close` inside a callback does not wait for it; the caller's call is lost."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server)
    client.ask("keep", "ACME", "A")
    client.ask("close_in_callback", "A")

    (outcome,) = server.ask("push", "ACME", 1.0)

    assert outcome.startswith("ConnectionLost: ")
    server.event("lost")
    server.event("disconnected")
    assert client.end() == NOTHING_LEFT
