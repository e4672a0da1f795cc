"""An object at the far end, and its generated classes as the generator writes them."""

from __future__ import annotations

import threading

from Pyro5.callcontext import current_context

from callbackgen.runtime import Method, Stub, Wrapper, exposed
from callbackgen.runtime.envelope import remaining_in

_ADD: Method[int] = Method("add", "(a: int, b: int) -> int")
_HOLD: Method[str] = Method("hold", "(text: str) -> str")
_QUICK: Method[str] = Method("quick", "(text: str) -> str", deadline=0.3)
_TOLD: Method[None] = Method("told", "(text: str) -> None", oneway=True)
_LEFT: Method[float] = Method("left", "() -> float")

PATIENCE = 30.0
"""Seconds: far more than a call may take here."""


class Desk:
    """The object at the far end; `release` lets its held calls go on."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.arrived = threading.Semaphore(0)
        self.texts: list[str] = []

    def add(self, a: int, b: int) -> int:
        return a + b

    def hold(self, text: str) -> str:
        self.texts.append(text)
        self.arrived.release()
        self.release.wait(PATIENCE)
        return text

    quick = hold

    def told(self, text: str) -> None:
        self.texts.append(text)

    def left(self) -> float:
        return remaining_in(current_context.annotations) or -1


class DeskWrapper(Wrapper, format=1):
    """As the generator writes it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: Desk) -> None:
        self.__callback = callback

    @exposed(_ADD)
    def add(self, a: int, b: int) -> int:
        return self.__callback.add(a, b)

    @exposed(_HOLD)
    def hold(self, text: str) -> str:
        return self.__callback.hold(text)

    @exposed(_QUICK)
    def quick(self, text: str) -> str:
        return self.__callback.quick(text)

    @exposed(_TOLD)
    def told(self, text: str) -> None:
        return self.__callback.told(text)

    @exposed(_LEFT)
    def left(self) -> float:
        return self.__callback.left()


class DeskStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()

    def add(self, a: int, b: int) -> int:
        return self._call(_ADD, a, b)

    async def add_later(self, a: int, b: int) -> int:
        return await self._call_async(_ADD, a, b)

    def hold(self, text: str) -> str:
        return self._call(_HOLD, text)

    async def hold_later(self, text: str) -> str:
        return await self._call_async(_HOLD, text)

    def quick(self, text: str) -> str:
        return self._call(_QUICK, text)

    def told(self, text: str) -> None:
        return self._call(_TOLD, text)

    def left(self) -> float:
        return self._call(_LEFT)


class OtherStub(Stub, format=1):
    """Another interface."""

    __slots__ = ()
