"""Pyro5's wire protocol, without sockets: bytes in, whole messages out, within limits.

A message is a header of 40 bytes, annotations (four letters, a size, bytes), and a
payload (see `Pyro5.protocol`). Nothing here looks into a payload.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec
from Pyro5 import protocol

CONNECT: Final = protocol.MSG_CONNECT
CONNECT_OK: Final = protocol.MSG_CONNECTOK
CONNECT_FAIL: Final = protocol.MSG_CONNECTFAIL
INVOKE: Final = protocol.MSG_INVOKE
RESULT: Final = protocol.MSG_RESULT
PING: Final = protocol.MSG_PING

EXCEPTION: Final = protocol.FLAGS_EXCEPTION
COMPRESSED: Final = protocol.FLAGS_COMPRESSED
ONEWAY: Final = protocol.FLAGS_ONEWAY
KEEP_SERIALIZED: Final = protocol.FLAGS_KEEPSERIALIZED

SERPENT: Final = 1
JSON: Final = 3
MSGPACK: Final = 4

HEADER: Final = struct.Struct("!4sHBBHHII16sHH")
CHUNK: Final = struct.Struct("!4sI")
_TAG: Final = b"PYRO"
_MAGIC: Final = 0x4DC5
_VERSION: Final = protocol.PROTOCOL_VERSION
_NO_CORRELATION: Final = b"\0" * 16
_LARGEST_ANNOTATIONS: Final = 8 * 1024
_MOST_ANNOTATIONS: Final = 16

Limit: TypeAlias = Callable[[int], int]
"""The most bytes of a payload, packed or not, for a serializer."""


class WireError(Exception):
    """What has arrived is not the protocol, or exceeds a limit; the text says why."""


class Message(msgspec.Struct, frozen=True):
    """One message that has arrived whole.

    Its payload is unpacked, or has the flag `COMPRESSED`: see `Receiver`.
    """

    kind: int
    flags: int
    sequence: int
    serializer: int
    annotations: bytes
    payload: bytes
    correlation: bytes = _NO_CORRELATION
    size: int = 0
    """The bytes that it took to arrive."""

    def encoded(self) -> bytes:
        """The message as bytes again."""
        return encoded(
            self.kind,
            self.sequence,
            self.payload,
            self.correlation,
            flags=self.flags,
            serializer=self.serializer,
            annotations=self.annotations,
        )

    def check_annotations(self) -> None:
        """Raises WireError where the annotations are not well-formed or too many."""
        self.annotation(b"")  # which none is called: it goes by all of them

    def annotation(self, name: bytes) -> bytes | None:
        """The first annotation of that name, or None.

        Raises WireError where the annotations are not well-formed or too many.
        """
        rest = self.annotations
        for _ in range(_MOST_ANNOTATIONS):
            if not rest:
                return None
            if len(rest) < CHUNK.size:
                break
            found, size = CHUNK.unpack_from(rest)
            end = CHUNK.size + size
            if end > len(rest):
                break
            if found == name:
                return rest[CHUNK.size : end]
            rest = rest[end:]
        if not rest:
            return None
        raise WireError("annotations that are not well-formed, or too many")


def chunk(name: bytes, content: bytes) -> bytes:
    """One annotation as bytes."""
    return CHUNK.pack(name, len(content)) + content


def encoded(
    kind: int,
    sequence: int,
    payload: bytes,
    correlation: bytes = _NO_CORRELATION,
    *,
    flags: int = 0,
    serializer: int = MSGPACK,
    annotations: bytes = b"",
) -> bytes:
    """A message to send, as bytes."""
    header = HEADER.pack(
        _TAG,
        _VERSION,
        kind,
        serializer,
        flags,
        sequence,
        len(payload),
        len(annotations),
        correlation,
        0,
        _MAGIC,
    )
    return header + annotations + payload


class Receiver:
    """Puts messages together from the bytes of one direction of a connection.

    It unpacks them as long as `unpacks` says so.
    """

    __slots__ = ("_arrived", "_fresh", "limit", "unpacks")

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.unpacks = True
        self._arrived = bytearray()
        self._fresh = b""  # most often just one message, which need not be copied

    def feed(self, data: bytes) -> None:
        """Takes what has arrived."""
        if self._arrived or self._fresh:
            self._arrived += self._fresh
            self._arrived += data
            self._fresh = b""
        else:
            self._fresh = data

    def forget(self) -> None:
        """Keeps nothing of a message that will not be complete."""
        self._arrived = bytearray()
        self._fresh = b""

    @property
    def begun(self) -> bool:
        """Whether a part of a message is here."""
        return bool(self._arrived or self._fresh)

    @property
    def arriving(self) -> int:
        """The bytes of the message that is begun, if its header is here."""
        data = self._arrived or self._fresh
        if len(data) < HEADER.size:
            return len(data)
        _, _, _, _, _, _, size, annotations, *_ = HEADER.unpack_from(data)
        return HEADER.size + int(size) + int(annotations)

    def take(self) -> Message | None:
        """The next message, or None while it is not whole.

        Raises WireError as soon as what is here cannot become one.
        """
        if self._fresh:
            data, self._fresh = self._fresh, b""
            message = self._first(data)
            if message is not None and message.size == len(data):
                return message
            self._arrived += data
        if not self._arrived:
            return None
        message = self._first(self._arrived)
        if message is not None:
            del self._arrived[: message.size]
        return message

    def _first(self, data: bytes | bytearray) -> Message | None:
        if len(data) < HEADER.size:
            if not _TAG.startswith(data[:4]):
                raise WireError("not Pyro5's protocol")
            return None
        (
            tag,
            version,
            kind,
            serializer,
            flags,
            sequence,
            size,
            annotations,
            correlation,
            _,
            magic,
        ) = HEADER.unpack_from(data)
        if tag != _TAG or magic != _MAGIC:
            raise WireError("not Pyro5's protocol")
        if version != _VERSION:
            raise WireError(f"version {version} of Pyro5's protocol")
        limit = self.limit(serializer)
        if size > limit:
            raise WireError(f"a message of {size} bytes; the limit is {limit}")
        if annotations > _LARGEST_ANNOTATIONS:
            raise WireError(f"annotations of {annotations} bytes")
        start = HEADER.size + annotations
        end = start + size
        if len(data) < end:
            return None
        attached, payload = bytes(data[HEADER.size : start]), bytes(data[start:end])
        message = Message(
            kind, flags, sequence, serializer, attached, payload, correlation, end
        )
        return unpacked(message, self.limit) if self.unpacks else message


def unpacked(message: Message, limit: Limit) -> Message:
    """The message, its payload unpacked if it is packed.

    Raises WireError where it is packed wrongly, or unpacks to more than the limit.
    """
    if not message.flags & COMPRESSED:
        return message
    payload = _unpacked(message.payload, limit(message.serializer))
    flags = message.flags & ~COMPRESSED
    return msgspec.structs.replace(message, flags=flags, payload=payload)


def _unpacked(payload: bytes, limit: int) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(payload, limit + 1)
    except zlib.error as error:
        raise WireError(f"a message that is packed wrongly: {error}") from None
    if len(data) > limit:
        raise WireError(f"a message that unpacks to more than {limit} bytes")
    if not unpacking.eof:
        raise WireError("a message that is packed wrongly: it ends too early")
    return data
