"""A server's process: ``python -m benchmarks.calling.server CONTENDER``.

It prints its address, then does what stdin says, to the end of it.
"""

from __future__ import annotations

import faulthandler
import queue
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from benchmarks.calling.commands import (
    Accept,
    Answers,
    Arrived,
    Calls,
    Command,
    Oneways,
    Reply,
)
from benchmarks.calling.contender import load

if TYPE_CHECKING:
    from benchmarks.calling.contract import Listener

LIMIT = 120.0
"""A command that takes longer ends the process, which prints where it stands."""

_PRICES = [number * 387 % 1000 / 8 for number in range(1000)]


class Caller:
    """Calls the listeners that have come."""

    def __init__(self) -> None:
        self.coming: queue.Queue[Callable[[], Listener]] = queue.Queue()
        self._listeners: list[Listener] = []

    def obey(self, command: Command) -> Reply:
        """Do it, all in this thread."""
        if isinstance(command, Accept):
            return self._accept(command)
        if isinstance(command, Calls):
            return self._call(command)
        return self._tell(command)

    def _accept(self, command: Accept) -> Answers:
        answers: list[bool] = []
        for _ in range(command.count):
            listener = self.coming.get(timeout=LIMIT)()
            self._listeners.append(listener)
            answers.append(listener.changed("first", -1.0))
        return Answers([], answers)

    def _call(self, command: Calls) -> Answers:
        listener, text, clock = self._listeners[-1], command.text, time.perf_counter_ns
        nanoseconds: list[int] = []
        answers: list[bool] = []
        for number in range(command.count):
            price = _PRICES[number % len(_PRICES)]
            started = clock()
            answer = listener.changed(text, price)
            nanoseconds.append(clock() - started)
            answers.append(answer)
        return Answers(nanoseconds, answers)

    def _tell(self, command: Oneways) -> Arrived:
        listener, text = self._listeners[-1], command.text
        started = time.perf_counter_ns()
        for number in range(command.count):
            listener.tell(text, _PRICES[number % len(_PRICES)])
        count = listener.told(command.count)
        return Arrived(time.perf_counter_ns() - started, count)


def main(name: str) -> None:
    """Serves until stdin ends."""
    faulthandler.dump_traceback_later(LIMIT, exit=True)
    caller = Caller()
    decoder = msgspec.json.Decoder(Command)
    with load(name).serving(caller.coming.put) as address:
        print(address, flush=True)
        faulthandler.cancel_dump_traceback_later()
        for line in sys.stdin:
            faulthandler.dump_traceback_later(LIMIT, exit=True)
            reply = caller.obey(decoder.decode(line))
            faulthandler.cancel_dump_traceback_later()
            print(msgspec.json.encode(reply).decode(), flush=True)
        faulthandler.dump_traceback_later(LIMIT, exit=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
