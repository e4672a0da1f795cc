"""What is said of a type that cannot be carried, with the nearest one that can."""

from __future__ import annotations

from callbackgen.generator.annotations import Problem
from callbackgen.interface import Apply, Symbol, Type

_NEAREST = {
    "bytes": "a str, with base64.b64encode(...).decode()",
    "bytearray": "a str, with base64.b64encode(...).decode()",
    "memoryview": "a str, with base64.b64encode(...).decode()",
    "range": "list[int]",
    "type": "a str with the name of the class",
    "Decimal": "a str or a float",
    "Fraction": "a str or a float",
    "UUID": "a str",
    "Path": "a str",
    "PurePath": "a str",
    "datetime": "a str in ISO format, or a float of seconds",
    "date": "a str in ISO format",
    "time": "a str in ISO format",
    "timedelta": "a float of seconds",
    "defaultdict": "dict[...]",
    "OrderedDict": "dict[...]",
    "Counter": "dict[..., int]",
    "deque": "list[...]",
    "LiteralString": "str",
    "Never": "None",
    "NoReturn": "None",
}


def unknown(text: str) -> Problem:
    """What is said of an annotation that is no type."""
    return Problem(
        "CBG122",
        f"{text} is not understood as a type",
        "write a type: a class, a generic with arguments, X | None, Literal[...]",
    )


def not_carried(symbol: Symbol) -> Problem:
    """What is said of a class that does not travel: the nearest one that does."""
    nearest = _NEAREST.get(symbol.name.rpartition(".")[2])
    hint = (
        f"use {nearest}"
        if nearest
        else (
            "use what travels: None, bool, int, float, complex, str, list, tuple, set, "
            "dict, TypedDict, Any; or a Protocol of yours or a Callable, which travel "
            "by reference"
        )
    )
    return Problem("CBG128", f"{symbol} cannot be carried", hint)


def standard_protocol(symbol: Symbol) -> Problem:
    """What is said of a Protocol for which there is no stub."""
    return Problem(
        "CBG126",
        f"{symbol} is a standard-library Protocol and cannot be carried",
        "name a concrete type, or a Protocol of your own with ordinary methods",
    )


def misplaced(name: str) -> Problem:
    """What is said of a reference where only values travel."""
    return Problem(
        "CBG129",
        f"the reference {name} cannot travel in this place",
        f"references travel as {name}, {name} | None, list[{name}] and "
        f"dict[str, {name}]",
    )


def malformed_callable(annotation: Apply) -> Problem:
    """What is said of a Callable whose arguments are not a list and a result."""
    return Problem(
        "CBG127",
        f"{annotation} is not understood as a Callable",
        "write Callable[[A, B], R], or Callable[..., R] for any arguments",
    )


def awaited_callable(result: Type) -> Problem:
    """What is said of a Callable that stands for an ``async def``."""
    return Problem(
        "CBG127",
        f"a Callable with the result {result} cannot be carried",
        "write a Protocol with `async def __call__`; it travels by reference",
    )
