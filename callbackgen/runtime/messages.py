"""Pyro5's wire protocol as a stub speaks it: bytes to messages and back, no sockets.

A message is a header of 40 bytes, annotations (four letters, a size, bytes), and a
payload. Payloads are serpent, whatever the far end may prefer; nothing in an answer is
ever made into an object, and no answer is unpacked beyond a limit.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any, cast

import serpent
from Pyro5 import protocol

from callbackgen.runtime.address import address_in_state
from callbackgen.runtime.errors import BadReply
from callbackgen.runtime.parsing import parsed
from callbackgen.runtime.raised import raised

HEADER = struct.Struct("!4sHBBHHII16sHH")
_TAG = b"PYRO"
_MAGIC = 0x4DC5
_NO_CORRELATION = b"\0" * 16
_SERPENT = 1
_ANNOTATION = struct.Struct("!4sI")
_NOT_SERPENT = (
    ValueError,
    SyntaxError,
    TypeError,
    MemoryError,
    RecursionError,
    SystemError,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One message that has arrived whole; its annotations are not looked at."""

    kind: int
    serializer: int
    flags: int
    sequence: int
    payload: bytes

    def data(self, limit: int) -> bytes:
        """The payload, unpacked to at most `limit` bytes, as serpent.

        Raises BadReply where it is more, or packed wrongly, or not serpent.
        """
        if self.serializer != _SERPENT:
            raise BadReply(
                f"the answer is not in serpent (serializer {self.serializer})"
            )
        if not self.flags & protocol.FLAGS_COMPRESSED:
            return self.payload
        unpacking = zlib.decompressobj()
        try:
            data = unpacking.decompress(self.payload, limit + 1)
        except zlib.error as error:
            raise BadReply(f"the answer is packed wrongly: {error}") from None
        if len(data) > limit:
            raise BadReply(f"the answer unpacks to more than {limit} bytes")
        if not unpacking.eof:
            raise BadReply("the answer is packed wrongly: it ends too early")
        return data


def connect_message(sequence: int, object_id: str) -> bytes:
    """The first message of a connection, which asks for one object."""
    payload = _dumped({"handshake": "hello", "object": object_id})
    return _message(protocol.MSG_CONNECT, sequence, payload, b"")


def call_payload(
    object_id: str, method: str, arguments: list[object], keywords: dict[str, object]
) -> bytes:
    """What an INVOKE message carries. The arguments are plain data."""
    return _dumped((object_id, method, tuple(arguments), keywords))


def call_message(sequence: int, payload: bytes, deadline: tuple[str, bytes]) -> bytes:
    """An INVOKE message with one annotation."""
    name, value = deadline
    annotation = _ANNOTATION.pack(name.encode(), len(value)) + value
    return _message(protocol.MSG_INVOKE, sequence, payload, annotation)


def _dumped(data: object) -> bytes:
    data_of: bytes = cast(Any, serpent).dumps(data, module_in_classname=True)
    return data_of


def _message(kind: int, sequence: int, payload: bytes, annotations: bytes) -> bytes:
    header = HEADER.pack(
        _TAG,
        protocol.PROTOCOL_VERSION,
        kind,
        _SERPENT,
        0,
        sequence,
        len(payload),
        len(annotations),
        _NO_CORRELATION,
        0,
        _MAGIC,
    )
    return header + annotations + payload


def take_message(buffer: bytearray, limit: int) -> Message | None:
    """Takes one message off the front of what has arrived; None: not yet complete.

    Raises BadReply for what is not Pyro5's protocol, or more than `limit` bytes.
    """
    if not _TAG.startswith(buffer[:4]):
        raise BadReply("the far end does not speak Pyro5's protocol")
    if len(buffer) < HEADER.size:
        return None
    _, version, kind, serializer, flags, sequence, size, annotations, _, _, magic = (
        HEADER.unpack_from(buffer)
    )
    if version != protocol.PROTOCOL_VERSION or magic != _MAGIC:
        raise BadReply(f"the far end speaks version {version} of Pyro5's protocol")
    if size + annotations > limit:
        raise BadReply(f"an answer of {size + annotations} bytes; the limit is {limit}")
    end = HEADER.size + annotations + size
    if len(buffer) < end:
        return None
    payload = bytes(memoryview(buffer)[HEADER.size + annotations : end])
    del buffer[:end]
    return Message(kind, serializer, flags, sequence, payload)


def refusal_text(message: Message, limit: int) -> str:
    """Why the far end refused a connection, as far as it says so readably."""
    try:
        reason = _literal(message.data(limit))
    except BadReply:
        return "it gave no reason that can be read; it may have no free workers"
    return ascii(reason)[:1024]


def result_of(message: Message, limit: int) -> Any:
    """The data in an answer: builtins, and an `Address` for each reference.

    Raises RemoteRaised for what was raised there, BadReply for what is no answer.
    """
    data = message.data(limit)
    result = _literal(data)
    if message.flags & protocol.FLAGS_EXCEPTION:
        error = raised(result)
        raise error or BadReply("the answer says that something was raised, not what")
    if b"__class__" in data:
        result = _restored(result)
    return result


def _literal(data: bytes) -> object:
    try:
        literal: object = parsed(cast(Any, serpent).loads, data)
    except _NOT_SERPENT as error:
        kind = type(error).__name__
        raise BadReply(f"the answer is not serpent data ({kind})") from None
    return literal


def _restored(value: Any) -> Any:
    """The value with serpent's own marks undone; other classes are refused."""
    match value:
        case {"__class__": name, **rest}:
            return _of_class(name, rest)
        case dict():
            items = cast("dict[object, object]", value).items()
            return {key: _restored(item) for key, item in items}
        case list():
            return [_restored(item) for item in cast("list[object]", value)]
        case tuple():
            return tuple(_restored(item) for item in cast("tuple[Any]", value))
        case _:
            return value


def _of_class(name: object, state: dict[Any, Any]) -> object:
    if name == "float" and state == {"value": "nan"}:
        return float("nan")
    if isinstance(name, str):
        try:
            address = address_in_state(name, state.get("state"))
        except ValueError as error:
            raise BadReply(f"the answer has {error}") from None
        if address is not None:
            return address
    raise BadReply(
        f"the answer has an object of class {ascii(name)[:200]}; only plain data and "
        "references travel"
    )
