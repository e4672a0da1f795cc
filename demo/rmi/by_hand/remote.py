"""Wrappers and stubs, written by hand.

This is what plain Pyro5 asks of one for calls that are safe to give away: each object
behind an exposed wrapper, its exceptions as ones that Pyro5 can carry; at the caller a
time limit, a proxy of its own for each call (a proxy belongs to one thread), a look at
what the answer is, and one kind of error for all that can go wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import Pyro5.api
import Pyro5.errors

if TYPE_CHECKING:
    from demo.rmi.exchange import Prices
    from demo.rmi.prices import PriceListener

LIMIT = 3.0
"""Seconds that one call may take."""

R = TypeVar("R")


class CallFailed(Exception):
    """A call of the other end failed."""


class CallTimedOut(CallFailed):
    """The other end did not answer in time."""


@Pyro5.api.expose
class PriceListenerWrapper:
    """Exposes a listener, and nothing else of its object."""

    def __init__(self, listener: PriceListener) -> None:
        self._listener = listener

    def changed(self, symbol: str, price: float) -> None:
        """Tell that a price has changed."""
        _carry(lambda: self._listener.changed(symbol, price))

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for a decision."""
        return _carry(lambda: self._listener.confirm(question, default=default))


@Pyro5.api.expose
class PriceServiceWrapper:
    """Exposes the price service; listeners arrive as proxies."""

    def __init__(self, prices: Prices) -> None:
        self._prices = prices

    def add_listener(self, name: str, listener: Any) -> str:
        """Register a listener; the answer is a greeting."""
        stub = PriceListenerStub(listener._pyroUri)  # noqa: SLF001 - documented name
        return _carry(lambda: self._prices.add_listener(name, stub))

    def price(self, symbol: str) -> float:
        """The price as it is now."""
        return _carry(lambda: self._prices.price(symbol))


class PriceListenerStub:
    """A client's listener, called from the server."""

    def __init__(self, address: object) -> None:
        self._address = address

    def changed(self, symbol: str, price: float) -> None:
        """Tell that a price has changed."""
        _call(self._address, type(None), "changed", symbol, price)

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for a decision."""
        return _call(self._address, bool, "confirm", question, default=default)


class PriceServiceStub:
    """The server's price service, called from a client."""

    def __init__(self, address: object) -> None:
        self._address = address

    def add_listener(self, name: str, listener: PriceListener) -> str:
        """Register a listener, which has to be a wrapper that a daemon serves."""
        return _call(self._address, str, "add_listener", name, listener)

    def price(self, symbol: str) -> float:
        """The price as it is now."""
        return _call(self._address, float, "price", symbol)


def _carry(call: Callable[[], R]) -> R:
    """The answer of a call; what it raises becomes a class that the other end has."""
    try:
        return call()
    except Exception as error:
        raise RuntimeError(f"{type(error).__name__}: {error}") from error


def _call(
    address: object, wanted: type[R], name: str, *arguments: object, **keywords: object
) -> R:
    proxy: Any
    with Pyro5.api.Proxy(address) as proxy:
        proxy._pyroTimeout = LIMIT  # noqa: SLF001 - Pyro5's own documented name
        try:
            answer: object = getattr(proxy, name)(*arguments, **keywords)
        except Pyro5.errors.TimeoutError as error:
            raise CallTimedOut(f"no answer in {LIMIT:g} s") from error
        except Exception as error:
            raise CallFailed(str(error)) from error
    if not isinstance(answer, wanted):
        raise CallFailed(f"answered {answer!r}, which is no {wanted.__name__}")
    return answer
