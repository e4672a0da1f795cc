"""What is carried: an event of a hundred bytes, and a list of a thousand rows."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal


class Side(enum.Enum):
    """Of a trade."""

    BUY = "buy"
    SELL = "sell"


@dataclass
class Trade:
    """An event: about 100 bytes as msgpack."""

    symbol: str
    price: Decimal
    size: int
    side: Side
    at: datetime


@dataclass
class Row:
    """One of many."""

    id: int
    name: str
    price: float
    is_open: bool
    note: str | None = None


START = datetime(2026, 1, 1, tzinfo=UTC)
EVENT = Trade("ACME.NYSE", Decimal("1234.50"), 100, Side.BUY, START)
ROWS = [
    Row(number, f"row {number}", number / 7, number % 2 == 0, "new" if number else None)
    for number in range(1000)
]
