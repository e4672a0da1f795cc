"""What arrives on one connection: bytes to messages, and whether more is to be read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from callbackgen.runtime.wire import Limit, Message, Receiver

if TYPE_CHECKING:
    from callbackgen.runtime.budget import Held


class Inbox:
    """Has messages heard, by whoever `hear` is.

    `changed` is run when more is to be read from now on, or not, or a message begins.
    """

    __slots__ = (
        "_changed",
        "_held",
        "_is_needed",
        "_reads",
        "_receiver",
        "begun",
        "has_room",
        "hear",
    )

    def __init__(self, limit: Limit, changed: Callable[[], object]) -> None:
        self.hear: Callable[[Message], object] = bool
        self._receiver = Receiver(limit)
        self._changed = changed
        self._reads = True
        self._held: Held | None = None
        self._is_needed: Callable[[], bool] = bool
        self.has_room = True
        """Whether there is room for what would be read."""
        self.begun: float | None = None
        """Since when a message that is read has not been complete."""

    @property
    def is_read(self) -> bool:
        """Whether more is to be read."""
        return self._reads and self.has_room

    def hand_over(self, hear: Callable[[Message], object], limit: Limit) -> None:
        """Have others hear the messages, not unpacked; how large these may be."""
        self.hear = hear
        self._receiver.limit = limit
        self._receiver.unpacks = False

    def keep_to(self, held: Held, is_needed: Callable[[], bool]) -> None:
        """Keep to a budget. `is_needed` says whether anybody waits for a message."""
        self._held = held
        self._is_needed = is_needed

    def pause(self) -> None:
        """Let nothing be read until `resume`."""
        self._reads = False
        self.begun = None
        self._changed()

    def resume(self) -> None:
        """Let it be read again."""
        self._reads = True
        self.begun = time.monotonic() if self._receiver.begun else None
        self._changed()

    def arrived(self, data: bytes, go_on: Callable[[], bool]) -> None:
        """Takes bytes, and has the messages heard as long as it is to `go_on`.

        Raises WireError.
        """
        receiver = self._receiver
        receiver.feed(data)
        taken = False
        while (message := receiver.take()) is not None:
            taken = True
            self.hear(message)
            if not receiver.begun or not go_on():
                break
        if not receiver.begun or not self._reads:
            self.begun = None
        elif taken or self.begun is None:
            self.begun = time.monotonic()
            self._changed()
        if self._held is not None:
            self.look_for_room()

    def look_for_room(self) -> None:
        """Read on if there is room, or somebody waits for what arrives.

        Raises WireError where that is too much.
        """
        self._look(needed=self._is_needed())
        # Who began to wait meanwhile may have looked at `has_room` before it was set.
        if not self.has_room and self._is_needed():
            self._look(needed=True)

    def _look(self, *, needed: bool) -> None:
        if self._held is None:
            return
        arriving = self._receiver.arriving
        has_room = self._held.arrives(arriving, needed=needed)
        if has_room is not self.has_room:
            self.has_room = has_room
            is_begun = has_room and self._reads and arriving
            self.begun = time.monotonic() if is_begun else None
            self._changed()

    def unread(self, size: int) -> None:
        """Of what was heard, so many bytes are not read."""
        if self._held is not None:
            self._held.unread(size)

    def end(self) -> None:
        """The connection has ended: nothing is held any more."""
        self._receiver.forget()
        if self._held is not None:
            self._held.end()
