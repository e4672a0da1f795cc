"""From what has arrived to values, by way of msgspec."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

import msgspec

from callbackgen.runtime.errors import RemoteError
from callbackgen.runtime.kinds.kind import Kind
from callbackgen.runtime.kinds.scalars import SCALARS
from callbackgen.runtime.kinds.texts import TEXTS
from callbackgen.runtime.misfit import Misfit, misfit_of

if TYPE_CHECKING:
    from callbackgen.runtime.carrier import Carrier

_OF_CLASSES: Final = {
    kind.form: kind for kind in (*SCALARS.values(), *TEXTS.values()) if kind.is_custom
}
"""Those whose classes msgspec hands to us where it finds them in a class of a user."""


def converted(data: Any, wanted: Any, carrier: Carrier) -> Any:
    """A value of a form, made of what has arrived. Raises Misfit.

    Ordinary clients may have keys that are numbers as texts, for json has no other, and
    objects in place of dicts.
    """
    lenient = not carrier.is_ours
    try:
        return msgspec.convert(
            data,
            wanted,
            dec_hook=functools.partial(_made, carrier),
            str_keys=lenient,
            from_attributes=lenient,
        )
    except msgspec.ValidationError as error:
        raise misfit_of(error) from None
    except RecursionError:
        raise Misfit("nested too deeply") from None
    except (OverflowError, UnicodeError) as error:
        raise Misfit(f"a value that cannot be taken: {error}") from None
    except (RemoteError, ImportError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - code of the user's, with any values
        if isinstance(error, TypeError) and "unhashable" in str(error):
            raise Misfit(f"a value that cannot stand in a set: {error}") from None
        raise Misfit(f"{type(error).__name__}: {error}") from None


def _made(carrier: Carrier, wanted: Any, data: object) -> object:
    found = _OF_CLASSES.get(wanted)
    kind: Kind = wanted.kind if found is None else found
    return kind.made(data, carrier)
