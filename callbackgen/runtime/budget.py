"""How many bytes all connections of a daemon hold, of which each client has a part.

There is one for what has arrived and is not read, and one for what is to be sent.

What a connection may queue is little, but there may be thousands of them. So what all
of them hold beyond a little each is limited together: what would be more stays where it
is, in the sockets, and is read later. One client cannot take it all while others are
there, and each may hold one message in any case.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from typing import TypeAlias

    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.shares import Client, Share

    Task: TypeAlias = Callable[[], object]

_FREE: Final = 16 * 1024
"""Bytes that each connection may hold that are not counted: most hold no more."""


class Budget:
    """The bytes that are counted. `soon` has the loop run a task."""

    def __init__(self, settings: Settings, soon: Callable[[Task], object]) -> None:
        self._settings = settings
        self._soon = soon
        self._of_client: dict[Client, int] = {}
        self._waiting: dict[Held, Task] = {}
        self._is_looking = False
        self.lock = threading.Lock()
        self.total = 0

    # With the lock

    def fits(self, client: Client, more: int) -> bool:
        """Whether a client may hold so many bytes more."""
        held = self._of_client.get(client, 0) + more
        most = self._settings.held_size
        return held <= self._settings.message_size or (
            self.total + more <= most and held <= client.most(most)
        )

    def is_over(self, client: Client, held: int) -> bool:
        """Whether a connection that holds so much has to go, if it cannot wait.

        It holds more than a message, and its client more than it may of what is there.
        """
        settings = self._settings
        most = client.most(settings.held_size)
        return held > settings.message_size and self._of_client.get(client, 0) > most

    def count(self, client: Client, change: int) -> None:
        """A client holds so many bytes more or less."""
        self.total += change
        held = self._of_client.pop(client, 0) + change
        if held:
            self._of_client[client] = held
        if change < 0 and self._waiting and not self._is_looking:
            self._is_looking = True
            self._soon(self._look_again)

    def wait(self, held: Held, go_on: Task) -> None:
        """Have the loop run a task when something has become less."""
        self._waiting[held] = go_on

    def forget(self, held: Held) -> None:
        """A connection does not wait any more."""
        self._waiting.pop(held, None)

    def _look_again(self) -> None:
        with self.lock:
            self._is_looking = False
            waiting, self._waiting = self._waiting, {}
        for go_on in waiting.values():
            go_on()


class Held:
    """What one connection holds: messages that are not read, one that arrives.

    Or bytes that it has not taken, which are `unread` as well.
    """

    __slots__ = (
        "_arriving",
        "_budget",
        "_client",
        "_counted",
        "_go_on",
        "_has_ended",
        "_unread",
    )

    def __init__(self, budget: Budget, share: Share, go_on: Task = bool) -> None:
        self._budget = budget
        self._client = share.client
        self._go_on = go_on
        self._unread = 0
        self._arriving = 0
        self._counted = 0
        self._has_ended = False

    def unread(self, size: int) -> None:
        """So many bytes of messages have arrived and are not read."""
        before, self._unread = self._unread, size
        if self._counted or max(before, size) + self._arriving > _FREE:
            with self._budget.lock:
                self._count()

    def arrives(self, size: int, *, needed: bool) -> bool:
        """A message of so many bytes arrives: whether there is room for what follows.

        Else `go_on` is run in the loop when there may be. `needed`: somebody waits for
        what comes after it. Then one message is let in, and more as long as its client
        does not hold more than it may. WireError is raised beyond.
        """
        if not self._counted and self._unread + size <= _FREE:
            self._arriving = size
            return True
        with self._budget.lock:
            if self._has_ended:
                return True
            if size <= self._arriving:
                self._arriving = size
                self._count()
            more = max(self._unread + size - _FREE, 0) - self._counted
            fits = self._budget.fits(self._client, more)
            if fits or needed:
                self._arriving = size
                self._count()
            if fits:
                return True
            if not needed:
                self._budget.wait(self, self._go_on)
                return False
            if self._budget.is_over(self._client, self._counted):
                raise WireError("this client has too many bytes that are not read")
            return True

    @property
    def has_room(self) -> bool:
        """Whether there is room for more."""
        if not self._counted:
            return True
        with self._budget.lock:
            return self._budget.fits(self._client, 0)

    def end(self) -> None:
        """The connection has ended: it holds nothing any more."""
        with self._budget.lock:
            self._has_ended = True
            self._budget.forget(self)
            self._count()

    def _count(self) -> None:
        counted = max(self._unread + self._arriving - _FREE, 0)
        if self._has_ended:  # what still runs is told of what was read until then
            counted = 0
        change, self._counted = counted - self._counted, counted
        if change:
            self._budget.count(self._client, change)
