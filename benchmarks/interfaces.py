"""The interfaces that are measured: the same methods for us, stubgen and protoc."""

from __future__ import annotations

from collections.abc import Iterator

_HEAD = """\
from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
"""

_METHODS = (
    "def {name}(self, symbol: str, price: float, *, final: bool = False) -> bool: ...",
    "def {name}(self, at: float, values: Sequence[float]) -> None: ...",
    "def {name}(self, question: str, /, default: str | None = None) -> str: ...",
    "def {name}(self, prices: dict[str, float], limit: int = 100) -> int: ...",
    "def {name}(self) -> tuple[int, str]: ...",
)

_MESSAGES = (
    "string symbol = 1; double price = 2; bool final = 3;",
    "double at = 1; repeated double values = 2;",
    "string question = 1; optional string default = 2;",
    "map<string, double> prices = 1; int64 limit = 2;",
    "",
)

_REPLIES = (
    "bool result = 1;",
    "",
    "string result = 1;",
    "int64 result = 1;",
    "int64 number = 1; string text = 2;",
)

_FILLER = '''
class Account{number}:
    """An account, as an application has them."""

    def __init__(self, owner: str, balance: float = 0.0) -> None:
        self.owner = owner
        self.balance = balance
        self.history: list[tuple[str, float]] = []

    def deposit(self, amount: float) -> float:
        """Add an amount and return the balance."""
        if amount <= 0:
            raise ValueError(f"{{amount}} cannot be deposited")
        self.balance += amount
        self.history.append(("deposit", amount))
        return self.balance


def summary_{number}(accounts: list[Account{number}]) -> dict[str, float]:
    totals: dict[str, float] = {{}}
    for account in accounts:
        for kind, amount in account.history:
            totals[kind] = totals.get(kind, 0.0) + amount
    return totals

'''


def protocol(methods: int, name: str = "Listener") -> str:
    """The source of a module with one Protocol of so many methods."""
    return f"{_HEAD}\n\n{_protocol(methods, name)}"


def large_module(lines: int) -> str:
    """A module of so many lines at least; a Protocol of ten methods stands last."""
    parts = [_HEAD]
    count = 0
    while count < lines:
        parts.append(_FILLER.format(number=len(parts)))
        count += parts[-1].count("\n")
    return "".join([*parts, "\n", _protocol(10, "Listener")])


def service(methods: int) -> str:
    """The same methods for protoc: a message for the arguments, one for the result."""
    rpcs: list[str] = []
    messages: list[str] = []
    for number in range(methods):
        kind = number % len(_MESSAGES)
        name = f"Method{number:04}"
        rpcs.append(f"  rpc {name} ({name}Request) returns ({name}Reply);\n")
        messages.append(f"message {name}Request {{ {_MESSAGES[kind]} }}\n")
        messages.append(f"message {name}Reply {{ {_REPLIES[kind]} }}\n")
    body = "".join(rpcs)
    return f'syntax = "proto3";\n\n{"".join(messages)}\nservice Listener {{\n{body}}}\n'


def _protocol(methods: int, name: str) -> str:
    return f"class {name}(Protocol):\n" + "".join(_lines(methods))


def _lines(methods: int) -> Iterator[str]:
    for number in range(methods):
        signature = _METHODS[number % len(_METHODS)]
        yield f"    {signature.format(name=f'method_{number:04}')}\n"
