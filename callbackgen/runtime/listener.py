"""The transport of our daemon, in the place of Pyro5's transport servers."""

from __future__ import annotations

import contextlib
import itertools
import logging
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from Pyro5 import config

from callbackgen.runtime import forking
from callbackgen.runtime.binding import listening_on
from callbackgen.runtime.budget import Budget
from callbackgen.runtime.counters import Counters
from callbackgen.runtime.crowd import Crowd
from callbackgen.runtime.handshake import Handshake, Parts, handshake_limit
from callbackgen.runtime.loop import READ, Loop
from callbackgen.runtime.origin import Address, origin_of
from callbackgen.runtime.own_loop import OwnLoop
from callbackgen.runtime.refusals import CALLS, Refusals
from callbackgen.runtime.tls import Steps, Tls, server_context
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.workers import Crew

if TYPE_CHECKING:
    from callbackgen.runtime.settings import Settings

_Accepted: TypeAlias = tuple[socket.socket, Address]

_log = logging.getLogger("callbackgen.daemon")

_AT_ONCE: Final = 64
"""How many connections are accepted before others are looked at again."""

_UNTIL_BETTER: Final = 0.2
"""Seconds after which is tried again what the system did not allow."""

_KEEPALIVE: Final = 60
"""Seconds of silence after which the system asks whether the other end is there."""


_GRACE: Final = 0.5
"""Seconds that running calls have to end when the daemon does."""

SHUT_DOWN: Final = "the server shut down"


