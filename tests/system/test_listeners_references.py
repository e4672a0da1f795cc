"""What travels by reference: where it may stand, what it is, and how long it lives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.system.listening.running import Failed, Program, Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage() as started:
        yield started


@pytest.fixture
def server(stage: Stage) -> Program:
    return stage.server()


@pytest.fixture
def client(stage: Stage, server: Program) -> Program:
    return stage.client(server)


def test_one_object_under_two_interfaces(client: Program) -> None:
    """X7: stubs of one object are equal and have equal hashes, whatever their class."""
    assert client.ask("compare", "A", "A") == [True, True]
    assert client.ask("compare", "A", "B")[0] is False


def test_both_interfaces_of_one_object_work(server: Program, client: Program) -> None:
    """X7: each stub has its own interface's methods."""
    assert client.ask("keep_both", "ACME", "A", "A") == ["A", "A rings for ACME"]
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]


def test_a_method_of_a_base_protocol(client: Program) -> None:
    """X8: a method that the callback's Protocol inherits is called like its own."""
    assert client.ask("keep_named", {"ACME": "A"}) == ["A"]


def test_a_stub_that_comes_home(server: Program, client: Program) -> None:
    """Where the object lives it arrives as the object itself, not as a stub of it."""
    client.ask("keep", "ACME", "A", "B")

    assert server.ask("introduce", "ACME") == [True, False]
    assert client.ask("first", "ACME") == "our own A"
    assert client.ask("first", "EMCA") == "nobody"


def test_a_listener_of_another_client(
    stage: Stage, server: Program, client: Program
) -> None:
    """A stub that is passed on is called by way of who passes it."""
    client.ask("keep", "ACME", "A")
    assert stage.client(server, "ben").ask("first", "ACME") == "a stub of A"


def test_a_server_object_that_comes_home(server: Program, client: Program) -> None:
    """The same in the other direction: the server gets what it has made."""
    assert client.ask("open", "ada") == "ada"
    assert client.ask("is_open", "ada") is True
    client.ask("cancel", "ada")
    assert client.ask("is_open", "ada") is False


def test_an_object_that_returns_itself(server: Program, client: Program) -> None:
    """A callback's result by reference is the stub that the server has already."""
    client.ask("keep", "ACME", "A")
    assert server.ask("is_itself", "ACME") is True


def test_listeners_in_a_list(server: Program, client: Program) -> None:
    """Each element arrives as a stub, in order; one that stands twice is one."""
    assert client.ask("keep_all", "ACME", "A", "B", "A") == 3
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1", "B heard ACME at 1"]
    assert client.ask("keep_all", "ACME") == 0


def test_listeners_in_a_dict(server: Program, client: Program) -> None:
    """Each value arrives as a stub under its key, and can be called at once."""
    assert client.ask("keep_named", {"ACME": "A", "EMCA": "B"}) == ["A", "B"]
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]
    assert server.ask("push", "EMCA", 2.0) == ["B heard EMCA at 2"]


def test_listeners_that_need_not_be_there(server: Program, client: Program) -> None:
    """Left out, None, by position and by name: what is given arrives."""
    assert client.ask("keep_none", "ACME") == []
    assert client.ask("keep_alarm", "ACME", "A") == ["A rings for ACME"]
    assert client.ask("keep_both", "ACME", "B", "A") == ["B", "A rings for ACME"]
    assert server.ask("push", "ACME", 1.0) == ["B heard ACME at 1"]


def test_a_wrapper_made_by_the_user(server: Program, client: Program) -> None:
    """A ready wrapper may stand for its object, and is the same listener each time."""
    client.ask("keep_wrapped", "ACME", "A")
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]


def test_an_exported_object_lives_as_long_as_its_stub(
    server: Program, client: Program
) -> None:
    """The connection keeps it for the server; with the last stub it is released."""
    client.ask("keep", "ACME", "A")
    client.ask("keep", "EMCA", "A")
    client.ask("forget", "A")
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]
    server.ask("forget", "ACME")
    assert server.ask("push", "EMCA", 2.0) == ["A heard EMCA at 2"]
    assert client.events("freed") == []
    assert server.events("dropped") == []

    server.ask("forget", "EMCA")

    server.event("dropped")
    client.event("freed", listener="A")


def test_an_object_that_is_only_passed_through_is_released(client: Program) -> None:
    """What the server does not keep is released when the call has ended."""
    assert client.ask("tick", "A") == "A heard the clock at 1"
    client.ask("forget", "A")
    client.event("freed", listener="A")


