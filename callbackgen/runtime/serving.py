"""Runs the calls that arrive on one connection, and makes their answers."""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

from Pyro5.api import current_context

from callbackgen.runtime import envelope
from callbackgen.runtime.context import Serving, serving
from callbackgen.runtime.errors import (
    REMOTE_TEXT_LIMIT,
    Unimplemented,
    Withdrawn,
    shortened,
)
from callbackgen.runtime.interfaces import members_of, readable
from callbackgen.runtime.raised import class_name, ends_the_process, text_of
from callbackgen.runtime.references import Passing
from callbackgen.runtime.wire import MSGPACK, WireError
from callbackgen.runtime.wrapper import Serve

if TYPE_CHECKING:
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.envelope import Request
    from callbackgen.runtime.lanes import Incoming
    from callbackgen.runtime.references import References
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.wrapper import Wrapper

_log = logging.getLogger("callbackgen.calls")


class Refusal(Exception):
    """A call is not run. `code` is one of those in `envelope`."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text


class Server:
    """Runs calls of the objects that the other end of a session may call."""

    def __init__(
        self, session: Session, references: References, counters: Counters
    ) -> None:
        self._session = session
        self._references = references
        self._counters = counters

    def run(self, incoming: Incoming) -> None:
        """Runs a call and answers it; raises only what ends the process."""
        self._counters.count("calls_received")
        passing = Passing(self._references, self._session)
        ends: BaseException | None = None
        failed = True
        name = "a call"
        try:
            self._check_in_time(incoming)
            request = self._request(incoming, passing)
            name = f"{readable(request.interface)}.{ascii(request.method)[1:-1]}"
            with _Served(self._session, incoming, name):
                payload = self._called(incoming, request, passing)
            failed = False
        except Refusal as refusal:
            _log.info("%s: %s refused: %s", self._session, name, refusal.text)
            payload = envelope.failure(refusal.code, refusal.text)
        except WireError as error:
            self._session.close(str(error))
            return
        except BaseException as error:  # noqa: BLE001 - the user's
            passing.undo()
            self._log_raised(incoming, name, error)
            payload = _raised(error, with_traceback=self._session.settings.tracebacks)
            ends = error if ends_the_process(error) else None
        if not incoming.oneway:
            self._session.answer(incoming, payload, failed=failed)
        if ends is not None:
            raise ends

    def _check_in_time(self, incoming: Incoming) -> None:
        if incoming.expires is not None and incoming.expires <= time.monotonic():
            self._session.discard(incoming.payload)
            raise Refusal("expired", "the time was over before the call could start")

    def _request(self, incoming: Incoming, passing: Passing) -> Request:
        request = envelope.request_in(incoming.payload, passing.extension)
        if passing.refused is not None:
            raise Refusal("limit", f"{request.method[:200]}(): {passing.refused}")
        return request

    def _called(self, incoming: Incoming, request: Request, passing: Passing) -> bytes:
        """Calls the member; gives its result as it travels."""
        wrapper = self._wrapper(incoming, request)
        call = _member(wrapper, request)
        result = call(wrapper, request.arguments, request.keywords, passing)
        try:
            payload = envelope.packed(result)
        except (OverflowError, RecursionError) as error:
            raise TypeError(f"{request.method}(): result: {error}") from None
        limit = self._session.settings.message_size
        if len(payload) > limit:
            raise ValueError(
                f"{request.method}(): the result is {len(payload)} bytes; the limit is "
                f"{limit} (callbackgen.settings.message_size)"
            )
        return payload

    def _wrapper(self, incoming: Incoming, request: Request) -> Wrapper:
        try:
            return self._references.exported(incoming.key, request.interface)
        except Withdrawn as error:
            raise Refusal("withdrawn", str(error)) from None
        except Unimplemented as error:
            raise Refusal("unimplemented", str(error)) from None

    def _log_raised(self, incoming: Incoming, name: str, error: BaseException) -> None:
        level = logging.WARNING if incoming.oneway else logging.DEBUG
        if _log.isEnabledFor(level):
            what = class_name(type(error))
            _log.log(level, "%s: %s raised %s", self._session, name, what)


def _member(wrapper: Wrapper, request: Request) -> Serve:
    served = members_of(type(wrapper)).get(request.method)
    interface = readable(request.interface)
    method = ascii(request.method)[:200]
    if served is None:
        raise Refusal("unimplemented", f"{interface} has no method {method} there")
    if not served.method.is_attribute or not request.arguments:
        return served.call
    if served.assign is None:
        raise Refusal("unimplemented", f"{interface}.{method} cannot be assigned there")
    return served.assign


class pyro_context:  # noqa: N801 - used as a function is
    """Pyro5's `current_context` for one message: nothing of another one is in it.

    That of the call during which this one is run is put back in the end.
    """

    __slots__ = ("_connection", "_saved")

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        context: Any = current_context
        self._saved = context.to_global()
        context.from_global(
            {
                "client": self._connection,
                "client_sock_addr": getattr(self._connection, "client_address", None),
                "seq": 0,
                "msg_flags": 0,
                "serializer_id": MSGPACK,
                "annotations": {},
                "response_annotations": {},
                "correlation_id": None,
            }
        )

    def __exit__(self, *_: object) -> None:
        context: Any = current_context
        context.from_global(self._saved)


class _Served:
    """Says whose call is being run, to our own code and to Pyro5's.

    Raises Refusal for one that is nested too deeply.
    """

    __slots__ = ("_pyro", "_serving", "_token")

    def __init__(self, session: Session, incoming: Incoming, name: str) -> None:
        current = serving.get()
        depth = 1 if current is None else current.depth + 1
        limit = session.settings.nesting
        if depth > limit:
            raise Refusal("limit", f"{name}: calls nested more than {limit} deep")
        chains = {} if current is None else dict(current.chains)
        if incoming.chain:
            chains[session] = incoming.chain
        end = incoming.expires
        if current is not None and current.end is not None:
            end = current.end if end is None else min(end, current.end)
        self._serving = Serving(session.peer, name, end, depth, chains)
        self._pyro = pyro_context(session.peer.connection)

    def __enter__(self) -> None:
        self._token = serving.set(self._serving)
        self._pyro.__enter__()

    def __exit__(self, *_: object) -> None:
        self._pyro.__exit__()
        serving.reset(self._token)


def _raised(error: BaseException, *, with_traceback: bool) -> bytes:
    """The answer that says what was raised."""
    name, text = shortened(class_name(type(error)), 1024), text_of(error)
    shown = _traceback_text(error) if with_traceback else ""
    rest = REMOTE_TEXT_LIMIT - len(name) - len(text)
    return envelope.failure(
        envelope.RAISED,
        _portable(text),
        _portable(name),
        _portable(shortened(shown, rest)),
    )


def _traceback_text(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))
    except Exception as failure:  # noqa: BLE001 - a user's class may fail anywhere
        return f"<its traceback cannot be formatted: {class_name(type(failure))}>"


def _portable(text: str) -> str:
    """The text, without what UTF-8 cannot say."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
