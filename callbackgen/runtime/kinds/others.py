"""References, values within limits, and classes that users have registered."""

from __future__ import annotations

import functools
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import msgspec

from callbackgen.runtime.kinds.kind import (
    DEAR,
    Convert,
    Family,
    Hashing,
    Kind,
    applied,
    marker,
)
from callbackgen.runtime.kinds.plain import PLAIN
from callbackgen.runtime.misfit import Misfit, expected, misfit_of
from callbackgen.runtime.sizes import Size

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.stub import Stub

T = TypeVar("T")

_REFERENCE: Final = 16 * 1024
"""A reference has the names of an interface and maybe of a service in it."""


class Reference(Kind):
    """Objects that travel by reference, and arrive as stubs of one class."""

    families = frozenset({Family.REFERENCE})
    is_hashable = False
    _is_native = _is_key = False
    _is_custom = True

    def __init__(self, stub: type[Stub]) -> None:
        self.name = stub.__name__
        self._stub = stub
        self._form = marker(self)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._form

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


class Limited(Kind):
    """Values of a kind within limits: ``Annotated[..., msgspec.Meta(...)]``."""

    def __init__(self, kind: Kind, limits: tuple[msgspec.Meta, ...]) -> None:
        self._inner = (kind,)
        self._kind = kind
        self._limits = limits
        self.name = kind.name
        self.taken = kind.taken
        self.families = kind.families
        self.is_hashable = kind.is_hashable
        self.is_container = kind.is_container
        self.hashing = kind.hashing

    @property
    def is_native(self) -> bool:
        """See `Kind`."""
        return self._kind.is_native

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return self._kind.is_custom

    @property
    def is_key(self) -> bool:
        """See `Kind`."""
        return self._kind.is_key

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._limited(self._kind.bare)

    def _limited(self, form: Any) -> Any:
        return applied(Annotated, form, *self._limits)

    @functools.cached_property
    def _shallow(self) -> Any:
        """What travels, within the limits, without what is in it."""
        if Family.ARRAY in self.families:
            return self._limited(list[Any])
        if Family.MAPPING in self.families:
            return self._limited(dict[Any, Any])
        return self.form

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return self._kind.shape

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return self._kind.size(around)

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        packed = self._kind.pack(value, carrier)
        try:
            msgspec.convert(packed, self._shallow, dec_hook=_as_it_is)
        except msgspec.ValidationError as error:
            raise misfit_of(error) from None
        return packed

    def takes(self, data: object) -> bool:
        """See `Kind`."""
        return self._kind.takes(data)

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        self._kind.look_at(data, convert)


def _as_it_is(_: type, value: object) -> object:
    return value


class Registered(Kind):
    """The objects of a class that its user has registered, as plain data."""

    families = frozenset(Family)
    is_hashable = False
    _is_native = _is_key = False
    _is_custom = True
    is_container = True
    hashing = Hashing.SLOW

    def __init__(
        self,
        kind: type[T],
        to_builtins: Callable[[T], object],
        from_builtins: Callable[[Any], T],
    ) -> None:
        self.name = kind.__name__
        self.taken = (kind,)
        self._to_builtins = cast("Callable[[object], object]", to_builtins)
        self._from_builtins = from_builtins
        self._form = marker(self)

    @property
    def form(self) -> Any:
        """See `Kind`."""
        return self._form

    @property
    def shape(self) -> Any:
        """See `Kind`."""
        return Any

    def size(self, around: tuple[Kind, ...] = ()) -> Size:
        """See `Kind`."""
        return DEAR

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`. What the user's function raises is raised to its user."""
        if not isinstance(value, self.taken):
            raise expected(self.name, value)
        return PLAIN.pack(self._to_builtins(value), carrier)

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        given = PLAIN.made(data, carrier)
        try:
            made: object = self._from_builtins(given)
        except Exception as error:  # noqa: BLE001 - of whatever a peer has sent
            raise Misfit(f"no {self.name}: {type(error).__name__}: {error}") from None
        if not isinstance(made, self.taken):
            raise expected(self.name, made)
        return made


_registered: dict[type, Registered] = {}
_registering = Lock()


def registered(kind: object) -> Registered | None:
    """The kind of a class that was registered, or None."""
    return _registered.get(kind) if isinstance(kind, type) else None


def register_type(
    cls: type[T],
    to_builtins: Callable[[T], object],
    from_builtins: Callable[[Any], T],
) -> None:
    """Have the objects of a class of yours travel by value, as plain data.

    `to_builtins` makes that of an object: None, bool, int, float, complex, str, bytes,
    list, tuple, dict, set and frozenset, at any depth. `from_builtins` makes an object
    of what has arrived, which may be anything of that sort: what it raises is a
    `BadArgument` or a `BadReply` that names the place. Both ends register the class,
    before the first call that has to do with it; best in the module of the class:

        callbackgen.register_type(Money, Money.to_text, Money.from_text)

    The generator takes a class that stands in ``types`` of ``[tool.callbackgen]``. Who
    registers a class again replaces what was there; what is in use already stays.
    Raises TypeError for what is no class, and for a class that travels anyway.
    """
    from callbackgen.runtime.kinds.of import travels_anyway

    if not isinstance(cast(object, cls), type) or travels_anyway(cls):
        raise TypeError(f"{cls!r} is no class of yours that could be registered")
    with _registering:
        _registered[cls] = Registered(cls, to_builtins, from_builtins)
