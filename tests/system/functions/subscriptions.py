"""A service that is given functions."""

from collections.abc import Callable
from typing import Protocol


class Subscriptions(Protocol):
    """Keeps functions, and calls them."""

    def add(self, heard: Callable[[str, float], bool]) -> int:
        """Keep a function; the answer is how many distinct ones there are."""
        ...

    def remove(self, heard: Callable[[str, float], bool]) -> None: ...

    def tell(self, symbol: str, price: float) -> list[bool]:
        """Call all; their answers."""
        ...
