"""What ordinary Pyro5 clients send: serpent, json and msgpack from strangers."""

from __future__ import annotations

import datetime
from typing import Any, Final, cast

from Pyro5 import serializers
from Pyro5.core import URI

from callbackgen.runtime.ordinary_data import (
    SERIALIZERS,
    StandIns,
    call_in,
    handshake_in,
    uris,
    usual,
)

_PLAIN: Final = (str, bytes, int, float, complex, bool, type(None))
_pyro: Final[Any] = serializers
_EXTENSIONS: Final = (datetime.datetime, datetime.date, _pyro.msgpack.Timestamp)
"""What msgpack has besides."""

_EMPTY: Final = {"__module__", "__dict__", "__weakref__", "__doc__"}
"""What a class has that has nothing."""

_ORDER: Final = sorted(SERIALIZERS)
MAKERS: Final = (StandIns, lambda: usual, lambda: uris)


def run(data: bytes) -> None:
    """The first byte says by which serializer, the second what may become an object.

    What is wrong is any Exception; what is right is made of nothing but what is due.
    """
    if len(data) < 2:
        return
    serializer = _ORDER[data[0] % len(_ORDER)]
    makes = data[1] % (len(MAKERS) + 1)
    try:
        if makes == len(MAKERS):
            found: Any = handshake_in(serializer, data[2:])
        else:
            make = MAKERS[makes]()
            found = tuple(call_in(serializer, data[2:], lambda _: make))
    except Exception:  # noqa: BLE001 - as documented: whatever is wrong
        return
    _check(found)


def _check(value: object) -> None:
    """Raises AssertionError for an object of a class that a peer may not choose."""
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            for pair in cast("dict[object, object]", one).items():
                left += pair
        elif isinstance(one, list | tuple | set | frozenset):
            left += cast("list[object]", one)
        elif isinstance(one, BaseException):
            left += one.args
            assert type(one).__module__ in ("builtins", "Pyro5.errors")
        elif not isinstance(one, _PLAIN):
            kind = type(one)
            is_stand_in = kind.__bases__ == (object,) and not vars(kind).keys() - _EMPTY
            assert kind is URI or kind in _EXTENSIONS or is_stand_in, kind
