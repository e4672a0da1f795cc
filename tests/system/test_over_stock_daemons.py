"""Wrappers and stubs in a system that has Pyro5 already: two stock daemons, as processes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.listening.running import Failed, Program, Stage

PATIENCE = 60


@pytest.fixture(scope="module", params=["thread", "multiplex"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each of Pyro5's two servers, at both ends."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with Stage() as made:
        yield made


@pytest.fixture(scope="module")
def service(stage: Stage, kind: str) -> Program:
    made = stage.start("tests.system.over.service", f"the {kind} service", server=kind)
    made.event("ready")
    return made


def client_of(stage: Stage, name: str, kind: str, **options: Any) -> Program:
    module = "tests.system.over.client"
    made = stage.start(module, name, name=name, server=kind, **options)
    made.event("ready")
    return made


@pytest.fixture(scope="module")
def ada(stage: Stage, kind: str) -> Program:
    return client_of(stage, "ada", kind)


@pytest.mark.parametrize("form", ["wrapper", "proxy", "uri", "text"])
def test_a_class_by_hand_calls_back_over_what_it_gets(
    service: Program, ada: Program, form: str
) -> None:
    """`ListenerStub.over` takes it in each form, in the call and after it."""
    symbol = f"by hand, {form}"
    answer = ada.ask("add", service.ask("address", "by hand"), symbol, form)
    assert answer == f"ada heard {symbol} at 1.5"
    assert service.ask("repeat", symbol, "again", PATIENCE) == "again"


@pytest.mark.parametrize("form", ["wrapper", "proxy", "uri"])
def test_a_wrapped_class_gets_a_stub(service: Program, ada: Program, form: str) -> None:
    """Under a stock daemon a generated wrapper makes one of a reference, as ever."""
    symbol = f"generated, {form}"
    answer = ada.ask("add", service.ask("address", "generated"), symbol, form)
    assert answer == f"ada heard {symbol} at 1.5"
    assert service.ask("repeat", symbol, "again", PATIENCE) == "again"


def test_a_oneway_call_has_a_caller_when_its_connection_is_gone(
    service: Program, ada: Program
) -> None:
    """A stock client may hang up after it: its host is still known."""
    ada.ask("keep", service.ask("address", "by hand"), "kept")
    service.event("kept", symbol="kept")
    assert service.ask("repeat", "kept", "text", PATIENCE) == "text"


def test_what_a_listener_raises_is_caught(service: Program, ada: Program) -> None:
    """As RemoteRaised with class and text; the next call works."""
    ada.ask("add", service.ask("address", "by hand"), "raising", "proxy")
    ada.ask("raise_", "no more")
    with pytest.raises(Failed, match=r"^RemoteRaised: ValueError: no more$"):
        service.ask("changed", "raising", PATIENCE)
    ada.ask("raise_", None)
    assert service.ask("changed", "raising", PATIENCE) == "ada heard raising at 2.5"


def test_what_nobody_catches_reaches_the_first_caller(
    service: Program, ada: Program
) -> None:
    """A stock Proxy gets a RuntimeError that says it, and its connection is kept."""
    ada.ask("raise_", "no more")
    for which in ("by hand", "generated"):
        place = service.ask("address", which)
        with pytest.raises(
            Failed, match=r"^RuntimeError: .*RemoteRaised: ValueError: no more$"
        ):
            ada.ask("add", place, "uncaught", "proxy")
    ada.ask("raise_", None)


def test_oneway_calls_come_in_order(service: Program, ada: Program) -> None:
    """Stock daemons run a oneway call in a thread of its own: ours are ordinary ones."""
    ada.ask("add", service.ask("address", "by hand"), "told", "proxy")
    service.ask("tell", "told", 50)
    for number in range(50):
        assert ada.event("told")["text"] == str(number)


def test_a_listener_that_hangs_costs_its_own_calls_their_deadline(
    stage: Stage, service: Program, ada: Program, kind: str
) -> None:
    """Another client's is called meanwhile; one that is killed is lost at once."""
    ben = client_of(stage, "ben", kind)
    by_hand = service.ask("address", "by hand")
    ada.ask("add", by_hand, "ada", "proxy")
    ben.ask("add", by_hand, "ben", "proxy")
    ben.ask("hold")
    hanging = service.start("changed", "ben", PATIENCE)
    ben.event("changed", symbol="ben", price=2.5)
    assert service.ask("repeat", "ada", "meanwhile", PATIENCE) == "meanwhile"
    with pytest.raises(
        Failed, match=r"^DeadlineExceeded: ListenerStub\.repeat.*0\.2 s"
    ):
        service.ask("repeat", "ben", "behind it", 0.2)
    assert not hanging.done

    ben.kill()
    with pytest.raises(Failed, match=r"^ConnectionLost: "):
        hanging.result()
    with pytest.raises(Failed, match=r"^ConnectionLost: "):
        service.ask("repeat", "ben", "gone", PATIENCE)
    assert service.ask("repeat", "ada", "still", PATIENCE) == "still"


