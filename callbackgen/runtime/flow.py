"""How much one end of a connection sends before the other end has taken it.

The sender keeps to the limits: what is beyond them waits at its caller. The receiver
need not stop reading then, behind which the answers that it waits for would be stuck.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from typing import TypeAlias

    from callbackgen.runtime.settings import Settings

_SYNCHRONISED: Final = 2
"""How often the other end is asked for each full set of oneway calls."""

_PART: Final = 8
"""Of the bytes that may be queued there, one part may be sent as calls, and one as
oneway calls. Each exceeds that by one message at most, which has two parts."""

Sent: TypeAlias = "tuple[int, int]"
"""How many oneway calls have been sent, and the bytes of all of them."""


class Flow:
    """What one end has sent, and how much of it the other end has taken."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._calls = 0
        self._bytes = 0
        self.sent: Sent = 0, 0
        self._asked: Sent = 0, 0
        self._taken: Sent = 0, 0

    @property
    def _part(self) -> int:
        return self._settings.queue_size // _PART

    @property
    def may_call(self) -> bool:
        """Whether another call may be sent that is not part of a chain."""
        return self._calls < self._settings.in_flight and self._bytes <= self._part

    @property
    def may_send_oneway(self) -> bool:
        """Whether the other end has taken enough of the oneway calls so far."""
        number, size = self._since(self._taken)
        return number < self._settings.oneways and size <= self._part

    def called(self, size: int) -> None:
        """A call of so many bytes has been sent."""
        self._calls += 1
        self._bytes += size

    def ended(self) -> None:
        """Nobody waits for its answer any more: that is here, or late."""
        self._calls -= 1

    def answered(self, size: int) -> None:
        """The answer to a call of so many bytes is here: the other end has taken it."""
        self._bytes -= size

    def has_to_ask(self, size: int) -> bool:
        """A oneway call of so many bytes is sent: whether to ask if it was taken."""
        number, sent = self.sent
        self.sent = number + 1, sent + size
        number, size = self._since(self._asked)
        step = max(self._settings.oneways // _SYNCHRONISED, 1)
        if number < step and size <= self._part // _SYNCHRONISED:
            return False
        self._asked = self.sent
        return True

    def taken(self, sent: Sent) -> None:
        """The other end has taken all that had been sent then."""
        self._taken = max(self._taken, sent)

    def _since(self, then: Sent) -> Sent:
        return self.sent[0] - then[0], self.sent[1] - then[1]
