"""Declared types of every sort, and what takes values of them in the attacked server."""

from __future__ import annotations

import enum
import uuid
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Interface
from typing import Any

import msgspec
import numpy as np

from callbackgen.runtime import Method, Stub, Wrapper, exposed
from callbackgen.runtime.interfaces import interface_name

HERE = __name__


class One(msgspec.Struct, tag="one"):
    """One of two that may be nested in each other."""

    next: One | Other | None = None
    ids: set[uuid.UUID] = set()


class Other(msgspec.Struct, tag="other"):
    next: One | Other | None = None
    ids: set[uuid.UUID] = set()


class Bits(enum.IntFlag):
    A = 1
    B = 2


@dataclass
class Full:
    """Nothing has to be said of it, and it is large."""

    first: list[int] = field(default_factory=list[int])
    second: dict[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True)
class Point:
    """Its hash is made in Python."""

    numbers: tuple[int, ...]


_ADDRESSES: Method[int] = Method(
    "addresses", "(value: set[ipaddress.IPv6Address]) -> int"
)
_NETWORKS: Method[int] = Method(
    "networks", "(value: set[ipaddress.IPv6Interface]) -> int"
)
_POINTS: Method[int] = Method("points", f"(value: set[{HERE}.Point]) -> int")
_COUNTS: Method[int] = Method("counts", "(value: dict[int, int]) -> int")
_CHAIN: Method[int] = Method("chain", f"(value: {HERE}.One | {HERE}.Other) -> int")
_FULL: Method[int] = Method("full", f"(value: list[{HERE}.Full]) -> int")
_MIXED: Method[int] = Method("mixed", f"(value: list[{HERE}.Bits | str]) -> int")
_NUMBERS: Method[int] = Method("numbers", "(value: numpy.ndarray) -> int")
_ADDRESS: Method[int] = Method("address", "(value: ipaddress.IPv4Address) -> int")

_TEXT: Method[str] = Method("text", "(value: str) -> str")


class TypedWrapper(Wrapper, format=1):
    """As the generator writes it, but that no object is behind it."""

    __slots__ = ("__callback",)

    def __init__(self, callback: object) -> None:
        self.__callback = callback

    @exposed(_ADDRESSES)
    def addresses(self, value: set[IPv6Address]) -> int:
        return len(value)

    @exposed(_NETWORKS)
    def networks(self, value: set[IPv6Interface]) -> int:
        return len(value)

    @exposed(_POINTS)
    def points(self, value: set[Point]) -> int:
        return len(value)

    @exposed(_COUNTS)
    def counts(self, value: dict[int, int]) -> int:
        return len(value)

    @exposed(_CHAIN)
    def chain(self, value: One | Other) -> int:
        return 1

    @exposed(_FULL)
    def full(self, value: list[Full]) -> int:
        return len(value)

    @exposed(_MIXED)
    def mixed(self, value: list[Bits | str]) -> int:
        return len(value)

    @exposed(_NUMBERS)
    def numbers(self, value: np.ndarray[Any, Any]) -> int:
        return len(value)

    @exposed(_TEXT)
    def text(self, value: str) -> str:
        return value

    @exposed(_ADDRESS)
    def address(self, value: IPv4Address) -> int:
        return 1


class TypedStub(Stub, format=1):
    """It has the name of the interface alone."""

    __slots__ = ()


TYPED = interface_name(TypedStub)
