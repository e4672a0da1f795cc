from decimal import Decimal
from typing import TypeVar

from generics.generics_remote import GenericsStub
from generics.store_remote import StoreStub, StoreWrapper

Number = TypeVar("Number", int, float)
Name = TypeVar("Name", bound=str)
Money = TypeVar("Money", bound=Decimal | int)


class Implementation:
    first: str = "first"

    def put(self, item: str, /) -> str:
        self.first = item
        return item

    def double(self, number: Number) -> Number:
        return number + number

    def greet(self, name: Name) -> list[Name]:
        return [name]

    def store(self, items: dict[str, str]) -> None:
        self.first = items["a"]

    def pay(self, amount: Money) -> Money:
        return amount

    def open(self, store: StoreStub[str, int]) -> int:
        return (store.get("a") or 0) + sum(store.all())


class Numbers:
    def get(self, key: str) -> int | None:
        return len(key)

    def all(self) -> tuple[int, ...]:
        return (1, 2)


def exercise(stub: GenericsStub[str]) -> None:
    from tests.generated.serving import serving

    assert stub.put("x") == "x"
    assert stub.first == "x"
    stub.first = "y"
    assert stub.double(2) == 4
    assert stub.double(1.5) == 3.0
    assert stub.greet("n") == ["n"]
    stub.store({"a": "z"})
    assert stub.first == "z"
    assert stub.pay(3) == 3
    store = StoreWrapper[str, int](Numbers())
    with serving(store):
        assert stub.open(store) == 4
