"""Interfaces that a test makes up: their stubs and wrappers, without a module."""

from __future__ import annotations

from typing import Any, cast

from callbackgen.runtime import Method, Stub, Wrapper, exposed, exposed_attribute


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
