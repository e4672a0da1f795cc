"""Classes that users have registered, whose objects travel as plain data."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from callbackgen.runtime.kinds.kind import DEAR, Family, HandedOver, Hashing, Kind
from callbackgen.runtime.kinds.plain import PLAIN
from callbackgen.runtime.misfit import Misfit, expected

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.sizes import Size

T = TypeVar("T")


class Registered(HandedOver):
    """The objects of a class that its user has registered, as plain data."""

    families = frozenset(Family)
    is_hashable = False
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
