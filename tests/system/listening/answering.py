"""The programs' end of the pipes: commands come in as lines, answers and events go out.

A command is ``[number, method, argument, ...]`` in JSON. Each runs in a thread of its
own, so that one that waits holds up no other.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from typing import Any

from tests.patience import be_patient

be_patient()

HERE = "here:"
"""Before the name of a method: run it in the thread that reads the commands."""


def emit(event: str, **details: object) -> None:
    """Tell the test what has happened."""
    _write({"event": event, **details})


def answer_commands(commands: object) -> None:
    """Carry out the commands until there are no more."""
    for line in _lines():
        number, name, *arguments = json.loads(line)
        method = getattr(commands, name.removeprefix(HERE))
        if name.startswith(HERE):
            _carry_out(number, method, arguments)
        else:
            threading.Thread(
                target=_carry_out, args=(number, method, arguments), daemon=True
            ).start()


def _lines() -> Generator[str]:
    # Not `for line in sys.stdin`: a thread inside it makes the interpreter's end fail.
    pending = b""
    for part in _parts():
        *lines, pending = (pending + part).split(b"\n")
        for line in lines:
            yield line.decode()


def _parts() -> Generator[bytes]:
    """What comes in, as it comes. Ctrl-C ends it, at whatever moment it is pressed.

    A signal between Python's look for signals and the system's call to read would wake
    nobody; it does wake who waits for the file that signals are written to, too.
    """
    woken, waker = socket.socketpair()
    with woken, waker:
        waker.setblocking(False)
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(waker.fileno())
        while True:
            ready, _, _ = select.select([0, woken.fileno()], [], [])
            if 0 in ready:
                if not (part := os.read(0, 65536)):
                    break
                yield part
        if threading.current_thread() is threading.main_thread():
            signal.set_wakeup_fd(-1)


def _carry_out(number: int, method: Callable[..., Any], arguments: list[Any]) -> None:
    try:
        _write({"number": number, "result": method(*arguments)})
    except Exception as error:  # noqa: BLE001 - the test judges it
        _write({"number": number, "error": described(error)})


def described(error: BaseException) -> str:
    """The class and the text of what was raised."""
    return f"{type(error).__name__}: {error}"


def _write(message: object) -> None:
    # One system call, which the pipe carries out whole: no lock, so that also a
    # finalizer, which runs anywhere, can tell of its object.
    line = json.dumps(message).encode() + b"\n"
    assert len(line) <= select.PIPE_BUF, "a message that may be torn apart"
    os.write(sys.stdout.fileno(), line)
