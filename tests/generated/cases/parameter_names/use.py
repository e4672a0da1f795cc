from typing import TypeVar

from parameter_names.later_remote import LaterStub
from parameter_names.parameter_names_remote import ParameterNamesStub

T = TypeVar("T")


class Implementation:
    def mine(this, self: int) -> int:  # pyright: ignore[reportSelfClsParameterName]
        return self

    def typing(self, Final: int, Any: int, *, cast: int = 1) -> int:
        return Final * 100 + Any * 10 + cast

    def call(self, method: int, arguments: int, keywords: int) -> int:
        return method * 100 + arguments * 10 + keywords

    def variadic(self, *arguments: int, **keywords: int) -> int:
        return sum(arguments) + sum(keywords.values())

    def locals(self, result: T, callback: int = 1, wrapper: int = 1) -> T:
        return result

    def reference(self, listener: LaterStub, cast: int) -> int:
        return listener.fire() + cast

    def names(self, int: float, OMITTED: float = 5, _CALL: float = 0) -> float:
        return int + OMITTED + _CALL


def exercise(stub: ParameterNamesStub) -> None:
    assert stub.mine(3) == 3
    assert stub.mine(self=4) == 4
    assert stub.typing(1, Any=2, cast=3) == 123
    assert stub.call(method=1, arguments=2, keywords=3) == 123
    assert stub.variadic(1, 2, method=3, self_=4) == 10
    assert stub.locals("x") == "x"
    assert stub.names(1) == 6
