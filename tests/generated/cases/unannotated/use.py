from typing import Any

from unannotated.unannotated_remote import UnannotatedStub


class Implementation:
    def changed(self, symbol: Any, price: float = 1.0, *rest: Any, **more: Any) -> Any:
        return [symbol, price, *rest, *more.values()]


def exercise(stub: UnannotatedStub) -> None:
    assert stub.changed("a", 2.0, 3, x=4) == ["a", 2.0, 3, 4]
