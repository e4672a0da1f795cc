import asyncio
from typing import Any, Literal, overload

from overloads.overloads_remote import OverloadsStub


class Implementation:
    @overload
    def get(self, key: str) -> str: ...
    @overload
    def get(self, key: str, default: int) -> str | int: ...
    @overload
    def get(self, key: int, *, many: Literal[True]) -> list[str]: ...
    @overload
    def get(self, key: int) -> int: ...
    def get(self, key: Any, default: int = 0, *, many: bool = False) -> Any:
        if many:
            return [str(key)]
        return default or key

    @overload
    async def wait(self, seconds: int) -> int: ...
    @overload
    async def wait(self, seconds: str) -> str: ...
    async def wait(self, seconds: Any) -> Any:
        return seconds

    @overload
    def __call__(self) -> None: ...
    @overload
    def __call__(self, value: int) -> int: ...
    def __call__(self, value: int | None = None) -> int | None:
        return value

    def plain(self, value: Any) -> Any:
        return value


def exercise(stub: OverloadsStub) -> None:
    assert stub.get("a") == "a"
    assert stub.get("a", 3) == 3
    assert stub.get(5) == 5
    assert stub.get(5, many=True) == ["5"]
    assert asyncio.run(stub.wait(1)) == 1
    assert asyncio.run(stub.wait("1")) == "1"
    stub()
    assert stub(4) == 4
    assert stub.plain({"a": [1, None]}) == {"a": [1, None]}
