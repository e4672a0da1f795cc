"""What the messages between two ends of ours carry, as bytes: the layout of it all.

The annotation ``CBGN`` of a call, big-endian: format (16 bits), features (16 bits),
milliseconds that the caller waits (32 bits, 0: no end), the chain of calls that it
belongs to (64 bits, signed: positive if the sender made the number, else the
receiver), and the number of the object (64 bits); the name of the object follows if
that is 0. No name stands for what describes the interfaces of an end (see `versions`).
CONNECT, CONNECTOK and calls over stock Pyro5 carry the first three only. A receiver
skips what follows.

A call's payload is a msgpack array: interface, method, arguments, keyword arguments.
An answer's is the value, or with the flag for exceptions a code and texts. A reference
is msgpack's extension type 0x40: a msgpack array of whose object it is (true: the
receiver's), its number or name, the interface, and for an object of the sender the
fingerprint of the interface there (8 bytes); a receiver skips what follows, up to 15 in
all. 0x30 is a complex, 0x31 an int of more than 64 bits, 0x44 a time whose offset from
UTC has seconds, 0x45 an array of numpy (see `kinds.numbers`), and under `Any` 0x41 a
tuple, 0x42 a set, 0x43 a frozenset.
"""

from __future__ import annotations

import operator
import re
import struct
from collections.abc import Callable, Collection, Hashable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, cast

import msgspec

from callbackgen.runtime.errors import (
    BadReply,
    Busy,
    DeadlineExceeded,
    LimitExceeded,
    RemoteError,
    RemoteRaised,
    Unimplemented,
    Withdrawn,
)
from callbackgen.runtime.keys import check_alike, check_keys
from callbackgen.runtime.unpacking import (
    ARRAYS,
    COMPLEX,
    DOUBLE,
    LARGE_INT,
    MOST_NUMBERS,
    Extension,
    Extensions,
    check_length,
    decoded,
    maps,
    unpacked,
)
from callbackgen.runtime.wire import CHUNK, Message, WireError, chunk

if TYPE_CHECKING:
    from callbackgen.runtime.lanes import Key

ANNOTATION: Final = b"CBGN"
FORMAT: Final = 1
_may_refer: Final = re.compile(rb"\x40[\x93-\x9f][\xc2\xc3]").search

CONTROL: Final = 0xFFFF_FFFF_FFFF_FFFF
"""The number of an object that is none: what the two ends tell each other."""

LARGEST_HANDSHAKE: Final = 4 * 1024
"""Bytes that the payload of CONNECT and of its answer may have."""

_EXTENSIONS: Final = (b"\xd8\x30", b"\xc7", b"\xc8", b"\xc9")
"""How those begin that are dear to read: a complex, large ints, arrays of numpy."""

_SMALLEST: Final = 8
"""Fewer bytes than any of them has."""

_BASIC: Final = struct.Struct("!HHI")
_CALL: Final = struct.Struct("!HHIqQ")
_NO_OPPOSITE: Final = -(2**63)
_CHUNK: Final = struct.Struct(CHUNK.format + _CALL.format[1:])
"""The usual annotation of a call, in one go: it is made for each."""


MOST_ARGUMENTS: Final = 64 * 1024
"""Each takes 80 bytes beside its own while it is not read."""


class Head(msgspec.Struct, frozen=True):
    """What the annotation of a call says."""

    milliseconds: int
    chain: int
    key: Key


class Heading(msgspec.Struct, array_like=True):
    """What is called. What follows in the array is skipped."""

    interface: str
    method: str


class Request(Heading, array_like=True):
    """What the payload of a call says."""

    arguments: list[Any]
    keywords: dict[str, Any]


class Arguments(Heading, array_like=True):
    """A call, whose arguments are not read. What follows in the array is skipped."""

    positional: Annotated[list[msgspec.Raw], msgspec.Meta(max_length=MOST_ARGUMENTS)]
    named: Annotated[dict[str, msgspec.Raw], msgspec.Meta(max_length=MOST_ARGUMENTS)]


def may_refer(payload: bytes) -> bool:
    """Whether there may be references in a payload: few without any look so."""
    return _may_refer(payload) is not None


def greeting() -> bytes:
    """The annotation of CONNECT and CONNECTOK."""
    return remaining(0)


def remaining(milliseconds: int) -> bytes:
    """The annotation of a call over stock Pyro5: how long its caller waits."""
    return chunk(ANNOTATION, _BASIC.pack(FORMAT, 0, milliseconds))


