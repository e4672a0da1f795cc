"""A stub to be called by tests, and the simplest of far ends."""

from __future__ import annotations

import socket
from typing import Any

from callbackgen.runtime import Method, Stub

_NUMBER: Method[int] = Method("number", "() -> int")
_ANYTHING: Method[Any] = Method("anything", "() -> typing.Any")
_TEXTS: Method[dict[str, str]] = Method("texts", "() -> dict[str, str]")
_NOTHING: Method[None] = Method("nothing", "() -> None", oneway=True)

PATIENCE = 30.0
"""Seconds: far more than a call may take here, far less than for ever."""


class ThingStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()

    def number(self) -> int:
        return self._call(_NUMBER)

    def anything(self) -> Any:
        return self._call(_ANYTHING)

    def texts(self) -> dict[str, str]:
        return self._call(_TEXTS)

    def nothing(self) -> None:
        self._call(_NOTHING)


def replying(made: bytes) -> Any:
    """Answers every call with bytes, whose sequence number is put in."""

    def answer(connection: socket.socket, sequence: int, _: bytes) -> None:
        connection.sendall(made[:10] + sequence.to_bytes(2, "big") + made[12:])

    return answer


def mute(_connection: socket.socket, _sequence: int, _payload: bytes) -> None:
    """Answers nothing."""
