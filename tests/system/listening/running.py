"""The test's end: servers and clients as processes of their own, asked over pipes."""

from __future__ import annotations

import json
import os
import random
import re
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple, Self, TypeAlias

from tests.system.listening.answering import HERE

CHECKOUT = Path(__file__).resolve().parents[3]
PATIENCE = 60.0
"""Seconds after which what does not come is a failure; seldom needed."""
OPTIONS = ["-W", "error", "-X", "faulthandler"]
"""Nothing is warned of; and a process that hangs shows where, when it is ended."""

Event: TypeAlias = dict[str, Any]


class Ended(NamedTuple):
    """How a process has ended; as it should: `NOTHING_LEFT`."""

    code: int
    stderr: str


NOTHING_LEFT = Ended(0, "")


class Failed(Exception):
    """What a command raised in its process, as ``class: text``."""


class Program:
    """A process that carries out commands, and tells of events."""

    def __init__(
        self, command: list[str], folder: Path, who: str, **options: Any
    ) -> None:
        self.who = who
        # No pipe: a program that nobody reads from would wait for ever in a warning.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115 - `close` does it
        self._process = subprocess.Popen(
            [sys.executable, *OPTIONS, *command, json.dumps(options)],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": os.pathsep.join([".", str(CHECKOUT)])},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._output, selectors.EVENT_READ)
        self._arrived = b""
        self._numbers = 0
        self._answers: dict[int, Event] = {}
        self._events: deque[Event] = deque()
        self.may_say: str | None = ""
        """A pattern that stderr has to match; None: the process does not end well."""

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, command: str, *arguments: Any) -> Any:
        """Have a command carried out: its result. Raises Failed."""
        return self.start(command, *arguments).result()

    def start(self, command: str, *arguments: Any, here: bool = False) -> Pending:
        """Have a command begun; `here`: in the process's main thread."""
        self._numbers += 1
        name = HERE + command if here else command
        line = json.dumps([self._numbers, name, *arguments]) + "\n"
        assert self._process.stdin is not None
        self._process.stdin.write(line.encode())
        self._process.stdin.flush()
        return Pending(self, self._numbers)

    def event(self, name: str, seconds: float = PATIENCE, **details: Any) -> Event:
        """The next event of that name, and with these details; it is used up."""

        def find() -> Event | None:
            wanted = {"event": name, **details}.items()
            for event in self._events:
                if wanted <= event.items():
                    self._events.remove(event)
                    return event
            return None

        return self._until(find, f"the event {name} {details or ''}", seconds)

    def events(self, name: str) -> list[Event]:
        """The events of that name that the process has told of; they are used up."""
        self._read_what_is_here()
        found = [event for event in self._events if event["event"] == name]
        for event in found:
            self._events.remove(event)
        return found

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the process."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End the process without a chance to do anything: ``kill -9``."""
        self.may_say = None
        self._process.kill()
        self._process.wait(PATIENCE)

    def end(self) -> Ended:
        """Say that no more commands come, and wait: the exit code, and stderr."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        return self.ended()

    def ended(self) -> Ended:
        """Wait for the end: the exit code, and stderr. It is made to come."""
        try:
            self._until(lambda: None, "its end")
        except EOFError:
            pass
        except TimeoutError:
            self._process.send_signal(signal.SIGABRT)  # shows the stacks on stderr
        code = self._process.wait(PATIENCE)
        self._complaints.seek(0)
        return Ended(code, self._complaints.read().decode())

    def close(self) -> None:
        """Let go of the pipes, and of the process if it is still there."""
        if self._process.poll() is None:
            self._process.kill()
        self._selector.close()
        self._complaints.close()
        self._process.__exit__(None, None, None)

    def answer(self, number: int) -> Any:
        """The answer to a command; it is waited for."""
        answer = self._until(lambda: self._answers.get(number), "an answer")
        if "error" in answer:
            raise Failed(answer["error"])
        return answer["result"]

    def has_answered(self, number: int) -> bool:
        """Whether the answer to a command has come."""
        self._read_what_is_here()
        return number in self._answers

    def _read_what_is_here(self) -> None:
        while self._selector.select(0) and self._read():
            pass

    def _until(
        self, found: Callable[[], Event | None], what: str, seconds: float = PATIENCE
    ) -> Event:
        deadline = time.monotonic() + seconds
        while (result := found()) is None:
            if not self._selector.select(max(0, deadline - time.monotonic())):
                raise TimeoutError(f"{self.who}: {what} did not come")
            if not self._read():
                raise EOFError(f"{self.who} ended before {what} came")
        return result

    def _read(self) -> bool:
        part = os.read(self._output, 65536)
        *lines, self._arrived = (self._arrived + part).split(b"\n")
        for line in lines:
            message: Event = json.loads(line)
            if "event" in message:
                self._events.append(message)
            else:
                self._answers[message["number"]] = message
        return bool(part)


class Pending:
    """A command that is being carried out."""

    def __init__(self, program: Program, number: int) -> None:
        self._program = program
        self._number = number

    def result(self) -> Any:
        """Wait for the result. Raises Failed."""
        return self._program.answer(self._number)

    @property
    def done(self) -> bool:
        """Whether the result is here."""
        return self._program.has_answered(self._number)


def a_port() -> int:
    """A port that a server may have again after its end.

    It is none of those that the system gives to whom it likes, meanwhile as well.
    """
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port


class Stage:
    """Starts the programs of one test, and sees to it that each ends as it should."""

    def __init__(self) -> None:
        self._programs: list[Program] = []
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End them, clients first. None has complained, and none was at a loss."""
        with self._cleanup:
            for program in reversed(self._programs):
                code, complaints = program.end()
                if program.may_say is not None:
                    told = f"{program.who} ended with {code}:\n{complaints}"
                    assert code == 0, told
                    assert re.fullmatch(program.may_say, complaints), told

    def start(
        self, module: str, who: str, folder: Path = CHECKOUT, **options: Any
    ) -> Program:
        """Start a program, without waiting until it is ready."""
        program = Program(["-m", module], folder, who, **options)
        self._cleanup.callback(program.close)
        self._programs.append(program)
        return program

    def server(self, **options: Any) -> Program:
        """A server that is ready; `address` is its own."""
        program = self.start("tests.system.listening.server", "the server", **options)
        program.event("ready")
        return program

    def client(self, server: Program, who: str = "ada", **options: Any) -> Program:
        """A client that is connected."""
        return self.clients(server, who, **options)[0]

    def clients(self, server: Program, *names: str, **options: Any) -> list[Program]:
        """Several clients, which start side by side."""
        address = server.ask("address")
        programs = [self.caller(address, name, **options) for name in names]
        for program in programs:
            program.event("ready")
        return programs

    def caller(self, address: str, who: str, **options: Any) -> Program:
        """A client that may not be connected yet, or ever."""
        module = "tests.system.listening.client"
        return self.start(module, who, address=address, handshake=who, **options)
