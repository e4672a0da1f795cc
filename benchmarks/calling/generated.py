"""callbackgen: the callbacks come over the connection that the client has opened."""

from __future__ import annotations

import threading
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import callbackgen
from benchmarks.calling.contender import ADDRESS, Contender
from benchmarks.calling.service_remote import ServiceStub, ServiceWrapper

if TYPE_CHECKING:
    from benchmarks.calling.contender import Register
    from benchmarks.calling.contract import Listener
    from benchmarks.calling.listener_remote import ListenerStub


class Listeners:
    """Fits `Service`."""

    def __init__(self, register: Register) -> None:
        self._register = register

    def add_listener(self, listener: ListenerStub) -> None:
        """Take a listener."""
        self._register(lambda: listener)


@contextmanager
def serving(register: Register) -> Generator[str]:
    """Serves as any server of callbackgen does."""
    with callbackgen.Daemon(host=ADDRESS) as daemon:
        address = daemon.register(ServiceWrapper(Listeners(register)))
        loop = threading.Thread(target=daemon.requestLoop)
        loop.start()
        try:
            yield str(address)
        finally:
            daemon.shutdown()
            loop.join()


@contextmanager
def listening(address: str, listeners: Sequence[Listener]) -> Generator[None]:
    """Connects once for each listener."""
    with ExitStack() as connections:
        for listener in listeners:
            connection = connections.enter_context(callbackgen.connect(address))
            ServiceStub(connection).add_listener(listener)
        yield


CONTENDER = Contender(serving, listening)
