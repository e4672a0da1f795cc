"""Values of a declared type, to what travels and back.

What travels is what serpent carries unchanged: None, bool, int, float, complex, str,
bytes, list, tuple, dict, set and frozenset; and what the `Carrier` of a message makes
of the rest, as of references.
"""

from __future__ import annotations

import functools
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.interface import NONE, Symbol, Type
from callbackgen.runtime.annotations import resolve
from callbackgen.runtime.kinds.arrays import Array
from callbackgen.runtime.kinds.converting import converted
from callbackgen.runtime.kinds.of import kind_of
from callbackgen.runtime.kinds.plain import check_depth
from callbackgen.runtime.misfit import Misfit, misfit_of
from callbackgen.runtime.wire import WireError

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier
    from callbackgen.runtime.kinds.kind import Kind
    from callbackgen.runtime.sizes import Size

_SCALARS: Final[dict[str, type]] = {
    "bool": bool,
    "float": float,
    "int": int,
    "str": str,
}
_SMALL_INT: Final = 2**63

_making: Final = RLock()
"""A form may be seen before it is whole: those that refer to each other. And msgspec
looks at a class when it first meets it; another thread that meets it meanwhile crashes
the process. So it meets all those of a value at once."""


class Value:
    """The values of one annotation, in both directions."""

    def __init__(self, annotation: Type) -> None:
        self._annotation = annotation
        self.exact: type | None = None
        """The type whose values fit, and travel as they are, if there is one."""
        if isinstance(annotation, Symbol) and annotation.module == "builtins":
            self.exact = _SCALARS.get(annotation.name)
        elif annotation == NONE:
            self.exact = type(None)

    @functools.cached_property
    def _kind(self) -> Kind:
        kind = kind_of(resolve(self._annotation))
        kind.look_up()
        return kind

    @functools.cached_property
    def _form(self) -> Any:
        with _making:
            for kind in self._kind.reached:
                for form in kind.forms:
                    msgspec.msgpack.Decoder(form)
            return self._kind.form

    @functools.cached_property
    def size(self) -> Size:
        """What the annotation says of the size of its values as msgpack."""
        return self._kind.size()

    @functools.cached_property
    def _shape(self) -> msgspec.msgpack.Decoder[object]:
        with _making:
            return msgspec.msgpack.Decoder(self._kind.shape)

    def pack(self, value: object, carrier: Carrier) -> object:
        """The value as it travels. Raises Misfit where it does not fit."""
        if type(value) is self.exact and not (self.exact is int and is_large(value)):
            return value
        try:
            packed = self._kind.pack(value, carrier)
        except RecursionError:
            raise Misfit("nested too deeply, or in itself") from None
        if self._kind.is_endless:
            check_depth(packed)
        return carrier.leaving(packed) if self._kind.has_bytes else packed

    def check(self, data: bytes | msgspec.Raw) -> None:
        """Raises Misfit where the bytes of a value are not of its type.

        What is read without its type may take 64 times its bytes: 1 MiB of empty lists
        where a list of numbers is declared. So what is larger than
        `settings.untyped_size`, which only flat types may be (see `sizes`), is first
        read as its type says and thrown away: that ends at the first item that does not
        fit. Raises WireError where the bytes are not msgpack at all.
        """
        try:
            self._shape.decode(data)
        except msgspec.ValidationError as error:
            raise misfit_of(error) from None
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise WireError(f"not well-formed msgpack: {error}") from None

    def unpack(self, data: object, carrier: Carrier) -> Any:
        """The value in what has arrived. Raises Misfit where it does not fit."""
        if type(data) is self.exact:
            return data
        form = self._form
        try:
            if self._kind.has_bytes:
                data = carrier.arriving(data)
            if self._kind.has_hashed:
                self._kind.look_at(data, functools.partial(converted, carrier=carrier))
        except WireError as error:
            raise Misfit(str(error)) from None
        except RecursionError:
            raise Misfit("nested too deeply") from None
        if isinstance(self._kind, Array):
            return self._kind.in_pieces(
                data, lambda piece: converted(piece, form, carrier)
            )
        return converted(data, form, carrier)


def is_large(value: object) -> bool:
    """Whether this is an int that does not travel as it is."""
    return isinstance(value, int) and not -_SMALL_INT <= value < _SMALL_INT
