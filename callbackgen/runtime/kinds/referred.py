"""Objects that travel by reference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.runtime.kinds.kind import Family, HandedOver, Kind
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.stub import Stub

_REFERENCE: Final = 16 * 1024
"""A reference has the names of an interface and maybe of a service in it."""


class Reference(HandedOver):
    """Objects that travel by reference, and arrive as stubs of one class."""

    families = frozenset({Family.REFERENCE})
    is_hashable = False

    def __init__(self, stub: type[Stub]) -> None:
        self.name = stub.__name__
        self._stub = stub

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return msgspec.msgpack.Ext

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return Size(_REFERENCE)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        return carrier.send(self._stub, value)

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        return carrier.receive(self._stub, data)
