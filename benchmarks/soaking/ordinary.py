"""One connection of an ordinary Pyro5 client, and what it has to see."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import Pyro5.api

from benchmarks.soaking.visit import Unexpected, expect

SERIALIZERS = ("serpent", "json", "msgpack")


class OrdinaryVisit:
    """What a client does from connecting to leaving, by a proxy for each object."""

    def __init__(self, address: str, random: Random) -> None:
        self._random = random
        self._noted = 0
        place = address.partition("@")[2]
        make: Any = Pyro5.api.Proxy
        self.proxies: list[Any] = []
        for name in ("market", "diary", "plain"):
            proxy = make(f"PYRO:{name}@{place}")
            proxy._pyroSerializer = random.choice(SERIALIZERS)  # noqa: SLF001 - documented
            proxy._pyroTimeout = 60  # noqa: SLF001 - documented
            self.proxies.append(proxy)
        self._market, self._diary, self._plain = self.proxies

    def begin(self) -> None:
        """Connect."""
        for proxy in self.proxies:
            proxy._pyroBind()  # noqa: SLF001 - documented

    def descriptors(self) -> list[int]:
        """The sockets of the proxies."""
        return [proxy._pyroConnection.fileno() for proxy in self.proxies]  # noqa: SLF001

    def do_something(self) -> None:
        """Call, and check the answer. Raises Unexpected, and what Pyro5 does."""
        self._random.choice(self._actions())()

    def end(self) -> None:
        """Leave."""
        for proxy in self.proxies:
            proxy._pyroRelease()  # noqa: SLF001 - documented

    def _quote(self) -> None:
        number = self._random.randrange(1_000_000)
        expect("quote", self._market.quote(number), 2 * number)

    def _batch(self) -> None:
        batch: Any = Pyro5.api.BatchProxy(self._market)
        for number in (1, 2, 3):
            batch.quote(number)
        expect("a batch", list(batch()), [2, 4, 6])

    def _note(self) -> None:
        """The server checks the order."""
        for _ in range(self._random.randint(1, 5)):
            self._noted += 1
            self._diary.note(self._noted)

    def _stream(self) -> None:
        """Some are read to their end, and some are left."""
        numbers = self._plain.numbers(5)
        expect("a stream", [next(numbers), next(numbers)], [0, 1])
        if self._random.randrange(2):
            expect("a stream", list(numbers), [2, 3, 4])

    def _fail(self) -> None:
        try:
            self._plain.fail("as asked")
        except ValueError as error:
            expect("fail", str(error), "as asked")
        else:
            raise Unexpected("fail has not failed")

    def _actions(self) -> list[Callable[[], None]]:
        """Some are more frequent than others."""
        return [
            *[self._quote] * 3,
            self._batch,
            self._note,
            self._stream,
            self._fail,
        ]
