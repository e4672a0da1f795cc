"""The soak's processes, as the one that starts, stops and kills them sees them."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

import msgspec

from benchmarks.soaking.messages import (
    Addresses,
    Crowd,
    Holdings,
    Reset,
    Said,
)

CHECKOUT = Path(__file__).resolve().parents[2]
TLS = CHECKOUT / "tests" / "system" / "tls"
CERTIFICATE = str(TLS / "localhost.certificate.pem")
"""What the tests have, for `localhost` and trusted by nobody else."""

KEY = str(TLS / "localhost.key.pem")

LIMIT = 180.0
"""Seconds that a process may take to end when it is told to."""

_SAID: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)

S = TypeVar("S", Addresses, Holdings)
Inbox: TypeAlias = "queue.SimpleQueue[tuple[Crew, Said]]"


class Process:
    """A process of ours. Only the main thread starts one: see `parents`."""

    def __init__(self, module: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"benchmarks.soaking.{module}"]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [*command, str(os.getpid()), *arguments],
            cwd=CHECKOUT,
            stdin=pipe,
            stdout=pipe,
            text=True,
        )
        self.is_stopped = False

    @property
    def stdin(self) -> IO[str]:
        """What it reads."""
        assert self._process.stdin is not None
        return self._process.stdin

    @property
    def stdout(self) -> IO[str]:
        """What it prints."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def code(self) -> int | None:
        """How it has ended, None as long as it has not."""
        return self._process.poll()

    def say(self, what: Any) -> None:
        """Write a line to it."""
        self.stdin.write(msgspec.json.encode(what).decode() + "\n")
        self.stdin.flush()

    def stop(self) -> None:
        """SIGSTOP: it is there, and does nothing."""
        self.is_stopped = True
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        self.is_stopped = False
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """SIGKILL, and no trace is left of it."""
        self._process.kill()
        self._process.wait()
        self._close()

    def leave(self) -> int:
        """Have it end by itself; its exit code. Raises TimeoutExpired."""
        if not self.stdin.closed:
            self.stdin.close()
        code = self._process.wait(LIMIT)
        self._close()
        return code

    def _close(self) -> None:
        if not self.stdin.closed:
            self.stdin.close()
        self.stdout.close()


class Server(Process):
    """The server."""

    def __init__(self) -> None:
        super().__init__("server", CERTIFICATE, KEY)
        self.addresses = self._read(Addresses)

    def holdings(self) -> Holdings:
        """What it holds now."""
        self.stdin.write("\n")
        self.stdin.flush()
        return self._read(Holdings)

    def _read(self, kind: type[S]) -> S:
        line = self.stdout.readline()
        if not line:
            raise RuntimeError("the server has ended before its time")
        return msgspec.json.decode(line, type=kind)


class Crew(Process):
    """A process with clients. What it says is in the inbox, and then None."""

    def __init__(self, crowd: Crowd, inbox: Inbox) -> None:
        super().__init__("client", CERTIFICATE)
        self.crowd = crowd
        self._inbox = inbox
        self.has_spoken = False
        """Whether it runs so far that it ends with this process."""
        self.say(crowd)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def reset(self, client: int) -> None:
        """Have a client's connection reset; it says so."""
        self.say(Reset(client))

    def _read(self) -> None:
        for line in self.stdout:
            self.has_spoken = True
            if line.endswith("\n"):  # else it was killed while it wrote
                self._inbox.put((self, _SAID.decode(line)))

    def _close(self) -> None:
        self._reader.join()
        super()._close()
