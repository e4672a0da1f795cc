"""Threads of the run time's own, a few for each purpose and for each process."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor


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
            self._executors.clear()
            executor = self._executors.setdefault(
                process, ThreadPoolExecutor(self._most, f"callbackgen-{self._purpose}")
            )
        return executor
