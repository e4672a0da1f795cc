"""A customer, with orders that fit and orders that do not."""

import sys
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

from contract import Item, Order, State
from money import Money
from shop_remote import ShopStub

import callbackgen

NOON = datetime(2026, 1, 2, 12, tzinfo=timezone(timedelta(hours=2)))
ORDER = Order([Item("pen", Decimal("1.50"))], NOON, notes={"a": b"\xff"})


class Careful:
    def confirm(self, order: Order) -> Order:
        assert order == ORDER, order
        return replace(order, state=State.SENT)


class Careless:
    def confirm(self, order: Order) -> Order:
        wrong = Item("ink", True)  # type: ignore[arg-type]
        return replace(order, items=[*order.items, wrong])


with callbackgen.connect(sys.argv[1]) as connection:
    shop = ShopStub(connection)
    shop.enter(Careful())
    shop.enter(Careless())
    total = shop.order([ORDER])
    assert type(total) is Money
    print(total.cents, total.currency)
    try:
        shop.order([ORDER, replace(ORDER, total=150)])  # type: ignore[arg-type]
    except callbackgen.RemoteError as error:
        print(f"{type(error).__name__}: {error}")
