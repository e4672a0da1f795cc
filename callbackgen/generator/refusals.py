"""What is said of a type that cannot be carried, with the nearest one that can."""

from __future__ import annotations

from collections.abc import Iterable

from callbackgen.generator.diagnostics import Problem
from callbackgen.interface import Apply, Symbol, Type

_NEAREST = {
    "any": "typing.Any",
    "callable": "collections.abc.Callable[..., ...]",
    "memoryview": "bytes",
    "array.array": "bytes, or list[...]",
    "mmap.mmap": "bytes",
    "range": "list[int]",
    "slice": "tuple[int, int]",
    "type": "a str with the name of the class",
    "fractions.Fraction": "decimal.Decimal, or tuple[int, int]",
    "datetime.timezone": "a str with its name, or an aware datetime.datetime",
    "datetime.tzinfo": "a str with its name, or an aware datetime.datetime",
    "zoneinfo.ZoneInfo": "a str with its name, or an aware datetime.datetime",
    "re.Pattern": "a str with the pattern",
    "collections.ChainMap": "dict[...]",
    "collections.Counter": "dict[..., int]",
    "collections.OrderedDict": "dict[...]",
    "collections.UserDict": "dict[...]",
    "collections.UserList": "list[...]",
    "collections.UserString": "str",
    "collections.defaultdict": "dict[...]",
    "collections.deque": "list[...]",
    "collections.abc.ByteString": "bytes",
    "types.MappingProxyType": "collections.abc.Mapping[...]",
    "types.NoneType": "None",
    "types.SimpleNamespace": "a dataclass",
    "typing.LiteralString": "str",
    "typing.NamedTuple": "the NamedTuple class itself",
    "typing.Never": "None",
    "typing.NoReturn": "None",
    "typing.TypedDict": "the TypedDict class itself",
    "msgspec.Struct": "the Struct class itself",
    "msgspec.UnsetType": "None; a field of a Struct may be X | msgspec.UnsetType",
    "numpy.array": "numpy.ndarray",
    "numpy.bool": "bool",
    "numpy.bool_": "bool",
    "numpy.datetime64": "datetime.datetime",
    "numpy.dtype": "a str with its name",
    "numpy.generic": "int, float or another type of Python's own",
    "numpy.matrix": "numpy.ndarray",
    "numpy.str_": "str",
    "numpy.timedelta64": "datetime.timedelta",
    "numpy.typing.ArrayLike": "numpy.typing.NDArray[...]",
} | {
    f"enum.{name}": "the enum class itself"
    for name in ("Enum", "Flag", "IntEnum", "IntFlag", "ReprEnum", "StrEnum")
}
_OF_NUMPY = {"complex": "complex", "float": "float", "int": "int", "uint": "int"}

_WHAT_TRAVELS = (
    "use what travels: None, bool, int, float, complex, str, bytes, list, tuple, set, "
    "dict, datetime, Decimal, UUID, Path, enums, dataclasses, TypedDict, Any and "
    "more; or a Protocol of yours or a Callable, which travel by reference"
)

_FILES = {
    "typing.BinaryIO": "bytes",
    "typing.IO": "bytes or str",
    "typing.TextIO": "str",
    "io.StringIO": "str",
    "io.TextIOBase": "str",
    "io.TextIOWrapper": "str",
}


def unknown(text: str) -> Problem:
    """What is said of an annotation that is no type."""
    return Problem(
        "CBG122",
        f"{text} is not understood as a type",
        "write a type: a class, a generic with arguments, X | None, Literal[...]",
    )


def too_deep() -> Problem:
    """What is said of a type in which others are nested without an end in sight."""
    return Problem(
        "CBG122",
        "the type is not understood: too many types are nested in each other",
        "write one of them as Any, or register a class in between",
    )


def not_carried(symbol: Symbol) -> Problem:
    """What is said of a class that does not travel: the nearest one that does."""
    nearest = _NEAREST.get(str(symbol))
    if symbol.module == "numpy":
        kind = symbol.name.rstrip("_0123456789")
        nearest = nearest or _OF_NUMPY.get(kind)
    hint = f"use {nearest}" if nearest else _WHAT_TRAVELS
    return Problem("CBG128", f"{symbol} cannot be carried", hint)


def no_source(symbol: Symbol) -> Problem:
    """What is said of a class that is found nowhere."""
    return Problem(
        "CBG128",
        f"{symbol} cannot be carried: no source is found that defines it",
        f"see that {symbol.module} is there and defines {symbol.name}, or register "
        f'the class: [tool.callbackgen] types = ["{symbol}"]',
    )


def array_of_others(annotation: Type) -> Problem:
    """What is said of a numpy array whose items are no numbers."""
    return Problem(
        "CBG128",
        f"{annotation} cannot be carried: its items are no numbers",
        "use list[...], or an array of numbers",
    )


def wrong_count(annotation: Apply, counts: range) -> Problem:
    """What is said of a class with more or fewer type arguments than it takes."""
    base, most = annotation.base, counts[-1]
    numbers = {0: "no type arguments", 1: "one type argument"}
    return Problem(
        "CBG122",
        f"{annotation} is not understood as a type: {base} takes "
        f"{numbers.get(most, f'{most} type arguments')}",
        f"write {base}[{', '.join(['...'] * most)}]" if most else f"write {base}",
    )


