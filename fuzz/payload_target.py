"""Payloads of messages, as the layers that read them do."""

from __future__ import annotations

import contextlib
from typing import Any, Final

from callbackgen.runtime import envelope
from callbackgen.runtime.by_address import REFUSING
from callbackgen.runtime.errors import RemoteError
from callbackgen.runtime.fingerprint import members_in
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.references import Passing
from callbackgen.runtime.referring import reference_in
from callbackgen.runtime.unpacking import unpacked
from callbackgen.runtime.wire import WireError
from fuzz.line import LIMITS, Line
from fuzz.surface import METHODS

READERS: Final = (
    "request",
    "result",
    "heading",
    "control",
    "error",
    "reference",
    "text",
    "ordinary",
)


def run(data: bytes) -> None:
    """The first byte says what the others are, the second of which member."""
    if len(data) < 2:
        return
    reader, method = READERS[data[0] % len(READERS)], METHODS[data[1] % len(METHODS)]
    with contextlib.suppress(WireError, Misfit):
        _read(reader, method, data[2:])


def _read(reader: str, method: Any, payload: bytes) -> None:
    session = Line(iter(())).session
    passing = Passing(session.references, session)
    match reader:
        case "request":
            request = envelope.request_in(payload, passing.extension)
            if not method.is_attribute:
                method.unpack(request.arguments, request.keywords, passing)
        case "ordinary":  # as msgpack, what any serializer may have made
            request = envelope.request_in(payload, passing.extension)
            if not method.is_attribute:
                method.unpack(request.arguments, request.keywords, REFUSING)
        case "result":
            value = unpacked(payload, passing.extension)
            method.overloads[0].unpack_result(value, passing)
        case "heading":
            heading = envelope.heading_in(payload)
            assert type(heading.interface) is type(heading.method) is str
        case "control":
            assert type(envelope.control_in(payload)) is list
        case "error":
            assert isinstance(envelope.error_in(payload), RemoteError)
        case "reference":
            assert type(reference_in(payload).interface) is str
        case _:
            members_in(payload.decode(errors="replace"))
    assert len(vars(session.references)["_imports"]) <= LIMITS.callbacks
