"""The shop. It has its customers confirm each order, and prints what they answer."""

from contract import Order, State
from customer_remote import CustomerStub
from money import Money
from shop_remote import ShopWrapper

import callbackgen


class Counter:
    def __init__(self) -> None:
        self.customers: list[CustomerStub] = []

    def enter(self, customer: CustomerStub) -> None:
        self.customers.append(customer)

    def order(self, orders: list[Order]) -> Money:
        for order in orders:
            for customer in self.customers:
                try:
                    confirmed = customer.confirm(order)
                except callbackgen.RemoteError as error:
                    print(f"{type(error).__name__}: {error}", flush=True)
                else:
                    assert confirmed.state is State.SENT, confirmed
                    print(repr(confirmed.items), confirmed.at.isoformat(), flush=True)
        return Money(150, "EUR")


with callbackgen.Daemon() as daemon:
    print(daemon.register(ShopWrapper(Counter()), "shop"), flush=True)
    daemon.requestLoop()
