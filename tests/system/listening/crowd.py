"""Many clients in one process: ``python -m tests.system.listening.crowd OPTIONS``.

The options are JSON: `address`, and the `names` of the clients. Each has a connection,
a listener and a thread of its own.
"""

from __future__ import annotations

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import callbackgen
from tests.system.listening.answering import answer_commands, emit
from tests.system.listening.market import Listener, Market
from tests.system.listening.market_remote import MarketStub


class Member:
    """One client; it fits Listener."""

    def __init__(self, name: str, market: MarketStub) -> None:
        self._name = name
        self.market = market
        self.heard = 0

    def name(self) -> str:
        return self._name

    def changed(self, symbol: str, price: float) -> str:
        self.heard += 1
        return f"{self._name} heard {symbol} at {price:g}"

    def told(self, text: str) -> None:
        pass

    def repeat(self, text: str) -> str:
        return text

    def meets(self, other: object) -> bool:
        return other is self

    def itself(self) -> Listener:
        return self

    def bounce(self, market: Market, depth: int) -> int:
        return 1 + market.bounce(self, depth - 1) if depth else 0


class Crowd:
    """What the test asks of them."""

    def __init__(self, members: list[Member]) -> None:
        self._members = members

    def all_at_once(self, rounds: int, depth: int) -> list[str]:
        """All register and have themselves called back, again and again: misses."""
        together = threading.Barrier(len(self._members))

        def act(member: Member) -> list[str]:
            together.wait(60)
            misses: list[str] = []
            name = member.name()
            for number in range(rounds):
                answer = member.market.add(f"{name} {number}", member)
                if answer != f"{name} heard {name} {number} at 0":
                    misses.append(f"{name}: {answer}")
                if (deep := member.market.bounce(member, depth)) != depth:
                    misses.append(f"{name}: {deep}")
                member.market.keep("all", member)
            if member.heard < rounds:
                misses.append(f"{name} heard {member.heard} of {rounds}")
            return misses

        with ThreadPoolExecutor(len(self._members)) as pool:
            return sum(pool.map(act, self._members), list[str]())


def main(options: dict[str, Any]) -> None:
    """Be connected until there are no more commands."""
    with ExitStack() as stack:
        members: list[Member] = []
        for name in options["names"]:
            connection = callbackgen.connect(options["address"], handshake=name)
            stack.enter_context(connection)
            members.append(Member(name, MarketStub(connection)))
        emit("ready")
        answer_commands(Crowd(members))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
