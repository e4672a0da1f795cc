"""Calls over stock Pyro5 that are awaited, while others hang."""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack

import pytest

from callbackgen import DeadlineExceeded, with_deadline
from tests.unit.runtime.desk import PATIENCE, DeskStub
from tests.unit.runtime.hostile import Hostile, hostile, message
from tests.unit.runtime.thing import mute, replying

HONEST = replying(message(0, 5))
MANY = 100
"""More than there are threads."""


async def _ended(*calls: asyncio.Task[str]) -> None:
    for call in calls:
        call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)


def test_a_stub_that_hangs_holds_no_other() -> None:
    """However many calls of it are awaited: they wait for each other, in one thread."""

    async def scenario(far: Hostile, other: DeskStub) -> None:
        hanging = with_deadline(DeskStub(far.address), PATIENCE)
        calls = [asyncio.create_task(hanging.hold_later("x")) for _ in range(MANY)]
        assert await asyncio.to_thread(far.came, 1)
        assert await other.add_later(2, 3) == 5
        with pytest.raises(DeadlineExceeded):
            await with_deadline(hanging, 0.1).hold_later("behind them")
        assert not any(call.done() for call in calls)
        assert far.connections == 1
        assert len(far.calls) <= 1
        await _ended(*calls)

    with hostile(mute) as far, hostile(HONEST) as honest:
        other = with_deadline(DeskStub(honest.address), PATIENCE)
        asyncio.run(scenario(far, other))


def test_a_host_that_hangs_holds_no_other() -> None:
    """Many objects of one peer have half of the threads; another host has the rest."""

    async def scenario(far: Hostile, other: DeskStub) -> None:
        stubs = [with_deadline(DeskStub(far.address), PATIENCE) for _ in range(MANY)]
        calls = [asyncio.create_task(stub.hold_later("x")) for stub in stubs]
        await asyncio.to_thread(far.came, 32)
        assert await other.add_later(2, 3) == 5
        assert far.connections <= 32
        await _ended(*calls)

    with hostile(mute) as far, hostile(HONEST) as honest:
        address = honest.address.replace("127.0.0.1", "localhost")
        asyncio.run(scenario(far, with_deadline(DeskStub(address), PATIENCE)))


def test_awaited_calls_of_one_stub_come_in_order() -> None:
    """They are sent in the order in which they were begun."""

    async def scenario(stub: DeskStub) -> None:
        await asyncio.gather(*(stub.hold_later(str(each)) for each in range(20)))

    with hostile(replying(message(0, "x"))) as far:
        asyncio.run(scenario(with_deadline(DeskStub(far.address), PATIENCE)))
        arrived = [bytes(call.data) for call in far.calls]
    assert [f"'{each}'".encode() in arrived[each] for each in range(20)] == [True] * 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_awaits_with_threads_of_its_own() -> None:
    """Those of its parent are not there, and a call that hangs there is not its own."""
    with ExitStack() as stack:
        far = stack.enter_context(hostile(HONEST))
        stub = with_deadline(DeskStub(far.address), PATIENCE)
        assert asyncio.run(stub.add_later(2, 3)) == 5
        child = os.fork()
        if child == 0:
            code = 1
            try:
                code = 0 if asyncio.run(stub.add_later(2, 3)) == 5 else 2
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        assert asyncio.run(stub.add_later(2, 3)) == 5