class Listener(OwnLoop):
    """Accepts connections while `loop` runs, and has them served by a few threads.

    The names without a leading underscore are those that Pyro5's daemon uses.
    """

    def __init__(self, settings: Settings, counters: Counters) -> None:
        self._settings = settings
        self._counters = counters
        self._daemon: Any = None
        self._connections: set[Handshake] = set()
        self._shaking: Crowd[Handshake] = Crowd()
        self._is_timed = False
        self.refusals = Refusals(_log)
        self.refused_calls = Refusals(CALLS)
        self._accepts = False
        self._by_address: Counter[str] = Counter()
        self._numbers = itertools.count(1)
        self._context = server_context()
        # A signal handler may call `close` meanwhile, when an Event would be locked.
        self._wakes: SimpleQueue[None] = SimpleQueue()
        self._closed = False
        self._is_closing = threading.Lock()
        self.watches_calls = True
        self.sock: socket.socket | None = None
        self.locationStr = ""

    def __repr__(self) -> str:
        count = len(self._connections)
        return f"<callbackgen on {self.locationStr}; {count} connections>"

    def init(
        self, daemon: Any, host: str | None, port: int, unixsocket: str | None = None
    ) -> None:
        """Bind, and start the threads; nothing is accepted yet."""
        self._daemon = daemon
        set_to = cast(Any, config)
        listening = self.sock = listening_on(unixsocket or (host or "", port))
        bound = listening.getsockname()
        if unixsocket:
            self.locationStr = "./u:" + unixsocket
        else:
            host, port = str(host or bound[0]), int(port or bound[1])
            self.locationStr = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._crew = Crew(
            set_to.THREADPOOL_SIZE, one_at_a_time=set_to.SERVERTYPE == "multiplex"
        )
        self._loop = Loop(f"callbackgen daemon {self.locationStr}")
        self._steps = Steps(self._loop)
        self.parts = Parts(
            daemon,
            self._loop,
            self._crew,
            self._settings,
            self._counters,
            Budget(self._settings, self._loop.soon),
            Budget(self._settings, self._loop.soon),
        )
        forking.forget_in_children(self)

    def loop(self, loopCondition: Callable[[], bool] = lambda: True) -> None:  # noqa: N803
        """Accept connections until the condition does not hold any more."""
        try:
            self._loop.soon(self._accept_more)
            while not self._closed and loopCondition():
                self._wait()
                if not self._closed:
                    self._keep_house()
        except KeyboardInterrupt:
            _log.info("%s: interrupted", self.locationStr)
        finally:
            self._loop.soon(self._accept_no_more)

    def _keep_house(self) -> None:
        try:
            self._daemon._housekeeping()  # noqa: SLF001 - as transports do
        except Exception:  # noqa: BLE001 - the user's: the server goes on
            _log.exception("%s: housekeeping failed", self.locationStr)

    def _wait(self) -> None:
        with contextlib.suppress(Empty):
            self._wakes.get(timeout=cast(Any, config).POLLTIMEOUT)
            while True:
                self._wakes.get_nowait()

    def call_ended(self) -> None:
        """The condition of `loop` may have to be looked at."""
        if self.watches_calls:
            self._wakes.put(None)

    def shutdown(self) -> None:
        """End everything; see `close`."""
        self.close()

    def close(self) -> None:
        """Say goodbye to all clients, wait a little for what runs, and end."""
        if self._closed:
            if not self._loop.is_this_thread:
                self._wait_until_closed()
            return
        self._closed = True
        self._is_closing.acquire()
        try:
            self._close()
        finally:
            self._is_closing.release()

    def _wait_until_closed(self) -> None:
        """Another thread is about it, or this one is and a signal came."""
        if self._is_closing.acquire(timeout=2 * _GRACE):
            self._is_closing.release()

    def _close(self) -> None:
        self._wakes.put(None)
        if self._loop.is_forgotten:
            return
        gone = threading.Event()
        self._loop.soon(lambda: self._close_all(gone))
        if not self._loop.is_this_thread:
            gone.wait(_GRACE)
        stuck = self._crew.close(_GRACE)
        if stuck:
            _log.warning(
                "%s: these threads are left in calls that do not end: %s",
                self.locationStr,
                ", ".join(stuck),
            )
        self._loop.end()
        self.refused_calls.close()

    def wakeup(self) -> None:
        """Have `loop` look at its condition."""
        self._wakes.put(None)

    def forget(self) -> None:
        """In a forked child: close the sockets; the parent goes on using them."""
        self._closed = True
        if self.sock is not None:
            self.sock.close()
        for handshake in self._connections:
            handshake.forget()
        self._loop.forget()

    @property
    def sockets(self) -> list[socket.socket]:
        """The listening one and those of the clients: to be looked at, no more."""
        listening = [] if self.sock is None else [self.sock]
        return listening + [one.socket for one in list(self._connections)]

    # In the loop's thread

    def _accept_more(self) -> None:
        self._accepts = True
        self._watch()

    def _watch(self) -> None:
        if self.sock is not None and self._accepts and not self._closed:
            self._loop.watch(self.sock, READ, self._accept)

    def _accept_no_more(self) -> None:
        self._accepts = False
        if self.sock is not None:
            self._loop.watch(self.sock, 0, self._accept)

    def _accept(self, _: int) -> None:
        for _ in range(_AT_ONCE):
            if self.sock is None:
                return
            try:
                accepted, address = cast("_Accepted", self.sock.accept())
            except BlockingIOError:
                return
            except OSError as error:  # too many files, or gone before it was accepted
                self.refusals.tell(
                    logging.WARNING,
                    self.locationStr,
                    "",
                    "accepting failed",
                    str(error),
                )
                self._loop.watch(self.sock, 0, self._accept)
                self._loop.later(_UNTIL_BETTER, self._watch)
                return
            self._begin(accepted, address)

    def _begin(self, accepted: socket.socket, address: Address) -> None:
        accepted.setblocking(False)
        origin = origin_of(accepted, address)
        settings = self._settings
        if (
            len(self._connections) >= settings.connections
            or self._by_address[origin] >= settings.connections_per_address
        ):
            self.refusals.tell(
                logging.WARNING, origin, origin, "refused", "too many connections"
            )
            accepted.close()
            return
        self._by_address[origin] += 1
        with contextlib.suppress(OSError):
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError, AttributeError):
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _KEEPALIVE)
        transport = Transport(self._loop, accepted, settings, handshake_limit)
        if self._context is not None:
            transport.secure(Tls(self._context, None), self._steps)
        handshake = Handshake(self, transport, address, origin)
        self._connections.add(handshake)
        self._shaking.add(handshake, origin)
        transport.start(handshake)
        self._make_room()
        self._watch_time()

    def _make_room(self) -> None:
        """Has only so many in their handshake.

        Beyond, the oldest of the address that has most goes.
        """
        settings = self._settings
        most = (
            settings.handshaking if self._context is None else settings.handshaking_tls
        )
        while len(self._shaking) > most:
            oldest = self._shaking.oldest_of_most()
            assert oldest is not None
            self._refuse(oldest, "too many connections in their handshake")

    def _watch_time(self) -> None:
        """Has each through its handshake in time, by one timer for all.

        Refuses those whose time is over, and looks again when the next one's will be.
        """
        if self._is_timed:
            return
        limit = self._settings.handshake
        while (oldest := self._shaking.oldest()) is not None:
            left = oldest.began + limit - time.monotonic()
            if left > 0:
                self._is_timed = True
                self._loop.later(left, self._look_at_time)
                return
            self._refuse(oldest, f"no handshake within {limit:g} s")

    def _look_at_time(self) -> None:
        self._is_timed = False
        self._watch_time()

    def _refuse(self, handshake: Handshake, reason: str) -> None:
        self._shaking.remove(handshake)
        handshake.refuse(reason)

    def _close_all(self, gone: threading.Event) -> None:
        if self.sock is not None:
            name = None
            with contextlib.suppress(OSError):
                name = self.sock.getsockname()
            self._loop.unwatch(self.sock)
            self.sock.close()
            self.sock = None
            if isinstance(name, str):
                with contextlib.suppress(OSError):
                    Path(name).unlink()
        for handshake in list(self._connections):
            handshake.say_goodbye(SHUT_DOWN)
        self._tell_when_gone(gone, time.monotonic() + _GRACE)

    def _tell_when_gone(self, gone: threading.Event, latest: float) -> None:
        if not self._connections or time.monotonic() >= latest:
            self.refusals.close()
            gone.set()
        else:
            self._loop.later(0.01, lambda: self._tell_when_gone(gone, latest))

    # For the handshakes

    def shaken(self, handshake: Handshake) -> None:
        """A handshake is over. In the loop's thread."""
        self._shaking.remove(handshake)

    def gone(self, handshake: Handshake) -> None:
        """A connection has ended. In the loop's thread."""
        self.shaken(handshake)
        if handshake in self._connections:
            self._connections.remove(handshake)
            self._by_address[handshake.origin] -= 1
            if not self._by_address[handshake.origin]:
                del self._by_address[handshake.origin]
