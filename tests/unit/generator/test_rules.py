"""What travels and what is refused, and that what is accepted does travel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from callbackgen.interface import parse_signature
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.values import Value
from tests.unit.generator.reading import Result, read_text

HEAD = """\
import abc, collections, collections.abc, contextlib, datetime, decimal, enum, os
import dataclasses, pathlib, typing, uuid
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable
from collections.abc import Callable, Collection, Container, Generator, Hashable
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from collections.abc import MutableSequence, MutableSet, Reversible, Sequence, Set
from collections.abc import Sized
from typing import Annotated, Any, ClassVar, ContextManager, Counter, DefaultDict, Deque
from typing import Dict, Final, List, Literal, LiteralString, Never, NewType, NoReturn
from typing import NotRequired, Optional, ParamSpec, Protocol, Self, SupportsIndex
from typing import SupportsInt, TypedDict, TypeVar, TypeVarTuple, Unpack
from callbackgen.markers import deadline, oneway
import Pyro5.api

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
P = ParamSpec("P")
UserId = NewType("UserId", int)
Odd = NewType("Odd", memoryview)
Handler = NewType("Handler", Callable[[int], None])

class Row(TypedDict):
    name: str
    count: NotRequired[int]
    more: "list[Row]"

class Bad(TypedDict):
    data: memoryview

class Worse(Bad):
    name: str

class Handlers(TypedDict):
    handler: Callable[[int], None]

class Colour(enum.Enum):
    RED = 1

@dataclasses.dataclass
class Point:
    x: int

class Plain: ...

class Peer(Protocol):
    def told(self) -> None: ...

class Store(Protocol[T]):
    def add(self, value: T) -> None: ...

class Listener(Protocol):
"""


def read_method(folder: Path, annotation: str) -> Result:
    method = f"    def changed(self, value: {annotation}) -> None: ...\n"
    return read_text(folder, HEAD + method)


CARRIED = [
    "None", "bool", "int", "float", "complex", "str", "object", "Any",
    "list", "list[int]", "tuple", "tuple[int, str]", "tuple[int, ...]", "tuple[()]",
    "dict", "dict[str, int]", "dict[int, list[str]]", "set[int]", "frozenset[str]",
    "Sequence[int]", "MutableSequence[int]", "Mapping[str, int]",
    "MutableMapping[str, int]", "Set[int]", "MutableSet[int]", "Collection[int]",
    "Iterable[int]", "typing.AbstractSet[int]", "List[Dict[str, int]]",
    "Optional[int]", "int | str | None", "Literal['a', 1, True, None]",
    "UserId", "Row", "list[Row]", "Row | None", "Annotated[int, 'x']", "T", "list[T]",
    "Peer", "Peer | None", "list[Peer]", "tuple[Peer, ...]", "dict[str, Peer]",
    "Sequence[Peer]", "Mapping[str, Peer]", "list[Peer | None]", "'Listener'",
    "int | list[int] | dict[str, int]", "dict[str, int | None]", "complex | str",
    "Callable[[int], str]", "Callable[[], None]", "typing.Callable[[int], str]",
    "Callable[..., int]", "Callable", "Callable | None", "list[Callable[[int], None]]",
    "dict[str, Callable[[int], None] | None]", "tuple[Callable[[], int], ...]",
    "Callable[[Peer], None]", "Callable[[list[Peer]], dict[str, Peer | None]]",
    "Callable[[Callable[[Peer], int]], Callable[..., Peer]]", "Callable[[T], list[T]]",
    "Callable[['Listener'], 'Row']", "Callable[[set[int], UserId], Row | None] | None",
]  # fmt: skip


@pytest.mark.parametrize("annotation", CARRIED)
def test_type_is_carried(annotation: str, tmp_path: Path) -> None:
    """Plain data, and a Protocol of the user's, is accepted."""
    assert read_method(tmp_path, annotation).codes == []


