"""The client's end: one connection to a daemon, over which that calls back."""

from __future__ import annotations

import functools
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from callbackgen.runtime import forking
from callbackgen.runtime.counters import Counters, Statistics
from callbackgen.runtime.deadline import Deadline, checked_seconds
from callbackgen.runtime.dialling import Caller, dial, located
from callbackgen.runtime.engine import engines
from callbackgen.runtime.errors import (
    ConnectionLost,
    DeadlineExceeded,
    Forked,
    Refused,
)
from callbackgen.runtime.link import Link, OnLost
from callbackgen.runtime.settings import Settings, checked_settings, settings

if TYPE_CHECKING:
    from Pyro5.core import URI

    from callbackgen.runtime.call import Call
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.stub import Stub
    from callbackgen.runtime.workers import Crew, Task

_log = logging.getLogger("callbackgen.connection")

_SHORTEST: Final = 0.25
_LONGEST: Final = 5.0
"""Seconds between two attempts to connect anew; the first, and the most."""

CLOSED: Final = "the client closed the connection"


def connect(
    address: str | URI,
    *,
    handshake: object = "hello",
    reconnect: bool = False,
    timeout: float | None = None,
    settings: Settings = settings,
) -> Connection:
    """Connect to a `callbackgen.Daemon`, for calls in both directions.

    `address` is ``PYRO:name@host:port``, ``PYRO:name@./u:path`` for a Unix domain
    socket, or ``PYRONAME:name`` to be looked up with Pyro5's name server. TLS is as
    Pyro5 is configured. `handshake` is plain data for the server's `authenticate`.

    With `reconnect`, a connection that is lost is made anew, again and again, at first
    after a quarter of a second and then ever later up to five seconds: see
    `Connection.on_connect`. `timeout` is in seconds, that of a call if it is not given.

    Raises ConnectionLost, of which Refused says that the server does not want us, and
    DeadlineExceeded; ValueError and TypeError for what is no address.
    """
    usual = checked_settings(settings).deadline
    seconds = checked_seconds(usual if timeout is None else timeout)
    return Connection(
        address, handshake, reconnect=reconnect, seconds=seconds, settings=settings
    )


