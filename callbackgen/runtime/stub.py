"""The base of the generated stubs: typed handles of objects at the other end."""

from __future__ import annotations

import contextvars
import operator
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeVar, cast

from callbackgen.runtime.address import Source, address_of
from callbackgen.runtime.call import Call
from callbackgen.runtime.caller import caller
from callbackgen.runtime.context import deadline_within
from callbackgen.runtime.deadline import checked_seconds
from callbackgen.runtime.errors import DeadlineExceeded
from callbackgen.runtime.generated import check_generated
from callbackgen.runtime.link import Link
from callbackgen.runtime.method import Method
from callbackgen.runtime.stock import StockLink
from callbackgen.runtime.trust import check

if TYPE_CHECKING:
    from callbackgen.runtime.connection import Connection

R = TypeVar("R")
AnyStub = TypeVar("AnyStub", bound="Stub | Callable[..., object]")
MadeStub = TypeVar("MadeStub", bound="Stub")

_handle_of: Callable[[Stub], _Handle] = operator.attrgetter("_callbackgen_handle")


class _Handle(NamedTuple):
    """What a stub consists of; `seconds` is its own deadline."""

    link: Link
    seconds: float | None = None


class _StubClass(type):
    """The type of the stubs' classes: what can be done with a class, not with a stub.

    So a Protocol may have a member of the same name: its stubs have that one.
    """

    def over(  # with a `type[AnyStub]`, no type checker would take it
        cls: Callable[..., MadeStub], source: Source, *, trust: Iterable[str] = ()
    ) -> MadeStub:
        """A stub of an object that a peer over ordinary Pyro5 has named.

        ::

            def watch(self, symbol, proxy):  # exposed by a Pyro5 daemon
                listener = PriceListenerStub.over(proxy)

        The peer says where to dial, so that only a direct address (``PYRO:``) is taken
        whose host is the literal IP of the caller of the method that runs, at any
        port. What else may be dialled is in `trust` and in the setting `trusted`: IP
        addresses, networks (``10.0.0.0/8``), names of hosts (which are then looked
        up), or whole addresses (``PYRO:name@./u:/a/path``). Outside of a method that
        is being called there is no caller: then only those are.

        Nothing is dialled before the first call. Raises ValueError for another
        address, TypeError for what is none.
        """
        address = address_of(source, of_peer=True)
        check(address, caller(), trust=trust)
        return cls(address)


class Stub(metaclass=_StubClass):
    """A typed handle of one object at the other end of a connection.

    It is made from a connection (`callbackgen.connect`), for the object that the
    address of the connection names, or the one named `name`::

        prices = PriceServiceStub(connection)
        orders = OrderServiceStub(connection, "orders")

    Or from a Pyro5 Proxy, a URI or its text (``PYRO:``, of which TypeError and
    ValueError are raised for anything else): then each stub has a connection of its
    own, over ordinary Pyro5, and nothing can be called back over it. An address that
    comes from a peer is for ``PriceServiceStub.over(address)``.

    Each member may raise a `RemoteError`. Stubs are equal if they stand for the same
    object. Several threads may use one. Only generated classes may be subclasses, and
    these are final.
    """

    if not TYPE_CHECKING:  # mypy would let nothing be assigned that is no slot
        __slots__ = ("__weakref__", "_callbackgen_handle")

    def __init__(self, source: Connection | Source, name: str | None = None) -> None:
        given: object = source
        if isinstance(given, _Handle):
            self._callbackgen_handle = given
            return
        if not isinstance(given, Link):
            of_connection = getattr(given, "link_to", None)
            if of_connection is not None:
                given = of_connection(_checked_name(name))
            elif name is not None:
                raise TypeError("an address has the name of its object in it already")
            else:
                given = StockLink(address_of(given))
        self._callbackgen_handle = _Handle(cast(Link, given))

    def __init_subclass__(cls, *, format: int | None = None) -> None:  # noqa: A002
        super().__init_subclass__()
        check_generated(
            cls, Stub, format, "write a function or a class that has a stub, instead"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Stub):
            return NotImplemented
        return link(self).identity == link(other).identity

    def __hash__(self) -> int:
        return hash(link(self).identity)

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__} of {link(self)}>"

    def __getstate__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__qualname__} cannot be serialised or copied: pass it "
            "where an interface takes its Protocol, or keep its address"
        )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        self.__getstate__()

    def _call(self, method: Method[R], /, *arguments: Any, **keywords: Any) -> R:
        """Calls a member, or reads an attribute, and waits for the answer."""
        return cast(R, _make(self, method, arguments, keywords))

    async def _call_async(
        self, method: Method[R], /, *arguments: Any, **keywords: Any
    ) -> R:
        """As `_call`, without blocking the event loop.

        A call that is cancelled goes on in its thread to its end, unheard.
        """
        return cast(R, await _make_in_thread(self, method, arguments, keywords))