REFUSED = {
    "memoryview": "CBG128", "datetime.tzinfo": "CBG128", "enum.Enum": "CBG128",
    "range": "CBG128", "slice": "CBG128", "type": "CBG128", "type[int]": "CBG128",
    "collections.OrderedDict[str, int]": "CBG128", "Deque[int]": "CBG128",
    "DefaultDict[str, int]": "CBG128", "Counter[str]": "CBG128",
    "Plain": "CBG141", "Odd": "CBG128",
    "Bad": "CBG128", "Worse": "CBG128", "list[memoryview]": "CBG128",
    "dict[str, Plain]": "CBG141", "int | Plain": "CBG141", "Exception": "CBG128",
    "NoReturn": "CBG128", "Never": "CBG128", "LiteralString": "CBG128",
    "Literal[b'a']": "CBG147", "Literal[Colour.RED]": "CBG147",
    "Iterator[int]": "CBG125", "Generator[int, None, None]": "CBG125",
    "AsyncIterator[int]": "CBG125", "AsyncGenerator[int, None]": "CBG125",
    "AsyncIterable[int]": "CBG125",
    "Callable[int, str]": "CBG127", "Callable[int]": "CBG127",
    "Callable[[int], str, int]": "CBG127", "Callable[None, int]": "CBG127",
    "Callable[[], Awaitable[int]]": "CBG127",
    "Callable[..., typing.Coroutine[Any, Any, int]]": "CBG127",
    "Callable[[range], int]": "CBG128", "Callable[[], Plain]": "CBG141",
    "Callable[[Callable[[int], Plain]], int]": "CBG141",
    "Callable[[Iterator[int]], int]": "CBG125", "Callable[[Sized], int]": "CBG126",
    "Callable[[set[Peer]], int]": "CBG129", "Callable[[], Self]": "CBG123",
    "Callable[[int | Peer], int]": "CBG130", "Callable[[Missing], int]": "CBG121",
    "Callable[[...], int]": "CBG122", "Callable[..., ...]": "CBG122",
    "set[Callable[[int], str]]": "CBG129", "dict[Callable[[], int], str]": "CBG129",
    "frozenset[Callable]": "CBG129", "Handler": "CBG129", "Handlers": "CBG143",
    "Store[Callable[[], int]]": "CBG129",
    "Callable[[], int] | int": "CBG130", "Callable[[], int] | Peer": "CBG130",
    "Callable[[], int] | Callable[[], str]": "CBG130",
    "Sized": "CBG126", "Hashable": "CBG126", "SupportsInt": "CBG126",
    "SupportsIndex": "CBG126", "Awaitable[int]": "CBG126", "Reversible[int]": "CBG126",
    "Container[int]": "CBG126", "os.PathLike[str]": "CBG126",
    "ContextManager[int]": "CBG126", "contextlib.AbstractContextManager[int]": "CBG126",
    "typing.Coroutine[int, int, int]": "CBG126",
    "Self": "CBG123", "list[Self]": "CBG123",
    "Callable[P, int]": "CBG124", "Callable[T, int]": "CBG124",
    "Callable[typing.Concatenate[int, P], int]": "CBG124",
    "Callable[[*Ts], int]": "CBG124", "tuple[*Ts]": "CBG124",
    "tuple[Unpack[Ts]]": "CBG124", "P.args": "CBG124",
    "set[Peer]": "CBG129", "dict[Peer, int]": "CBG129", "frozenset[Peer]": "CBG129",
    "list[int] | tuple[int, ...]": "CBG130", "dict[str, int] | Row": "CBG130",
    "Peer | int": "CBG130", "Peer | Listener": "CBG130",
    "Set[int] | list[int]": "CBG130",
    "Missing": "CBG121", "typing.Missing.Deeper": "CBG128", "shop.Missing": "CBG121",
    "1": "CBG122", "[int]": "CBG122", "int()": "CBG122", "'int['": "CBG122",
    "lambda: int": "CBG122", "int if x else str": "CBG122",
}  # fmt: skip


REFERENCE = re.compile("Peer|Callable|Store")


@pytest.mark.parametrize("annotation", REFUSED)
def test_type_is_refused(annotation: str, tmp_path: Path) -> None:
    """What cannot be carried has its code, its place and a hint, in every position."""
    text = (
        f"{HEAD}    def first(self, value: {annotation}) -> None: ...\n"
        f"    def second(self) -> {annotation}: ...\n"
        f"    third: {annotation}\n"
    )
    result = read_text(tmp_path, text)
    head = HEAD.count("\n")
    expected = REFUSED[annotation]
    places = {
        (found.code, found.line)
        for found in result.diagnostics
        if not (found.code == "CBG133" and REFERENCE.search(annotation))
    }
    assert places == {(expected, head + line) for line in (1, 2, 3)}
    for found in result.diagnostics:
        assert found.hint
        assert found.source_line[found.column - 1 :].startswith(annotation[:1])


