"""Calls inside calls, and many clients at once: nobody waits for ever."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.system.listening.running import Failed, Program, Stage

WHOLE = bool(os.environ.get("CALLBACKGEN_WHOLE"))
"""Whether to run the tests of many clients in full; it takes a while."""
PROCESSES, CLIENTS_IN_EACH = (8, 8) if WHOLE else (2, 4)
DEADLINE = 50.0
"""Longer than any wait on a busy machine: what hangs fails, what is slow does not."""
FEW_WORKERS = {"THREADPOOL_SIZE": 4, "THREADPOOL_SIZE_MIN": 1}


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


@pytest.mark.parametrize("depth", [1, 2, 20, 40])
def test_calls_inside_calls(stage: Stage, depth: int) -> None:
    """Client, server, client, server and so on, each inside the one before."""
    server = stage.server(config=FEW_WORKERS)
    client = stage.client(server)
    assert client.ask("bounce", "A", depth) == depth


def test_too_deep_is_refused_by_name(stage: Stage) -> None:
    """Calls that call each other without end fail before anything is exhausted."""
    server = stage.server()
    client = stage.client(server)

    with pytest.raises(Failed, match=r"nest.*\b32\b"):
        client.ask("bounce", "A", 1000)

    assert client.ask("bounce", "A", 20) == 20
    assert client.ask("add", "ACME", "A") == "A heard ACME at 0"


def test_several_deep_calls_of_one_client(stage: Stage) -> None:
    """Chains of one client, side by side, do not take each other's answers."""
    server = stage.server(config=FEW_WORKERS)
    client = stage.client(server, settings={"deadline": DEADLINE})
    depths = [20, 5, 1, 12, 7, 3, 18, 9]
    calls = [
        client.start("bounce", f"L{number}", depth)
        for number, depth in enumerate(depths)
    ]
    assert [call.result() for call in calls] == depths


def test_all_workers_wait_for_callbacks(stage: Stage) -> None:
    """Four times as many registering calls as there are workers; another is served."""
    server = stage.server(config=FEW_WORKERS, settings={"deadline": DEADLINE})
    client = stage.client(server, settings={"deadline": DEADLINE})
    names = [f"L{number}" for number in range(16)]
    for name in names:
        client.ask("hold", name)
    calls = [client.start("add", "ACME", name) for name in names]
    for _ in range(8):  # so many of one client's that wait are replaced by others
        client.event("changed")

    other = stage.client(server, "ben")
    assert other.ask("add", "EMCA", "A") == "A heard EMCA at 0"

    for name in names:
        client.ask("let_go", name)
    assert [call.result() for call in calls] == [
        f"{name} heard ACME at 0" for name in names
    ]


def test_a_service_that_waits_does_not_hold_up_callbacks(stage: Stage) -> None:
    """While a client's call waits at the server, the server calls the client."""
    server = stage.server(config=FEW_WORKERS)
    client = stage.client(server, settings={"deadline": DEADLINE})
    client.ask("keep", "ACME", "A")
    waiting = client.start("wait", here=True)
    server.event("waiting")

    assert server.ask("push", "ACME", *range(10)) == [
        f"A heard ACME at {number}" for number in range(10)
    ]

    assert not waiting.done
    server.ask("let_go")
    assert waiting.result() is None


def test_a_listener_that_waits_holds_up_itself_alone(stage: Stage) -> None:
    """Callbacks of one object come one at a time; another object is called meanwhile."""
    server = stage.server(settings={"deadline": DEADLINE})
    client = stage.client(server)
    client.ask("keep", "ACME", "A")
    client.ask("keep", "EMCA", "B")
    client.ask("hold", "A")
    first = server.start("push", "ACME", 1.0)
    client.event("changed", listener="A", price=1.0)
    second = server.start("push", "ACME", 2.0)

    for number in range(10):
        assert server.ask("push", "EMCA", number) == [f"B heard EMCA at {number}"]

    assert client.events("changed")[-1]["listener"] == "B"
    assert not first.done
    assert not second.done
    client.ask("let_go", "A")
    assert first.result() == ["A heard ACME at 1"]
    assert second.result() == ["A heard ACME at 2"]


def test_many_clients_at_once(stage: Stage) -> None:
    """Each registers, is called back and calls back, all side by side, on few workers."""
    server = stage.server(config=FEW_WORKERS, settings={"deadline": DEADLINE})
    address = server.ask("address")
    crowds: list[Program] = []
    for process in range(PROCESSES):
        names = [f"{process}.{number}" for number in range(CLIENTS_IN_EACH)]
        crowds.append(
            stage.start(
                "tests.system.listening.crowd",
                f"crowd {process}",
                address=address,
                names=names,
            )
        )
    for crowd in crowds:
        crowd.event("ready")

    calls = [crowd.start("all_at_once", 5, 6) for crowd in crowds]

    for call in calls:
        assert call.result() == []
    clients = PROCESSES * CLIENTS_IN_EACH
    assert server.ask("push_and_count", "all", 1.0) == clients
    assert server.ask("statistics")["connections"] == clients