def link(stub: object) -> Link:
    """The way to the object that a stub stands for. Raises TypeError for no stub."""
    if not isinstance(stub, Stub):
        raise TypeError(
            f"a {type(stub).__name__} is not a stub: it does not stand for an object "
            "of another process"
        )
    return _handle_of(stub).link


def connected(stub: Stub | Callable[..., object]) -> bool:
    """Whether there is a connection to the object that a stub stands for.

    A connection whose other end is gone without a word counts until that is noticed.
    """
    return link(stub).is_connected()


def on_lost(stub: AnyStub, function: Callable[[AnyStub], object]) -> None:
    """Have ``function(stub)`` called when the connection of a stub is lost.

    It runs once, in a thread of ours, at once if the connection is lost already. As
    long as nothing else keeps the stub, it may be released before::

        callbackgen.on_lost(listener, self.listeners.discard)
    """
    if not callable(function):
        raise TypeError(f"on_lost calls a function, not {function!r}")
    link(stub).on_lost(cast("type[Stub]", type(stub)), function)


def with_deadline(stub: AnyStub, seconds: float) -> AnyStub:
    """A stub of the same object whose calls may last `seconds` in all.

    That holds in place of the default and of the deadlines in the interface. Both
    stubs share one connection. Raises ValueError unless `seconds` is more than 0.
    """
    handle = _Handle(link(stub), checked_seconds(seconds))
    made: Any = type(stub)
    return cast(AnyStub, made(handle))


def _checked_name(name: object) -> str | None:
    if not isinstance(name, str | None):
        raise TypeError(f"the name of an object is a text, not {name!r}")
    return name


class _Attribute:
    """An attribute of a stub: reading and assigning it are remote calls."""

    def __init__(self, method: Method[Any]) -> None:
        self._method = method

    def __get__(self, stub: Stub | None, owner: type | None = None) -> Any:
        return self if stub is None else _make(stub, self._method, (), {})

    def __set__(self, stub: Stub, value: object) -> None:
        _make(stub, self._method, (value,), {}, assigns=True)


def attribute(method: Method[R]) -> R:
    """An attribute of a stub. For a type checker it is the attribute's value."""
    return cast(R, _Attribute(method))


def _call_of(
    stub: Stub,
    method: Method[Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    *,
    assigns: bool = False,
) -> tuple[Link, Call]:
    """A call, whose time begins now, and the way that it goes."""
    link, seconds = _handle_of(stub)
    deadline = deadline_within(seconds or method.deadline or link.deadline)
    return link, Call(type(stub), method, deadline, arguments, keywords, assigns)


def _make(
    stub: Stub,
    method: Method[Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
    *,
    assigns: bool = False,
) -> Any:
    link, call = _call_of(stub, method, arguments, keywords, assigns=assigns)
    return link.make(call)


async def _make_in_thread(
    stub: Stub,
    method: Method[Any],
    arguments: tuple[Any, ...],
    keywords: dict[str, Any],
) -> Any:
    """As `_make`, in a thread. Its time passes while it waits for one, too."""
    import asyncio  # here, since it takes a fifth of the time to import us all
    from concurrent.futures import Future

    from callbackgen.runtime.coroutines import awaiting_loop

    way, call = _call_of(stub, method, arguments, keywords)
    future: Future[Any] = Future()
    context = contextvars.copy_context()
    context.run(awaiting_loop.set, asyncio.get_running_loop())

    def task() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(context.run(way.make, call))
        except BaseException as error:  # noqa: BLE001 - raised where it is awaited
            future.set_exception(error)

    way.run_call(task)
    try:
        async with asyncio.timeout(call.deadline.remaining()):
            return await asyncio.wrap_future(future)
    except DeadlineExceeded:
        raise
    except TimeoutError as error:
        future.cancel()
        raise call.too_late(way) from error
