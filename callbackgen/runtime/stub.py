"""The base of the generated stubs: typed handles of objects at the other end."""

from __future__ import annotations

import asyncio
import contextvars
import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar, cast

from callbackgen.runtime import messages
from callbackgen.runtime.address import Address, Source, address_of
from callbackgen.runtime.connection import Link
from callbackgen.runtime.deadline import Deadline, checked_seconds
from callbackgen.runtime.errors import BadArgument, BadReply, DeadlineExceeded
from callbackgen.runtime.generated import check_generated
from callbackgen.runtime.method import Method, Overload
from callbackgen.runtime.settings import settings
from callbackgen.runtime.threads import Pool
from callbackgen.runtime.values import Misfit

R = TypeVar("R")
AnyStub = TypeVar("AnyStub", bound="Stub")

_async_calls = Pool(64, "call")
_handle_of: Callable[[Stub], _Handle] = operator.attrgetter("_callbackgen_handle")


@dataclass(frozen=True, slots=True)
class _Handle:
    """What a stub consists of; `seconds` is its own deadline."""

    link: Link
    seconds: float | None = None


class Stub:
    """A typed handle of one object at the other end, made from its address.

    The address is a Pyro5 Proxy, a URI or its text; nothing else of a Proxy is kept.
    Making a stub connects to nothing. Only direct addresses (``PYRO:``) are taken:
    TypeError and ValueError say so. Each member may raise a `RemoteError`. Stubs are
    equal if class and address are. Several threads may use one; their calls take
    turns. Only generated classes may be subclasses, and these are final.
    """

    if not TYPE_CHECKING:  # mypy would let nothing be assigned that is no slot
        __slots__ = ("__weakref__", "_callbackgen_handle")

    def __init__(self, address: Source) -> None:
        given: object = address
        if not isinstance(given, _Handle):
            given = _Handle(Link(address_of(address)))
        self._callbackgen_handle = given

    def __init_subclass__(cls, *, format: int | None = None) -> None:  # noqa: A002
        super().__init_subclass__()
        check_generated(
            cls, Stub, format, "write a function or a class that has a stub, instead"
        )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return address(self) == address(other)

    def __hash__(self) -> int:
        return hash((type(self), address(self)))

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of {address(self)}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__qualname__} cannot be serialised or copied: pass it "
            "where an interface takes its Protocol, or keep its address"
        )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__getstate__()

    def _call(self, method: Method[R], /, *arguments: Any, **keywords: Any) -> R:
        """Calls a member, or reads an attribute, and waits for the answer."""
        return cast(R, _Call(self, method).make(arguments, keywords))

    async def _call_async(
        self, method: Method[R], /, *arguments: Any, **keywords: Any
    ) -> R:
        """As `_call`, without blocking the event loop.

        A call that is cancelled goes on in its thread to its end, unheard.
        """
        return cast(R, await _Call(self, method).make_in_thread(arguments, keywords))


def address(stub: Stub) -> Address:
    """The address of the object that a stub stands for."""
    return _handle_of(stub).link.address


def with_deadline(stub: AnyStub, seconds: float) -> AnyStub:
    """A stub of the same object whose calls may last `seconds` in all.

    That holds in place of the default and of the deadlines in the interface. Both
    stubs share one connection. Raises ValueError unless `seconds` is more than 0.
    """
    handle = _Handle(_handle_of(stub).link, checked_seconds(seconds))
    return type(stub)(cast(Any, handle))


class _Attribute:
    """An attribute of a stub: reading and assigning it are remote calls."""

    def __init__(self, method: Method[Any]) -> None:
        self._method = method

    def __get__(self, stub: Stub | None, owner: type | None = None) -> Any:
        return self if stub is None else _Call(stub, self._method).make((), {})

    def __set__(self, stub: Stub, value: object) -> None:
        _Call(stub, self._method).assign(value)


def attribute(method: Method[R]) -> R:
    """An attribute of a stub. For a type checker it is the attribute's value."""
    return cast(R, _Attribute(method))


class _Call:
    """One call of one member, whose time begins when this is made."""

    def __init__(self, stub: Stub, method: Method[Any]) -> None:
        handle = _handle_of(stub)
        self._link = handle.link
        self._method = method
        self._name = f"{type(stub).__qualname__}.{method.name}"
        seconds = handle.seconds or method.deadline or settings.deadline
        self._deadline = Deadline(seconds)

    def make(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """Calls the method, or reads the attribute."""
        method = self._method
        if method.is_attribute:
            used = method.overloads[0]
            payload = self._payload("__getattr__", [method.name], {})
        else:
            try:
                used, positional, named = method.pack(arguments, keywords)
            except Misfit as misfit:
                raise BadArgument(f"{self._name}: {misfit}") from None
            payload = self._payload(method.name, positional, named)
        if method.oneway:
            self._send(payload)
            return None
        return self._answer(payload, used)

    async def make_in_thread(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any]
    ) -> Any:
        """As `make`, in a thread. Its time passes while it waits for one, too."""
        context = contextvars.copy_context()
        future = _async_calls.of_this_process().submit(
            context.run, self.make, arguments, keywords
        )
        try:
            async with asyncio.timeout(self._deadline.remaining()):
                return await asyncio.wrap_future(future)
        except DeadlineExceeded:
            raise
        except TimeoutError as error:
            future.cancel()
            raise self._too_late() from error

    def assign(self, value: object) -> None:
        """Assigns the attribute."""
        try:
            packed = self._method.overloads[0].pack_assigned(value)
        except Misfit as misfit:
            raise BadArgument(f"{self._name}: {misfit}") from None
        payload = self._payload("__setattr__", [self._method.name, packed], {})
        self._answer(payload, None)

    def _payload(
        self, name: str, positional: list[object], named: dict[str, object]
    ) -> bytes:
        object_id = self._link.address.object_id
        payload = messages.call_payload(object_id, name, positional, named)
        if len(payload) > settings.message_size:
            raise BadArgument(
                f"{self._name}: the arguments are {len(payload)} bytes; the limit is "
                f"{settings.message_size} (callbackgen.settings.message_size)"
            )
        return payload

    def _send(self, payload: bytes) -> None:
        try:
            self._link.send(payload, self._deadline)
        except TimeoutError as error:
            raise self._too_late() from error

    def _answer(self, payload: bytes, used: Overload | None) -> Any:
        try:
            message = self._link.call(payload, self._deadline)
        except TimeoutError as error:
            raise self._too_late() from error
        result = messages.result_of(message, settings.message_size)
        if used is None:
            return None
        try:
            return used.unpack_result(result)
        except Misfit as misfit:
            raise BadReply(f"{self._name}: {misfit}") from None

    def _too_late(self) -> DeadlineExceeded:
        return DeadlineExceeded(
            f"{self._name}: no answer from {self._link.address} within "
            f"{self._deadline.seconds:g} s"
        )
