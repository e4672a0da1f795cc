from __future__ import annotations

import builtins
from typing import Any, overload as over

from member_names.member_names_remote import MemberNamesStub


class Implementation:
    after: int = 16

    def expose(self) -> int:
        return 1

    @builtins.property
    def property(self) -> int:
        return 2

    @over
    def overload(self, a: int) -> int: ...
    @over
    def overload(self, a: str) -> str: ...
    def overload(self, a: Any) -> Any:
        return a * 2

    def cast(self, a: int) -> int:
        return a

    def final(self) -> int:
        return 5

    def load(self) -> int:
        return 6

    def call_(self) -> int:
        return 7

    def __call__(self) -> int:
        return 8

    def add(self, a: int) -> int:
        return a + 1

    def connected(self) -> bool:
        return True

    def format(self, a: int = 3) -> str:
        return str(a)

    def exposed(self) -> int:
        return 10

    def exposed_attribute(self) -> int:
        return 11

    def attribute(self) -> int:
        return 12

    def list(self) -> builtins.list[int]:
        return [13]

    def level(self) -> int:
        return 14

    def LEVEL(self) -> int:
        return 15

    @builtins.property
    def later(self) -> int:
        return 17

    @over
    def twice(self, a: int) -> int: ...
    @over
    def twice(self, a: str) -> str: ...
    def twice(self, a: Any) -> Any:
        return a * 2

    def over(self, a: int) -> int:
        return a + 18


def exercise(stub: MemberNamesStub) -> None:
    assert stub.expose() == 1
    assert stub.property == 2
    assert stub.overload(2) == 4
    assert stub.overload("a") == "aa"
    assert stub.cast(3) == 3
    assert stub.final() == 5
    assert stub.load() == 6
    assert stub.call_() == 7
    assert stub() == 8
    assert stub.add(1) == 2
    assert stub.connected() is True
    assert stub.format() == "3"
    assert stub.exposed() == 10
    assert stub.exposed_attribute() == 11
    assert stub.attribute() == 12
    assert stub.list() == [13]
    assert stub.level() == 14
    assert stub.LEVEL() == 15
    assert stub.after == 16
    assert stub.later == 17
    assert stub.twice("b") == "bb"
    assert stub.over(1) == 19
