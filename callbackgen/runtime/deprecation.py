"""`deprecated` at run time, on every Python version, without typing_extensions."""

from __future__ import annotations

import functools
import inspect
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])


class _Deprecated:
    """Marks a function as deprecated: a call of it gives a DeprecationWarning.

    The mark is :pep:`702`'s ``__deprecated__``, which has the message.
    """

    def __init__(
        self,
        message: str,
        /,
        *,
        category: type[Warning] | None = DeprecationWarning,
        stacklevel: int = 1,
    ) -> None:
        self.message = message
        self.category = category
        self.stacklevel = stacklevel

    def __call__(self, function: Function, /) -> Function:
        message, category = self.message, self.category
        level = self.stacklevel + 1
        if not inspect.isfunction(function):
            raise TypeError(f"deprecated is for functions, not for {function!r}")
        result: Callable[..., Any] = function
        if category is not None:

            @functools.wraps(function)
            def warning(*arguments: Any, **keywords: Any) -> Any:
                warnings.warn(message, category, stacklevel=level)
                return function(*arguments, **keywords)

            result = warning
            if inspect.iscoroutinefunction(function):
                result = _marked_as_coroutine(warning)
        cast(Any, function).__deprecated__ = message
        cast(Any, result).__deprecated__ = message
        return cast(Function, result)


def _marked_as_coroutine(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, seen as a coroutine function where Python can say so (3.12)."""
    mark: Any = getattr(inspect, "markcoroutinefunction", None)
    return function if mark is None else cast("Callable[..., Any]", mark(function))


deprecated: Any = (
    getattr(warnings, "deprecated")  # noqa: B009 - mypy reads it as if on Python 3.11
    if sys.version_info >= (3, 13)
    else _Deprecated
)
