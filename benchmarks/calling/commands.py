"""What the benchmark tells a server's process to do: a line of JSON in, one out."""

from __future__ import annotations

import msgspec


class Accept(msgspec.Struct, frozen=True, tag=True):
    """Call so many listeners for the first time; the last one gets the calls."""

    count: int


class Calls(msgspec.Struct, frozen=True, tag=True):
    """Call the listener so many times, and wait for each answer."""

    text: str
    count: int


class Oneways(msgspec.Struct, frozen=True, tag=True):
    """Make so many calls without an answer."""

    text: str
    count: int


class Answers(msgspec.Struct, frozen=True):
    """What the calls took, one by one, and what was answered."""

    nanoseconds: list[int]
    answers: list[bool]


class Arrived(msgspec.Struct, frozen=True):
    """How many calls have arrived so far, and after how long the last of these."""

    nanoseconds: int
    count: int


Command = Accept | Calls | Oneways
Reply = Answers | Arrived
