"""Listeners that clients pass to a server: registering, calling, removing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.system.listening.running import CHECKOUT, Failed, Stage
from tests.system.listening.sockets import can_be_seen, count_listening


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def test_the_generated_modules_are_up_to_date() -> None:
    """What these tests run on is what the generator makes of the Protocols today."""
    module = "tests.system.listening.market"
    checked = subprocess.run(
        [sys.executable, "-m", "callbackgen", "generate", module, "--check"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_listener_is_called_during_and_after_registering(stage: Stage) -> None:
    """D1: one call inside the registering call, ten from a thread: eleven answers."""
    server = stage.server()
    client = stage.client(server)

    assert client.ask("add", "ACME", "A") == "A heard ACME at 0"
    prices = [float(number) for number in range(1, 11)]
    assert server.ask("push", "ACME", *prices) == [
        f"A heard ACME at {number}" for number in range(1, 11)
    ]
    assert [event["price"] for event in client.events("changed")] == [0.0, *prices]


@pytest.mark.skipif(not can_be_seen(), reason="sockets are told of in Linux's /proc")
@pytest.mark.parametrize(
    "config",
    [
        pytest.param({}, id="nothing set"),
        pytest.param(
            {"HOST": "0.0.0.0", "NATHOST": "198.51.100.7", "NATPORT": 20990},
            id="addresses for a daemon",
        ),
    ],
)
def test_a_client_opens_no_port(stage: Stage, config: dict[str, object]) -> None:
    """D2: whatever Pyro5's settings say, only the server listens on a socket, on one."""
    server = stage.server()
    client = stage.client(server, config=config)

    assert client.ask("add", "ACME", "A") == "A heard ACME at 0"
    assert server.ask("push", "ACME", *range(10)) == [
        f"A heard ACME at {number}" for number in range(10)
    ]
    assert count_listening(client.pid) == 0
    assert count_listening(server.pid) == 1
    assert server.ask("statistics")["connected"] == 1


def test_listeners_come_and_go(stage: Stage) -> None:
    """D3: removed, added anew, and added twice: each is called once, in order."""
    server = stage.server()
    client = stage.client(server)

    client.ask("keep", "ACME", "A")
    client.ask("remove", "ACME", "A")
    assert server.ask("push", "ACME", 1.0) == []
    client.ask("keep", "ACME", "B")
    assert server.ask("push", "ACME", 2.0) == ["B heard ACME at 2"]
    client.ask("remove", "ACME", "B")
    assert server.ask("push", "ACME", 3.0) == []
    client.ask("keep", "ACME", "A")
    assert server.ask("push", "ACME", 4.0) == ["A heard ACME at 4"]
    client.ask("keep", "ACME", "A")
    assert server.ask("push", "ACME", 5.0) == ["A heard ACME at 5"]
    client.ask("keep", "ACME", "B")
    assert server.ask("push", "ACME", 6.0) == [
        "A heard ACME at 6",
        "B heard ACME at 6",
    ]


def test_a_listener_added_twice_is_removed_once(stage: Stage) -> None:
    """X5: an object passed again is the same listener, and is gone when removed."""
    server = stage.server()
    client = stage.client(server)

    client.ask("add", "ACME", "A")
    client.ask("add", "ACME", "A")
    assert server.ask("count", "ACME") == 1
    client.ask("remove", "ACME", "A")

    assert server.ask("count", "ACME") == 0
    assert server.ask("push", "ACME", 1.0) == []


def test_removing_an_unknown_listener_is_an_error(stage: Stage) -> None:
    """D6: the server's KeyError arrives at the client; the connection goes on."""
    server = stage.server()
    client = stage.client(server)
    client.ask("keep", "ACME", "A")

    with pytest.raises(Failed, match=r"^RemoteRaised: .*KeyError"):
        client.ask("remove", "ACME", "B")
    with pytest.raises(Failed, match=r"^RemoteRaised: .*KeyError"):
        client.ask("remove", "EMCA", "A")
    client.ask("remove", "ACME", "A")
    with pytest.raises(Failed, match=r"^RemoteRaised: .*KeyError"):
        client.ask("remove", "ACME", "A")
    assert client.ask("add", "ACME", "A") == "A heard ACME at 0"


def test_one_that_raises_is_dropped_and_the_others_go_on(stage: Stage) -> None:
    """D6: what a listener raises reaches the server; all others are still called."""
    server = stage.server()
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "ACME", "A", "B")
    ben.ask("keep", "ACME", "C")
    ada.ask("trouble", "A", "no more of this")

    outcomes = server.ask("push_and_drop", "ACME", 1.0)

    assert outcomes == [
        "RemoteRaised: ValueError: no more of this",
        "B heard ACME at 1",
        "C heard ACME at 1",
    ]
    assert server.ask("push_and_drop", "ACME", 2.0) == [
        "B heard ACME at 2",
        "C heard ACME at 2",
    ]


def test_what_a_listener_raises_in_a_registering_call_harms_nobody(
    stage: Stage,
) -> None:
    """An error inside a call inside a call reaches the one who began, in words."""
    server = stage.server()
    client = stage.client(server)
    client.ask("trouble", "A", "not now")

    with pytest.raises(Failed, match=r"^RemoteRaised: .*ValueError: not now"):
        client.ask("add", "ACME", "A")
    assert client.ask("add", "ACME", "B") == "B heard ACME at 0"


def test_a_second_service_shares_the_connection(stage: Stage) -> None:
    """D6: two services of one server, and their callbacks, need one connection."""
    server = stage.server()
    client = stage.client(server)

    assert client.ask("tick", "A") == "A heard the clock at 1"
    assert client.ask("add", "ACME", "A") == "A heard ACME at 0"
    statistics = server.ask("statistics")
    assert (statistics["connections"], statistics["connected"]) == (1, 1)


def test_two_clients_with_one_key_do_not_hear_each_other(stage: Stage) -> None:
    """X1: under one key, each client hears what is for itself, and nothing else."""
    server = stage.server()
    ada, ben = clients = stage.clients(server, "ada", "ben")
    for client in clients:
        client.ask("keep", "key", "L")

    for _ in range(10):
        assert server.ask("greet", "key") == ["L heard ada at 1", "L heard ben at 1"]

    for client, name in ((ada, "ada"), (ben, "ben")):
        heard = [event["symbol"] for event in client.events("changed")]
        assert heard == [name] * 10


def test_removing_ones_own_listener_leaves_the_others(stage: Stage) -> None:
    """X1: the same key and the same kind of object at two clients are two listeners."""
    server = stage.server()
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "key", "L")

    with pytest.raises(Failed, match=r"^RemoteRaised: .*KeyError"):
        ben.ask("remove", "key", "L")
    ben.ask("keep", "key", "L")
    ada.ask("remove", "key", "L")

    assert server.ask("greet", "key") == ["L heard ben at 1"]
