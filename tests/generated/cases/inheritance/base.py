"""Bases in another module."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from typing import TypedDict

    class Row(TypedDict):
        name: str

else:
    Row = dict

T = TypeVar("T")
S = TypeVar("S")
W_contra = TypeVar("W_contra", contravariant=True)


class Closing(Protocol):
    """Not the docstring of who inherits."""

    def close(self) -> str:
        """Close it."""
        ...


class Reading(Closing, Protocol[T]):
    def read(self, count: int = 1) -> list[T]: ...
    def map(self, item: T, other: S) -> tuple[T, S]: ...


class Writing(Closing, Protocol[W_contra]):
    def write(self, item: W_contra) -> None: ...
    def close(self) -> str: ...
