"""Coroutines of wrapped objects run for callers in threads, and end in time."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import threading
import weakref

import pytest

from callbackgen.runtime import coroutines
from tests.patience import patiently
from tests.system.edges.hall import PATIENCE, reached


async def add(one: int, two: int) -> int:
    await asyncio.sleep(0)
    return one + two


def test_runs_on_our_own_loop() -> None:
    """Without a loop of its own a coroutine runs in one thread of ours, always it."""

    async def thread() -> str:
        return threading.current_thread().name

    names = {coroutines.run(thread, None, PATIENCE, "m") for _ in range(3)}
    assert names == {"callbackgen event loop"}
    assert coroutines.run(lambda: add(1, 2), None, PATIENCE, "m") == 3


def test_runs_on_the_given_loop() -> None:
    """The loop that ran when the wrapper was made runs its coroutines."""

    async def main() -> tuple[object, object]:
        here = asyncio.get_running_loop()

        async def loop() -> object:
            return asyncio.get_running_loop()

        ran_on = await asyncio.to_thread(coroutines.run, loop, here, PATIENCE, "m")
        return ran_on, here

    ran_on, here = asyncio.run(main())
    assert ran_on is here


def test_is_cancelled_at_the_deadline() -> None:
    """It is cancelled, sees that, and its caller gets a TimeoutError that says so."""

    def attempt(times: int) -> None:
        cancelled = threading.Event()
        seconds = 0.05 * times

        async def forever() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        with pytest.raises(
            TimeoutError, match=rf"m\(\) was cancelled after {seconds:g} s"
        ):
            coroutines.run(forever, None, seconds, "m")
        assert cancelled.is_set()

    patiently(attempt)


def test_one_that_ignores_its_cancellation_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its caller goes on all the same."""
    monkeypatch.setattr(coroutines, "_GRACE", 0.05)

    def attempt(times: int) -> None:
        let_go: list[asyncio.Event] = []
        ended = threading.Event()

        async def stubborn() -> None:
            let_go.append(asyncio.Event())
            while not let_go[0].is_set():
                try:
                    await let_go[0].wait()
                except asyncio.CancelledError:
                    continue
            ended.set()

        async def release() -> None:
            for each in let_go:
                each.set()

        try:
            with pytest.raises(TimeoutError, match="nor when it was cancelled"):
                coroutines.run(stubborn, None, 0.05 * times, "m")
        finally:
            coroutines.run(release, None, PATIENCE, "m")
        assert let_go, "it had no time to begin"
        assert ended.wait(PATIENCE)

    patiently(attempt)


@pytest.mark.parametrize("kind", [ValueError, TimeoutError, SystemExit])
def test_what_it_raises_reaches_the_caller(kind: type[BaseException]) -> None:
    """Its own exception is raised in the caller, and never ends the loop."""

    async def failing() -> None:
        raise kind("mine")

    with pytest.raises(kind, match="mine"):
        coroutines.run(failing, None, PATIENCE, "m")
    assert coroutines.run(lambda: add(1, 1), None, PATIENCE, "m") == 2


def test_one_that_is_cancelled_from_elsewhere() -> None:
    """A cancellation that is not the deadline's is an error that says so."""

    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match=r"m\(\) was cancelled"):
        coroutines.run(cancelled, None, PATIENCE, "m")


def test_call_on_its_own_loop_is_refused() -> None:
    """It would wait for itself for ever; instead the error says what to do."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with pytest.raises(RuntimeError, match="would wait for itself"):
            coroutines.run(lambda: add(1, 2), loop, PATIENCE, "m")

    asyncio.run(main())


def test_a_loop_that_has_ended_is_said() -> None:
    """A wrapper that outlives its loop says so at once, and wakes no coroutine."""

    async def main() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    ended = asyncio.run(main())
    with pytest.raises(RuntimeError, match="does not run any more"):
        coroutines.run(lambda: add(1, 2), ended, PATIENCE, "m")


def test_our_loop_keeps_nothing_of_the_call_that_came_first() -> None:
    """It lives as long as the process; what the caller's context held does not."""

    class Held:
        pass

    held = contextvars.ContextVar[Held]("held")

    def first() -> weakref.ref[Held]:
        held.set(value := Held())
        assert coroutines.run(lambda: add(1, 2), None, PATIENCE, "m") == 3
        return weakref.ref(value)

    coroutines.__dict__["_background"].end()
    left = contextvars.Context().run(first)
    # The loop may be about to end what it did for that call.
    assert reached(lambda: gc.collect() >= 0 and left() is None)
