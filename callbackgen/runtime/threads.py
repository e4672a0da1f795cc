"""Threads of the run time's own, a few for each purpose and for each process."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from callbackgen.runtime.deadline import Deadline

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

R = TypeVar("R")


class Aside:
    """Does what may block for long in a thread of its own, `most` at a time.

    The thread ends with what it does; one that hangs is left behind.
    """

    def __init__(self, most: int, purpose: str) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._purpose = purpose

    def do(self, deadline: Deadline, function: Callable[[], R]) -> R:
        """What the function returns or raises; TimeoutError after the deadline."""
        if not self._free.acquire(timeout=deadline.remaining()):
            raise TimeoutError
        from concurrent.futures import Future  # here: most have no use for it

        future: Future[R] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:  # noqa: BLE001 - raised where it is wanted
                future.set_exception(error)
            finally:
                self._free.release()

        name = f"callbackgen {self._purpose}"
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        result = future.result(deadline.remaining())
        thread.join()
        return result


class Pool:
    """At most `most` threads, started when needed; a forked process has its own.

    Their names begin with ``callbackgen-`` and `purpose`.
    """

    def __init__(self, most: int, purpose: str) -> None:
        self._most = most
        self._purpose = purpose
        self._executors: dict[int, ThreadPoolExecutor] = {}

    def of_this_process(self) -> ThreadPoolExecutor:
        """The threads of this process; a forked one has none of its parent's."""
        process = os.getpid()
        executor = self._executors.get(process)
        if executor is None:
            from concurrent.futures import ThreadPoolExecutor

            self._executors.clear()
            executor = self._executors.setdefault(
                process, ThreadPoolExecutor(self._most, f"callbackgen-{self._purpose}")
            )
        return executor
