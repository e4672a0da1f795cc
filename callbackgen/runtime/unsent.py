"""Bytes that wait to be sent on one connection: how many, since when, and who waits."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from callbackgen.runtime.budget import Held
    from callbackgen.runtime.deadline import Deadline
    from callbackgen.runtime.settings import Settings

_OVERFULL: Final = 4
"""How many times what is called full is too much."""

_LOOK: Final = 0.1
"""Seconds after which is looked whether others have made room."""


class Unsent:
    """A queue, in order. `lock` is held around all but the questions.

    `held` is what the connection holds of what all may hold.
    """

    def __init__(
        self, settings: Settings, lock: threading.Lock, held: Held | None = None
    ) -> None:
        self._held = held
        self._settings = settings
        self._room = threading.Condition(lock)
        self._pieces: deque[tuple[float, memoryview]] = deque()
        self._size = 0
        self._may_wait = True

    @property
    def is_empty(self) -> bool:
        """Whether all has been sent."""
        return not self._pieces

    @property
    def is_full(self) -> bool:
        """Whether so much is here that no more should be made."""
        settings = self._settings
        return (
            self._size > settings.queue_size
            or len(self._pieces) > settings.queue_messages
            or not (self._held is None or self._held.has_room)
        )

    @property
    def is_overfull(self) -> bool:
        """Whether more is here than anybody leaves who waits for room."""
        settings = self._settings
        return (
            self._size > _OVERFULL * settings.queue_size
            or len(self._pieces) > _OVERFULL * settings.queue_messages
        )

    @property
    def oldest(self) -> float | None:
        """When the first piece came; it may have been sent in part since."""
        return self._pieces[0][0] if self._pieces else None

    def add(self, piece: memoryview, now: float) -> None:
        """One more piece, the last."""
        self._pieces.append((now, piece))
        self._size += len(piece)
        self._count()

    def send(self, send: Callable[[memoryview], int]) -> None:
        """Have pieces sent until one is not taken whole.

        `send` gives how many bytes of a piece it has taken.
        """
        while self._pieces:
            since, piece = self._pieces[0]
            sent = send(piece)
            self._size -= sent
            if sent < len(piece):
                self._pieces[0] = since, piece[sent:]
                break
            self._pieces.popleft()
        self._count()
        if not self.is_full:
            self._room.notify_all()

    def wait_for_room(self, deadline: Deadline) -> None:
        """Wait until little enough is here. Raises TimeoutError."""
        while self.is_full and self._may_wait:
            self._room.wait(min(deadline.remaining(), _LOOK))

    def stop_waiting(self) -> None:
        """From now on nobody waits for room: there will be none."""
        self._may_wait = False
        self._room.notify_all()

    def drop(self) -> None:
        """Nothing more is sent."""
        self._pieces.clear()
        self._size = 0
        self._count()
        self.stop_waiting()

    def _count(self) -> None:
        if self._held is not None:
            self._held.unread(self._size)
