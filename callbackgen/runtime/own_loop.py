"""What Pyro5's transports do in loops of others, refused."""

from __future__ import annotations

import contextlib
import selectors
import socket
from abc import ABC, abstractmethod
from typing import NoReturn


class OwnLoop(ABC):
    """A transport that has a loop of its own. The names are those of Pyro5."""

    @property
    @abstractmethod
    def sockets(self) -> list[socket.socket]:
        """Its sockets."""
        ...

    def events(self, eventsockets: object) -> NoReturn:
        """Not for this transport."""
        raise _has_own_loop("events()")

    @property
    def selector(self) -> NoReturn:
        """Not for this transport."""
        raise _has_own_loop("selector")

    @selector.setter
    def selector(self, theirs: selectors.BaseSelector) -> None:
        """Not either: one of Pyro5's that combines sets its own, with our sockets."""
        for ours in self.sockets:
            with contextlib.suppress(KeyError):
                theirs.unregister(ours)
        raise _has_own_loop("combine()")

    def combine_loop(self, server: object) -> NoReturn:
        """Not for this transport."""
        raise _has_own_loop("combine()")


def _has_own_loop(what: str) -> TypeError:
    return TypeError(
        f"{what} is not for a callbackgen.Daemon, which has a loop of its own in a "
        "thread: run its requestLoop() in a thread beside yours"
    )
