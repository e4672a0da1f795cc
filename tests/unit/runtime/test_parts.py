"""How many parts an untyped value may have, whatever its bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.unpacking import check_parts
from callbackgen.runtime.wire import WireError

MOST = 64 * 1024
LARGE = 256 * 1024
VALUES = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.frozensets(st.text())
        | st.tuples(inner, inner)
    ),
)


def parts(value: object) -> int:
    """As the message says it: texts, keys, and what has something in it."""
    match value:
        case str():
            return 1
        case dict():
            return 4 + sum(2 + parts(item) for item in value.values())
        case list() | tuple() | frozenset():
            return 4 + sum(map(parts, value))
        case _:
            return 0


@given(VALUES)
def test_parts_are_counted_at_any_depth(value: object) -> None:
    """So many are taken, and not one more."""
    texts = ["x"] * (MOST - parts(value) - 4)
    check_parts([value, texts], LARGE)
    with pytest.raises(WireError, match=f"more than {MOST} parts"):
        check_parts([value, texts, "x"], LARGE)


def test_a_value_of_few_bytes_is_not_looked_at() -> None:
    """It cannot have too many."""
    check_parts(iter([["x"] * (MOST + 1)]), 1024)
