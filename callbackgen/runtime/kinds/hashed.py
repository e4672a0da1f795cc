"""Sets and keys of a declared type, looked at before they are made.

What arrives for them is a list, or a dict whose keys are texts, which costs little. The
hashes of what is made of that can be computed: those of 4,000 `Decimal` in 100 KB can
all be the same, which took a second, and ten times as many a hundred times as long.
"""

from __future__ import annotations

from typing import Any, Final

from callbackgen.runtime.keys import SECONDS_EACH, Lookups
from callbackgen.runtime.kinds.kind import Convert, Hashing, Kind, applied

_FEW: Final = 64
_SECONDS_EACH_SLOW: Final = 20e-6
"""What a class may take that has its own hash in Python."""


def check(items: list[Any], kind: Kind, convert: Convert) -> None:
    """Raises WireError where what has arrived for keys takes long to be told apart."""
    if len(items) > _FEW:
        quick = kind.hashing <= Hashing.QUICK
        each = SECONDS_EACH if quick else _SECONDS_EACH_SLOW
        Lookups(each).check(convert(items, applied(list, kind.form)))
