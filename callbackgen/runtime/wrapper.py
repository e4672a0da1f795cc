"""The base of generated wrappers, and what exposes their members to Pyro5.

A wrapper stands beside the client's own object. It checks what arrives, calls the
object, and checks what the object answers. Nothing but the members of the Protocol
can be reached through it.
"""

from __future__ import annotations

import functools
import inspect
import operator
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CoroutineType
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias, TypeVar, cast
from weakref import WeakKeyDictionary

from Pyro5.api import current_context

from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.caller import serving_stock
from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.context import served
from callbackgen.runtime.envelope import remaining_in
from callbackgen.runtime.generated import check_generated
from callbackgen.runtime.method import Method
from callbackgen.runtime.misfit import Misfit, UnfitReply
from callbackgen.runtime.raised import ends_the_process, sendable
from callbackgen.runtime.settings import settings

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

R = TypeVar("R")
Function = TypeVar("Function", bound=Callable[..., Any])
_loop_of = operator.attrgetter("_callbackgen_loop")
Serve: TypeAlias = Callable[
    ["Wrapper", Sequence[object], Mapping[str, object], Carrier], Any
]
"""Calls a member with what has arrived, and gives what travels back."""

Coroutine: TypeAlias = "CoroutineType[Any, Any, Any]"

_SERVED: Final = "_callbackgen_served"


@dataclass(frozen=True, slots=True)
class Served:
    """A member of a wrapper, as a call that arrives uses it."""

    method: Method[Any]
    call: Serve
    assign: Serve | None = None


class _OfClass:
    """What Pyro5 sets on a class that is registered itself.

    It stands beside the class: in it, it would hide the slot of its objects.
    """

    def __init__(self) -> None:
        self._values = WeakKeyDictionary[type, object]()

    def __get__(self, registered: type, _: object) -> object:
        try:
            return self._values[registered]
        except KeyError:
            raise AttributeError("this class is not registered") from None

    def __set__(self, registered: Any, value: object) -> None:
        _, creator = registered._pyroInstancing  # noqa: SLF001 - Pyro5's
        if creator is None:
            name = registered.__name__
            raise TypeError(
                f"{name} cannot be made without the object that it stands for: "
                f"register {name}(your_object); or, for an object for each client, say "
                "how it is made: Pyro5.api.behavior(instance_mode='session', "
                f"instance_creator=lambda _: {name}(YourClass()))({name})"
            )
        self._values[registered] = value

    def __delete__(self, registered: type) -> None:
        del self._values[registered]


class _Registered(type):
    """The type of the wrappers' classes."""

    _pyroId = _OfClass()  # noqa: N815 - Pyro5's names
    _pyroDaemon = _OfClass()  # noqa: N815


class Wrapper(metaclass=_Registered):
    """What a generated wrapper is: register it with a Pyro5 daemon, then pass it.

    It is final: a client's own class is what a wrapper takes, not what it is.
    """

    if not TYPE_CHECKING:  # mypy would let nothing be assigned that is no slot
        __slots__ = ("__weakref__", "_callbackgen_loop", "_pyroDaemon", "_pyroId")

    _callbackgen_loop: AbstractEventLoop | None

    def __init_subclass__(cls, *, format: int | None = None) -> None:  # noqa: A002
        super().__init_subclass__()
        check_generated(
            cls,
            Wrapper,
            format,
            "write a class of your own that fits the Protocol, and pass an object of "
            "it to the wrapper",
        )

    if not TYPE_CHECKING:  # a generated class has an `__init__` alone

        def __new__(cls, *_, **__):
            """Remember the event loop that runs: its coroutines are to run there."""
            made = super().__new__(cls)
            made._callbackgen_loop = _running_loop()
            return made

    def __getstate__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(
            f"this {name} is not registered with a Pyro5 daemon and cannot be sent or "
            "copied: call daemon.register(wrapper) first, and pass it as an argument"
        )


def _running_loop() -> AbstractEventLoop | None:
    """The event loop that runs in this thread, or awaits what this thread does.

    There is none as long as asyncio is not loaded.
    """
    if "asyncio" not in sys.modules:
        return None
    from callbackgen.runtime import coroutines

    return coroutines.running_loop() or coroutines.awaiting_loop.get()


def exposed(method: Method[Any]) -> Callable[[Function], Function]:
    """Make a function of a wrapper the remote form of a member of the Protocol.

    Arguments that arrive are converted and checked, and so is the answer; what does
    not fit is a TypeError for the caller. An ``async def`` is run to its end.
    Whatever it raises, the caller gets an answer.
    """

    def decorate(function: Function) -> Function:
        body: Callable[..., Any] = function
        if inspect.iscoroutinefunction(function):
            body = _to_the_end(method, function)
        call = _read(method, body) if method.is_attribute else _called(method, body)
        return cast(Function, _exposed(function, Served(method, call), call))

    return decorate


