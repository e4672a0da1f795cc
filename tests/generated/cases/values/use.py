import math
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from types import MappingProxyType
from typing import Any, Literal

from values.interface import Row, UserId
from values.values_remote import ValuesStub


class Implementation:
    def scalars(self, a: None, b: bool, c: int, d: float, e: complex, f: str) -> str:
        return repr((a, b, c, d, e, f))

    def arrays(
        self, a: list[int], b: tuple[int, str], c: tuple[int, ...], d: tuple[()]
    ) -> list[int]:
        assert type(b) is tuple and type(c) is tuple and d == ()
        return [*a, b[0], *c]

    def sets(self, a: set[int], b: frozenset[str]) -> set[int | str]:
        assert type(a) is set and type(b) is frozenset
        return {*a, *b}

    def mappings(
        self, a: dict[str, int], b: dict[tuple[int, int], bool]
    ) -> dict[int, str]:
        return {value: key for key, value in a.items()} | {
            x + y: str(z) for (x, y), z in b.items()
        }

    def abstract(
        self,
        a: Sequence[int],
        b: Mapping[str, int],
        c: Set[int],
        d: Collection[int],
        e: Iterable[int],
    ) -> list[str]:
        return [type(value).__name__ for value in (a, b, c, d, e)]

    def named(self, user: UserId, row: Row, names: list[str] | None) -> Row | None:
        return {"name": f"{user} {names}", "children": [row]}

    def literal(self, mode: Literal["r", "w", 1]) -> int | str:
        return mode

    def limited(self, count: int) -> list[dict[str, Any]]:
        return [{"n": number} for number in range(count)]

    def anything(self, value: object, other: Any) -> object:
        return [value, other]


def exercise(stub: ValuesStub) -> None:
    assert (
        stub.scalars(None, True, 10**30, math.inf, 1 + 2j, "\u00e9\x00")
        == "(None, True, 1000000000000000000000000000000, inf, (1+2j), 'é\\x00')"
    )
    assert stub.arrays([1], (2, "b"), (3, 4), ()) == [1, 2, 3, 4]
    assert stub.sets(set(), frozenset({"a"})) == {"a"}
    assert stub.mappings({"a": 1}, {(1, 2): True}) == {1: "a", 3: "True"}
    names = ["list", "dict", "set", "list", "list"]
    assert stub.abstract([1], {"a": 1}, {1}, [1], [1]) == names
    assert (
        stub.abstract(
            (1,), MappingProxyType({"a": 1}), frozenset(), {1}, (n for n in range(3))
        )
        == names
    )
    row: Row = {"name": "r"}
    assert stub.named(UserId(1), row, ["n"]) == {
        "name": "1 ['n']",
        "children": [{"name": "r"}],
    }
    assert stub.literal("r") == "r"
    assert stub.limited(2) == [{"n": 0}, {"n": 1}]
    answer = stub.anything({"a": [1, (2,)]}, math.nan)
    assert isinstance(answer, list)
    assert repr(answer) == "[{'a': [1, (2,)]}, nan]"  # pyright: ignore[reportUnknownArgumentType]
