"""A contender's server and its clients, as processes that run while a block does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TypeVar

import msgspec

from benchmarks.calling.commands import Accept, Answers, Command, Reply

CHECKOUT = Path(__file__).resolve().parents[2]

LIMIT = 60.0
"""Seconds that a process may take to end."""

R = TypeVar("R", bound=Reply)


class Server:
    """The process of a server, and those of its clients."""

    def __init__(self, name: str, processes: ExitStack) -> None:
        self._name = name
        self._processes = processes
        self._process = processes.enter_context(_running("server", name))
        self._address = _line(self._process)
        self.process_ids = [self._process.pid]
        """The server's, and then those of its clients."""

    def add_clients(self, count: int) -> list[bool]:
        """Let so many come, from a process of their own; each is called once."""
        client = self._processes.enter_context(
            _running("client", self._name, self._address, str(count))
        )
        self.process_ids.append(client.pid)
        _line(client)
        return self.ask(Accept(count), Answers).answers

    def ask(self, command: Command, reply: type[R]) -> R:
        """Let the server do something; what came of it."""
        stdin = _pipe(self._process.stdin)
        stdin.write(msgspec.json.encode(command).decode() + "\n")
        stdin.flush()
        return msgspec.json.decode(_line(self._process), type=reply)


@contextmanager
def running(name: str) -> Generator[Server]:
    """A contender's server, which runs as long as the block."""
    with ExitStack() as processes:
        yield Server(name, processes)


@contextmanager
def _running(*arguments: str) -> Generator[subprocess.Popen[str]]:
    module, *rest = arguments
    command = [sys.executable, "-m", f"benchmarks.calling.{module}", *rest]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True
    )
    with process:
        try:
            yield process
            _pipe(process.stdin).close()
            code = process.wait(LIMIT)
        except BaseException:
            process.kill()
            raise
    if code:
        raise RuntimeError(f"{' '.join(arguments)} ended with exit code {code}")


def _line(process: subprocess.Popen[str]) -> str:
    line = _pipe(process.stdout).readline()
    if not line:
        raise RuntimeError(f"{process.args!r} has ended before its time")
    return line.strip()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe
