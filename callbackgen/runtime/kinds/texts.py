"""What travels as a text: decimals, UUIDs, dates and times, paths and IP addresses."""

from __future__ import annotations

import datetime
import decimal
import ipaddress
import math
import pathlib
import uuid
from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.runtime.kinds.kind import (
    TEXT,
    Hashing,
    Kind,
)
from callbackgen.runtime.misfit import Misfit, expected
from callbackgen.runtime.sizes import Size
from callbackgen.runtime.unpacking import MOMENT

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

_HASHING: Final[dict[type, Hashing]] = {
    decimal.Decimal: Hashing.QUICK,
    datetime.timedelta: Hashing.QUICK,
    datetime.time: Hashing.QUICK,
    datetime.datetime: Hashing.QUICK,
    uuid.UUID: Hashing.SLOW,
    ipaddress.IPv6Address: Hashing.SLOW,
    ipaddress.IPv4Network: Hashing.SLOW,
    ipaddress.IPv6Network: Hashing.SLOW,
    ipaddress.IPv4Interface: Hashing.SLOW,
    ipaddress.IPv6Interface: Hashing.SLOW,
}
"""Python hashes a date, a path and an IPv4 address as a text: with a secret."""

_SIZES: Final[dict[type, int]] = {
    uuid.UUID: 38,
    datetime.date: 12,
    datetime.time: 48,
    datetime.datetime: 64,
    datetime.timedelta: 48,
}
"""Bytes; other texts are as long as they like."""

_SLOW: Final = frozenset(
    getattr(ipaddress, f"IPv{version}{what}")
    for version in (4, 6)
    for what in ("Address", "Network", "Interface")
)
"""Made by Python itself: 10 to 28 us each, so that 600 KB took 1.4 s."""


class Text(Kind):
    """A class whose values are texts on their way, as msgspec itself has them."""

    families = TEXT

    def __init__(self, kind: type) -> None:
        self.name = kind.__name__
        self.taken = (kind,)
        self.hashing = _HASHING.get(kind, Hashing.SECRET)
        self._size = Size(_SIZES.get(kind, math.inf))
        self.is_slow = kind in _SLOW

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self.taken[0]

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return self._size

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return str

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        return self._text(value)

    def _text(self, value: Any) -> str:
        """As the class itself writes it, not a subclass: an enum, say."""
        kind: Any = self.taken[0]
        text: str = kind.__str__(value)
        return text


class DateText(Text):
    """A date, which a datetime is to Python, and not to who wants one."""

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if isinstance(value, datetime.datetime):
            raise expected(self.name, value)
        return super().pack(value, carrier)

    def _text(self, value: Any) -> str:
        return datetime.date.isoformat(value)


class TimedeltaText(Text):
    """A duration, in the format of ISO 8601."""

    def _text(self, value: Any) -> str:
        if type(value) is not datetime.timedelta:  # msgspec takes no subclass
            value = datetime.timedelta(value.days, value.seconds, value.microseconds)
        text: str = msgspec.to_builtins(value)
        return text


class MomentText(Text):
    """A time or a datetime, in the format of ISO 8601; it keeps its offset from UTC.

    An offset that has seconds, as places had until 1972, travels in a way of its own:
    the format has none.
    """

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        kind: Any = self.taken[0]
        text: str = kind.isoformat(value)
        offset: datetime.timedelta | None = kind.utcoffset(value)
        if offset is None or not offset % datetime.timedelta(minutes=1):
            return text
        return carrier.extended(MOMENT, text.encode, lambda: text)

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return str | msgspec.msgpack.Ext


class Parsed(Text):
    """A class that makes its values of texts, which msgspec does not know."""

    _is_key = False
    _is_custom = True

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return str

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        kind: Any = self.taken[0]
        if isinstance(data, kind):
            return data
        if not isinstance(data, str):
            raise expected(self.name, data)
        try:
            return kind(data)
        except (ValueError, NotImplementedError) as error:
            raise Misfit(f"not a {self.name}: {error}") from None


TEXTS: Final[dict[object, Kind]] = {
    **{kind: Text(kind) for kind in (decimal.Decimal, uuid.UUID)},
    datetime.date: DateText(datetime.date),
    datetime.timedelta: TimedeltaText(datetime.timedelta),
    **{kind: MomentText(kind) for kind in (datetime.time, datetime.datetime)},
    **{
        kind: Parsed(kind)
        for kind in (
            pathlib.PurePath,
            pathlib.PurePosixPath,
            pathlib.PureWindowsPath,
            pathlib.Path,
            pathlib.PosixPath,
            pathlib.WindowsPath,
            ipaddress.IPv4Address,
            ipaddress.IPv6Address,
            ipaddress.IPv4Network,
            ipaddress.IPv6Network,
            ipaddress.IPv4Interface,
            ipaddress.IPv6Interface,
        )
    },
}
