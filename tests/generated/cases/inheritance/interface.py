from typing import Protocol

from . import base as bases
from .base import Writing


class Inheritance(bases.Reading[dict[str, int]], Writing[int | None], Protocol):
    """Members of two bases, and of theirs."""

    def own(self) -> bool: ...
    def read(self, count: int = 2) -> list[dict[str, int]]: ...