def remaining_in(annotations: Mapping[str, bytes | memoryview]) -> float | None:
    """The seconds that a caller over stock Pyro5 waits, or None if it does not say.

    `annotations` are those of a message as Pyro5 has them.
    """
    content = annotations.get(ANNOTATION.decode())
    if content is None or len(content) < _BASIC.size:
        return None
    return int(_BASIC.unpack_from(content)[2]) / 1000 or None


def speaks_ours(message: Message) -> bool:
    """Whether the other end of a new connection is one of ours.

    Raises WireError for one whose format is not known here.
    """
    content = message.annotation(ANNOTATION)
    if content is None:
        return False
    if len(content) < _BASIC.size:
        raise WireError("an annotation CBGN that is too short")
    if _BASIC.unpack_from(content)[0] < FORMAT:
        raise WireError("an annotation CBGN of an unknown format")
    return True


def head(milliseconds: int, chain: int, key: Key) -> bytes:
    """The annotation of a call."""
    if isinstance(key, int):
        size = _CALL.size
        return _CHUNK.pack(ANNOTATION, size, FORMAT, 0, milliseconds, chain, key)
    content = _CALL.pack(FORMAT, 0, milliseconds, chain, 0) + key.encode()
    return chunk(ANNOTATION, content)


def head_of(message: Message) -> Head:
    """What the annotation of a call says. Raises WireError where it says it wrongly."""
    content = message.annotation(ANNOTATION)
    if content is None or len(content) < _CALL.size:
        raise WireError("a call without its annotation CBGN")
    _, _, milliseconds, chain, number = _CALL.unpack_from(content)
    if chain == _NO_OPPOSITE:
        raise WireError("the number of a chain that is none")
    if number:
        return Head(milliseconds, chain, number)
    try:
        return Head(milliseconds, chain, content[_CALL.size :].decode())
    except UnicodeDecodeError:
        raise WireError("the name of an object that is not UTF-8") from None


def packed(value: object) -> bytes:
    """A value of builtins, complex and extensions as msgpack.

    Raises OverflowError for more than the receiver reads, RecursionError for what is
    nested too deeply.
    """
    payload = _encoded(value)
    try:
        check_keys(payload, maps)
        if len(payload) > MOST_NUMBERS * _SMALLEST and (
            sum(map(payload.count, _EXTENSIONS)) > MOST_NUMBERS
        ):  # those that look like extensions may be texts or floats
            unpacked(payload, bytes)
    except WireError as error:
        raise OverflowError(str(error)) from None
    return payload


def _encoded(value: object) -> bytes:
    try:
        return msgspec.msgpack.encode(value, enc_hook=_encode_other)
    except OverflowError:
        value = _with_large_ints(value)
        return msgspec.msgpack.encode(value, enc_hook=_encode_other)


def _with_large_ints(value: Any) -> Any:
    """The value, ints that msgpack does not know as extensions."""
    if isinstance(value, dict):
        mapping = cast("dict[object, object]", value)
        return {
            _large_key(key): _with_large_ints(item) for key, item in mapping.items()
        }
    if isinstance(value, list | tuple | set | frozenset):
        return [_with_large_ints(item) for item in cast("list[Any]", value)]
    if isinstance(value, int) and _is_large(value):
        return _extension_of(value)
    return value


def _large_key(key: Any) -> Any:
    if isinstance(key, tuple):
        return tuple(map(_large_key, cast("tuple[object, ...]", key)))
    return _LargeInt(key) if isinstance(key, int) and _is_large(key) else key


class _LargeInt:
    """One that is a key or in one: extensions cannot be hashed."""

    def __init__(self, value: int) -> None:
        self.extension = _extension_of(value)


def _is_large(value: int) -> bool:
    return not -(2**63) <= value < 2**64


def _extension_of(value: int) -> msgspec.msgpack.Ext:
    return msgspec.msgpack.Ext(LARGE_INT, str(value).encode())


def _encode_other(value: object) -> object:
    if isinstance(value, _LargeInt):
        return value.extension
    if isinstance(value, complex):
        return msgspec.msgpack.Ext(COMPLEX, DOUBLE.pack(value.real, value.imag))
    raise TypeError(f"{type(value).__name__} does not travel")