def test_calls_go_to_and_fro(service: Program, ada: Program, kind: str) -> None:
    """Each end makes a stub of what the other passes; multiplex serves one at a time."""
    depth = 4 if kind == "thread" else 1
    assert ada.ask("bounce", service.ask("address", "generated"), depth) == depth


@pytest.mark.parametrize("which", ["by hand", "generated"])
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("PYRO:listener@127.0.0.2:{port}", "not that of the caller"),
        ("PYRO:listener@localhost:{port}", "its host is a name"),
        ("PYRO:listener@127.1:{port}", "its host is a name"),
        ("PYRO:listener@2130706433:{port}", "its host is a name"),
        ("PYRO:listener@0.0.0.0:{port}", "not that of the caller"),
        ("PYRO:listener@[::1]:{port}", "not that of the caller"),
        ("PYRO:listener@./u:/no/such/socket", "it is a Unix domain socket"),
        ("PYRONAME:listener@127.0.0.1:{port}", "would have to be looked up"),
        ("PYROMETA:listener@127.0.0.1:{port}", "would have to be looked up"),
    ],
)
def test_nothing_is_dialled_for_another_host(
    service: Program, ada: Program, which: str, address: str, reason: str
) -> None:
    """Nor looked up: the caller is told why, and the service has not moved."""
    port = service.ask("address", "by hand").rpartition(":")[2]
    place = service.ask("address", which)
    service.ask("dialled")
    kind = "ValueError" if which == "by hand" else r"TypeError: add\(\): listener"
    with pytest.raises(Failed, match=f"^{kind}: .*{reason}"):
        ada.ask("add_reference", place, "foreign", address.format(port=port))
    assert service.ask("dialled") == []


def test_the_watch_sees_what_is_dialled(service: Program, ada: Program) -> None:
    """What is let through is dialled, once, where the caller is."""
    address = ada.ask("address")
    service.ask("dialled")
    ada.ask("add_text", service.ask("address", "by hand"), "watched", address)
    looked_up, connected = service.ask("dialled")
    host, _, port = address.partition("@")[2].partition(":")
    assert looked_up.startswith(f"socket.getaddrinfo ('{host}', {port}")
    assert connected == f"socket.connect (('{host}', {port}),)"


def test_outside_of_a_call_nobody_is_the_caller(service: Program, ada: Program) -> None:
    """A thread of the service's own, after calls of many: nothing is dialled."""
    service.ask("dialled")
    with pytest.raises(Failed, match=r"^ValueError: .*there is no caller here"):
        service.ask("over", ada.ask("address"))
    assert service.ask("dialled") == []


def test_what_is_trusted_is_dialled(stage: Stage, kind: str, ada: Program) -> None:
    """A network of hosts, and one by name; others stay refused."""
    trust = ["127.0.0.2/31", "localhost"]
    module = "tests.system.over.service"
    service = stage.start(module, "who trusts", server=kind, trust=trust)
    service.event("ready")
    place = service.ask("address", "by hand")
    for host in ("127.0.0.2", "localhost"):
        guest = client_of(stage, f"guest at {host}", kind, host=host)
        text = guest.ask("address")
        assert f"@{host}:" in text
        answer = ada.ask("add_text", place, "trusted", text)
        assert answer == f"guest at {host} heard trusted at 1.5"
    with pytest.raises(Failed, match="is not dialled"):
        ada.ask("add_text", place, "other", "PYRO:listener@127.0.0.9:9090")
