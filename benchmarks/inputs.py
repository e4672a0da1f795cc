"""The same interface for every generator: a Protocol, and a service for protoc."""

from __future__ import annotations

HEAD = '''\
"""An interface to generate from."""

from __future__ import annotations

from typing import Protocol
'''

_METHODS = (
    (
        "def changed_{n}(self, symbol: str, *, price: float = 1.0) -> bool: ...",
        "string symbol = 1; double price = 2;",
        "bool result = 1;",
    ),
    (
        "def renamed_{n}(self, before: str, after: str) -> None: ...",
        "string before = 1; string after = 2;",
        "",
    ),
    (
        "def count_{n}(self, words: list[str]) -> dict[str, int]: ...",
        "repeated string words = 1;",
        "map<string, int64> result = 1;",
    ),
    (
        "def ask_{n}(self, question: str, attempts: int = 3) -> str | None: ...",
        "string question = 1; int64 attempts = 2;",
        "optional string result = 1;",
    ),
    (
        "def matrix_{n}(self, rows: list[float]) -> tuple[float, float]: ...",
        "repeated double rows = 1;",
        "double low = 1; double high = 2;",
    ),
)

_FILLER = '''

class Step{n}:
    """One step of many that have nothing to do with the interface."""

    def __init__(self, name: str, weight: float = 1.0) -> None:
        self.name = name
        self.weight = weight
        self.history: list[float] = []

    def run(self, amount: float) -> float:
        """What the step makes of an amount."""
        result = amount * self.weight + len(self.history)
        if result > 1000.0:
            result = result / 2
        self.history.append(result)
        return result


def total_{n}(steps: list[Step{n}]) -> float:
    """The sum of what the steps have made."""
    return sum(sum(step.history) for step in steps)
'''


def protocol(methods: int) -> str:
    """The class statement of a Protocol of that many methods."""
    lines = [
        f"    {_METHODS[n % len(_METHODS)][0].format(n=n)}\n" for n in range(methods)
    ]
    return "\n\nclass Listener(Protocol):\n" + "".join(lines)


def module(methods: int) -> str:
    """A module that has nothing but the Protocol."""
    return HEAD + protocol(methods)


def long_module(lines: int, methods: int) -> str:
    """A module of at least that many lines with the Protocol at its end."""
    each = _FILLER.count("\n")
    filler = "".join(_FILLER.format(n=n) for n in range(lines // each + 1))
    return HEAD + filler + protocol(methods)


def service(methods: int) -> str:
    """The same methods as a protobuf service, with their messages."""
    messages: list[str] = []
    calls: list[str] = []
    for n in range(methods):
        _, request, reply = _METHODS[n % len(_METHODS)]
        messages.append(f"message Request{n} {{ {request} }}\n")
        messages.append(f"message Reply{n} {{ {reply} }}\n")
        calls.append(f"  rpc Call{n} (Request{n}) returns (Reply{n});\n")
    return (
        'syntax = "proto3";\npackage listener;\n'
        + "".join(messages)
        + "service Listener {\n"
        + "".join(calls)
        + "}\n"
    )
