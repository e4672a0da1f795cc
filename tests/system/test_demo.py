"""The demo: both stories, told by real processes, and their parts run by a person."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import callbackgen
from demo import __main__ as demo
from demo import actors, showing, stories
from demo.actors import Actor, DemoFailed
from demo.callback_service_remote import CallbackServiceStub
from demo.server import PORT
from demo.sockets import listening_ports

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = [sys.executable, "-W", "error"]
COMMAND = [*PYTHON, "-m", "demo"]
PATIENCE = 240
"""Seconds that anything may take, on a busy machine."""

HIDDEN = {"NO_COLOR", "PYTHONUNBUFFERED"}
VARIABLES = {name: text for name, text in os.environ.items() if name not in HIDDEN}
"""The variables of this process without those that change how the demo prints."""

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts ``python -m MODULE ARGUMENT...``; at the end of the test it has ended."""
    with contextlib.ExitStack() as stack:

        def start(module: str, *arguments: str) -> subprocess.Popen[str]:
            process = subprocess.Popen(
                [*PYTHON, "-m", module, *arguments],
                cwd=CHECKOUT,
                env=VARIABLES,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            stack.enter_context(process)
            stack.callback(process.kill)
            limit = threading.Timer(PATIENCE, process.kill)
            stack.callback(limit.join)
            stack.callback(limit.cancel)
            limit.start()
            return process

        yield start


def line_with(process: subprocess.Popen[str], words: str) -> str:
    """Reads what a process prints up to a line with these words."""
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return line.rstrip("\n")
    raise AssertionError(f"{process.args!r} ended before it said {words!r}")


def served(server: subprocess.Popen[str]) -> str:
    """The option that leads a client to this server."""
    return f"--port={line_with(server, 'serving').rpartition(':')[2]}"


def hears_for_a_while(client: subprocess.Popen[str]) -> None:
    """A client is told of changes, and not only of those from before."""
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        line_with(client, "hears: change")


def end_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code and what stood on stderr."""
    _, errors = process.communicate(timeout=PATIENCE)
    return process.returncode, errors


def children_of(pid: int) -> list[Path]:
    """The processes that one has started, as folders of the system's."""
    return [
        Path("/proc", child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]


def is_running(process: Path) -> bool:
    """Whether it has not ended; it may be there still, for its parent to ask."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=CHECKOUT,
        env=VARIABLES,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


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
    with subprocess.Popen(
        COMMAND, cwd=CHECKOUT, stdout=theirs, env=VARIABLES
    ) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # Linux's way to say: nobody is there
            while chunk := os.read(ours, 65536):
                shown += chunk
                times.append(time.monotonic())
        os.close(ours)
    assert process.returncode == 0
    assert b"\x1b[36mserver |\x1b[0m serving" in shown
    assert b"\x1b[32mBoth have told the same story.\x1b[0m" in shown
    # Twice Ben is waited for, for three seconds, with lines before and after.
    assert times[-1] - times[0] > 6


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


def test_two_different_stories_are_a_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The demo ends with 1, and says so, when the variants do not tell the same."""

    def tell(package: str, ports: list[int]) -> list[list[str]]:
        return [[package]]

    monkeypatch.setattr(demo, "dubbo", lambda: None)
    monkeypatch.setattr(stories, "both_directions", tell)

    assert demo.main() == 1
    assert "have not told the same story" in capsys.readouterr().err


def test_a_client_that_listens_on_the_network_is_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number of listening sockets is not only told, it has to be right."""

    def two_ports(pid: int) -> list[int]:
        return [1, 2]

    monkeypatch.setattr(actors, "listening_ports", two_ports)

    with pytest.raises(DemoFailed, match="listening sockets: server 2, Ada 2, Ben 2"):
        stories.dubbo()


def test_a_process_that_ends_too_early_is_a_failure(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A server that does not start is a failure in words, and exit code 1."""
    monkeypatch.setattr(demo, "dubbo", lambda: stories.both_directions("missing", []))

    assert demo.main() == 1
    said = capfd.readouterr().err
    assert "The demo failed: server ended before it said “serving ”" in said


def test_a_process_that_fails_at_its_end_is_a_failure() -> None:
    """What it has said before does not make up for a bad exit code."""
    with (
        Actor("Ada", "demo.client", "--port=none") as actor,
        pytest.raises(DemoFailed, match="Ada ended with 2"),
    ):
        actor.finish()


def test_a_process_that_hangs_is_a_failure_and_is_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Waiting is bounded, for words and for the end; then the process is killed."""
    monkeypatch.setattr(actors, "PATIENCE", 0.2)
    with Actor("server", "demo.rmi.by_hand.server") as actor:
        with pytest.raises(
            DemoFailed, match=r"server has not in 0.2 s said “x” 2 times"
        ):
            actor.until("x", 2)
        with pytest.raises(DemoFailed, match=r"server has not ended in 0.2 s"):
            actor.finish()
        assert Path(f"/proc/{actor.pid}").exists()
    assert not Path(f"/proc/{actor.pid}").exists()


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_leaves_no_process_behind(
    start: Start, sent: signal.Signals
) -> None:
    """Ctrl-C, or a signal to end, ends server and clients too, with no traceback."""
    process = start("demo")
    line_with(process, "Ada    | hears: change")
    line_with(process, "Ben    | hears: change")
    children = children_of(process.pid)
    assert len(children) == 3

    process.send_signal(sent)

    assert end_of(process) == (128 + sent, "")
    assert not any(map(is_running, children))


def test_a_killed_demo_leaves_no_process_behind(start: Start) -> None:
    """Server and clients end when there is nobody who hears what they say."""
    process = start("demo")
    line_with(process, "Ada    | hears: change")
    line_with(process, "Ben    | hears: change")
    children = children_of(process.pid)
    process.kill()
    assert process.stdout is not None
    process.stdout.close()

    end = time.monotonic() + PATIENCE
    while any(map(is_running, children)):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_demo_that_nobody_reads_ends_quietly(start: Start) -> None:
    """``python -m demo | head`` is no reason for a traceback."""
    process = start("demo")
    line_with(process, "serving")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()

    assert process.wait(timeout=PATIENCE) == 1
    assert process.stderr.read() == ""


def test_server_and_clients_can_be_run_by_a_person(start: Start) -> None:
    """In terminals of their own they talk; Ctrl-C ends any of them, cleanly."""
    server = start("demo.server", "--port=0", "--every=0.05")
    port = served(server)
    assert line_with(server, "terminal").endswith(
        f"python -m demo.client NAME {port.replace('=', ' ')}"
    )
    ada, ben = start("demo.client", "Ada", port), start("demo.client", "Ben", port)
    for client in (ada, ben):
        line_with(client, "is on the list")
        line_with(client, "hears: change")

    assert listening_ports(server.pid) == [int(port.removeprefix("--port="))]
    assert listening_ports(ada.pid) == listening_ports(ben.pid) == []

    ben.send_signal(signal.SIGINT)
    assert end_of(ben) == (0, "")
    line_with(server, "Ben is lost, and off the list")
    hears_for_a_while(ada)

    server.send_signal(signal.SIGINT)
    line_with(server, "the server has ended")
    assert end_of(server) == (0, "")
    line_with(ada, "has lost the server")
    assert end_of(ada) == (0, "")


class Moody:
    """Fits `CallbackListener`, and takes no more than the welcome."""

    def __init__(self) -> None:
        self.called = threading.Semaphore(0)

    def changed(self, message: str) -> None:
        self.called.release()
        if message.startswith("change"):
            raise ValueError("not now")


def test_ctrl_c_ends_a_server_that_has_just_begun(start: Start) -> None:
    """Whatever it is doing at the moment, it ends cleanly."""
    server = start("demo.server", "--port=0")
    served(server)
    server.send_signal(signal.SIGINT)
    assert end_of(server) == (0, "")


def test_a_listener_that_fails_stays_on_the_list(start: Start) -> None:
    """The server says what went wrong with a call, and goes on calling."""
    server = start("demo.server", "--port=0", "--every=0.05")
    port = served(server).removeprefix("--port=")
    moody = Moody()
    with callbackgen.connect(f"PYRO:callbacks@localhost:{port}") as connection:
        CallbackServiceStub(connection).add_listener("Moody", moody)
        for _ in range(4):
            assert moody.called.acquire(timeout=PATIENCE)
        said = line_with(server, "Moody did not take change")
    assert said.endswith("ValueError: not now")


def test_a_client_that_is_gone_is_noticed_without_a_call(start: Start) -> None:
    """The list gets shorter at once, not when the server calls the next time."""
    server = start("demo.server", "--port=0", "--every=1000")
    client = start("demo.client", "Ada", served(server))
    line_with(client, "is on the list")
    client.kill()
    line_with(server, "Ada is lost, and off the list")


def test_two_clients_may_have_the_same_name(start: Start) -> None:
    """Each is told by itself, and one that leaves does not take the other along."""
    server = start("demo.server", "--port=0", "--every=0.05")
    port = served(server)
    first, second = start("demo.client", "Ada", port), start("demo.client", "Ada", port)
    line_with(first, "hears: change")
    line_with(second, "hears: change")
    first.kill()
    line_with(server, "Ada is lost, and off the list")
    hears_for_a_while(second)


def test_a_client_without_a_server_says_what_to_do() -> None:
    """No traceback: exit code 1, what is wrong, and the command that starts one."""
    with socket.socket() as unused:
        unused.bind(("localhost", 0))  # it does not listen
        port = unused.getsockname()[1]
        result = run(*PYTHON, "-m", "demo.client", "Ada", f"--port={port}")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("No server: ")
    assert str(port) in result.stderr
    assert "python -m demo.server" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_server_whose_port_is_taken_says_so() -> None:
    """No traceback: exit code 1, which port, and how to choose another."""
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(*PYTHON, "-m", "demo.server", f"--port={port}")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Port {port} is not to be had: ")
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("module", ["demo.server", "demo.client"])
def test_both_parts_have_the_same_port_by_default(module: str) -> None:
    """Server and client meet without any option, and their help says where."""
    result = run(*PYTHON, "-m", module, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert str(PORT) in result.stdout


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
    assert "[tool.callbackgen]" in (CHECKOUT / "pyproject.toml").read_text("utf-8")
