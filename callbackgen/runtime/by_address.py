"""References over stock Pyro5: the address of a registered wrapper, to be dialled.

A peer decides what address that is: only one on its own host is dialled, or where the
settings trust (`trust.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, cast

import Pyro5.api
import Pyro5.errors
from Pyro5.client import Proxy
from Pyro5.core import URI

from callbackgen.runtime.address import Address, address_of
from callbackgen.runtime.caller import caller
from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.misfit import Misfit
from callbackgen.runtime.ordinary_bytes import with_bytes, without_bytes
from callbackgen.runtime.trust import check
from callbackgen.runtime.wire import JSON

if TYPE_CHECKING:
    from callbackgen.runtime.stub import Stub


class ByAddress(Carrier):
    """A reference is the address of an object; a stub of it dials that.

    One that arrives has to be on the host of the caller of the method that runs.
    """

    is_ours = False
    _of_peer = True

    def send(self, stub: type[Stub], value: object) -> object:
        """See `Carrier`."""
        return self._to_send(stub, value).as_proxy()

    def _to_send(self, stub: type[Stub], value: object) -> Address:
        return _address_to_send(stub, value)

    def receive(self, stub: type[Stub], data: object) -> object:
        """See `Carrier`."""
        if not isinstance(data, Address | Proxy | URI):
            raise Misfit(
                f"expected a reference (a registered {_wrapper_name(stub)}), got "
                f"{type(data).__name__}"
            )
        address = address_of(data, of_peer=True)
        self._check(address)
        return stub(_stock_link(address, of_peer=self._of_peer))

    def _check(self, address: Address) -> None:
        """Raises ValueError for one that is not to be dialled."""
        check(address, caller())

    def plain(self, value: object) -> object:
        """See `Carrier`."""
        return value

    def extended(
        self, code: int, content: Callable[[], bytes], plain: Callable[[], object]
    ) -> object:
        """See `Carrier`."""
        return plain()

    def leaving(self, packed: object) -> object:
        """See `Carrier`. An answer is in the serializer of its call."""
        is_json = cast(Any, Pyro5.api.current_context).serializer_id == JSON
        return without_bytes(packed) if is_json else packed

    def arriving(self, data: object) -> object:
        """See `Carrier`."""
        return with_bytes(data)

    def turn(self, value: object = None) -> AbstractContextManager[None]:
        """See `Carrier`. What arrives so is smaller."""
        return nullcontext()

    def undo(self) -> None:
        """Nothing was kept."""


class ToAndFrom(ByAddress):
    """For one call to a stock daemon: what arrives is at its host, or was sent to it.

    `called` is where it was called, `peer` gives what the socket says of that, and
    `of_peer` says whether a peer has named it.
    """

    def __init__(
        self, called: Address, peer: Callable[[], object], *, of_peer: bool
    ) -> None:
        self._of_peer = of_peer
        self._called = called
        self._peer = peer
        self._sent: set[Address] = set()

    def leaving(self, packed: object) -> object:
        """See `Carrier`. Calls of stock daemons are made in serpent."""
        return packed

    def _to_send(self, stub: type[Stub], value: object) -> Address:
        address = super()._to_send(stub, value)
        self._sent.add(address)
        return address

    def _check(self, address: Address) -> None:
        if address not in self._sent:
            check(address, self._peer(), called=self._called)


class Refusing(ByAddress):
    """An ordinary Pyro5 client of our own daemon: nothing is dialled for it."""

    def send(self, stub: type[Stub], value: object) -> object:
        """See `Carrier`."""
        raise Misfit(_refusal(stub))

    def receive(self, stub: type[Stub], data: object) -> object:
        """See `Carrier`."""
        raise Misfit(_refusal(stub))


BY_ADDRESS = ByAddress()
REFUSING = Refusing()


def _refusal(stub: type[Stub]) -> str:
    return (
        f"a {stub.__name__.removesuffix('Stub')} is called back over the connection of "
        "its client, which an ordinary Pyro5 client cannot be: use callbackgen.connect"
    )


def _wrapper_name(stub: type) -> str:
    return stub.__name__.removesuffix("Stub") + "Wrapper"


def _stock_link(address: Address, *, of_peer: bool) -> Any:
    from callbackgen.runtime.stock import StockLink

    return StockLink(address, of_peer=of_peer)


def _address_to_send(stub: type, value: object) -> Address:
    from callbackgen.runtime.link import link_of
    from callbackgen.runtime.stock import StockLink
    from callbackgen.runtime.wrapper import Wrapper

    link = link_of(value)
    if isinstance(link, StockLink):
        return link.address
    name = _wrapper_name(stub)
    if not isinstance(value, Wrapper):
        raise Misfit(
            f"{type(value).__name__} travels by reference: wrap it in {name}(...), "
            "register that with a Pyro5 daemon, and pass the wrapper"
        )
    daemon: Any = getattr(value, "_pyroDaemon", None)
    try:
        return address_of(daemon.uriFor(value))
    except (AttributeError, ReferenceError, Pyro5.errors.DaemonError):
        raise Misfit(
            f"this {type(value).__name__} is not registered with a running Pyro5 "
            "daemon: call daemon.register(wrapper) first, and keep the daemon"
        ) from None
