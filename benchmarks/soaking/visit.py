"""One connection of a client of ours: what it does, and what it has to see."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING

import callbackgen
from benchmarks.soaking.diary_remote import DiaryStub
from benchmarks.soaking.market_remote import MarketStub

if TYPE_CHECKING:
    from benchmarks.soaking.faults import Tell
    from benchmarks.soaking.ledger_remote import LedgerStub

PATIENCE = 60.0
"""Seconds in which events that were sent have to come."""

DEEP = 6
"""The most calls inside calls."""


class Unexpected(Exception):
    """An answer that is not the right one."""


def expect(what: str, got: object, wanted: object) -> None:
    """Raises Unexpected for anything else."""
    if got != wanted:
        raise Unexpected(f"{what}: {got!r} in place of {wanted!r}")


class Listening:
    """Fits `Listener`; it must hear of each event once, in order, and of no other's."""

    def __init__(
        self, owner: str, market: MarketStub, tell: Tell, heard: Callable[[], object]
    ) -> None:
        self._owner = owner
        self._market = market
        self._tell = tell
        self._heard = heard
        self._last = 0
        self._changed = threading.Condition()

    def told(self, owner: str, number: int) -> None:
        """Count."""
        with self._changed:
            if (owner, number) != (self._owner, self._last + 1):
                self._tell(
                    f"{self._owner} heard {number} of {owner} after {self._last}"
                )
            self._last = number
            self._changed.notify_all()
        self._heard()

    def asked(self, owner: str, number: int) -> int:
        """Count, and answer."""
        self.told(owner, number)
        return number + len(owner)

    def bounce(self, count: int) -> int:
        """To and fro."""
        return self._market.bounce(self, count - 1) + 1 if count else 0

    def refuse(self) -> None:
        """Raise."""
        raise ValueError(self._owner)

    def has_heard(self, count: int) -> bool:
        """Wait until so many events have come; False if they do not."""
        with self._changed:
            return self._changed.wait_for(lambda: self._last >= count, PATIENCE)


class Visit:
    """What a client does from connecting to leaving."""

    def __init__(
        self,
        owner: str,
        connection: callbackgen.Connection,
        random: Random,
        tell: Tell,
        heard: Callable[[], object],
    ) -> None:
        self._owner = owner
        self._connection = connection
        self._random = random
        self._market = MarketStub(connection)
        self._diary = DiaryStub(connection, "diary")
        self._noted = 0
        self._ledgers: list[LedgerStub] = []
        self._is_withdrawn = False
        self._listening = Listening(owner, self._market, tell, heard)

    def begin(self) -> None:
        """Register the listener."""
        self._market.watch(self._owner, self._listening)

    def do_something(self) -> None:
        """Call, and check the answer. Raises Unexpected, RemoteError."""
        self._random.choice(self._actions())()

    def end(self) -> None:
        """Leave: now and then without a word, else when all events have come."""
        if not self._random.randrange(3):
            return
        sent = self._market.unwatch(self._owner)
        if sent >= 0 and not self._is_withdrawn and not self._listening.has_heard(sent):
            raise Unexpected(
                f"{self._owner}: {sent} events were sent, and not all came"
            )

    def _quote(self) -> None:
        number = self._number()
        expect("quote", self._market.quote(number), 2 * number)

    def _later(self) -> None:
        number = self._number()
        expect("later", asyncio.run(awaited(self._market, number)), 2 * number)

    def _note(self) -> None:
        for _ in range(self._random.randint(1, 10)):
            self._noted += 1
            self._diary.note(self._noted)
        expect("noted", self._diary.noted(), self._noted)

    def _bounce(self) -> None:
        count = self._random.randint(1, DEEP)
        expect("bounce", self._market.bounce(self._listening, count), count)

    def _provoke(self) -> None:
        other = Listening(self._owner, self._market, _nobody, _nothing)
        expect("provoke", self._market.provoke(other), "ValueError")

    def _hold(self) -> None:
        """Here the answer comes too late; unless this process gets to it even later."""
        with contextlib.suppress(callbackgen.DeadlineExceeded):
            callbackgen.with_deadline(self._market, 0.05).hold(0.3)

    def _fail(self) -> None:
        try:
            self._market.fail(self._owner)
        except callbackgen.RemoteRaised as error:
            expect("fail", (error.class_name, error.text), ("ValueError", self._owner))
        else:
            raise Unexpected("fail has not failed")

    def _apply(self) -> None:
        number, factor = self._number(), self._number()
        answer = self._market.apply(lambda given: given * factor, number)
        expect("apply", answer, number * factor)

    def _open_ledger(self) -> None:
        """Some are held until the connection ends, the others go at once."""
        ledger = self._market.open_ledger()
        expect("add", [ledger.add(1), ledger.add(2)], [1, 3])
        if self._random.randrange(2):
            self._ledgers.append(ledger)

    def _withdraw(self) -> None:
        """Take the listener back; the server drops it when it asks the next time."""
        if not self._is_withdrawn:
            self._is_withdrawn = True
            self._connection.withdraw(self._listening)

    def _number(self) -> int:
        return self._random.randrange(1_000_000)

    def _actions(self) -> list[Callable[[], None]]:
        """Some are more frequent than others."""
        return [
            *[self._quote] * 4,
            self._later,
            *[self._note] * 3,
            *[self._bounce] * 3,
            self._provoke,
            self._hold,
            self._fail,
            *[self._apply] * 2,
            *[self._open_ledger] * 2,
            self._withdraw,
        ]


async def awaited(market: MarketStub, number: int) -> int:
    """The answer of `later`."""
    return await market.later(number)


def _nobody(_: str) -> None:
    """Tells nobody."""


def _nothing() -> None:
    """Does nothing."""
