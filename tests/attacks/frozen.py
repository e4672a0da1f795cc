"""A client as a process of its own, to be stopped or killed while it is called back.

``python -m ... HOST PORT TRANSPORT``: it has the server call it back for ever.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, cast

from callbackgen.runtime import wire
from tests.attacks.processes import ROOT
from tests.system.edges.peer import Peer, a_guest, answer

if TYPE_CHECKING:
    from tests.attacks.harness import Attacker

CALLS = 8
"""How many are under way at once."""


@contextlib.contextmanager
def answer_for_ever(attacker: Attacker) -> Generator[subprocess.Popen[str]]:
    """The process, since it has been called back for the first time."""
    where = (attacker.host, str(attacker.server.port), attacker.transport)
    command = [sys.executable, "-m", "tests.attacks.frozen", *where]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "called\n"
        try:
            yield process
        finally:
            process.kill()


class At:
    """Where the server is."""

    def __init__(self, port: int) -> None:
        self.port = port


def main(host: str, port: str, transport: str) -> None:
    from tests.attacks.harness import Attacker

    attacker = Attacker(cast(Any, At(int(port))), transport)
    attacker.host = host
    made = attacker.socket()
    # The system ends it by a reset, whatever has been read by then.
    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer = Peer(made)
    peer.greet()
    for number in range(1, CALLS + 1):
        peer.call("relay", a_guest(number), "text")
    is_called = False
    while True:
        message = peer.next()
        if message.flags & wire.ONEWAY:  # what it has passed is released
            continue
        if message.kind == wire.INVOKE:
            peer.send(answer(message.sequence))
            if not is_called:
                is_called = True
                print("called", flush=True)
        elif message.kind == wire.RESULT:
            peer.call("relay", a_guest(message.sequence % CALLS + 1), "text")


if __name__ == "__main__":
    main(*sys.argv[1:])