def plain(value: Any) -> Any:
    """A value under `Any`, made of builtins, so that it arrives as what it is.

    What needs no change is not copied. Raises OverflowError for a set that the receiver
    does not read.
    """
    if isinstance(value, dict):
        mapping = cast("dict[object, object]", value)
        items = [plain(item) for item in mapping.values()]
        if all(map(operator.is_, items, mapping.values())):
            return mapping
        return dict(zip(mapping, items, strict=True))
    if isinstance(value, list):
        array = cast("list[object]", value)
        items = [plain(item) for item in array]
        return array if all(map(operator.is_, items, array)) else items
    for code, kind in ARRAYS.items():
        if isinstance(value, kind):
            if kind is not tuple:
                _check_set_to_send(cast("set[Hashable]", value))
            inner = [plain(item) for item in cast("list[object]", value)]
            return msgspec.msgpack.Ext(code, _encoded(inner))
    return value


def _check_set_to_send(items: Collection[Hashable]) -> None:
    try:
        check_length(items)
        check_alike(items)
    except WireError as error:
        raise OverflowError(str(error)) from None


def request(
    interface: str, method: str, arguments: list[object], keywords: dict[str, object]
) -> bytes:
    """The payload of a call. Raises as `packed` does."""
    return packed((interface, method, arguments, keywords))


def request_in(
    payload: bytes, extension: Extension, *, checked: bool = False
) -> Request:
    """What the payload of a call says. Raises WireError for anything else.

    `checked`: its arguments are, see `unpacked`.
    """
    extensions = Extensions(extension, checked=checked)
    request: Request = decoded(payload, Request, extensions)
    return request


def failure(code: str, text: str, class_name: str = "", traceback: str = "") -> bytes:
    """The payload of an answer that says what went wrong."""
    return msgspec.msgpack.encode((code, text, class_name, traceback))


def heading_in(payload: bytes) -> Heading:
    """What a call is of, its arguments unread. Raises WireError where it says none."""
    extensions = Extensions(_unexpected, checked=True)
    heading: Heading = decoded(payload, Heading, extensions)
    return heading


def arguments_in(payload: bytes) -> Arguments:
    """The arguments of a call, as their bytes. Raises WireError for anything else."""
    arguments: Arguments = decoded(
        payload, Arguments, Extensions(_unexpected, checked=True)
    )
    return arguments


def parts_of(payload: bytes, limit: int) -> list[bytes]:
    """What can be read of a payload of no known type, so many bytes at a time."""
    if len(payload) <= limit:
        return [payload]
    try:
        said = arguments_in(payload)
    except WireError:  # an answer, or no call that was meant to be read
        return []
    parts = map(bytes, [*said.positional, *said.named.values()])
    return [part for part in parts if len(part) <= limit]


def _unexpected(_: bytes) -> object:
    raise WireError("a reference in place of the name of an interface or a method")


# msgspec evaluates the annotations of a class when it first meets it: now.
_MET: Final = [msgspec.msgpack.Decoder(kind) for kind in (Heading, Request, Arguments)]
RAISED: Final = "raised"
UNFIT: Final = "unfit"
"""The answer does not fit the interface; so says any code that is not known, too."""
_CODES: Final[dict[str, Callable[[str], RemoteError]]] = {
    "busy": Busy,
    "expired": DeadlineExceeded,
    "limit": LimitExceeded,
    "unimplemented": Unimplemented,
    "withdrawn": Withdrawn,
}


def error_in(payload: bytes) -> RemoteError:
    """The error in an answer that says what went wrong; BadReply if it does not."""
    try:
        said = msgspec.msgpack.decode(payload, type=tuple[str, str, str, str])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError):
        return BadReply("the answer says that something went wrong, not what")
    code, text, class_name, traceback = said
    if code == RAISED:
        return RemoteRaised(class_name, text, traceback)
    make = _CODES.get(code, BadReply)
    return make(text[:1024])


RELEASE: Final = "release"
GOODBYE: Final = "goodbye"


def control(what: str, *content: object) -> bytes:
    """The payload of what the two ends tell each other."""
    return msgspec.msgpack.encode((what, *content))


def control_in(payload: bytes) -> list[Any]:
    """What the other end tells. Raises WireError where that is not well-formed."""
    try:
        return msgspec.msgpack.decode(payload, type=list[Any])
    except (
        msgspec.DecodeError,
        msgspec.ValidationError,
        UnicodeDecodeError,
        RecursionError,
        TypeError,
    ):
        raise WireError("a control message that is not well-formed") from None
