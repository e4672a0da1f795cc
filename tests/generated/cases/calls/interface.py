from typing import Protocol

LIMIT = 3


class Calls(Protocol):
    """What is called like a function."""

    def __call__(self, event: str, *, count: int = LIMIT) -> list[str]:
        """Tell of an event."""
        ...

    def call_(self) -> int: ...
    def call__(self) -> int: ...
