"""The contract of Dubbo's example: plain Python, which both ends have."""

from __future__ import annotations

from typing import Protocol


class CallbackListener(Protocol):
    """What a client wants to hear."""

    def changed(self, message: str) -> None:
        """Tell that something has changed."""
        ...


class CallbackService(Protocol):
    """What the server offers."""

    def add_listener(self, key: str, listener: CallbackListener) -> None:
        """Tell the listener at once, and from then on, as long as it is there."""
        ...
