"""Threads of the run time's own for what may block, a few for each purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from callbackgen.runtime.deadline import Deadline

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
