"""Values of a type that is written as an annotation, between two ends of ours."""

from __future__ import annotations

from typing import Any

from callbackgen.interface import ANY, parse_signature
from callbackgen.runtime.envelope import packed
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.values import Value
from tests.unit.runtime.papers import Side


def value(text: str) -> Value:
    """The values of a type, whose names are written with their modules."""
    return Value(parse_signature(f"-> {text}").result or ANY)


def sent(text: str, given: object) -> Any:
    """What the far end gets: packed as a message, and unpacked."""
    return arrived(text, packed(value(text).pack(given, Side().passing())))


def arrived(text: str, message: bytes) -> Any:
    """What is made of a message."""
    receiver = Side().passing()
    return value(text).unpack(unpacked(message, receiver.extension), receiver)
