"""The demo: both stories, told by real processes, and how they are shown."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import socket
import subprocess
import sys
import time

import pytest

from demo import showing, stories
from demo.sockets import listening_ports
from tests.system.checkout import ROOT
from tests.system.demonstrating import COMMAND, PYTHON, VARIABLES, run


@pytest.fixture(scope="module")
def told() -> list[str]:
    """All that the demo prints; it has ended by itself, well, and without complaint."""
    result = run(*COMMAND)
    assert (result.returncode, result.stderr) == (0, "")
    return result.stdout.splitlines()


def test_the_demo_ends_well_and_without_colour_in_a_pipe(told: list[str]) -> None:
    """One command tells both stories, ends with 0, and sends no escape sequences."""
    assert told.count("All has happened as it should.") == 1
    assert told[-1] == "Both have told the same story."
    assert not any("\x1b" in line for line in told)


def test_a_listener_is_told_at_once_and_again_until_its_process_is_killed(
    told: list[str],
) -> None:
    """The server notices the killed client, and the other one goes on to hear."""
    for name in ("Ada   ", "Ben   "):
        assert told.index(f"  {name} | hears: welcome, {name.strip()}") < told.index(
            f"  {name} | is on the list"
        )
    killed = told.index("Ben is killed. The server is to notice, and Ada to hear more.")
    lost = told.index("  server | Ben is lost, and off the list")
    asked = told.index("The server is asked to end, and Ada is to notice.")
    ended = told.index("  Ada    | has lost the server")
    assert killed < lost < asked < ended
    heard = re.compile(r"  (Ada|Ben)    \| hears: change (\d+)")
    before = [match for line in told[:killed] if (match := heard.match(line))]
    assert {match[1] for match in before} == {"Ada", "Ben"}
    after = [match for line in told[lost:asked] if (match := heard.match(line))]
    assert [match[1] for match in after].count("Ada") >= stories.SOME
    assert not any(line.startswith("  Ben") for line in told[asked:ended])
    numbers = [int(match[2]) for match in before + after if match[1] == "Ada"]
    assert numbers == sorted(set(numbers))


def test_only_by_hand_do_the_clients_listen_on_the_network(told: list[str]) -> None:
    """Generated, the server has its one port and the clients have none."""
    assert [line for line in told if "Listening sockets" in line] == [
        "Listening sockets: server 1, Ada 0, Ben 0.",
        "Listening sockets: server 1, Ada 1, Ben 1.",
        "Listening sockets: server 1, Ada 0, Ben 0.",
    ]


@pytest.mark.parametrize(
    ("package", "ports"),
    [("demo.rmi.by_hand", [1, 1, 1]), ("demo.rmi.generated", [1, 0, 0])],
)
def test_both_ends_call_each_other(package: str, ports: list[int]) -> None:
    """Calls go both ways, nested and later; errors are caught; who is stuck goes."""
    server, ada, ben = stories.both_directions(package, ports)

    assert server == [
        "Ada has registered, and was called back meanwhile",
        "Ben has registered, and was called back meanwhile",
        "ACME is 2.5 now",
        "Ada has heard it",
        "Ben raised SoldOutError: nothing left to sell",
        "is asked for the price of ACME",
        "Ada answers yes",
        "Ben answers no",
        "ACME is 3.0 now",
        "Ada has heard it",
        "Ben did not answer in time, and is dropped",
        "ACME is 3.5 now",
        "Ada has heard it",
        "the classes of the listeners were never seen here",
    ]
    assert ada == [
        "hears that ACME is 1.0",
        "is greeted: welcome, Ada",
        "hears that ACME is 2.5",
        "is asked: Buy ACME?",
        "has asked back for the price, which is 2.5",
        "hears that ACME is 3.0",
        "hears that ACME is 3.5",
    ]
    assert ben == [
        "hears that ACME is 1.0",
        "is greeted: welcome, Ben",
        "hears that ACME is 2.5",
        "is asked: Buy ACME?",
        "hears that ACME is 3.0",
    ]


def test_a_terminal_has_colour_and_lines_come_as_they_happen() -> None:
    """On a terminal each process has its colour; what happens is printed when it does."""
    ours, theirs = pty.openpty()
    times: list[float] = []
    shown = b""
    with subprocess.Popen(COMMAND, cwd=ROOT, stdout=theirs, env=VARIABLES) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # Linux's way to say: nobody is there
            while chunk := os.read(ours, 65536):
                shown += chunk
                times.append(time.monotonic())
        os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[36mserver |\x1b[0m serving" in shown
    assert b"\x1b[32mBoth have told the same story.\x1b[0m" in shown
    # Twice Ben is waited for, for three seconds, with lines before and after. We may
    # have been late to read the first.
    assert times[-1] - times[0] > 1


class Terminal(io.StringIO):
    """A stdout that a person looks at."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variable", "shown"),
    [
        ("", "\x1b[1mone\x1b[0m\n  \x1b[35mAda    |\x1b[0m two\n"),
        ("1", "one\n  Ada    | two\n"),
    ],
)
def test_no_colour_for_those_who_want_none(
    monkeypatch: pytest.MonkeyPatch, variable: str, shown: str
) -> None:
    """A terminal gets no escape sequences where NO_COLOR is set to anything."""
    monkeypatch.setenv("NO_COLOR", variable)
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    showing.narrate("one")
    showing.show("Ada", "two")
    assert terminal.getvalue() == shown


def test_listening_ports_are_those_of_the_process_alone() -> None:
    """A listening socket is found, on either protocol; a bound or connected is not."""
    before = listening_ports(os.getpid())
    assert before is not None
    with (
        socket.create_server(("localhost", 0)) as server,
        socket.create_connection(server.getsockname()),
        socket.socket() as bound,
    ):
        bound.bind(("localhost", 0))
        found = listening_ports(os.getpid())
        assert found is not None
        assert set(found) - set(before) == {server.getsockname()[1]}
    assert listening_ports(os.getpid()) == before


def test_the_generated_modules_are_up_to_date() -> None:
    """What is committed is what the generator makes of the Protocols today."""
    result = run(*PYTHON, "-m", "callbackgen", "generate", "--check")
    assert (result.returncode, result.stderr) == (0, "")
    assert "[tool.callbackgen]" in (ROOT / "pyproject.toml").read_text("utf-8")
