"""A class that nobody else knows, and how its objects travel."""

import callbackgen


class Money:
    def __init__(self, cents: int, currency: str) -> None:
        if cents < 0:
            raise ValueError("less than nothing")
        self.cents = cents
        self.currency = currency

    def to_builtins(self) -> object:
        return [self.cents, self.currency]


def money(data: tuple[int, str]) -> Money:
    cents, currency = data
    return Money(cents, currency)


callbackgen.register_type(Money, Money.to_builtins, money)
