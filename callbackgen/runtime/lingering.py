"""Item streams that wait for ordinary Pyro5 clients to come back.

Pyro5 keeps those of a client that has gone for ITER_STREAM_LINGER seconds. A client
that comes and goes could leave more and more of them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from callbackgen.runtime.crowd import Crowd


class Lingering:
    """Those of one daemon, by their ids; `most` of them at a time."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._left: Crowd[str] = Crowd()

    def add(
        self, streams: dict[str, Any], ids: Iterable[str], client: object
    ) -> list[Any]:
        """Have some of Pyro5's streams wait, which a client has left.

        Beyond `most`, the oldest of the client that has left most goes. Gives what was
        taken from `streams`, since a generator ends, with code of the user's, when
        nobody has it any more.
        """
        gone: list[Any] = []
        with self._lock:
            for one in ids:
                self._left.remove(one)  # it may have been left before
                self._left.add(one, client)
            if len(self._left) > self._most:
                self._forget(streams)
            while len(self._left) > self._most:
                oldest = self._left.oldest_of_most()
                assert oldest is not None
                self._left.remove(oldest)
                gone.append(streams.pop(oldest, None))
        return gone

    def forget_others(self, streams: dict[str, Any]) -> None:
        """Forget those that do not wait any more, and whose clients they were.

        Nobody says when a stream is taken up again, or is over: it is looked for now
        and then.
        """
        with self._lock:
            self._forget(streams)

    def _forget(self, streams: dict[str, Any]) -> None:
        for one in self._left.members():
            stream = streams.get(one)
            if stream is None or stream[0] is not None:
                self._left.remove(one)
