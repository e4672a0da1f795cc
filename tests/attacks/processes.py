"""The attacked server and the honest clients, as a test has them."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from tests.attacks.honest import Seen
from tests.system.edges.hall import PATIENCE

ROOT = Path(__file__).parents[2]


class Process:
    """A module of this folder that runs; each line that is written to it is answered."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.first = self._line()

    def ask(self, line: str) -> str:
        """Have it do something; its answer."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(f"{line}\n")
        stdin.flush()
        return self._line()

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the process has ended before its time"
        return line.strip()

    @classmethod
    @contextlib.contextmanager
    def running(
        cls, module: str, *arguments: str, log: IO[str] | None = None
    ) -> Generator[Self]:
        """It ends with the block, and without an error."""
        process = subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error",
                "-m",
                f"tests.attacks.{module}",
                *arguments,
            ],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
        with process:
            try:
                yield cls(process)
                assert process.stdin is not None
                process.stdin.close()
                assert process.wait(PATIENCE) == 0
            finally:
                process.kill()


class Server(Process):
    """The attacked server. Its `first` line is its address."""

    log: Path

    def __init__(self, process: subprocess.Popen[str]) -> None:
        super().__init__(process)
        self._proc = Path(f"/proc/{process.pid}")

    @property
    def port(self) -> int:
        return int(self.first.rpartition(":")[2])

    def lines(self) -> list[str]:
        """The log up to now."""
        return self.log.read_text(encoding="utf-8").splitlines()

    def statistics(self) -> dict[str, Any]:
        """As `Daemon.statistics`."""
        found: dict[str, Any] = json.loads(self.ask("statistics"))
        return found

    def release(self) -> None:
        """Let all calls go on that `Hall.hold` holds."""
        self.ask("release")

    @property
    def descriptors(self) -> int:
        """How many files and sockets are open."""
        return len(list((self._proc / "fd").iterdir()))

    @property
    def threads(self) -> int:
        return self._status("Threads")

    @property
    def peak(self) -> int:
        """The most KiB that it had since `forget_peak`."""
        return self._status("VmHWM")

    def forget_peak(self) -> int | None:
        """Begin anew with `peak`; gives the memory now, or None: the system cannot."""
        try:
            (self._proc / "clear_refs").write_text("5", encoding="utf-8")
        except OSError:
            return None
        return self._status("VmRSS")

    def _status(self, name: str) -> int:
        text = (self._proc / "status").read_text(encoding="utf-8")
        return int(text.partition(f"{name}:")[2].split()[0])


class Honest(Process):
    """The honest clients."""

    def begin(self) -> None:
        """Let them call and come."""
        self.ask("begin")

    @property
    def calls(self) -> int:
        """How many calls there were since `begin`."""
        return int(self.ask("calls"))

    def end(self) -> Seen:
        """Let them stop after one more call and one more newcomer."""
        return msgspec.json.decode(self.ask("end"), type=Seen)


@contextlib.contextmanager
def attacked(
    transport: str, settings: dict[str, Any], folder: Path
) -> Generator[tuple[Server, Honest]]:
    """A server with its honest clients, for as long as a block."""
    log = folder / f"{transport}.log"
    with (
        log.open("w", encoding="utf-8") as written,
        Server.running(
            "server", transport, json.dumps(settings), log=written
        ) as server,
        Honest.running("honest", transport, server.first) as honest,
    ):
        server.log = log
        yield server, honest
