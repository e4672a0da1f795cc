# mypy: allow-untyped-defs, allow-incomplete-defs
from typing import Protocol


class Unannotated(Protocol):
    def changed(self, symbol, price: float = 1.0, *rest, **more):  # callbackgen: ignore[CBG140]
        ...
