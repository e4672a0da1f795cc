"""What travels by value."""

import typing as t
from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from typing import Annotated, Any, Literal, NewType, Protocol, TypedDict

from typing_extensions import NotRequired, TypeAlias

UserId = NewType("UserId", int)
Names: TypeAlias = "list[str]"
Optional_ = t.Optional[Names]


class Row(TypedDict):
    name: str
    children: NotRequired[list["Row"]]


class Values(Protocol):
    def scalars(self, a: None, b: bool, c: int, d: float, e: complex, f: str) -> str: ...
    def arrays(self, a: list[int], b: tuple[int, str], c: tuple[int, ...], d: tuple[()]) -> list[int]: ...
    def sets(self, a: set[int], b: frozenset[str]) -> set[int | str]: ...
    def mappings(self, a: dict[str, int], b: dict[tuple[int, int], bool]) -> dict[int, str]: ...
    def abstract(
        self,
        a: Sequence[int],
        b: Mapping[str, int],
        c: Set[int],
        d: Collection[int],
        e: Iterable[int],
    ) -> list[str]: ...
    def named(self, user: UserId, row: Row, names: Optional_) -> Row | None: ...
    def literal(self, mode: Literal["r", "w", 1]) -> t.Union[int, str]: ...
    def limited(self, count: Annotated[int, "positive"]) -> t.List[t.Dict[str, t.Any]]: ...
    def anything(self, value: object, other: Any) -> object: ...
