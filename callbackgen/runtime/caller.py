"""Where the caller is of the method that runs, under our daemon and a stock one.

Pyro5 leaves `current_context` as it was when a request has ended. What runs later in
the same thread (a handshake, `clientDisconnect`, a `loopCondition`, a task of an event
loop) finds the client of that request in it. So it is believed within a request alone.
"""

from __future__ import annotations

import contextlib
import inspect
import time
from collections.abc import Generator
from typing import Any, Final, cast

from Pyro5.api import current_context

from callbackgen.runtime.context import Peer, Serving, served, serving
from callbackgen.runtime.envelope import Heading, remaining_in
from callbackgen.runtime.origin import shown

_SERVER: Final = "Pyro5.server"
_REQUESTS: Final = frozenset({"handleRequest", "run"})
"""Pyro5's functions that run a method; `run` is that of its thread for a oneway one."""
_SERIALIZERS: Final = "Pyro5.serializers"
"""Where converters of users are called before the context is that of the request."""


def caller() -> object:
    """What the socket says of where the caller of the method that runs is.

    It is None where there is no caller, or none that has dialled this process.
    """
    current = served()
    return _stock_caller() if current is None else current.client_address


@contextlib.contextmanager
def serving_stock(interface: str, method: str) -> Generator[None]:
    """Says whose call is run and until when, where a stock daemon runs it."""
    address = _stock_caller() if served() is None else None
    if address is None:
        yield
        return
    context: Any = current_context
    seconds = remaining_in(context.annotations)
    current = Serving(
        Peer(None, shown(cast(Any, address), "this daemon"), context.client),
        Heading(interface, method),
        None if seconds is None else time.monotonic() + seconds,
        client_address=address,
    )
    token = serving.set(current)
    try:
        yield
    finally:
        current.is_over = True
        serving.reset(token)


def _stock_caller() -> object:
    where: object = cast(Any, current_context).client_sock_addr
    return where if where is not None and _is_in_request() else None


def _is_in_request() -> bool:
    frame = inspect.currentframe()
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if module == _SERIALIZERS:
            return False
        if module == _SERVER and frame.f_code.co_name in _REQUESTS:
            return True
        frame = frame.f_back
    return False
