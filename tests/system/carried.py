"""What ordinary Pyro5 clients get and give for each type: `docs/values.md`.

``python -m tests.system.carried`` measures it and writes the table of that page.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import math
import pathlib
import threading
import types
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy
import Pyro5.api

import callbackgen
from callbackgen.runtime import Method, Stub, Wrapper, exposed
from tests.unit.runtime import typed

PAGE: Final = Path(__file__).parents[2] / "docs" / "values.md"
BEGIN: Final = "<!-- The table is written by `python -m tests.system.carried`. -->\n"
END: Final = "<!-- Here it ends. -->\n"
SERIALIZERS: Final = ("serpent", "json", "msgpack")
T: Final = typed.__name__

callbackgen.register_type(
    typed.Money, typed.Money.to_builtins, typed.Money.from_builtins
)


class Row(NamedTuple):
    """A type, and a value of it."""

    name: str
    annotation: str
    value: Any


NOON: Final = dt.datetime(2026, 1, 2, 12)  # noqa: DTZ001 - that it is naive is meant
EAST: Final = dt.timezone(dt.timedelta(hours=2))

ROWS: Final = (
    Row("None", "None", None),
    Row("bool", "bool", True),
    Row("int", "int", 7),
    Row("int beyond 64 bits", "int", 2**70),
    Row("float", "float", 1.5),
    Row("float, nan", "float", math.nan),
    Row("complex", "complex", 1 + 2j),
    Row("str", "str", "ä"),
    Row("bytes", "bytes", b"\0\xff"),
    Row("bytearray", "bytearray", bytearray(b"ab")),
    Row("list", "list[int]", [1, 2]),
    Row("tuple", "tuple[int, str]", (1, "a")),
    Row("set", "set[int]", {1, 2}),
    Row("frozenset", "frozenset[str]", frozenset({"a"})),
    Row("dict", "dict[str, float]", {"a": 1.5}),
    Row("dict with int keys", "dict[int, str]", {1: "a"}),
    Row("dict with UUID keys", "dict[uuid.UUID, int]", {uuid.UUID(int=7): 1}),
    Row("datetime", "datetime.datetime", NOON),
    Row("datetime with an offset", "datetime.datetime", NOON.replace(tzinfo=EAST)),
    Row("date", "datetime.date", NOON.date()),
    Row("time", "datetime.time", NOON.time()),
    Row("timedelta", "datetime.timedelta", dt.timedelta(minutes=90)),
    Row("Decimal", "decimal.Decimal", Decimal("1.50")),
    Row("UUID", "uuid.UUID", uuid.UUID(int=7)),
    Row("pathlib", "pathlib.PurePosixPath", pathlib.PurePosixPath("a/b")),
    Row("ipaddress", "ipaddress.IPv4Address", ipaddress.IPv4Address("10.0.0.1")),
    Row("Enum of texts", f"{T}.Colour", typed.Colour.RED),
    Row("IntEnum", f"{T}.Level", typed.Level.HIGH),
    Row("Flag", f"{T}.Right", typed.Right.READ),
    Row("Enum of other values", f"{T}.Size", typed.Size.SMALL),
    Row("dataclass", f"{T}.Item", typed.Item("pen", Decimal("1.50"))),
    Row("attrs", f"{T}.Person", typed.Person("Ann")),
    Row("msgspec.Struct", f"{T}.Circle", typed.Circle(1.5)),
    Row("NamedTuple", f"{T}.Point", typed.Point(1, 2)),
    Row("TypedDict", f"{T}.Row", {"id": 1, "colour": typed.Colour.RED}),
    Row("numpy array", "numpy.typing.NDArray[numpy.float64]", numpy.array([1.5, 2.0])),
    Row("registered class", f"{T}.Money", typed.Money(Fraction(1, 2), "EUR")),
    Row("Any: plain data", "typing.Any", [1, ("a", {"b": None})]),
)


class Echo:
    """Gives a value, or takes one."""

    def __init__(self) -> None:
        self.taken: object = None

    def give(self, row: int) -> object:
        return ROWS[row].value

    def take(self, value: object) -> None:
        self.taken = value


def _wrapper_class() -> Any:
    """A wrapper as the generator writes it: two methods for each row."""

    def fill(namespace: dict[str, Any]) -> None:
        namespace["__slots__"] = ("echo",)

        def init(self: Any, echo: Echo) -> None:
            self.echo = echo

        namespace["__init__"] = init
        for index in range(len(ROWS)):
            give, take = methods(index)
            namespace[give.name] = exposed(give)(_giving(index))
            namespace[take.name] = exposed(take)(_taking())

        namespace["__module__"] = __name__

    return types.new_class("EchoWrapper", (Wrapper,), {"format": 1}, fill)


def methods(index: int) -> tuple[Method[Any], Method[None]]:
    """The method that gives the value of a row, and the one that takes one."""
    annotation = ROWS[index].annotation
    return (
        Method(f"give_{index}", f"() -> {annotation}"),
        Method(f"take_{index}", f"(value: {annotation}) -> None"),
    )


def _giving(index: int) -> Callable[[Any], object]:
    def give(self: Any) -> object:
        return self.echo.give(index)

    return give


def _taking() -> Callable[[Any, object], None]:
    def take(self: Any, value: object) -> None:
        self.echo.take(value)

    return take


EchoWrapper: Final = _wrapper_class()


class EchoStub(Stub, format=1):
    """As the generator writes it."""

    __slots__ = ()


@contextmanager
def served(echo: Echo) -> Generator[str]:
    """The address of a daemon of ours that has it."""
    with callbackgen.Daemon() as daemon:
        uri = daemon.register(EchoWrapper(echo), "echo")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        try:
            yield str(uri)
        finally:
            daemon.shutdown()
            thread.join()


def is_same(one: object, other: object) -> bool:
    """Whether they are equal and of one class; so are two nans."""
    return type(one) is type(other) and repr(one) == repr(other)


def measured() -> dict[str, dict[str, tuple[str, str]]]:
    """What clients get and give, by the name of the row and the serializer."""
    found: dict[str, dict[str, tuple[str, str]]] = {row.name: {} for row in ROWS}
    echo = Echo()
    with served(echo) as address:
        for serializer in SERIALIZERS:
            proxy: Any = Pyro5.api.Proxy(address)
            with proxy:
                proxy._pyroSerializer = serializer
                for index, row in enumerate(ROWS):
                    found[row.name][serializer] = _of(proxy, index, row, echo)
    return found


def _of(proxy: Any, index: int, row: Row, echo: Echo) -> tuple[str, str]:
    take = getattr(proxy, f"take_{index}")
    try:
        got: object = getattr(proxy, f"give_{index}")()
    except Exception:  # noqa: BLE001 - whatever Pyro5 cannot carry
        gets = back = "nothing: an error"
    else:
        gets = SAME if is_same(got, row.value) else _shown(got)
        back = _taken(take, got, row, echo)
    taken = _taken(take, row.value, row, echo)
    if taken == SAME:
        return gets, SAME
    return gets, "what it gets" if back == SAME else taken


SAME: Final = "the same"


def _taken(take: Any, given: object, row: Row, echo: Echo) -> str:
    """What the service gets, when that is given."""
    try:
        take(given)
    except Exception:  # noqa: BLE001 - as above
        return "nothing: an error"
    return SAME if is_same(echo.taken, row.value) else _shown(echo.taken)


def _shown(value: object) -> str:
    return f"`{value!r}`"


def lines() -> Iterator[str]:
    """The table."""
    found = measured()
    yield "| type | " + " | ".join(f"{one} gets | gives" for one in SERIALIZERS) + " |"
    yield "| ---- |" + " ---- | ---- |" * len(SERIALIZERS)
    for row in ROWS:
        cells = [text for one in SERIALIZERS for text in found[row.name][one]]
        yield f"| {row.name} | " + " | ".join(cells) + " |"


def page() -> str:
    """The page, with the table as it is measured now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    table = "".join(f"{line}\n" for line in lines())
    return f"{before}{BEGIN}\n{table}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
