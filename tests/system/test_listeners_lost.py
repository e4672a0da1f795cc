"""Clients that die, stall or leave, and servers that do: what the others see of it."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.patience import patiently
from tests.system.edges.hall import reached
from tests.system.listening.running import (
    NOTHING_LEFT,
    Failed,
    Program,
    Stage,
    a_port,
)

LOST = r"^ConnectionLost: "


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def test_a_client_killed_in_a_push_costs_only_its_own_call(stage: Stage) -> None:
    """X2: the call to it fails at once, the others are served, its listeners are gone."""
    server = stage.server(settings={"deadline": 50.0}, idle=1000)
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "ACME", "A", "B")
    ben.ask("keep", "ACME", "C", "D")
    ada.ask("hold", "A")

    pushing = server.start("push", "ACME", 1.0)
    ada.event("changed")
    ada.kill()

    lost_1, lost_2, *served = pushing.result()
    assert served == ["C heard ACME at 1", "D heard ACME at 1"]
    assert lost_1.startswith("ConnectionLost: ")
    assert lost_2.startswith("ConnectionLost: ")
    for _ in range(2):
        assert server.event("lost")["connected"] is False
        server.event("dropped")  # not when a thread of ours is next at work
    server.event("disconnected")
    assert server.ask("push", "ACME", 2.0) == ["C heard ACME at 2", "D heard ACME at 2"]
    statistics = server.ask("statistics")
    assert (statistics["connections"], statistics["connected"]) == (1, 2)


def test_the_limit_of_a_killed_client_is_free(stage: Stage) -> None:
    """X2: who comes again after a crash may register as many as before."""
    server = stage.server(settings={"callbacks": 3}, idle=1000)
    for _ in range(3):
        client = stage.client(server)
        client.ask("keep", "ACME", "A", "B", "C")
        with pytest.raises(Failed, match=r"^LimitExceeded: "):
            client.ask("keep", "ACME", "D")
        client.kill()
        for _ in range(3):
            server.event("lost")
            server.event("dropped")
        server.event("disconnected")
    assert server.ask("count", "ACME") == 0


def test_a_stopped_client_costs_a_call_its_deadline(stage: Stage) -> None:
    """X3: meanwhile the others are served; when it goes on, it is served again."""
    server = stage.server()
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "ACME", "A")
    ada.ask("keep", "ada's own", "A")
    ben.ask("keep", "ACME", "B")
    ben.ask("keep", "EMCA", "B")
    ada.send_signal(signal.SIGSTOP)
    try:
        pushing = server.start("push_side_by_side", "ACME", 50.0)
        ben.event("changed", symbol="ACME")
        for number in range(20):
            assert server.ask("push", "EMCA", number) == [f"B heard EMCA at {number}"]
        assert ben.ask("add", "EMCA", "C") == "C heard EMCA at 0"
        assert not pushing.done, (
            "the others were served no earlier than the stopped one"
        )
        (stopped,) = server.ask("push_side_by_side", "ada's own", 0.5)
    finally:
        ada.send_signal(signal.SIGCONT)

    assert stopped.startswith("DeadlineExceeded: ")
    assert "changed" in stopped
    assert pushing.result() == ["A heard ACME at 1", "B heard ACME at 1"]
    assert server.ask("connected", "ACME") == [True, True]
    assert server.ask("push", "ACME", 2.0) == ["A heard ACME at 2", "B heard ACME at 2"]
    assert server.ask("statistics")["timeouts"] == 1


def test_a_stopped_client_stops_nobody_by_oneway_calls(stage: Stage) -> None:
    """X3: what it does not take is limited; when it goes on, it hears what was sent."""
    server = stage.server(settings={"deadline": 0.5})
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "ACME", "A")
    ben.ask("keep", "EMCA", "B")
    ada.send_signal(signal.SIGSTOP)
    try:
        sent = 0
        while (outcome := server.ask("tell", "ACME", f"text {sent}")) == [None]:
            sent += 1
        heard = server.ask("push_side_by_side", "EMCA", 50.0)
        assert heard == ["B heard EMCA at 1"]
    finally:
        ada.send_signal(signal.SIGCONT)

    assert outcome[0].startswith("DeadlineExceeded: ")
    assert 100 < sent <= 128
    heard = [ada.event("told")["text"] for _ in range(sent)]
    assert heard == [f"text {number}" for number in range(sent)]
    assert server.ask("tell", "ACME", "again") == [None]
    ada.event("told", text="again")


def test_a_client_without_a_sign_of_life_is_lost(stage: Stage) -> None:
    """X3: who stays silent for too long is disconnected; who is only idle is not."""

    def attempt(times: int) -> None:
        settings = {"heartbeat": 0.5 * times, "dead_after": 2.0 * times}
        server = stage.server(settings=settings)
        ada, ben = stage.clients(server, "ada", "ben")
        ada.ask("keep", "ACME", "A")
        ben.ask("keep", "ACME", "B")
        ada.ask("watch")

        ada.send_signal(signal.SIGSTOP)
        try:
            server.event("lost")
            server.event("disconnected")
        finally:
            ada.send_signal(signal.SIGCONT)

        assert server.ask("push", "ACME", 1.0) == ["B heard ACME at 1"]
        ada.event("lost")
        with pytest.raises(Failed, match=LOST):
            ada.ask("keep", "ACME", "A")

    patiently(attempt)


def restarted(
    stage: Stage, server: Program, port: int, *, orderly: bool = False
) -> Program:
    """Another server at the port of one that ends now."""
    if orderly:
        assert server.end() == NOTHING_LEFT
    else:
        server.kill()
    return stage.server(port=port)


@pytest.mark.parametrize(
    "orderly", [pytest.param(True, id="ended"), pytest.param(False, id="killed")]
)
def test_a_client_registers_again_with_a_restarted_server(
    stage: Stage, orderly: bool
) -> None:
    """X4: by `on_connect`, so that it hears the first event; its service stub lives."""
    port = a_port()
    server = stage.server(port=port)
    client = stage.client(server, reconnect=True)
    client.ask("at_connect", "ACME", "A")
    client.event("registered")
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]

    server = restarted(stage, server, port, orderly=orderly)
    client.event("registered")

    assert server.ask("push", "ACME", 2.0) == ["A heard ACME at 2"]
    assert client.ask("add", "ACME", "B") == "B heard ACME at 0"
    assert server.ask("push", "ACME", 3.0) == ["A heard ACME at 3", "B heard ACME at 3"]


def test_a_registration_that_fails_is_tried_again(stage: Stage) -> None:
    """X4: what `on_connect` raises is a failed attempt, and is not the last one."""
    port = a_port()
    server = stage.server(port=port)
    client = stage.client(server, reconnect=True)
    client.ask("at_connect", "ACME", "A")
    client.event("changed")
    client.event("registered")
    client.ask("trouble", "A", "not yet")

    server = restarted(stage, server, port)
    for _ in range(2):
        client.event("changed")
        server.event("disconnected")
    client.ask("trouble", "A", None)
    client.event("registered")

    assert client.ask("add", "EMCA", "B") == "B heard EMCA at 0"
    assert reached(lambda: server.ask("statistics")["connections"] == 1)


def test_who_is_refused_is_told_why(stage: Stage) -> None:
    """What `authenticate` says against a client is the text of its Refused."""
    server = stage.server()
    server.may_say = r".* refused: .*we know you.*\n"
    stranger = stage.caller(server.ask("address"), "mallory")

    assert "we know you" in stranger.event("refused")["error"]

    assert stranger.end() == NOTHING_LEFT
    assert stage.client(server).ask("add", "ACME", "A") == "A heard ACME at 0"


def test_a_stub_of_the_lost_server_stays_lost(stage: Stage) -> None:
    """X4: after a reconnection, what the old server has passed is gone for good."""
    port = a_port()
    server = stage.server(port=port)
    client = stage.client(server, reconnect=True)
    client.ask("at_connect", "ACME", "A")
    client.event("registered")
    client.ask("open", "ada")

    restarted(stage, server, port)
    client.event("registered")

    assert client.ask("connected") is True
    with pytest.raises(Failed, match=LOST):
        client.ask("cancel", "ada")
    assert client.ask("open", "ada") == "ada"
    client.ask("cancel", "ada")


def test_without_reconnecting_a_lost_connection_stays_lost(stage: Stage) -> None:
    """A client that did not ask for it gets no new connection behind its back."""
    port = a_port()
    server = stage.server(port=port)
    client = stage.client(server)
    client.ask("watch")

    restarted(stage, server, port)
    client.event("lost")

    for _ in range(2):
        with pytest.raises(Failed, match=LOST):
            client.ask("open", "ada")
    assert client.ask("connected") is False


def test_a_lost_client_is_known_to_all_its_stubs(stage: Stage) -> None:
    """Its stubs fail at once, say so beforehand, and who wants to know is told."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server)
    server.ask("keep_lost")
    client.ask("keep", "ACME", "A", "B", "C")
    assert server.ask("connected", "ACME") == [True] * 3
    assert server.events("lost") == []

    client.kill()

    for _ in range(3):
        assert server.event("lost")["connected"] is False
    server.event("disconnected")
    assert server.ask("connected", "ACME") == [False] * 3
    outcomes = server.ask("push", "ACME", 1.0) + server.ask("tell", "ACME", "hello")
    assert [outcome.partition(":")[0] for outcome in outcomes] == ["ConnectionLost"] * 6


