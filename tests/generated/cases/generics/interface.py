"""Generic Protocols and methods, written with TypeVar."""

from decimal import Decimal
from typing import Protocol, TypeVar

T = TypeVar("T")
K_contra = TypeVar("K_contra", contravariant=True)
V_co = TypeVar("V_co", covariant=True)
Number = TypeVar("Number", int, float)
Name = TypeVar("Name", bound=str)
Money = TypeVar("Money", bound="Decimal | int")


class Store(Protocol[K_contra, V_co]):
    def get(self, key: K_contra) -> V_co | None: ...
    def all(self) -> tuple[V_co, ...]: ...


class Generics(Protocol[T]):
    first: T

    def put(self, item: T, /) -> T: ...
    def double(self, number: Number) -> Number: ...
    def greet(self, name: Name) -> list[Name]: ...
    def store(self, items: dict[str, T]) -> None: ...
    def pay(self, amount: Money) -> Money: ...
    def open(self, store: Store[str, int]) -> int: ...
