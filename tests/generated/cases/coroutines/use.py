import asyncio
from typing import TypeVar

from coroutines.coroutines_remote import CoroutinesStub

T = TypeVar("T")


class Implementation:
    async def later(self, n: int) -> str:
        await asyncio.sleep(0)
        return str(n)

    async def same(self, value: T) -> T:
        return value

    async def limited(self, n: int = 7) -> int:
        return n

    async def slowly(self) -> None:
        await asyncio.sleep(0)

    async def __call__(self, event: str) -> bool:
        return event == "x"


async def _exercise(stub: CoroutinesStub) -> None:
    assert await stub.later(3) == "3"
    assert await stub.same([1, 2]) == [1, 2]
    assert await stub.limited() == 7
    assert await asyncio.gather(*(stub.limited(n) for n in range(5))) == [0, 1, 2, 3, 4]
    await stub.slowly()
    assert await stub("x") is True


def exercise(stub: CoroutinesStub) -> None:
    asyncio.run(_exercise(stub))