def test_a_client_that_closes_is_lost_to_the_server(stage: Stage) -> None:
    """`close` ends a callback that is being made: a ConnectionLost for the server."""
    server = stage.server(settings={"deadline": 50.0})
    client = stage.client(server)
    client.ask("keep", "ACME", "A", "B")
    client.ask("hold", "A")
    pushing = server.start("push", "ACME", 1.0)
    client.event("changed")
    client.may_say = r"PYRO:.*: threads are left in callbacks that do not end.*\n"

    client.ask("close")

    assert [outcome.partition(":")[0] for outcome in pushing.result()] == [
        "ConnectionLost"
    ] * 2
    for _ in range(2):
        server.event("lost")
    server.event("disconnected")
    with pytest.raises(Failed, match=LOST):
        client.ask("keep", "ACME", "A")
    client.ask("let_go", "A")


def test_a_killed_server_is_known_to_its_clients(stage: Stage) -> None:
    """A call under way fails at once, and so does each later one; `on_lost` is run."""
    server = stage.server()
    client = stage.client(server, settings={"deadline": 50.0})
    client.ask("watch")
    client.ask("open", "ada")
    waiting = client.start("wait")
    server.event("waiting")

    server.kill()

    with pytest.raises(Failed, match=LOST):
        waiting.result()
    client.event("lost")
    assert client.ask("connected") is False
    for command in (("keep", "ACME", "A"), ("cancel", "ada"), ("tick", "A")):
        with pytest.raises(Failed, match=LOST):
            client.ask(*command)


def test_what_a_lost_server_held_is_released(stage: Stage) -> None:
    """The client's objects do not stay alive for a server that is gone."""
    server = stage.server()
    client = stage.client(server)
    client.ask("keep", "ACME", "A", "B")
    client.ask("forget", "A")
    assert client.events("freed") == []

    server.kill()

    client.event("freed", listener="A")


def test_a_server_that_shuts_down_says_so(stage: Stage) -> None:
    """The clients' error names the reason: it was no crash."""
    server = stage.server()
    clients = stage.clients(server, "ada", "ben")
    for client in clients:
        client.ask("watch")
        client.ask("keep", "ACME", "A")

    assert server.end() == NOTHING_LEFT

    for client in clients:
        client.event("lost")
        with pytest.raises(Failed, match=r"^ConnectionLost: .*the server shut down"):
            client.ask("keep", "ACME", "B")