def test_a_released_object_can_be_passed_again(
    server: Program, client: Program
) -> None:
    """Releasing and passing may follow each other as often and as fast as one likes."""
    for number in range(200):
        client.ask("keep", "ACME", "A")
        assert server.ask("push", "ACME", number) == [f"A heard ACME at {number}"]
        server.ask("forget", "ACME")
    client.ask("keep", "ACME", "A")
    client.ask("forget", "A")
    server.ask("forget", "ACME")
    client.event("freed", listener="A")


def test_a_servers_object_lives_as_long_as_the_clients_stub(
    server: Program, client: Program
) -> None:
    """A result by reference that nobody else holds: the client's stub keeps it."""
    client.ask("open", "ada")
    assert client.ask("is_open", "ada") is True
    assert server.events("freed") == []

    client.ask("drop", "ada")

    server.event("freed", owner="ada")


def test_a_servers_object_does_not_outlive_its_client(
    server: Program, client: Program
) -> None:
    """What a client holds of the server is released when the client is gone."""
    client.ask("open", "ada")
    client.kill()
    server.event("freed", owner="ada")
    server.event("disconnected")


def test_a_withdrawn_object_is_called_no_more(server: Program, client: Program) -> None:
    """`withdraw` ends it for the server, whose calls fail as Withdrawn from then on."""
    client.ask("keep", "ACME", "A", "B")

    client.ask("withdraw", "A")

    withdrawn, heard = server.ask("push", "ACME", 1.0)
    assert withdrawn.startswith("Withdrawn: ")
    assert heard == "B heard ACME at 1"
    assert [event["listener"] for event in client.events("changed")] == ["B"]


def test_a_withdrawn_object_is_free(server: Program, client: Program) -> None:
    """It does not live on for the stub at the other end, which is left with nothing."""
    client.ask("keep", "ACME", "A")
    client.ask("withdraw", "A")
    client.ask("forget", "A")

    client.event("freed", listener="A")
    assert server.ask("count", "ACME") == 1


def test_a_withdrawn_object_that_is_passed_again_is_another(
    server: Program, client: Program
) -> None:
    """The new registration works; the old stub stays withdrawn."""
    client.ask("keep", "ACME", "A")
    client.ask("withdraw", "A")
    client.ask("keep", "ACME", "A")

    withdrawn, heard = server.ask("push", "ACME", 1.0)
    assert withdrawn.startswith("Withdrawn: ")
    assert heard == "A heard ACME at 1"


def test_a_oneway_callback_is_not_answered(server: Program, client: Program) -> None:
    """X10: the server goes on before the client's method ends."""
    client.ask("keep", "ACME", "A")
    client.ask("hold", "A")

    assert server.ask("tell", "ACME", "hello") == [None]

    client.event("told", text="hello")
    assert client.events("told to the end") == []
    client.ask("let_go", "A")
    client.event("told to the end", text="hello")


def test_a_oneway_callback_sends_nothing_back(server: Program, client: Program) -> None:
    """X10: the server receives not one byte more for oneway calls that were made."""

    def received(oneways: int) -> int:
        before: int = server.ask("statistics")["bytes_received"]
        for _ in range(oneways):
            server.ask("tell", "ACME", "hello")
        # Callbacks keep their order: the oneway ones have ended when this one does.
        assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]
        after: int = server.ask("statistics")["bytes_received"]
        return after - before

    client.ask("keep", "ACME", "A")
    assert received(0) == received(10) == received(0)
    assert len(client.events("told to the end")) == 10


def test_oneway_callbacks_keep_their_order(server: Program, client: Program) -> None:
    """One after the other, and a call that is answered does not overtake them."""
    client.ask("keep", "ACME", "A")
    texts = [f"text {number}" for number in range(300)]
    for text in texts:
        server.ask("tell", "ACME", text)
    assert server.ask("push", "ACME", 1.0) == ["A heard ACME at 1"]
    assert [event["text"] for event in client.events("told to the end")] == texts


def test_what_is_no_listener_is_refused_at_home(client: Program) -> None:
    """An object that does not fit the Protocol is a BadArgument; nothing is sent."""
    with pytest.raises(Failed, match=r"^BadArgument: .*keep.*listener"):
        client.ask("keep_nonsense", "ACME")