def plain_class(symbol: Symbol) -> Problem:
    """What is said of a class that is not known to be data."""
    return Problem(
        "CBG141",
        f"{symbol} cannot be carried: it is a plain class",
        "make it a dataclass, or register it: "
        f"callbackgen.register_type({symbol.name}, ...) and [tool.callbackgen] "
        f'types = ["{symbol}"]',
    )


def quoted(text: str) -> Problem:
    """What is said of a text in a place where Python never looks what it means."""
    return Problem(
        "CBG128",
        f"{text} cannot be carried: at run time it is a text, not a type",
        "leave its quotes out, in a NewType and where a base class gets its type "
        "arguments",
    )


def endless(symbol: Symbol) -> Problem:
    """What is said of a generic class whose type arguments grow without end."""
    return Problem(
        "CBG132",
        f"{symbol} is inside itself with other type arguments each time: a type "
        "without end cannot be carried",
        "give the inner one the same type arguments, or Any",
    )


def is_file(symbol: Symbol) -> bool:
    """Whether a class is one of open files."""
    return str(symbol) in _FILES or symbol.module in {"_io", "io"}


def open_file(symbol: Symbol) -> Problem:
    """What is said of an open file."""
    content = _FILES.get(str(symbol), "bytes")
    return Problem(
        "CBG142",
        f"{symbol} cannot be carried: an open file is open at one end only",
        f"use {content} for what is in it, or pathlib.Path for where it is",
    )


def in_data(problem: Problem, owner: str) -> Problem:
    """What is said of the type of a field of the class `owner`, where that differs."""
    match problem.code:
        case "CBG129":
            message = problem.message.replace("in this place", "inside data")
            return Problem("CBG143", message, "pass it as a parameter of its own")
        case "CBG123":
            return Problem(problem.code, "Self is not looked up", f"write {owner}")
        case _:
            return problem


def no_key(annotation: Type, *, is_item: bool) -> Problem:
    """What is said of a type that cannot be the key of a dict or the item of a set."""
    what = "the item of a set" if is_item else "the key of a dict"
    instead = (
        "send list[...]" if is_item else "send list[tuple[...]] with keys and values"
    )
    return Problem(
        "CBG144",
        f"{annotation} cannot be {what}",
        "use str, int, float, an enum, UUID, Decimal, a date or time, a path, an IP "
        f"address or a tuple of these; or {instead}",
    )


def no_literal(value: Type) -> Problem:
    """What is said of a Literal that has other values than msgpack knows."""
    is_member = isinstance(value, Symbol) and "." in value.name
    owner = str(value).rpartition(".")[0]
    return Problem(
        "CBG147",
        f"Literal[{value}] cannot be carried",
        f"use the enum itself: {owner}"
        if is_member
        else "use strings, bools, None or ints of 64 bits as its values",
    )


def made_class(symbol: Symbol, maker: str) -> Problem:
    """What is said of a class that a function makes."""
    return Problem(
        "CBG148",
        f"{symbol} cannot be carried: what {maker} makes is not read",
        f"write it as a class: class {symbol.name.rpartition('.')[2]}(...):",
    )


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


def stream(name: str) -> Problem:
    """What is said of a generator or iterator."""
    return Problem(
        "CBG125",
        f"{name} cannot be carried: a stream has no end to send",
        "return a list, or pass a callback that gets one item a call",
    )


# -- unions ------------------------------------------------------------------------


def not_told_apart(one: Type, other: Type) -> Problem:
    """What is said of two members of a union that look the same on the wire."""
    return Problem(
        "CBG130",
        f"{one} and {other} cannot be told apart on arrival",
        "use one of the two, or a dataclass with a field for each, both | None",
    )


def two_classes(one: Type, other: Type) -> Problem:
    """What is said of two classes in a union that look the same on the wire."""
    return Problem(
        "CBG130",
        f"{one} and {other} cannot be told apart on arrival",
        "make both msgspec.Struct classes with tag=True and all else alike, or one "
        "class with a field that says which",
    )


def alone(member: Type) -> Problem:
    """What is said of a member of a union that takes no other beside it."""
    return Problem(
        "CBG130",
        f"{member} can be in a union with None only",
        "pass the two as two parameters, each | None",
    )


def beside_anything(member: Type) -> Problem:
    """What is said of what is no plain data, in a union with `Any` or `object`."""
    return Problem(
        "CBG130",
        f"{member} is no plain data, which is all that Any and object stand for",
        f"use {member} alone, or Any alone with plain data",
    )


def no_limit(name: str, value: object, inner: Type) -> Problem:
    """What is said of a limit that values of a type cannot have."""
    limit = name if value is ... else f"{name}={value}"
    return Problem(
        "CBG149",
        f"values of {inner} have no {limit}",
        "gt, ge, lt, le and multiple_of are for numbers (for int as ints of 64 bits), "
        "pattern for str, min_length and max_length for texts, bytes and collections, "
        "tz for datetime and time",
    )


def no_limits_together(names: Iterable[str], inner: Type) -> Problem:
    """What is said of limits of a union of which no member can have them all."""
    return Problem(
        "CBG149",
        f"no member of {inner} can have {' and '.join(names)}",
        "limit each member by itself: Annotated[int, ...] | Annotated[str, ...]",
    )
