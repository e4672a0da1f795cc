"""Arguments that no call may have: refused where they are given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import pytest

import callbackgen
from callbackgen.runtime import Method, Stub, Wrapper, exposed
from tests.system.edges.hall import looping

MOST = 64 * 1024

_COUNT: Method[int] = Method("count", "(*numbers: int, **named: int) -> int")


class Counter:
    """Counts what it is given."""

    def count(self, *numbers: int, **named: int) -> int:
        return len(numbers) + len(named)


class CounterWrapper(Wrapper, format=1):
    """As the generator writes it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: Counter) -> None:
        self.__callback = callback

    @exposed(_COUNT)
    def count(self, *numbers: int, **named: int) -> int:
        return self.__callback.count(*numbers, **named)


class CounterStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()

    def count(self, *numbers: int, **named: int) -> int:
        return self._call(_COUNT, *numbers, **named)


@contextmanager
def counting() -> Generator[CounterStub]:
    """A stub of a counter behind a daemon of ours."""
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = daemon.register(CounterWrapper(Counter()))
        with looping(daemon), callbackgen.connect(address) as connection:
            yield CounterStub(connection)


def test_too_many_arguments() -> None:
    """They are a BadArgument, by position and by name; the connection lasts."""
    with counting() as counter:
        with pytest.raises(callbackgen.BadArgument, match=f"more than {MOST} arg"):
            counter.count(*[10**6] * (MOST + 1))
        with pytest.raises(callbackgen.BadArgument, match=f"more than {MOST} arg"):
            counter.count(**{f"n{number}": 1 for number in range(MOST + 1)})
        assert counter.count(*[10**6] * MOST) == MOST