MEMBERS = {
    "def _private(self) -> None: ...": "CBG101",
    "def __mangled(self) -> None: ...": "CBG101",
    "_data: int": "CBG101",
    "def f(self, *, __key: int = 1) -> None: ...": "CBG101",
    "def __len__(self) -> int: ...": "CBG102",
    "def __iter__(self) -> None: ...": "CBG102",
    "def __enter__(self) -> None: ...": "CBG102",
    "def __init__(self) -> None: ...": "CBG102",
    "__call__: int": "CBG102",
    "def _pyroId(self) -> None: ...": "CBG103",
    "_pyroTimeout: int": "CBG103",
    "if x:\n        def f(self) -> None: ...": "CBG104",
    "try:\n        x: int\n    finally: ...": "CBG104",
    "@functools.cache\n    def f(self) -> None: ...": "CBG121",
    "@print\n    def f(self) -> None: ...": "CBG105",
    "@Pyro5.api.callback\n    def f(self) -> None: ...": "CBG105",
    "@staticmethod\n    def f() -> None: ...": "CBG106",
    "@classmethod\n    def f(cls) -> None: ...": "CBG106",
    "f = 1": "CBG107",
    "print()": "CBG107",
    "def f(self) -> None: ...\n    def f(self) -> int: ...": "CBG108",
    "def f() -> None: ...": "CBG110",
    "@oneway\n    def f(self) -> int: ...": "CBG111",
    "@Pyro5.api.oneway\n    def f(self) -> int: ...": "CBG111",
    "@deadline\n    def f(self) -> None: ...": "CBG112",
    "@deadline(LIMIT)\n    def f(self) -> None: ...": "CBG112",
    "@deadline(0)\n    def f(self) -> None: ...": "CBG112",
    "@deadline(True)\n    def f(self) -> None: ...": "CBG112",
    "@deadline(minutes=1)\n    def f(self) -> None: ...": "CBG112",
    "@deadline(1)\n    @property\n    def f(self) -> int: ...": "CBG112",
    "f: ClassVar[int]": "CBG114",
    "@property\n    def f(self) -> int: ...\n    @f.deleter\n"
    "    def f(self) -> None: ...": "CBG114",
    "f: Peer": "CBG133",
    "f: list[Peer | None]": "CBG133",
    "f: Callable[[int], None]": "CBG133",
    "f: dict[str, Callable]": "CBG133",
    "@deadline(1)\n    @oneway\n    def f(self) -> Callable[[], None]: ...": "CBG111",
}


@pytest.mark.parametrize("member", MEMBERS)
def test_member_is_refused(member: str, tmp_path: Path) -> None:
    """A member that cannot be carried has its code and its place."""
    result = read_text(tmp_path, f"{HEAD}    {member}\n")
    assert result.codes == [MEMBERS[member]]
    (found,) = result.diagnostics
    assert found.line > HEAD.count("\n")
    assert not found.is_warning


CARRIED_MEMBERS = [
    "def __call__(self, a: int) -> str: ...",
    "@oneway\n    def f(self) -> None: ...",
    "@oneway\n    async def f(self) -> None: ...",
    "@deadline(2.5)\n    def f(self) -> None: ...",
    "@deadline(seconds=60)\n    def f(self) -> None: ...",
    "@abc.abstractmethod\n    def f(self) -> None: ...",
    "@property\n    def f(self) -> Peer: ...",
    "f: Final[int]",
    "def f(self, __a: int, b: int, __c: int, *__d: int, __e__: int) -> None: ...",
    "def expose(self) -> None: ...",
    "def property(self) -> None: ...",
    "def call_(self) -> None: ...",
    "@property\n    def f(self) -> Callable[[int], None] | None: ...",
    "def f(self, call: Callable[[int], None], /) -> None: ...",
    "def f(self, *, call: Callable[[int], None]) -> None: ...",
    "def f(self, call: Callable[[int], None] | None = None) -> None: ...",
    "def f(self, *, call: Callable[[int], None] = print) -> None: ...",
    "def f(self, *calls: Callable[[], int], **named: Callable[[], int]) -> None: ...",
    "async def f(self, call: Callable[[], int]) -> Callable[[], int]: ...",
    "def __call__(self, call: Callable[[], int]) -> Callable[[], int]: ...",
    "@oneway\n    def f(self, call: Callable[[Peer], None]) -> None: ...",
]


