"""`deprecated` at run time."""

from __future__ import annotations

import asyncio
import warnings
from typing import Any, overload

import pytest

from callbackgen.runtime import deprecated


def test_warns_at_the_call() -> None:
    """A call warns where it stands, and does what it did."""

    @deprecated("use new")
    def old(number: int) -> int:
        return number + 1

    marked: Any = old  # pyright: ignore[reportDeprecated]
    with pytest.warns(DeprecationWarning, match="use new") as warned:
        assert marked(1) == 2
    assert warned[0].filename == __file__
    assert marked.__deprecated__ == "use new"
    assert marked.__name__ == "old"


def test_coroutines_are_awaited_as_before() -> None:
    """A deprecated `async def` warns when it is called and can be awaited."""

    @deprecated("use new")
    async def old() -> int:
        return 3

    marked: Any = old  # pyright: ignore[reportDeprecated]
    with pytest.warns(DeprecationWarning, match="use new"):
        assert asyncio.run(marked()) == 3


def test_overloads_can_be_deprecated() -> None:
    """A mark on one overload is for type checkers: calling warns of nothing."""

    @overload
    @deprecated("not this one")
    def old(value: int) -> int: ...
    @overload
    def old(value: str) -> str: ...
    def old(value: object) -> object:
        return value

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert old("a") == "a"


def test_without_a_category_nothing_warns() -> None:
    """``category=None`` only marks."""

    @deprecated("quietly", category=None)
    def old() -> int:
        return 1

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        marked: Any = old  # pyright: ignore[reportDeprecated]
        assert marked() == 1