def exposed_attribute(method: Method[R], delegate: Callable[[Any], Any]) -> R:
    """A member that can be read and assigned, of the object that `delegate` gives."""
    name = method.name
    overload = functools.cache(lambda: method.overloads[0])

    def get(wrapper: Wrapper) -> Any:
        return getattr(delegate(wrapper), name)

    def assign(
        wrapper: Wrapper,
        arguments: Sequence[object],
        _: Mapping[str, object],
        carrier: Carrier,
    ) -> None:
        try:
            (data,) = arguments
            value = overload().unpack_assigned(data, carrier)
        except Misfit as misfit:
            raise TypeError(f"{name}: {misfit}") from None
        setattr(delegate(wrapper), name, value)

    get.__name__ = name
    served = Served(method, _read(method, get), assign)
    made = property(_exposed(get, served, served.call), _exposed(get, served, assign))
    return cast(R, made)


def served_members(wrapper: type[Wrapper]) -> dict[str, Served]:
    """What can be called on a wrapper class, by the names of the members."""
    found: dict[str, Served] = {}
    for value in vars(wrapper).values():
        function = value.fget if isinstance(value, property) else value
        served: Served | None = getattr(function, _SERVED, None)
        if served is not None:
            found[served.method.name] = served
    return found


def _exposed(
    function: Callable[..., Any], served: Served, call: Serve
) -> Callable[..., Any]:
    """A function that Pyro5 may call and whose failures it can send."""

    @functools.wraps(function)
    def remote(self: Wrapper, /, *arguments: object, **keywords: object) -> Any:
        try:
            with serving_stock(_interface(self), served.method.name):
                return call(self, arguments, keywords, _carrier())
        except UnfitReply as error:  # Pyro5 knows no such class
            raise sendable(TypeError(str(error))) from None
        except BaseException as error:
            carrier = error if ends_the_process(error) else sendable(error)
            if carrier is error:
                raise
            raise carrier from carrier.__cause__

    cast(Any, remote)._pyroExposed = True  # noqa: SLF001 - Pyro5's own mark
    setattr(remote, _SERVED, served)
    return remote


def _interface(wrapper: Wrapper) -> str:
    return type(wrapper).__qualname__.removesuffix("Wrapper")


def _carrier() -> Carrier:
    """How references travel to the Pyro5 client whose call is being served."""
    client: Any = cast(Any, current_context).client
    return cast(Carrier, getattr(client, "callbackgen_carrier", BY_ADDRESS))


def _called(method: Method[Any], body: Callable[..., Any]) -> Serve:
    def call(
        wrapper: Wrapper,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> Any:
        try:
            with carrier.turn():
                overload, positional, named = method.unpack(
                    arguments, keywords, carrier
                )
        except Misfit as misfit:
            raise TypeError(f"{method.name}(): {misfit}") from None
        if isinstance(arguments, list):  # it need not live as long as the call
            arguments.clear()
        result = body(wrapper, *positional, **named)
        if isinstance(result, CoroutineType):  # an `async def` where `def` is said
            result = _ended(method, wrapper, cast(Any, result))
        try:
            with carrier.turn(result):
                return overload.pack_result(result, carrier)
        except Misfit as misfit:
            raise UnfitReply(f"{method.name}(): {misfit}") from None

    return call


def _read(method: Method[Any], body: Callable[..., Any]) -> Serve:
    def call(
        wrapper: Wrapper,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> Any:
        value = body(wrapper, *arguments, **keywords)
        try:
            return method.overloads[0].pack_result(value, carrier)
        except Misfit as misfit:
            raise UnfitReply(f"{method.name}: {misfit}") from None

    return call


def _to_the_end(
    method: Method[Any], function: Callable[..., Any]
) -> Callable[..., Any]:
    """An ``async def`` as an ordinary function, which a Pyro5 daemon can call."""

    def body(wrapper: Wrapper, *arguments: object, **keywords: object) -> Any:
        start = functools.partial(function, wrapper, *arguments, **keywords)
        return _run(method, wrapper, start)

    return body


def _ended(method: Method[Any], wrapper: Wrapper, coroutine: Coroutine) -> Any:
    """What a coroutine gives that an object's method has returned."""
    try:
        return _run(method, wrapper, lambda: coroutine)
    finally:
        coroutine.close()  # one that could not be started


def _run(method: Method[Any], wrapper: Wrapper, start: Callable[[], Coroutine]) -> Any:
    from callbackgen.runtime import coroutines

    return coroutines.run(start, _loop_of(wrapper), _seconds(method), method.name)


def _seconds(method: Method[Any]) -> float:
    """How long a coroutine may run: until its caller gives up, where it says when."""
    current = served()
    if current is not None and current.end is not None:
        return max(current.end - time.monotonic(), 0.001)
    annotations: dict[str, bytes] = cast(Any, current_context).annotations
    return remaining_in(annotations) or method.deadline or settings.deadline
