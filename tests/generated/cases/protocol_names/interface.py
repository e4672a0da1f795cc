"""Protocols that have the names of what the generated module imports."""

import typing
from typing import Protocol


class Any(Protocol):
    def any(self, value: typing.Any) -> typing.Any: ...


class Group(Protocol):
    def group(self) -> int: ...


class Method(Protocol):
    def method(self, other: "Stub") -> "Method": ...


class Stub(Protocol):
    def stub(self) -> int: ...


class Wrapper(Protocol):
    def wrapper(self, stub: Stub, any: Any) -> int: ...


class Remote(Protocol):
    def remote(self) -> int: ...
