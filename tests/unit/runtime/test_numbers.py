"""Arrays of numpy: their type and shape, and bytes that are none."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.unpacking import NUMBERS
from tests.unit.runtime.papers import Side
from tests.unit.runtime.sending import arrived, sent, value

ARRAY = "numpy.ndarray"
FLOATS = "numpy.typing.NDArray[numpy.float64]"
TYPES = st.one_of(
    arrays.boolean_dtypes(),
    arrays.integer_dtypes(endianness="?"),
    arrays.unsigned_integer_dtypes(endianness="?"),
    arrays.floating_dtypes(sizes=(32, 64), endianness="?"),
    arrays.complex_number_dtypes(endianness="?"),
)


def received(dtype: str, shape: tuple[int, ...], numbers: bytes) -> Any:
    """What arrives of an array that is made as a peer likes."""
    head = msgspec.msgpack.encode((dtype, shape))
    content = len(head).to_bytes(2) + head + numbers
    return arrived(ARRAY, packed(msgspec.msgpack.Ext(NUMBERS, content)))


@given(arrays.arrays(TYPES, arrays.array_shapes(min_dims=0, min_side=0, max_side=4)))
def test_an_array_arrives_as_it_is(array: Any) -> None:
    """With its type and shape, and every bit of it."""
    found = sent(ARRAY, array)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()


def test_what_arrives_is_a_view_of_the_message() -> None:
    """Nothing is copied, so it is read-only."""
    found = sent(FLOATS, np.arange(6.0).reshape(2, 3).T)
    assert found.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert not found.flags.writeable
    assert not found.flags.owndata


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (FLOATS, np.arange(3), "expected a numpy array of float64, got one of int64"),
        (FLOATS, [1.0], "expected numpy array of float64, got list"),
        (ARRAY, np.array([None]), "a numpy array of object cannot be sent"),
        (ARRAY, np.array(["a"]), "a numpy array of <U1 cannot be sent"),
        (ARRAY, np.ma.masked_array([1, 2], [True, False]), "its mask would be lost"),
    ],
)
def test_a_sender_refuses_other_arrays(text: str, given: object, message: str) -> None:
    """Of another type than is declared, or of what is no number."""
    with pytest.raises(Misfit) as refusal:
        value(text).pack(given, Side().passing())
    assert message in str(refusal.value)


@pytest.mark.parametrize("dtype", [bool, np.int64, np.float32])
def test_an_array_of_any_type(dtype: type) -> None:
    """``NDArray[Any]`` says no more than ``ndarray`` does; nor does a union there."""
    array: Any = np.array([1, 0], dtype)
    for scalar in "typing.Any", "numpy.int8 | numpy.int16":
        found = sent(f"numpy.typing.NDArray[{scalar}]", array)
        assert found.dtype == array.dtype


@pytest.mark.parametrize("name", ["numpy.floating", "numpy.floating[typing.Any]"])
def test_a_type_above_others_takes_them(name: str) -> None:
    """As type checkers do."""
    text = f"numpy.typing.NDArray[{name}]"
    assert sent(text, np.array([1], np.float32)).dtype == np.float32
    with pytest.raises(Misfit, match="numpy array of floating"):
        sent(text, np.array([1], np.int32))


@pytest.mark.parametrize(
    ("dtype", "shape", "numbers"),
    [
        ("|O", (1,), bytes(8)),
        ("|V8", (1,), bytes(8)),
        ("<U1000000000", (0,), b""),
        ("<f8,<f8", (1,), bytes(16)),
        ("f8", (1,), bytes(8)),
        ("<f3", (1,), bytes(3)),
        ("<f8", (2,), bytes(8)),
        ("<f8", (-1,), bytes(8)),
        ("<f8", (2**62, 2**62), b""),
        ("<f8", (0, 2**63), b""),
        ("<f8", (1,) * 65, bytes(8)),
    ],
)
def test_an_array_that_is_none_is_refused(
    dtype: str, shape: tuple[int, ...], numbers: bytes
) -> None:
    """Whatever its type, its shape or its length."""
    with pytest.raises(Misfit):
        received(dtype, shape, numbers)


@given(st.binary(max_size=40))
def test_whatever_stands_there_is_a_misfit_at_worst(content: bytes) -> None:
    """Never another error."""
    message = packed(msgspec.msgpack.Ext(NUMBERS, content))
    with pytest.raises(Misfit):
        arrived(FLOATS, message)


def test_many_arrays_have_a_limit() -> None:
    """Each takes more than its bytes."""
    many = [np.zeros(0)] * 1025
    with pytest.raises(OverflowError, match="more than 1024"):
        sent(f"list[{ARRAY}]", many)
    assert len(sent(f"list[{ARRAY}]", many[:-1])) == 1024


def test_ordinary_clients_have_lists() -> None:
    """They get them, and give them, where the numbers are of the type."""
    floats = value(FLOATS)
    assert floats.pack(np.array([[1.5], [2.0]]), BY_ADDRESS) == [[1.5], [2.0]]
    assert floats.unpack([[1.5], [2]], BY_ADDRESS).tolist() == [[1.5], [2]]
    assert floats.unpack([1, 2], BY_ADDRESS).dtype == np.float64
    for wrong in (["a"], [[1], [2, 3]], [None], [1j]):
        with pytest.raises(Misfit):
            floats.unpack(wrong, BY_ADDRESS)
