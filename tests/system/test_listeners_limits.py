"""How many listeners a client may have at a server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.listening.running import Failed, Program, Stage

LIMITED = r"^LimitExceeded: (?=.*\bListener\b).*\b3\b"
"""The interface and the limit, which is the current number too."""


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


def pair(stage: Stage, *, client: int, server: int) -> tuple[Program, Program]:
    """A server and a client with limits of their own."""
    serving = stage.server(settings={"callbacks": server})
    return serving, stage.client(serving, settings={"callbacks": client})


LIMITS = pytest.mark.parametrize(
    ("at_client", "at_server"),
    [
        pytest.param(3, 1000, id="by the client"),
        pytest.param(1000, 3, id="by the server"),
    ],
)


@LIMITS
def test_one_too_many_is_refused(stage: Stage, at_client: int, at_server: int) -> None:
    """D4, D5: it is refused with interface and numbers; after a release it is taken."""
    server, client = pair(stage, client=at_client, server=at_server)
    client.ask("keep", "ACME", "A", "B", "C")

    for _ in range(2):
        with pytest.raises(Failed, match=LIMITED):
            client.ask("keep", "ACME", "D")
    client.ask("keep", "ACME", "A")
    assert len(server.ask("push", "ACME", 1.0)) == 3

    client.ask("forget", "B")
    server.ask("remove_one", "ACME", 1)
    server.event("dropped")
    client.event("freed", listener="B")
    client.ask("keep", "ACME", "D")
    with pytest.raises(Failed, match=LIMITED):
        client.ask("keep", "ACME", "E")
    assert server.ask("push", "ACME", 2.0) == [
        "A heard ACME at 2",
        "C heard ACME at 2",
        "D heard ACME at 2",
    ]


@LIMITS
def test_a_call_with_too_many_takes_none(
    stage: Stage, at_client: int, at_server: int
) -> None:
    """D4, D5: the listeners of a refused call do not count, at either end."""
    server, client = pair(stage, client=at_client, server=at_server)

    for _ in range(3):
        with pytest.raises(Failed, match=r"^LimitExceeded: .*\bListener\b"):
            client.ask("keep_all", "ACME", "A", "B", "C", "D")
    assert server.ask("count", "ACME") == 0

    assert client.ask("keep_all", "ACME", "A", "B", "C") == 3
    assert len(server.ask("push", "ACME", 1.0)) == 3


def test_each_client_has_a_limit_of_its_own(stage: Stage) -> None:
    """D5: a client that has reached its limit takes nothing from another."""
    server = stage.server(settings={"callbacks": 3})
    ada, ben = stage.clients(server, "ada", "ben")
    ada.ask("keep", "ACME", "A", "B", "C")

    ben.ask("keep", "ACME", "D", "E", "F")

    for client in (ada, ben):
        with pytest.raises(Failed, match=LIMITED):
            client.ask("keep", "ACME", "G")
    assert len(server.ask("push", "ACME", 1.0)) == 6


@pytest.mark.parametrize(
    ("at_client", "at_server"),
    [
        pytest.param(1000, 2000, id="by the client"),
        pytest.param(2000, 1000, id="by the server"),
    ],
)
def test_a_thousand_are_taken(stage: Stage, at_client: int, at_server: int) -> None:
    """X6: a thousand distinct objects are a thousand listeners; one more is refused."""
    server, client = pair(stage, client=at_client, server=at_server)

    assert client.ask("keep_many", "ACME", 1000) == 1000
    with pytest.raises(Failed, match=r"^LimitExceeded: (?=.*\bListener\b).*\b1000\b"):
        client.ask("keep", "ACME", "one more")

    assert server.ask("count", "ACME") == 1000
    assert server.ask("push_and_count", "ACME", 1.0) == 1000
    client.ask("forget_many")
    server.ask("forget", "ACME")
    for _ in range(1000):
        client.event("freed")
    assert client.ask("add", "ACME", "one more") == "one more heard ACME at 0"


def test_a_thousand_is_what_is_allowed(stage: Stage) -> None:
    """X6: without any setting the limit is the documented thousand."""
    server = stage.server()
    client = stage.client(server)

    assert client.ask("keep_many", "ACME", 1000) == 1000
    with pytest.raises(Failed, match=r"^LimitExceeded: .*\b1000\b"):
        client.ask("keep", "ACME", "one more")
