"""Sets and keys of a declared type, looked at before they are made.

What arrives for them is a list, or a dict whose keys are texts, which costs little. The
hashes of what is made of that can be computed: those of 4,000 `Decimal` in 100 KB can
all be the same, which took a second, and ten times as many a hundred times as long.
"""

from __future__ import annotations

from typing import Any, Final

from callbackgen.runtime.keys import SECONDS_EACH, Lookups
from callbackgen.runtime.kinds.kind import Convert, Hashing, Kind, applied
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.wire import WireError

FEW: Final = 64
"""So many are told apart at once, whatever they are."""
_SECONDS_EACH_SLOW: Final = 20e-6
"""What a class may take that has its own hash in Python."""


def check(items: list[Any], kind: Kind, convert: Convert) -> None:
    """Raises WireError where what has arrived for keys takes long to be told apart."""
    if len(items) > FEW:
        _check_made(convert(items, applied(list, kind.form)), kind)


def check_keys(texts: list[Any], kind: Kind, convert: Convert) -> None:
    """The same for the keys of a dict, which may be numbers as texts."""
    made: list[Any] = []
    form = applied(dict, kind.form, Any)
    for start in range(0, len(texts), FEW):  # they are looked up meanwhile
        made += convert(dict.fromkeys(texts[start : start + FEW]), form)
    _check_made(made, kind)


def _check_made(made: list[Any], kind: Kind) -> None:
    quick = kind.hashing <= Hashing.QUICK
    try:
        Lookups(SECONDS_EACH if quick else _SECONDS_EACH_SLOW).check(made)
    except WireError:
        raise
    except Exception as error:  # noqa: BLE001 - code of the user's, with any values
        raise Misfit(f"a value that cannot stand in a set: {error}") from None
