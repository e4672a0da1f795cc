"""Wrappers and stubs, written by hand.

This is what plain Pyro5 asks of one for a callback that is safe to give away: the
client's object behind an exposed wrapper, its exceptions as ones that Pyro5 can carry;
on the server a time limit, a proxy of its own for each call (a proxy belongs to one
thread), and one kind of error for all that can go wrong.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import Pyro5.api
import Pyro5.errors

if TYPE_CHECKING:
    from demo.exchange import Prices
    from demo.generated.prices import PriceListener


class CallFailed(Exception):
    """A call of a listener failed."""


class CallTimedOut(CallFailed):
    """A listener did not answer in time."""


@Pyro5.api.expose
class PriceListenerWrapper:
    """Exposes a listener, and nothing else of its object."""

    def __init__(self, listener: PriceListener) -> None:
        self._listener = listener

    def changed(self, symbol: str, price: float) -> None:
        """Tell that a price has changed."""
        try:
            self._listener.changed(symbol, price)
        except Exception as error:
            raise _portable(error) from error

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for a decision."""
        try:
            return self._listener.confirm(question, default=default)
        except Exception as error:
            raise _portable(error) from error


class PriceListenerStub:
    """A listener at the other end, which may take `seconds` for a call."""

    def __init__(self, proxy: Any, seconds: float) -> None:
        self._uri = proxy._pyroUri  # noqa: SLF001 - Pyro5's own documented name
        self._seconds = seconds

    def changed(self, symbol: str, price: float) -> None:
        """Tell that a price has changed."""
        self._call("changed", symbol, price)

    def confirm(self, question: str, *, default: bool = False) -> bool:
        """Ask for a decision."""
        answer = self._call("confirm", question, default=default)
        if not isinstance(answer, bool):
            raise CallFailed(f"answered {answer!r}, which is no bool")
        return answer

    def _call(self, name: str, *arguments: object, **keywords: object) -> object:
        proxy: Any
        with Pyro5.api.Proxy(self._uri) as proxy:
            proxy._pyroTimeout = self._seconds  # noqa: SLF001 - as above
            try:
                answer: object = getattr(proxy, name)(*arguments, **keywords)
            except Pyro5.errors.TimeoutError as error:
                raise CallTimedOut(f"no answer in {self._seconds:g} s") from error
            except Exception as error:
                raise CallFailed(str(error)) from error
            return answer


@Pyro5.api.expose
class PriceServiceWrapper:
    """Exposes the price service; listeners arrive as proxies."""

    def __init__(self, prices: Prices, seconds: float) -> None:
        self._prices = prices
        self._seconds = seconds

    def add_listener(self, name: str, listener: Any) -> str:
        """Register a listener; the answer is a greeting."""
        stub = PriceListenerStub(listener, self._seconds)
        return self._prices.add_listener(name, stub)

    def ready(self, name: str) -> None:
        """Tell that `add_listener` has returned."""
        self._prices.ready(name)


def _portable(error: Exception) -> Exception:
    """An exception of a class that the other end has."""
    return RuntimeError(f"{type(error).__name__}: {error}")
