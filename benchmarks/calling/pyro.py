"""Plain Pyro5, by hand: the client runs a daemon, and the server connects to it."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import Pyro5.api

from benchmarks.calling.contender import ADDRESS, Contender

if TYPE_CHECKING:
    from benchmarks.calling.contender import Register
    from benchmarks.calling.contract import Listener

CONNECTIONS = 1000
"""Pyro5 has a thread for each connection, by default 80 at most."""


@Pyro5.api.expose
class ListenerByHand:
    """Exposes a listener."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def changed(self, text: str, price: float) -> bool:
        """As the listener's."""
        return self._listener.changed(text, price)

    @Pyro5.api.oneway  # type: ignore[untyped-decorator]  # it has no annotations
    def tell(self, text: str, price: float) -> None:
        """As the listener's; Pyro5 starts a thread for each call."""
        self._listener.tell(text, price)

    def told(self, count: int) -> int:
        """As the listener's."""
        return self._listener.told(count)


@Pyro5.api.expose
class ServiceByHand:
    """Takes the addresses of listeners."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def add_listener(self, address: str) -> None:
        """Take a listener. A Proxy belongs to one thread: that which calls makes it."""
        make: Any = Pyro5.api.Proxy
        self._register(lambda: make(address))


def over(serializer: str) -> Contender:
    """Plain Pyro5 with that serializer."""

    def configure() -> None:
        config: Any = Pyro5.config
        config.SERIALIZER = serializer
        config.THREADPOOL_SIZE = CONNECTIONS
        # Without it a call after a oneway waits 40 ms for the kernel.
        config.SOCK_NODELAY = True

    @contextmanager
    def serving(register: Register) -> Generator[str]:
        configure()
        daemon: Any
        with Pyro5.api.Daemon(host=ADDRESS) as daemon, _looping(daemon):
            yield str(daemon.register(ServiceByHand(register)))

    @contextmanager
    def listening(address: str, listeners: Sequence[Listener]) -> Generator[None]:
        configure()
        daemon: Any
        with (
            ExitStack() as connections,
            Pyro5.api.Daemon(host=ADDRESS) as daemon,
            _looping(daemon),
        ):
            for listener in listeners:
                service: Any = connections.enter_context(Pyro5.api.Proxy(address))
                service.add_listener(str(daemon.register(ListenerByHand(listener))))
            yield

    return Contender(serving, listening)


@contextmanager
def _looping(daemon: Any) -> Generator[None]:
    loop = threading.Thread(target=daemon.requestLoop)
    loop.start()
    try:
        yield
    finally:
        daemon.shutdown()
        loop.join()
