"""References, values within limits, and classes that users have registered."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from threading import Lock
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar, cast

import msgspec

from callbackgen.runtime.kinds.converting import converted
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
        self._marker = marker(self)
        self.name = kind.name
        self.taken = kind.taken
        self.families = kind.families
        self.is_hashable = kind.is_hashable
        self.is_container = kind.is_container
        self.hashing = kind.hashing

    @property
    def is_possible(self) -> bool:
        """Whether values of that kind can have such limits."""
        try:
            msgspec.convert(None, self._shallow, dec_hook=_as_it_is)
        except msgspec.ValidationError:
            return True
        except TypeError:
            return False
        return True

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
        if self.is_custom:
            return self._marker
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
        return self._limited(self._kind.bare)

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
        is_extension = isinstance(packed, msgspec.msgpack.Ext)
        self._check(value if is_extension else packed)
        return packed

    def _check(self, data: object) -> None:
        try:
            msgspec.convert(data, self._shallow, dec_hook=_as_it_is)
        except msgspec.ValidationError as error:
            raise misfit_of(error) from None

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        self._check(data)
        return self._kind.made(data, carrier)

    def takes(self, data: object) -> bool:
        """See `Kind`."""
        return self._kind.takes(data)

    def look_at(self, data: Any, convert: Convert) -> None:
        """See `Kind`."""
        self._kind.look_at(data, convert)


_COMPARED: Final[dict[str, tuple[str, Callable[[Decimal, Decimal], bool]]]] = {
    "gt": (">", operator.gt),
    "ge": (">=", operator.ge),
    "lt": ("<", operator.lt),
    "le": ("<=", operator.le),
    "multiple_of": ("that is a multiple of", lambda one, other: one % other == 0),
}


class LimitedDecimal(Limited):
    """Decimals within limits, of which msgspec knows none."""

    def __init__(self, kind: Kind, limits: tuple[msgspec.Meta, ...]) -> None:
        super().__init__(kind, limits)
        self._tests = [
            (said, fits, Decimal(str(limit)))
            for meta in limits
            for name, (said, fits) in _COMPARED.items()
            if (limit := getattr(meta, name)) is not None
        ]

    @property
    def is_possible(self) -> bool:
        """See `Limited`."""
        return bool(self._tests)

    @property
    def is_native(self) -> bool:
        """See `Kind`."""
        return False

    @property
    def is_custom(self) -> bool:
        """See `Kind`."""
        return True

    @property
    def is_key(self) -> bool:
        """See `Kind`."""
        return False

    def pack(self, value: Any, carrier: Carrier) -> Any:
        """See `Kind`."""
        packed = self._kind.pack(value, carrier)
        self._check(value)
        return packed

    def _check(self, data: Any) -> None:
        for said, fits, limit in self._tests:
            try:
                is_within = not data.is_nan() and fits(data, limit)
            except InvalidOperation:  # what is left of one that is far larger
                is_within = False
            if not is_within:
                raise Misfit(f"expected Decimal {said} {limit}")

    def made(self, data: object, carrier: Carrier) -> object:
        """See `Kind`."""
        value = converted(data, self._kind.form, carrier)
        self._check(value)
        return value


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
