"""Classes that several threads meet at once, for the first time."""

from __future__ import annotations

import dataclasses
import threading
from typing import Any

import pytest

from callbackgen.runtime.misfit import Misfit
from tests.unit.runtime import typed
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import value

HERE = __name__
SIZE = f"{typed.__name__}.Size"
met = threading.Event()
goes_on = threading.Event()


def number() -> type:
    """An annotation whose meaning the first thread takes its time to look up."""
    if threading.current_thread().name == "first":
        met.set()
        goes_on.wait(10)
    return int


def nested(name: str) -> Any:
    """A class in whose field is another, with such an annotation."""
    members = {"__module__": __name__}
    inner = dataclasses.make_dataclass("Inner", [("x", "number()")], namespace=members)
    return dataclasses.make_dataclass(name, [("inner", inner)], namespace=members)


InRecord, InDict, InUnion = nested("InRecord"), nested("InDict"), nested("InUnion")
Outer = dataclasses.make_dataclass(
    "Outer",
    [("size", typed.Size), ("around", InRecord)],
    namespace={"__module__": __name__},
)


INNER = {"inner": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "data"),
    [
        (f"{HERE}.Outer", {"size": "ODD", "around": INNER}),
        (f"dict[{SIZE}, {HERE}.InDict]", {"ODD": INNER}),
        (f"{SIZE} | {HERE}.InUnion", INNER),
    ],
)
def test_two_threads_meet_a_class_at_once(text: str, data: object) -> None:
    """The second waits for the first: what msgspec has begun would crash it."""
    kinds, found = value(text), list[object]()
    with pytest.raises(Misfit, match="expected"):  # our own look-up is done then
        kinds.pack(None, Side().passing())
    met.clear()
    goes_on.clear()

    def unpack() -> None:
        found.append(kinds.unpack(data, Side().passing()))

    first = threading.Thread(target=unpack, name="first")
    second = threading.Thread(target=unpack)
    first.start()
    assert met.wait(10)
    second.start()
    second.join(0.1)
    goes_on.set()
    first.join()
    second.join()
    assert found[0] == found[1]
    assert found[0] == kinds.unpack(data, Side().passing())
