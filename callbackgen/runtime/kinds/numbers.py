"""Arrays of numpy, which come with ``callbackgen[numpy]``.

One travels as an extension of msgpack, with the numbers as they stand in memory: the
receiver's array is read-only, and a view of the message if it is most of that. To
ordinary Pyro5 clients it is a list of lists, and may be one of theirs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final, cast, get_args, get_origin

import msgspec

from callbackgen.runtime.kinds.kind import ANY_LENGTH, Family, HandedOver, Kind
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.unpacking import NUMBERS, Packed

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.sizes import Size

_PLAIN_KINDS: Final = frozenset("biufc")
"""numpy's letters for bool, int, unsigned int, float and complex."""

_MOST_DIMENSIONS: Final = 32
_LONGEST_TYPE: Final = 8
"""Letters and digits. Of a type with commas in it numpy would make one with fields."""

_IN_LISTS: Final = frozenset({bool, int, float, complex, list, tuple})
_LISTS: Final = (list, tuple)


def is_array(kind: Any) -> bool:
    """Whether that is the class of numpy's arrays."""
    return (
        getattr(kind, "__name__", "") == "ndarray"
        and getattr(kind, "__module__", "") == "numpy"
    )


def numbers_kind(resolved: Any) -> Kind:
    """That of arrays whose numbers are of the type that the annotation says."""
    import numpy

    scalar: Any = None
    for argument in get_args(resolved)[1:]:
        (scalar,) = get_args(argument) or (None,)
    scalar = get_origin(scalar) or scalar  # numpy.floating[Any]
    if not isinstance(scalar, type) or not issubclass(scalar, numpy.generic):
        return Numbers(None)
    return Numbers(cast("type", scalar))


class Numbers(HandedOver):
    """Arrays of numbers of one type, or of a type under one (``numpy.floating``)."""

    families = frozenset({Family.NUMBERS})
    is_hashable = False

    def __init__(self, scalar: type | None) -> None:
        import numpy

        self._numpy: Any = numpy
        self._scalar = numpy.generic if scalar is None else scalar
        self.name = (
            "numpy.ndarray" if scalar is None else f"numpy array of {scalar.__name__}"
        )
        self.taken = (numpy.ndarray,)

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return msgspec.msgpack.Ext

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return ANY_LENGTH

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        if isinstance(value, self._numpy.ma.MaskedArray):
            raise Misfit("a masked array cannot be sent: its mask would be lost")
        array: Any = value
        self._check(array.dtype)
        return carrier.extended(NUMBERS, lambda: _content(array), array.tolist)

    def _check(self, dtype: Any) -> None:
        if not self._numpy.issubdtype(dtype, self._scalar):
            raise Misfit(f"expected a {self.name}, got one of {dtype}")
        if dtype.kind not in _PLAIN_KINDS:
            raise Misfit(f"a numpy array of {dtype} cannot be sent: use one of numbers")

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        arrived: Any = data
        if isinstance(arrived, Packed) and arrived.code == NUMBERS:
            return self._of_bytes(arrived.content)
        if isinstance(arrived, list) and not carrier.is_ours:
            return self._of_lists(data)
        raise expected(self.name, data)

    def _of_bytes(self, content: memoryview) -> Any:
        numpy = self._numpy
        letters, shape, start = _head_in(content)
        if (
            len(letters) > _LONGEST_TYPE
            or letters[1:2] not in _PLAIN_KINDS
            or letters[:1] not in "<>|"
        ):
            raise Misfit(f"a numpy array of {letters[:20]!a} is not taken")
        try:
            dtype = numpy.dtype(letters)
        except TypeError:
            raise Misfit(f"a numpy array of {letters[:20]!a} is not taken") from None
        self._check(dtype)
        if math.prod(shape) * dtype.itemsize != len(content) - start:
            raise Misfit("a numpy array whose bytes are not as many as its shape says")
        if 2 * len(content) < len(cast(bytes, content.obj)):
            content = memoryview(bytes(content))  # else it would keep a large message
        return numpy.frombuffer(content, dtype, offset=start).reshape(shape)

    def _of_lists(self, data: Any) -> Any:
        numpy = self._numpy
        _check_numbers(data)
        try:
            made = numpy.array(data)
            if numpy.issubdtype(made.dtype, self._scalar):
                return self._checked(made)
            return self._checked(made.astype(self._scalar, casting="same_kind"))
        except (TypeError, ValueError, OverflowError) as error:
            raise Misfit(f"no {self.name}: {error}") from None

    def _checked(self, array: Any) -> Any:
        self._check(array.dtype)
        return array


def _check_numbers(data: list[Any]) -> None:
    """Raises Misfit where in nested lists there is anything but numbers.

    Of an object numpy would ask where in memory its numbers are, which a peer could
    say. Texts it makes all as long as the longest.
    """
    found = [data]
    while found:
        one = found.pop()
        kinds = {*map(type, one)}
        if not kinds <= _IN_LISTS:
            other = next(iter(kinds - _IN_LISTS)).__name__
            raise Misfit(f"expected lists of numbers, got {other} in them")
        if not kinds.isdisjoint(_LISTS):
            found += [inner for inner in one if type(inner) in _LISTS]


def _content(array: Any) -> bytes:
    """The type, the shape and the numbers of an array."""
    head = msgspec.msgpack.encode((array.dtype.str, array.shape))
    numbers: bytes = array.tobytes()
    return len(head).to_bytes(2) + head + numbers


_head: Final = msgspec.msgpack.Decoder(tuple[str, tuple[int, ...]])


def _head_in(content: memoryview) -> tuple[str, tuple[int, ...], int]:
    """The type and the shape of an array, and where its numbers begin."""
    start = 2 + int.from_bytes(content[:2])
    try:
        letters, shape = _head.decode(content[2:start])
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Misfit("a numpy array that is none") from None
    if len(shape) > _MOST_DIMENSIONS or any(one < 0 for one in shape):
        raise Misfit("a numpy array with a shape that is none")
    return letters, shape, start
