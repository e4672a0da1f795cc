"""A reference to an object as it travels: see `envelope` for the layout."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from callbackgen.runtime.envelope import CONTROL
from callbackgen.runtime.unpacking import REFERENCE
from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.lanes import Key

FINGERPRINT_SIZE: Final = 8
"""Bytes of the fingerprint of an interface."""

_FINGERPRINT: Final = bytes([0xC4, FINGERPRINT_SIZE])
"""How msgpack begins it."""


def reference(
    *, receivers: bool, key: Key, interface: str, fingerprint: bytes | None = None
) -> object:
    """What stands for an object in a payload."""
    said: tuple[object, ...] = receivers, key, interface
    if fingerprint is not None:
        said += (fingerprint,)
    return msgspec.msgpack.Ext(REFERENCE, msgspec.msgpack.encode(said))


class Referred(NamedTuple):
    """What a reference that has arrived says. `mine`: the object lives here.

    `fingerprint` is that of the interface at the other end; None: it is not known.
    """

    mine: bool
    key: Key
    interface: str
    fingerprint: bytes | None = None


class _Said(msgspec.Struct, array_like=True):
    """A reference as it travels; fields that follow are skipped, unread."""

    mine: bool
    key: int | str
    interface: str
    fingerprint: msgspec.Raw = msgspec.Raw()


_said_in: Final = msgspec.msgpack.Decoder(_Said).decode


def reference_in(data: bytes) -> Referred:
    """What a reference says. Raises WireError where it is none.

    A fingerprint that is none is as good as nothing.
    """
    try:
        said = _said_in(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise WireError("a reference that is not made as one") from None
    # A call must be able to name the object by its number.
    if isinstance(said.key, int) and not 0 < said.key < CONTROL:
        raise WireError("a reference that is not made as one")
    raw = bytes(said.fingerprint)
    fingerprint = raw[2:] if raw[:2] == _FINGERPRINT else None
    return Referred(said.mine, said.key, said.interface, fingerprint)
