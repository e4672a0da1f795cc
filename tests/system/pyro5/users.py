"""Pyro5 as its users have it, with types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import Pyro5.api

T = TypeVar("T")

SERIALIZERS = ("serpent", "json", "msgpack")

context: Any = Pyro5.api.current_context


def expose(thing: T) -> T:
    """Lets clients use a class, a method or a property."""
    exposed: T = cast(Any, Pyro5.api).expose(thing)
    return exposed


def oneway(thing: T) -> T:
    """Marks a method whose end clients do not wait for."""
    marked: T = cast(Any, Pyro5.api).oneway(thing)
    return marked


def behavior(
    mode: str, creator: Callable[[type[T]], object] | None = None
) -> Callable[[type[T]], type[T]]:
    """Says how many instances a class has, and what makes them."""
    mark: Callable[[type[T]], type[T]] = cast(Any, Pyro5.api).behavior(mode, creator)
    return mark


def proxy_of(daemon: Any, name: str, serializer: str = "serpent") -> Any:
    """An unmodified proxy of a registered object."""
    proxy: Any = Pyro5.api.Proxy(daemon.uriFor(name))
    proxy._pyroSerializer = serializer
    return proxy
