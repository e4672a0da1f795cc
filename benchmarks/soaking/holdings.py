"""What a process holds: threads, files, objects of the run time, memory."""

from __future__ import annotations

import gc
import re
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Final

from benchmarks.soaking.market import Diary, Ledger, Watcher
from callbackgen.runtime.channel import Channel
from callbackgen.runtime.handshake import Handshake
from callbackgen.runtime.link import Link
from callbackgen.runtime.ordinary import Ordinary
from callbackgen.runtime.references import Export
from callbackgen.runtime.server_connection import ServerConnection
from callbackgen.runtime.session import Session
from callbackgen.runtime.shares import Client, Share
from callbackgen.runtime.stub import Stub
from callbackgen.runtime.tls import Tls
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wrapper import Wrapper

COUNTED: Final = (
    Transport,
    Tls,
    Handshake,
    ServerConnection,
    Session,
    Channel,
    Ordinary,
    Client,
    Share,
    Link,
    Stub,
    Export,
    Wrapper,
    Watcher,
    Ledger,
    Diary,
)
"""Whose objects are there for a client alone, but for the wrappers of services."""


def threads() -> list[str]:
    """The names of the threads that run, without numbers."""
    names = [thread.name for thread in threading.enumerate()]
    return sorted(re.sub(r"\d+", "N", name) for name in names)


def descriptors() -> int:
    """How many files and sockets are open, but for the one that is needed to look."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) - 1


def resident() -> int:
    """KiB of memory that the process has now (VmRSS)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    values = dict(line.split(":", 1) for line in status.splitlines())
    return int(values["VmRSS"].split()[0])


def objects() -> dict[str, int]:
    """How many objects of each class of `COUNTED` are alive, after a collection."""
    while gc.collect():
        pass
    found: Counter[type] = Counter()
    for one in gc.get_objects():
        found[type(one)] += 1
    return {
        kind.__name__: sum(
            count for known, count in found.items() if issubclass(known, kind)
        )
        for kind in COUNTED
    }


def blocks() -> int:
    """How many blocks of memory Python has allocated."""
    return sys.getallocatedblocks()
