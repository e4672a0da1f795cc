from typing import TypeVar

from inheritance.inheritance_remote import InheritanceStub

S = TypeVar("S")


class Implementation:
    written: int | None = None

    def close(self) -> str:
        return "closed"

    def read(self, count: int = 2) -> list[dict[str, int]]:
        return [{"a": count}]

    def map(self, item: dict[str, int], other: S) -> tuple[dict[str, int], S]:
        return item, other

    def write(self, item: int | None) -> None:
        self.written = item

    def own(self) -> bool:
        return self.written is None


def exercise(stub: InheritanceStub) -> None:
    assert stub.close() == "closed"
    assert stub.read() == [{"a": 2}]
    assert stub.map({"b": 1}, "x") == ({"b": 1}, "x")
    assert stub.own() is True
    stub.write(3)
    assert stub.own() is False
