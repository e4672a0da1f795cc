"""Interfaces that a test makes up, without a module, and an object that is served."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Generator
from typing import Any, cast

import callbackgen
from callbackgen.runtime import Method, Stub, Wrapper, exposed, exposed_attribute
from callbackgen.runtime.interfaces import wrapper_of

PATIENCE = 30.0
"""Seconds: far more than anything may take here."""


def interface(
    *methods: Method[Any], name: str = "tests.Made", settable: tuple[str, ...] = ()
) -> type[Stub]:
    """The stub class of an interface with these members, its wrapper behind it."""
    members: dict[str, object] = {}
    for method in methods:
        if method.name in settable:
            members[method.name] = exposed_attribute(method, _delegate)
        elif method.is_attribute:
            members[method.name] = property(exposed(method)(_reading(method.name)))
        else:
            members[method.name] = exposed(method)(_calling(method.name))
    wrapper = _made("MadeWrapper", Wrapper, {"__slots__": ("_object",), **members})
    wrapper.__init__ = _init
    stub = {"_callbackgen_interface": name, "_callbackgen_wrapper": wrapper}
    return cast("type[Stub]", _made("MadeStub", Stub, {"__slots__": (), **stub}))


def _made(name: str, base: type, namespace: dict[str, object]) -> Any:
    make: Any = type(base)
    return make(name, (base,), namespace, format=1)


def _init(wrapper: Any, delegate: object) -> None:
    wrapper._object = delegate


def _delegate(wrapper: Any) -> Any:
    return wrapper._object


def _reading(name: str) -> Any:
    def read(wrapper: Any) -> Any:
        return getattr(_delegate(wrapper), name)

    return read


def _calling(name: str) -> Any:
    def call(wrapper: Any, *arguments: Any, **keywords: Any) -> Any:
        return getattr(_delegate(wrapper), name)(*arguments, **keywords)

    return call


class Made:
    """An object, whose `count` is none; it raises what the text that it gets says."""

    level = 1

    def same(self, text: str) -> str:
        if text == "type":
            raise TypeError("same(): by the object itself")
        raise ValueError("by the object itself")

    def told(self, text: str) -> str:
        if text == "type":
            raise TypeError("by the object itself")
        if text == "value":
            raise ValueError("told(): by the object itself")
        return text

    def count(self) -> str:
        return "three"

    def opened(self) -> None:
        pass


@contextlib.contextmanager
def connected(there: type[Stub]) -> Generator[callbackgen.Connection]:
    """A connection to a daemon that serves a `Made` by its own version."""
    made: Any = wrapper_of(there)
    settings = callbackgen.Settings(deadline=PATIENCE)
    with callbackgen.Daemon(host="127.0.0.1") as daemon:
        address = daemon.register(made(Made()), "made")
        thread = threading.Thread(target=daemon.requestLoop)
        thread.start()
        try:
            with callbackgen.connect(address, settings=settings) as connection:
                yield connection
        finally:
            daemon.shutdown()
            thread.join()


def call(stub: Any, method: Method[Any], *arguments: Any, **keywords: Any) -> Any:
    """What a generated stub's method does."""
    return stub._call(method, *arguments, **keywords)
