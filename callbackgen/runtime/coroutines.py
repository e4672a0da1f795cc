"""``async def`` methods of a wrapped object, run for a caller in another thread.

Each runs on the event loop that was running when its wrapper was made, or that awaits
the call in which an object was passed. A wrapper that was made without one uses a loop
of ours, in one thread for the whole process.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import contextvars
import inspect
import os
import threading
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

awaiting_loop: ContextVar[asyncio.AbstractEventLoop | None] = ContextVar(
    "awaiting_loop", default=None
)
"""The event loop that awaits a call of a stub, in the thread that makes the call."""

_GRACE: Final = 1.0
"""Seconds that a cancelled coroutine has to end before its caller goes on without."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a coroutine ended. One that raises inside a loop could end the loop."""

    value: Any = None
    error: BaseException | None = None


class _Background:
    """The process's own event loop, started at its first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, running."""
        with self._lock:
            if self._loop is None:
                # The loop keeps the context that it is made in: not that of a call.
                self._loop = contextvars.Context().run(asyncio.new_event_loop)
                started = threading.Event()
                self._loop.call_soon(started.set)
                self._thread = threading.Thread(
                    target=self._loop.run_forever,
                    name="callbackgen event loop",
                    daemon=True,
                )
                self._thread.start()
                started.wait()
            return self._loop

    def end(self) -> None:
        """Stop the loop; a coroutine that does not let go is left behind."""
        with self._lock:
            if self._loop is None or self._thread is None:
                return
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(_GRACE)
            if not self._thread.is_alive():
                self._loop.close()
            self._loop = self._thread = None

    def forget(self) -> None:
        """Start anew in a forked child, where the thread does not exist."""
        self._lock = threading.Lock()
        self._loop = self._thread = None


_background = _Background()
atexit.register(_background.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_background.forget)


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The event loop that runs in this thread, if one does."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def run(
    start: Callable[[], Coroutine[Any, Any, Any]],
    loop: asyncio.AbstractEventLoop | None,
    seconds: float,
    name: str,
) -> Any:
    """Run the coroutine that `start` makes on `loop` (None: ours) and wait for it.

    Returns or raises what it does. Raises TimeoutError when it has been cancelled
    after `seconds`, RuntimeError where it cannot be run: the loop does not run, or
    it is the one of this very thread, which would wait for itself.
    """
    loop = _background.loop() if loop is None else loop
    if running_loop() is loop:
        raise RuntimeError(
            f"{name}() was called on the event loop that it has to run on, and would "
            "wait for itself: make calls, and run a Pyro5 daemon, in other threads "
            "(asyncio.to_thread)"
        )
    if not loop.is_running():
        raise RuntimeError(
            f"{name}() cannot run: the event loop that ran when its wrapper was made "
            "does not run any more"
        )
    return _result_of(_bounded(start, seconds, name), loop, seconds, name)


def _result_of(
    body: Coroutine[Any, Any, _Outcome],
    loop: asyncio.AbstractEventLoop,
    seconds: float,
    name: str,
) -> Any:
    future: concurrent.futures.Future[_Outcome] | None = None
    try:
        future = asyncio.run_coroutine_threadsafe(body, loop)
        outcome = future.result(seconds + _GRACE)
    except TimeoutError:
        raise TimeoutError(
            f"{name}() did not end within {seconds:g} s, nor when it was cancelled"
        ) from None
    except concurrent.futures.CancelledError:
        raise RuntimeError(f"{name}() was cancelled") from None
    finally:
        if future is not None:
            future.cancel()
        if inspect.getcoroutinestate(body) == inspect.CORO_CREATED:
            body.close()  # the loop has ended before it got to it
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


async def _bounded(
    start: Callable[[], Coroutine[Any, Any, Any]], seconds: float, name: str
) -> _Outcome:
    scope = asyncio.timeout(seconds)
    try:
        async with scope:
            return _Outcome(await start())
    except asyncio.CancelledError:
        raise
    except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
        if scope.expired() and isinstance(error, TimeoutError):
            error = TimeoutError(f"{name}() was cancelled after {seconds:g} s")
        return _Outcome(error=error)
