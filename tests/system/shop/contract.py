"""What the shop and its customers say to each other."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Protocol

from money import Money


class State(Enum):
    NEW = "new"
    SENT = ("sent", 2)


@dataclass(frozen=True)
class Item:
    name: str
    price: Decimal


@dataclass
class Order:
    items: list[Item]
    at: datetime
    state: State = State.NEW
    total: Money | None = None
    notes: dict[str, bytes] = field(default_factory=dict)


class Customer(Protocol):
    def confirm(self, order: Order) -> Order: ...


class Shop(Protocol):
    def enter(self, customer: Customer) -> None: ...
    def order(self, orders: list[Order]) -> Money: ...
