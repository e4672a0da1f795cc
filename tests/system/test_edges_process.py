"""The run time and its process: forks, the log."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

import callbackgen
from tests.system.edges.hall import Hall, Visitor, open_hall, reached
from tests.system.edges.room_remote import RoomStub

FORKING = """
import os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)
import callbackgen
from tests.system.edges.hall import Hall, open_hall
from tests.system.edges.room_remote import RoomStub

with open_hall(Hall()) as address, callbackgen.connect(address) as connection:
    room = RoomStub(connection)
    assert room.echo(1) == 1
    if not (child := os.fork()):
        try:
            for _ in range(2):
                try:
                    room.echo(2)
                except callbackgen.Forked:
                    print("forked", flush=True)
            connection.close()
            with callbackgen.connect(address) as anew:
                print("anew", RoomStub(anew).echo(3), flush=True)
            with open_hall(Hall()) as own, callbackgen.connect(own) as other:
                print("own", RoomStub(other).echo(4), flush=True)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(child, 0)
    print("parent", room.echo(5), connection.is_open)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child() -> None:
    """Its calls raise Forked; it connects and serves anew; the parent goes on."""
    done = subprocess.run(
        [sys.executable, "-c", FORKING],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == [
        "forked",
        "forked",
        "anew 3",
        "own 4",
        "parent 5 True",
    ], done.stderr


def test_the_log_names_peer_and_method(caplog: pytest.LogCaptureFixture) -> None:
    """Records stand under callbackgen.*; nobody else would hear a oneway's error."""

    class Failing(Hall):
        def note(self, text: str) -> None:
            raise ValueError(text)

    caplog.set_level(logging.DEBUG, "callbackgen")
    with open_hall(Failing()) as address, callbackgen.connect(address) as connection:
        room = RoomStub(connection)
        room.relay(Visitor(), "a")
        room.note("bad\nline")
        assert reached(lambda: "Room.note" in caplog.text)
    (record,) = [one for one in caplog.records if "Room.note" in one.getMessage()]
    assert record.levelno == logging.WARNING
    assert "127.0.0.1:" in record.getMessage()
    assert "\n" not in record.getMessage()
    assert {one.name.split(".")[0] for one in caplog.records} == {"callbackgen"}


def test_ctrl_c_as_the_loop_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends `requestLoop` well also at the moment when the first client may come."""
    interrupted: list[object] = []
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        loop = daemon.transportServer._loop
        soon = loop.soon

        def interrupts(action: object) -> None:
            soon(action)
            if not interrupted:
                interrupted.append(action)
                raise KeyboardInterrupt

        monkeypatch.setattr(loop, "soon", interrupts)
        daemon.requestLoop()
    assert interrupted