@pytest.mark.parametrize("member", CARRIED_MEMBERS)
def test_member_is_carried(member: str, tmp_path: Path) -> None:
    """Names and marks that are ours or Python's are no obstacle by themselves."""
    assert read_text(tmp_path, f"{HEAD}    {member}\n").codes == []


def test_what_is_not_annotated_is_a_warning(tmp_path: Path) -> None:
    """A missing annotation is pointed out where it is missing, and is no error."""
    text = f"{HEAD}    def changed(self, a, b: int, *c, **d): ...\n"
    result = read_text(tmp_path, text)
    assert set(result.codes) == {"CBG140"}
    assert all(found.is_warning for found in result.diagnostics)
    said = " ".join(found.message for found in result.diagnostics)
    for what in ("parameter a ", "parameter c ", "parameter d ", "the result "):
        assert what in said
    assert "parameter b " not in said


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """One run shows every error of a file."""
    text = HEAD + "".join(
        f"    {member}\n" for member in MEMBERS if "def f" not in member
    )
    found = read_text(tmp_path, text).codes
    assert {"CBG101", "CBG102", "CBG103", "CBG104", "CBG107", "CBG114"} <= set(found)


def test_references_are_met_in_order_with_their_place(tmp_path: Path) -> None:
    """Each Protocol that another refers to is named once, with where it is met."""
    result = read_text(
        tmp_path,
        f"{HEAD}"
        "    def open(self, row: Row, peer: list[Peer | None]) -> Listener: ...\n"
        "    def close(self, peer: Peer) -> None: ...\n"
        "    @property\n    def last(self) -> Peer | None: ...\n",
    )
    assert result.codes == []
    assert result.references == {
        "contract.Peer": "parameter peer of Listener.open",
        "contract.Listener": "result of Listener.open",
    }


def test_protocols_inside_a_callable_are_met(tmp_path: Path) -> None:
    """What a function takes and returns is referred to like what a method does."""
    result = read_text(
        tmp_path,
        f"{HEAD}"
        "    def each(self, call: Callable[[list[Peer]], Listener]) -> None: ...\n"
        "    def made(self) -> Callable[[Store[int]], Peer]: ...\n",
    )
    assert result.codes == []
    assert result.references == {
        "contract.Peer": "parameter call of Listener.each",
        "contract.Listener": "parameter call of Listener.each",
        "contract.Store": "result of Listener.made",
    }


SAMPLES: dict[str, object] = {
    "None": None, "bool": True, "int": 7, "float": 1.5, "str": "text",
    "list[int]": [1, 2], "tuple[int, str]": (1, "a"), "dict[str, int]": {"a": 1},
    "set[str]": {"a"}, "frozenset[int]": frozenset({1}), "Sequence[int]": [1],
    "Mapping[str, int]": {"b": 2}, "Literal['a', 'b']": "a", "Literal[1, 2]": 1,
    "object": "anything", "Any": 3, "Iterable[str]": ["a"], "complex": 1j,
    "bytes": b"a", "bytearray": bytearray(b"a"),
}  # fmt: skip


@given(st.lists(st.sampled_from(list(SAMPLES)), min_size=2, max_size=4, unique=True))
def test_every_union_that_is_accepted_can_be_told_apart_on_arrival(
    tmp_path_factory: pytest.TempPathFactory, parts: list[str]
) -> None:
    """For each member of an accepted union a value of it passes, there and back."""
    result = read_method(tmp_path_factory.mktemp("union"), " | ".join(parts))
    assert set(result.codes) <= {"CBG130"}
    assume(not result.codes)
    text = str(result.member("changed").signatures[0])
    annotation = parse_signature(text).parameters[0].annotation
    assert annotation is not None
    value = Value(annotation)
    for part in parts:
        sample = SAMPLES[part]
        assert value.unpack(value.pack(sample, BY_ADDRESS), BY_ADDRESS) == sample
