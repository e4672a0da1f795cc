"""A ``Callable`` as an interface with one method: its stub and its wrapper.

They are made when a signature that names one is first used, one pair for each type.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, cast

from callbackgen.interface import ANY, Arguments, Constant, Type
from callbackgen.runtime.generated import FORMAT
from callbackgen.runtime.method import Method
from callbackgen.runtime.stub import Stub
from callbackgen.runtime.wrapper import Wrapper, exposed


def function_stub(arguments: tuple[Type, ...]) -> type[Stub]:
    """The stub class for ``Callable`` with these arguments, none for the bare one."""
    taken, result = arguments or (Constant("..."), ANY)
    if isinstance(taken, Arguments):
        names = (f"argument_{n}" for n in range(1, len(taken.items) + 1))
        items = [f"{name}: {one}" for name, one in zip(names, taken.items, strict=True)]
        parameters = ", ".join([*items, "/"] if items else [])
    else:
        parameters = "*arguments: typing.Any, **keywords: typing.Any"
    return _stub(f"({parameters}) -> {result}")


@functools.cache
def _stub(signature: str) -> type[Stub]:
    method: Method[Any] = Method("call_", signature)

    def call(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return self._call(method, *arguments, **keywords)

    namespace = {
        "__slots__": (),
        "__doc__": f"A function of the other end: {signature}.",
        "__call__": call,
        "_callbackgen_interface": signature,
        "_callbackgen_wrapper": _wrapper(method),
    }
    make: Any = type(Stub)
    return cast("type[Stub]", make("function", (Stub,), namespace, format=FORMAT))


def _wrapper(method: Method[Any]) -> type[Wrapper]:
    def __init__(self: Any, function: Callable[..., Any]) -> None:  # noqa: N807
        self._function = function

    @exposed(method)
    def call_(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return self._function(*arguments, **keywords)

    namespace = {
        "__slots__": ("_function",),
        "__init__": __init__,
        "call_": call_,
        "__call__": call_,
    }
    make: Any = type(Wrapper)
    name = "FunctionWrapper"
    return cast("type[Wrapper]", make(name, (Wrapper,), namespace, format=FORMAT))
