"""Values of declared types that a peer has made to do harm."""

from __future__ import annotations

from typing import Any, cast

import msgspec
import numpy as np
import pytest

from callbackgen.runtime.by_address import REFUSING
from callbackgen.runtime.method import Overload
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.ordinary_data import StandIns
from callbackgen.runtime.unpacking import NUMBERS, unpacked
from tests.unit.runtime.papers import Side

HERE = __name__
ALIKE = "more than 64 keys that have the same hash"
SAME = 2**61 - 1
"""Numbers that differ by it have the same hash."""


def ordinary(annotation: str, data: object) -> Any:
    """What arrives from an ordinary client for a parameter with that annotation."""
    overload = Overload(f"(value: {annotation}) -> None")
    (value,), _ = overload.unpack([data], {}, REFUSING)
    return cast(Any, value)


def ours(annotation: str, data: object) -> Any:
    """What arrives from one of ours, of what stands in the message."""
    side = Side().passing()
    given = unpacked(msgspec.msgpack.encode([data]), side.extension)
    overload = Overload(f"(value: {annotation}) -> None")
    (value,), _ = overload.unpack(given, {}, side)
    return cast(Any, value)


def array(dtype: str, shape: tuple[int, ...], numbers: bytes) -> msgspec.msgpack.Ext:
    """An array of numpy as it travels."""
    head = msgspec.msgpack.encode((dtype, shape))
    return msgspec.msgpack.Ext(NUMBERS, len(head).to_bytes(2) + head + numbers)


def test_nobody_says_where_in_memory_an_array_is() -> None:
    """Numpy asks the objects in a list for that, and would read whatever is there."""
    secret = np.arange(5)
    interface = secret.__array_interface__
    made = StandIns()({"__class__": "a.Array", "__array_interface__": interface})
    assert np.array([made]).tolist() == [[0, 1, 2, 3, 4]]
    for data in ([made], [[1], [made]], [(made,)]):
        with pytest.raises(Misfit, match="lists of numbers, got Array in them"):
            ordinary("numpy.ndarray", data)


def test_texts_are_not_made_as_long_as_the_longest() -> None:
    """Of 6,000 of them numpy made 36 MB, of 256 KiB 20 GB."""
    with pytest.raises(Misfit, match="lists of numbers, got str in them"):
        ordinary("numpy.ndarray", ["x" * 3000, *[""] * 3000])


def test_an_array_has_one_type() -> None:
    """One of 16,000 fields took a tenth of a second to be read."""
    assert ours("numpy.ndarray", array("<i8", (1,), bytes(8))).tolist() == [0]
    with pytest.raises(Misfit, match="is not taken"):
        ours("numpy.ndarray", array("<i8," * 16_000, (0,), b""))


def test_a_small_array_keeps_no_large_message() -> None:
    """Who holds on to it would hold a megabyte."""
    data = [array("<i8", (1,), bytes(8)), array("<i8", (1000,), bytes(8000))]
    small, large = ours("list[numpy.ndarray]", data)
    assert (small.tolist(), large.tolist()) == ([0], [0] * 1000)
    assert len(owner(small)) < 100
    assert len(owner(large)) > 8000
    assert not small.flags.writeable


def owner(found: Any) -> bytes:
    """The bytes that an array is a view of."""
    while not isinstance(found, bytes):
        found = found.obj if isinstance(found, memoryview) else found.base
    return found
