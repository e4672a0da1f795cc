"""The server and the clients of the demo, run by a person in terminals of their own."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator

import pytest

import callbackgen
from demo.callback_service_remote import CallbackServiceStub
from demo.server import PORT
from demo.sockets import listening_ports
from tests.system.demonstrating import (
    PATIENCE,
    PYTHON,
    Start,
    end_of,
    hears_for_a_while,
    line_with,
    processes,
    run,
    served,
)


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts ``python -m MODULE ARGUMENT...``; at the end of the test it has ended."""
    with processes() as start:
        yield start


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
