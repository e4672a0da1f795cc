"""What the tests of the run time's edges call: a service, and what it calls back."""

from __future__ import annotations

from typing import Any, Protocol

from callbackgen import markers


class Guest(Protocol):
    """Passed to the service, which calls it back."""

    def told(self, text: str) -> str: ...

    @markers.oneway
    def noted(self, text: str) -> None: ...


class Room(Protocol):
    """One method of each kind that the tests need."""

    def echo(self, value: Any) -> Any: ...

    @markers.oneway
    def note(self, text: str) -> None: ...

    def hold(self, text: str) -> str: ...

    @markers.deadline(0.3)
    def hold_briefly(self, text: str) -> str: ...

    def fail(self, name: str) -> None: ...

    def who(self) -> Any: ...

    def join(self, guest: Guest) -> None: ...

    def relay(self, guest: Guest, text: str) -> str: ...

    def end(self) -> None: ...

    async def later(self, number: int) -> int: ...