class Connection:
    """A connection to a daemon; `callbackgen.connect` makes one.

    Stubs are made from it: ``PriceServiceStub(connection)`` for the object that the
    address names, ``OtherStub(connection, "name")`` for another of the same daemon.
    It is a context manager that closes it, and safe to be used by several threads.
    """

    def __init__(
        self,
        address: str | URI,
        handshake: object,
        *,
        reconnect: bool,
        seconds: float,
        settings: Settings,
    ) -> None:
        self.settings = settings
        self._address = address
        self._seconds = seconds
        self._reconnects = reconnect
        self._counters = Counters()
        self._lock = threading.Lock()
        self._registering = threading.RLock()
        self._on_connect: dict[Callable[[], object], Session | None] = {}
        self._on_lost: deque[tuple[_ServiceLink, type[Stub], OnLost]] = deque()
        self._closing = threading.Event()
        self._ended = threading.Event()
        self._session: Session | None = None
        self._lost_text = ""
        self._thread: threading.Thread | None = None
        self._is_forked = False
        self._caller = Caller(
            engines.acquire(), settings, self._counters, handshake, self, self._lost
        )
        try:
            self._name = self._dial().object_id
        except BaseException:
            self._closing.set()
            engines.release()
            raise
        forking.forget_in_children(self)

    def __repr__(self) -> str:
        state = "open" if self.is_open else "closed"
        return f"<{state} connection to {self._address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether calls can be made at this moment."""
        session = self._session
        return session is not None and session.is_open and not self._is_forked

    def close(self) -> None:
        """Say goodbye and end; what still waits for an answer gets ConnectionLost."""
        with self._lock:
            if self._closing.is_set() or self._is_forked:
                return
            self._closing.set()
            session, thread = self._session, self._thread
        self._lost_text = CLOSED
        if session is not None and session.is_open:
            session.close(CLOSED, CLOSED)
            if not self._caller.engine.loop.is_this_thread:
                self._ended.wait(1.0)
        if thread is not None and thread is not threading.current_thread():
            thread.join()
        stuck = engines.release()
        if stuck:
            _log.warning(
                "%s: threads are left in callbacks that do not end: %s",
                self._address,
                ", ".join(stuck),
            )

    def on_connect(self, function: Callable[[], object]) -> None:
        """Call a function now, and again whenever the connection was made anew.

        It registers listeners, for the server forgets those of a connection that is
        lost::

            connection.on_connect(lambda: prices.add_listener("ACME", printer))

        What it raises now is raised here, and it is not called again. Later it runs in
        a thread of its own, never twice at once; if it raises there, the connection is
        made anew once more.
        """
        if not callable(function):
            raise TypeError(f"on_connect calls a function, not {function!r}")
        with self._registering:
            self._on_connect[function] = None
            if not self.is_open:
                return
            try:
                self._run_for_session(function)
            except BaseException:
                del self._on_connect[function]
                raise

    def withdraw(self, value: object) -> None:
        """Take back an object that was passed: further calls of it are `Withdrawn`.

        `value` is the object, or the wrapper that was passed for it. Raises ValueError
        if the server does not hold it.
        """
        self.session.withdraw(value)

    def statistics(self) -> Statistics:
        """What was done so far over this connection, in numbers."""
        return self._counters.snapshot()

    def link_to(self, name: str | None) -> Link:
        """The way to an object of the daemon. For stubs."""
        return _ServiceLink(self, self._name if name is None else name)

    @property
    def crew(self) -> Crew:
        """The threads that work for the connection. For stubs."""
        return self._caller.engine.crew

    @property
    def session(self) -> Session:
        """What calls travel over now. For stubs.

        Raises ConnectionLost, Forked if it belongs to the parent process.
        """
        if self._is_forked:
            raise Forked(
                f"the connection to {self._address} belongs to the process that this "
                "one was forked from: connect anew here"
            )
        session = self._session
        if session is None or not session.is_open:
            raise ConnectionLost(self._lost_now(session))
        return session

    def when_lost(self, link: _ServiceLink, kind: type[Stub], function: OnLost) -> None:
        """Have a function called when the connection is lost. For stubs."""
        self._on_lost.append((link, kind, function))
        if not self.is_open:
            self._tell_lost()

    def forget(self) -> None:
        """In a forked child: the connection is the parent's."""
        self._is_forked = True
        if self._session is not None:
            self._session.forget()

    def _lost_now(self, session: Session | None) -> str:
        """Why there is no connection, and whether there will be one."""
        text = self._lost_text
        if not text and session is not None:  # `_lost` has not been called yet
            text = session.why_lost
        again = self._reconnects and not self._closing.is_set()
        if again and not self._ended.is_set():
            text += " (it is being made anew)"
        # What an attempt has said begins like this, too.
        text = text.removeprefix(f"no connection to {self._address}: ")
        return f"there is no connection to {self._address}: {text}"

    def _dial(self) -> Any:
        deadline = Deadline(self._seconds)
        try:
            address = located(self._address, deadline)
        except TimeoutError as error:
            raise DeadlineExceeded(
                f"{self._address} was not found within {self._seconds:g} s"
            ) from error
        session = dial(address, self._caller, deadline)
        with self._lock:
            self._session = session
            is_closing = self._closing.is_set()
        if is_closing:
            session.close(CLOSED, CLOSED)
        return address

    def _lost(self, session: Session, reason: str) -> None:
        """A session has ended. In the loop's thread."""
        self._lost_text = reason
        self._tell_lost()
        with self._lock:
            again = self._reconnects and not self._closing.is_set()
            if again and self._thread is None:
                self._thread = threading.Thread(
                    target=self._connect_anew, name="callbackgen reconnect", daemon=True
                )
                self._thread.start()
        if not again:
            self._ended.set()

    def _tell_lost(self) -> None:
        while True:
            try:
                link, kind, function = self._on_lost.popleft()
            except IndexError:
                return
            tell = functools.partial(function, _stub(kind, link))
            self._caller.engine.crew.workers.submit(self, tell)

    def _connect_anew(self) -> None:
        """Tries until it succeeds, the connection is closed, or we are refused."""
        import random  # here, since it takes longer to import than this module

        delay = _SHORTEST
        while not self._closing.wait(delay * random.uniform(0.5, 1.0)):  # noqa: S311
            try:
                self._dial()
                self._register()
            except Refused as error:
                _log.warning("%s: not again: %a", self._address, str(error)[:200])
                self._lost_text = str(error)
                self._ended.set()
                return
            except Exception as error:  # noqa: BLE001 - it is not ours
                _log.info("%s: an attempt failed: %a", self._address, str(error)[:200])
                self._lost_text = str(error)
            with (
                self._lock
            ):  # `_lost` starts another thread as soon as this one is over
                if self.is_open or self._closing.is_set():
                    self._thread = None
                    return
            delay = min(delay * 2, _LONGEST)

    def _register(self) -> None:
        """Calls what wants to know of a new connection; if that fails, ends it."""
        with self._registering:
            for function in list(self._on_connect):
                try:
                    self._run_for_session(function)
                except BaseException:
                    session = self._session
                    if session is not None:
                        session.close("registering failed", CLOSED)
                    raise

    def _run_for_session(self, function: Callable[[], object]) -> None:
        """Runs a function, once for each session."""
        session = self._session
        if session is not self._on_connect[function]:
            self._on_connect[function] = session
            function()


class _ServiceLink(Link):
    """The way to an object that a daemon has under a name."""

    __slots__ = ("_connection", "_name")

    def __init__(self, connection: Connection, name: str) -> None:
        self._connection = connection
        self._name = name

    def __str__(self) -> str:
        return f"{self._name} over {self._connection!r}"

    @property
    def identity(self) -> object:
        return self._connection, self._name

    @property
    def deadline(self) -> float:
        return self._connection.settings.deadline

    def make(self, call: Call) -> Any:
        return self._connection.session.make(call, self._name)

    def key_at(self, session: Session) -> str | None:
        connection = self._connection
        return (
            self._name if connection.is_open and connection.session is session else None
        )

    def run_call(self, task: Task) -> None:
        self._connection.crew.callers.submit(self._connection, task)

    def is_connected(self) -> bool:
        return self._connection.is_open

    def on_lost(self, kind: type[Stub], function: OnLost) -> None:
        self._connection.when_lost(self, kind, function)


def _stub(kind: type[Stub], link: Link) -> Stub:
    made: Any = kind
    stub: Stub = made(link)
    return stub
