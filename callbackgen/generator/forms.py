"""What travels and is known by heart, and what each such type is in msgpack."""

from __future__ import annotations

import ast

from callbackgen.interface import ANY, Symbol

NULL = "null"
INT = "int"
TEXT = "text"
BINARY = "binary"
ARRAY = "array"
MAPPING = "mapping"
REFERENCE = "reference"
REGISTERED = "registered"

ANYTHING = frozenset({ANY, Symbol("builtins", "object")})
"""Stand for any plain data."""

ARRAYS_OF_NUMPY = frozenset(
    {Symbol("numpy", "ndarray"), Symbol("numpy.typing", "NDArray")}
)
NO_NUMBERS = frozenset(
    Symbol("numpy", name)
    for name in (
        *("bytes_", "character", "datetime64", "flexible", "object_", "record"),
        *("str_", "timedelta64", "void"),
    )
)
"""Types of what is in an array that does not travel."""
MAPPINGS = frozenset(
    {
        Symbol("builtins", "dict"),
        *(Symbol("collections.abc", name) for name in ("Mapping", "MutableMapping")),
    }
)
SETS = frozenset(
    {
        *(Symbol("builtins", name) for name in ("frozenset", "set")),
        *(Symbol("collections.abc", name) for name in ("MutableSet", "Set")),
    }
)

_NAMES = {
    ("builtins", TEXT): "str",
    ("builtins", "bool"): "bool",
    ("builtins", INT): "int",
    ("builtins", "float"): "float",
    ("builtins", "complex"): "complex",
    ("builtins", BINARY): "bytes bytearray",
    ("builtins", ARRAY): "frozenset list set tuple",
    ("builtins", MAPPING): "dict",
    ("collections.abc", ARRAY): "Collection Iterable MutableSequence MutableSet "
    "Sequence Set",
    ("collections.abc", MAPPING): "Mapping MutableMapping",
    ("datetime", TEXT): "date datetime time timedelta",
    ("decimal", TEXT): "Decimal",
    ("ipaddress", TEXT): "IPv4Address IPv4Interface IPv4Network IPv6Address "
    "IPv6Interface IPv6Network",
    ("pathlib", TEXT): "Path PosixPath PurePath PurePosixPath PureWindowsPath "
    "WindowsPath",
    ("uuid", TEXT): "UUID",
}

_FORMS = {
    Symbol(module, name): form
    for (module, form), names in _NAMES.items()
    for name in names.split()
} | dict.fromkeys(ARRAYS_OF_NUMPY, "numpy array")


def form_of(symbol: Symbol) -> str | None:
    """What a type that is known by heart is in msgpack; None for any other."""
    return _FORMS.get(symbol)


def counts_of(symbol: Symbol) -> range:
    """How many type arguments a type that is known by heart takes; no tuple is."""
    match form_of(symbol):
        case "array":
            return range(1, 2)
        case "mapping":
            return range(2, 3)
        case "numpy array":
            return range(1, 3)
        case _:
            return range(1)


def is_literal(text: str) -> bool:
    """Whether a value can be in a Literal: a text, a bool, None, an int of 64 bits."""
    try:
        match ast.literal_eval(text):
            case str(value):
                value.encode()  # or UnicodeEncodeError, which is a ValueError
                return True
            case bool() | None:
                return True
            case int(value):
                return -(1 << 63) <= value < 1 << 63
            case _:
                return False
    except ValueError:
        return False


def is_key_by_heart(symbol: Symbol) -> bool:
    """Whether a type that is known by heart can be the key of a dict."""
    return symbol in ANYTHING or form_of(symbol) in {
        TEXT,
        "bool",
        INT,
        "float",
        "complex",
    }
