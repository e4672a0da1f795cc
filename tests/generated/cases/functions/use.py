import asyncio
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from functions.functions_remote import (
    FunctionsStub,
    FunctionsTarget,
    FunctionsWrapper,
    RemoteFunctions,
)
from functions.interface import Functions, Listener
from functions.listener_remote import ListenerStub

T = TypeVar("T")


class Counting:
    def __init__(self, count: int) -> None:
        self.count = count

    def changed(self, symbol: str) -> int:
        return self.count


def is_dear(symbol: str, price: float) -> bool:
    return price > 1


def is_long(symbol: str, price: float) -> bool:
    return len(symbol) > 1


def visit_stub(listener: ListenerStub) -> int:
    return listener.changed("x")


def visit_any(listener: Listener) -> int:
    return listener.changed("x")


class Implementation:
    """Fits the target; functions are annotated with stubs and with Protocols."""

    def __init__(self) -> None:
        self.done: list[str] = []

    @property
    def check(self) -> Callable[[str, float], bool]:
        return is_dear

    @property
    def visit(self) -> Callable[[ListenerStub], int]:
        return visit_stub

    def add(self, symbol: str, check: Callable[[str, float], bool]) -> bool:
        return check(symbol, 1.5)

    def maybe(self, check: Callable[[str, float], bool] | None = None) -> bool:
        return check is not None and check("ACME", 1.5)

    def omitted(self, *, done: Callable[[str], None] | None = None) -> None:
        (done or self.done.append)("done")

    def many(
        self,
        *checks: Callable[[str, float], bool],
        **named: Callable[[str, float], bool],
    ) -> int:
        return sum(check("ACME", 1.0) for check in [*checks, *named.values()])

    def listed(
        self,
        checks: list[Callable[[str, float], bool]],
        named: dict[str, Callable[[str, float], bool] | None],
    ) -> int:
        present = [check for check in named.values() if check is not None]
        return self.many(*checks, *present)

    def anything(
        self, call: Callable[..., Any], other: Callable[..., int]
    ) -> Callable[..., Any]:
        count = other(call("a", 1))

        def counted(*values: Any) -> Any:
            return [count, *values]

        return counted

    def found(self, name: str) -> Callable[[str], int] | None:
        return len if name == "len" else None

    def convert(self, change: Callable[[T], T], value: T) -> T:
        return change(change(value))

    def repeated(self, value: T) -> Callable[[int], list[T]]:
        return lambda count: [value] * count

    def nested(
        self,
        each: Callable[[Callable[[str, list[int]], None]], dict[str, int | None]],
    ) -> int:
        seen: list[tuple[str, int]] = []

        def take(name: str, numbers: list[int]) -> None:
            seen.append((name, sum(numbers)))

        return len(each(take)) + sum(number for _, number in seen)

    def visited(self, visit: Callable[[Listener], int]) -> int:
        return visit(Counting(1)) + visit(Counting(2))

    def made(self, make: Callable[[str], ListenerStub]) -> int:
        return make("a").changed("x")

    def visits(self, visits: list[Callable[[Listener], int]]) -> Sequence[int]:
        return [visit(Counting(index)) for index, visit in enumerate(visits)]

    def makers(self, makers: dict[str, Callable[[], ListenerStub]]) -> int:
        return sum(make().changed(name) for name, make in makers.items())

    def visitor(self, name: str) -> Callable[[ListenerStub], int]:
        return lambda listener: listener.changed(name)

    def maker(self) -> Callable[[int], Counting]:
        return Counting

    def turned(
        self, use: Callable[[Callable[[ListenerStub], int]], int]
    ) -> Callable[[Callable[[], ListenerStub]], int]:
        used = use(visit_stub)
        return lambda make: used + make().changed("x")

    async def later(
        self, done: Callable[[Listener], None]
    ) -> Callable[[ListenerStub], int]:
        await asyncio.to_thread(done, Counting(7))
        return visit_any


def exercise(stub: FunctionsStub) -> None:
    assert stub.check("x", 1.5) is True
    assert stub.visit(Counting(3)) == 3
    assert stub.add("ACME", is_dear) is True
    assert stub.maybe() is False
    assert stub.maybe(is_dear) is True
    said: list[str] = []
    stub.omitted(done=said.append)
    stub.omitted()
    assert said == ["done"]
    assert stub.many(is_dear, is_long, named=is_long) == 2
    assert stub.listed([is_dear, is_long], {"a": is_long, "b": None}) == 2

    def after(n: int) -> int:
        return n + 1

    assert stub.anything(lambda *values: len(values), after)("b") == [3, "b"]
    assert stub.found("none") is None
    found = stub.found("len")
    assert found is not None
    assert found("four") == 4
    assert stub.convert(lambda n: n + 1, 1) == 3
    repeated: Callable[[int], list[str]] = stub.repeated("a")
    assert repeated(2) == ["a", "a"]

    def each(take: Callable[[str, list[int]], None]) -> dict[str, int | None]:
        take("a", [1, 2])
        return {"a": 1, "b": None}

    assert stub.nested(each) == 5
    exercise_references(stub)


def exercise_references(stub: FunctionsStub) -> None:
    assert stub.visited(visit_stub) == 3
    assert stub.visited(visit_any) == 3
    assert stub.made(lambda name: Counting(4)) == 4
    assert stub.visits([visit_any, visit_stub]) == [0, 1]
    assert stub.makers({"a": lambda: Counting(5), "b": lambda: Counting(6)}) == 11
    assert stub.visitor("x")(Counting(8)) == 8
    made: ListenerStub = stub.maker()(9)
    assert made.changed("x") == 9
    turned = stub.turned(lambda visit: visit(Counting(1)))
    assert turned(lambda: Counting(2)) == 3
    met: list[int] = []

    def done(listener: ListenerStub) -> None:
        met.append(listener.changed("x"))

    assert asyncio.run(stub.later(done))(Counting(10)) == 10
    assert met == [7]


def wrapped(implementation: Implementation) -> FunctionsWrapper:
    return FunctionsWrapper(implementation)


def wrapped_as_it_is(service: Functions) -> FunctionsWrapper:
    target: FunctionsTarget = service
    return FunctionsWrapper(target)


def has_what_the_protocol_has(
    stub: FunctionsStub, wrapper: FunctionsWrapper
) -> tuple[Functions, RemoteFunctions, Functions]:
    return stub, stub, wrapper
