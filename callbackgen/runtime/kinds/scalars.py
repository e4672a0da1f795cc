"""Numbers, texts, bytes and None: what msgpack has types for."""

from __future__ import annotations

import cmath
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from callbackgen.runtime.kinds.kind import (
    ANY_LENGTH,
    BINARY,
    TEXT,
    Family,
    Hashing,
    Kind,
)
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

LARGEST_INT: Final = 2**12000
"""Python refuses to read more than 4300 digits."""

_EXTENSION: Final = msgspec.msgpack.Ext


def is_huge(value: int) -> bool:
    """Whether an int has too many digits to be sent."""
    return not -LARGEST_INT < value < LARGEST_INT


class Scalar(Kind):
    """The values of one builtin class that travel as they are."""

    _class: type
    _size: Size = ANY_LENGTH

    def __init__(self) -> None:
        self.as_they_are = frozenset({self._class})
        self.name = self._class.__name__
        self.taken = (self._class,)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._class

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return self._size

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if type(value) is self._class:
            return value
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        return self._plain(value)

    def _plain(self, value: Any) -> Any:
        """A value of a subclass as one of the class itself."""
        return value


class NoneKind(Scalar):
    """None."""

    _class = type(None)
    families = frozenset({Family.NULL})
    _size = Size(1)

    def __init__(self) -> None:
        super().__init__()
        self.name = "None"

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return None


class BoolKind(Scalar):
    """True and False."""

    _class = bool
    families = frozenset({Family.BOOL})
    _size = Size(1)


class IntKind(Scalar):
    """Whole numbers of any size. Type checkers take a bool for one: it arrives as one.

    In a field of a class only msgspec reads what arrives, and takes no bool.
    """

    _class = int
    families = frozenset({Family.INT})
    hashing = Hashing.SEEN
    _size = Size(4096)  # the largest that travel have 3613 digits

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return int | bool

    @property
    def bare(self) -> Any:
        """See `Kind`."""
        return int

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return int | _EXTENSION

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, int):
            raise expected("int", value)
        if is_huge(value):
            raise Misfit(f"an int of {value.bit_length()} bits cannot be sent")
        return int(value) if isinstance(value, bool) else int.__int__(value)


class FloatKind(Scalar):
    """Floating-point numbers; an int is taken for one, and arrives as one."""

    _class = float
    families = frozenset({Family.FLOAT, Family.INT})
    hashing = Hashing.SEEN
    _size = Size(9)

    def __init__(self) -> None:
        super().__init__()
        self.taken = (float, int)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return float | bool

    @property
    def bare(self) -> Any:
        """See `Kind`."""
        return float

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return float

    def _plain(self, value: Any) -> Any:
        try:
            return float(value)
        except OverflowError:
            raise Misfit("an int that is too large for a float") from None


class ComplexKind(Scalar):
    """Complex numbers; others are taken for one, and arrive as one."""

    _class = complex
    _is_custom = True
    families = frozenset({Family.COMPLEX})
    hashing = Hashing.SEEN
    _size = Size(24)

    def __init__(self) -> None:
        super().__init__()
        self.as_they_are = frozenset()  # nan is looked for
        self.taken = (complex, float, int)

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return int | float | _EXTENSION

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        made = self.made(value, carrier)
        if not carrier.is_ours and cmath.isnan(made):
            raise Misfit("serpent cannot carry a complex with nan")
        return made

    def made(self, data: object, carrier: Carrier) -> complex:
        """See `Kind`."""
        if not isinstance(data, self.taken):
            raise expected(self.name, data)
        try:
            return complex(cast(complex, data))
        except OverflowError:
            raise Misfit("an int that is too large for a complex") from None


class StrKind(Scalar):
    """Texts."""

    _class = str
    families = TEXT

    def _plain(self, value: Any) -> Any:
        return str.__str__(value)


class BytesKind(Scalar):
    """Bytes; what type checkers take for them is taken, and arrives as bytes."""

    _class = bytes
    is_hashable = False
    families = BINARY

    def __init__(self) -> None:
        super().__init__()
        self.taken = (bytes, bytearray, memoryview)

    def _plain(self, value: Any) -> Any:
        return bytes(value)


class BytearrayKind(Kind):
    """Bytes that can be changed."""

    name = "bytearray"
    taken = (bytearray,)
    families = BINARY
    is_hashable = False
    _is_key = False

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return bytearray

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return ANY_LENGTH

    def pack(self, value: Any, carrier: Carrier) -> bytes:
        """See `Kind`."""
        if not isinstance(value, bytearray):
            raise expected(self.name, value)
        return bytes(value)


SCALARS: Final[dict[object, Kind]] = {
    None: (NONE := NoneKind()),
    type(None): NONE,
    bool: BoolKind(),
    int: IntKind(),
    float: FloatKind(),
    complex: ComplexKind(),
    str: StrKind(),
    bytes: BytesKind(),
    bytearray: BytearrayKind(),
}
