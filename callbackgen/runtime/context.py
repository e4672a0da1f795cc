"""Whose call is being served by the code that runs, and until when.

It is kept in a context variable, so that it goes with an ``async def`` to its event
loop and with a call into the thread that makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.runtime.deadline import Deadline

if TYPE_CHECKING:
    from typing import TypeAlias

    from callbackgen.runtime.envelope import Heading

Chains: TypeAlias = "Mapping[object, int]"
"""For each connection on which this code is called, the number of the chain there."""


@dataclass(frozen=True, slots=True)
class Peer:
    """The other end of the connection over which a call came.

    `identity` is what `authenticate` gave for it (None without), `address` its address
    as text, `connection` the connection object of this end: what Pyro5's
    `validateHandshake` and `clientDisconnect` are given at the server's end, what
    `callbackgen.connect` gave at the client's.
    """

    identity: object
    address: str
    connection: Any


class Serving(msgspec.Struct, eq=False):
    """The call that the code that runs is serving.

    A task that it starts goes on in the same context when it `is_over`.
    """

    peer: Peer
    called: Heading | None = None
    end: float | None = None
    depth: int = 1
    chains: Chains = msgspec.field(default_factory=dict[object, int])
    is_over: bool = False
    is_told: bool = False
    """Whether who runs the server has been told that it failed."""

    @property
    def name(self) -> str:
        """The method that is served, for people."""
        return named(self.called)


def named(called: Heading | None) -> str:
    """The method of a call, for people. What a peer says is shown with care."""
    if called is None:
        return "a call"
    interface = called.interface.rpartition(".")[2]
    return ascii(f"{interface}.{called.method}"[:200])[1:-1]


serving: Final[ContextVar[Serving | None]] = ContextVar(
    "callbackgen_serving", default=None
)


def served() -> Serving | None:
    """The call that is being served, and is not over."""
    current = serving.get()
    return None if current is None or current.is_over else current


def current_peer() -> Peer:
    """Who has called the method that runs.

    Raises RuntimeError outside of a method that is being called from the other end.
    """
    current = serving.get()
    if current is None:
        raise RuntimeError(
            "current_peer() is for methods that are being called by another process"
        )
    return current.peer


def deadline_within(seconds: float) -> Deadline:
    """A deadline of that many seconds, or of what the call that is served has left."""
    current = served()
    if current is None or current.end is None:
        return Deadline(seconds)
    return Deadline(seconds, current.end)
