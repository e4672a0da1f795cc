"""From one generated class to the others of its Protocol."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

from callbackgen.runtime.wrapper import Served, Wrapper, served_members

R = TypeVar("R")


def once(function: Callable[[type], R]) -> Callable[[type], R]:
    """The function, called once for each class."""
    return functools.cache(function)


@once
def interface_name(stub: type) -> str:
    """The name under which two ends know an interface."""
    declared: str | None = vars(stub).get("_callbackgen_interface")
    if declared is not None:
        return declared
    return f"{stub.__module__}.{stub.__qualname__.removesuffix('Stub')}"


@once
def wrapper_of(stub: type) -> type[Wrapper]:
    """The wrapper class of a stub's Protocol.

    Raises TypeError where the module of the stub does not have it.
    """
    declared: type[Wrapper] | None = vars(stub).get("_callbackgen_wrapper")
    if declared is not None:
        return declared
    name = stub.__name__.removesuffix("Stub") + "Wrapper"
    found = getattr(sys.modules.get(stub.__module__), name, None)
    if not (isinstance(found, type) and issubclass(found, Wrapper)):
        raise TypeError(f"{stub.__module__} has a {stub.__name__}, but no {name}")
    return found


def readable(interface: str) -> str:
    """The name of an interface for people: that of the Protocol, without a module."""
    return "function" if interface.startswith("(") else interface.rpartition(".")[2]


@once
def members_of(wrapper: type) -> dict[str, Served]:
    """What can be called on a wrapper, by name."""
    return served_members(wrapper)


def delegate_of(wrapper: Wrapper) -> object:
    """The object that a wrapper stands for."""
    slots = cast("tuple[str, ...] | str", cast(Any, type(wrapper)).__slots__)
    (slot,) = (slots,) if isinstance(slots, str) else slots
    if slot.startswith("__"):
        slot = f"_{type(wrapper).__name__.lstrip('_')}{slot}"
    delegate: object = getattr(wrapper, slot)
    return delegate


def missing_member(wrapper: type[Wrapper], value: object) -> str | None:
    """What an object lacks of an interface, in words."""
    for name, served in members_of(wrapper).items():
        if served.method.is_attribute:
            if not _has(value, name):
                return f"it has no attribute {name!r}"
        elif name == "call_" and "__call__" in vars(wrapper):
            if not callable(value):
                return "it cannot be called"
        elif not callable(found := getattr(value, name, None)):
            return f"it has no method {name!r}"
        elif inspect.isclass(value) and _needs_object(value, name, found):
            return f"it is the class {value.__name__} itself, not an object of it"
    return None


def _needs_object(kind: type, name: str, found: object) -> bool:
    """Whether a member that was found in a class is a method of its objects."""
    static = inspect.getattr_static(kind, name)
    return inspect.isfunction(found) and not isinstance(static, staticmethod)


def _has(value: Any, name: str) -> bool:
    """Whether the class or the object has an attribute, without running a property."""
    return hasattr(value.__class__, name) or name in getattr(value, "__dict__", ())
