"""Bytes in what Pyro5's serializers carry: serpent and json have none.

Serpent makes a dict of them, with their text as base64; json gets that text.
"""

from __future__ import annotations

import base64
from typing import Any, Final, cast

_BASE64: Final = "base64"
_KEYS: Final = {"data", "encoding"}


def with_bytes(data: Any) -> Any:
    """What has arrived by serpent, bytes in the place of what it makes of them."""
    if isinstance(data, dict):
        mapping = cast("dict[object, object]", data)
        if mapping.keys() == _KEYS and mapping["encoding"] == _BASE64:
            return _decoded(mapping["data"], mapping)
        return {key: with_bytes(item) for key, item in mapping.items()}
    if isinstance(data, list):
        return [with_bytes(item) for item in cast("list[object]", data)]
    if isinstance(data, tuple):
        return tuple(with_bytes(item) for item in cast("tuple[object]", data))
    return data


def _decoded(text: object, otherwise: object) -> object:
    if not isinstance(text, str):
        return otherwise
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:  # it is not ASCII, or not base64
        return otherwise


def without_bytes(data: Any) -> Any:
    """What is to be sent as json, with texts in the place of bytes."""
    if isinstance(data, bytes):
        return base64.b64encode(data).decode()
    if isinstance(data, dict):
        mapping = cast("dict[object, object]", data)
        return {key: without_bytes(item) for key, item in mapping.items()}
    if isinstance(data, list | set | frozenset):
        return [without_bytes(item) for item in cast("list[object]", data)]
    if isinstance(data, tuple):
        return tuple(without_bytes(item) for item in cast("tuple[object]", data))
    return data
