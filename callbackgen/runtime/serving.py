"""Runs the calls that arrive on one connection, and makes their answers."""

from __future__ import annotations

import logging
import time
import traceback
from typing import TYPE_CHECKING, Any

from Pyro5.api import current_context

from callbackgen.runtime import envelope
from callbackgen.runtime.context import Serving, named, served, serving
from callbackgen.runtime.envelope import Request
from callbackgen.runtime.errors import (
    REMOTE_TEXT_LIMIT,
    ConnectionLost,
    Unimplemented,
    Withdrawn,
    shortened,
)
from callbackgen.runtime.interfaces import members_of, readable
from callbackgen.runtime.misfit import Misfit, UnfitReply
from callbackgen.runtime.raised import class_name, ends_the_process, text_of
from callbackgen.runtime.references import Passing
from callbackgen.runtime.refusals import CALLS, harmless
from callbackgen.runtime.sizes import LEAST
from callbackgen.runtime.turns import turn_to_read
from callbackgen.runtime.unpacking import check_containers, check_parts
from callbackgen.runtime.wire import MSGPACK, WireError

if TYPE_CHECKING:
    from callbackgen.runtime.counters import Counters
    from callbackgen.runtime.envelope import Heading
    from callbackgen.runtime.lanes import Incoming
    from callbackgen.runtime.method import Method
    from callbackgen.runtime.references import Export, References
    from callbackgen.runtime.session import Session
    from callbackgen.runtime.settings import Settings
    from callbackgen.runtime.wrapper import Served, Wrapper


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

    def run(self, incoming: Incoming, export: Export | None) -> None:
        """Runs a call of an object and answers it; raises only what ends the process.

        `export` is the object where it has a number.
        """
        self._counters.calls_received.count()
        passing = Passing(self._references, self._session)
        passing.size = len(incoming.payload)
        ends: BaseException | None = None
        failed = True
        called: Heading | None = None
        try:
            called = self._read(incoming, passing)
            with _Context(self._session, incoming, called):
                wrapper = self._wrapper(incoming, called, export)
                payload = self._called(wrapper, incoming, called, passing)
            failed = False
        except Refusal as refusal:
            self._log_refused(called, refusal)
            payload = envelope.failure(refusal.code, refusal.text)
        except WireError as error:
            self._session.close_misused(str(error))
            return
        except UnfitReply as error:
            passing.undo()
            self._log_raised(incoming, called, error)
            payload = envelope.failure(envelope.UNFIT, text_of(error))
        except BaseException as error:  # noqa: BLE001 - the user's
            passing.undo()
            self._log_raised(incoming, called, error)
            payload = _raised(error, with_traceback=self._session.settings.tracebacks)
            ends = error if ends_the_process(error) else None
        finally:
            if incoming.is_tracked:
                self._has_read(incoming)
        if not incoming.oneway:
            try:
                self._session.answer(incoming, payload, failed=failed)
            except ConnectionLost:
                what = self._session, named(called)
                CALLS.debug("%s: nobody is there for the answer to %s", *what)
        if ends is not None:
            raise ends

    def _read(self, incoming: Incoming, passing: Passing) -> Heading:
        """The call; what is called alone where it is too large for an untyped one.

        Raises Refusal for one that is not to be run.
        """
        called: Heading
        if len(incoming.payload) <= self._session.settings.untyped_size:
            called = self._unpacked(incoming, passing)
        else:
            with turn_to_read(len(incoming.payload)):
                _check_containers(incoming.payload, large=True)
                called = envelope.heading_in(incoming.payload)
        if incoming.expires is not None and incoming.expires <= time.monotonic():
            if not isinstance(called, Request):
                self._session.discard(incoming.payload)
            raise Refusal("expired", "the time was over before the call could start")
        return called

    def _unpacked(
        self, incoming: Incoming, passing: Passing, *, checked: bool = False
    ) -> Request:
        payload = incoming.payload
        with turn_to_read(len(payload)):
            if not checked:
                _check_containers(payload)
            request = envelope.request_in(payload, passing.extension, checked=checked)
        if not checked:
            with turn_to_read(len(payload)):
                _check_parts(request, len(payload))
        return request

    def _check(self, method: Method[Any], incoming: Incoming) -> None:
        """Raises TypeError where large arguments are not of their types."""
        try:
            with turn_to_read(len(incoming.payload)):
                said = envelope.arguments_in(incoming.payload)
                method.check(said.positional, said.named)
        except Misfit as misfit:
            self._session.discard(incoming.payload)
            raise TypeError(f"{method.name}(): {misfit}") from None

    def _has_read(self, incoming: Incoming) -> None:
        """What is released later is found until then."""
        incoming.is_tracked = False
        incoming.payload = b""  # it need not live as long as the call
        self._session.has_read(incoming.ordinal)

    def _called(
        self, wrapper: Wrapper, incoming: Incoming, called: Heading, passing: Passing
    ) -> bytes:
        """Calls the member; gives its result as it travels."""
        served = _member(wrapper, called)
        settings = self._session.settings
        if isinstance(called, Request):
            request = called
        else:
            exceeded = served.method.size.exceeded(len(incoming.payload), settings)
            if exceeded is not None:
                raise Refusal("limit", f"{named(called)}: the arguments are {exceeded}")
            self._check(served.method, incoming)
            request = self._unpacked(incoming, passing, checked=True)
        if incoming.is_tracked:
            self._has_read(incoming)
        if passing.refused is not None:
            raise Refusal("limit", f"{named(request)}: {passing.refused}")
        result = _run(wrapper, served, request, passing)
        with passing.turn(result):
            return _packed(served.method, result, settings)

    def _wrapper(
        self, incoming: Incoming, called: Heading, export: Export | None
    ) -> Wrapper:
        """Whose member is called. To make it may run code of the user."""
        try:
            return self._references.exported(incoming.key, called.interface, export)
        except Withdrawn as error:
            raise Refusal("withdrawn", str(error)) from None
        except Unimplemented as error:
            raise Refusal("unimplemented", str(error)) from None

    def _log_refused(self, called: Heading | None, refusal: Refusal) -> None:
        self._session.tell(logging.INFO, f"{named(called)} refused", refusal.text)

    def _log_raised(
        self, incoming: Incoming, called: Heading | None, error: BaseException
    ) -> None:
        """Nobody hears what a oneway call raises, so that the log has to say it."""
        what = f"{named(called)} raised {class_name(type(error))}"
        if incoming.oneway:
            self._session.tell(logging.WARNING, what, text_of(error))
        elif CALLS.isEnabledFor(logging.DEBUG):
            CALLS.debug("%s: %s: %s", self._session, what, harmless(text_of(error)))


def _run(
    wrapper: Wrapper, served: Served, request: Request, passing: Passing
) -> object:
    call = served.call
    if served.method.is_attribute and request.arguments:
        if served.assign is None:
            raise _unimplemented(request, "has {} to be read alone")
        call = served.assign
    return call(wrapper, request.arguments, request.keywords, passing)


def _check_containers(payload: bytes, *, large: bool = False) -> None:
    """Raises Refusal for a call that would take too much to be read."""
    try:
        check_containers(payload, large=large)
    except WireError as error:
        called = envelope.heading_in(payload)
        raise Refusal("limit", f"{named(called)}: {error}") from None


def _check_parts(request: Request, size: int) -> None:
    """Raises Refusal for arguments that would take too much to be kept."""
    try:
        check_parts([request.arguments, request.keywords], size)
    except WireError as error:
        request.arguments.clear()  # the traceback would keep them
        request.keywords.clear()
        raise Refusal("limit", f"{named(request)}: {error}") from None


def _packed(method: Method[Any], result: object, settings: Settings) -> bytes:
    """The answer. Raises UnfitReply for one that a receiver would not take."""
    try:
        payload = envelope.packed(result)
    except (OverflowError, RecursionError, UnicodeEncodeError) as error:
        raise UnfitReply(f"{method.name}(): reply: {error}") from None
    if len(payload) > LEAST:
        exceeded = method.result_size.exceeded(len(payload), settings)
        if exceeded is not None:
            raise UnfitReply(f"{method.name}(): the reply is {exceeded}")
    _check_result(method, result, payload, settings)
    return payload


def _check_result(
    method: Method[Any], result: object, payload: bytes, settings: Settings
) -> None:
    """Raises UnfitReply for a result that a receiver would not take."""
    try:
        if len(payload) > settings.untyped_size:
            method.check_result(payload)
        else:
            check_parts([result], len(payload))
    except (Misfit, WireError) as error:
        raise UnfitReply(f"{method.name}(): reply: {error}") from None


def _member(wrapper: Wrapper, called: Heading) -> Served:
    served = members_of(type(wrapper)).get(called.method)
    if served is None:
        raise _unimplemented(called, "has no method {} there")
    return served


def _unimplemented(called: Heading, text: str) -> Refusal:
    method = ascii(called.method)[:200]
    interface = readable(ascii(called.interface)[1:-1][:200])
    return Refusal("unimplemented", f"{interface} {text.format(method)}")


class pyro_context:  # noqa: N801 - used as a function is
    """Pyro5's `current_context` for one message: nothing of another one is in it.

    That of the call during which this one is run is put back in the end.
    """

    __slots__ = ("_connection", "_context", "_saved")

    def __init__(self, connection: object) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._context = vars(current_context)  # that of this thread
        self._saved = self._context.copy()
        self._context.clear()  # of what users have added, too
        self._context.update(
            client=self._connection,
            client_sock_addr=getattr(self._connection, "client_address", None),
            seq=0,
            msg_flags=0,
            serializer_id=MSGPACK,
            annotations={},
            response_annotations={},
            correlation_id=None,
        )

    def __exit__(self, *_: object) -> None:
        self._context.clear()
        self._context.update(self._saved)


class _Context(pyro_context):
    """Says whose call is being run, to our own code and to Pyro5's.

    Raises Refusal for one that is nested too deeply.
    """

    __slots__ = ("_serving", "_token")

    def __init__(self, session: Session, incoming: Incoming, called: Heading) -> None:
        current = served()
        depth = 1 if current is None else current.depth + 1
        limit = session.settings.nesting
        if depth > limit:
            text = f"{named(called)}: calls nested more than {limit} deep"
            raise Refusal("limit", text)
        chains = {} if current is None else dict(current.chains)
        if incoming.chain:
            chains[session] = incoming.chain
        end = incoming.expires
        if current is not None and current.end is not None:
            end = current.end if end is None else min(end, current.end)
        self._connection = session.peer.connection
        where = getattr(self._connection, "client_address", None)
        self._serving = Serving(
            session.peer, called, end, depth, chains, client_address=where
        )

    def __enter__(self) -> None:
        self._token = serving.set(self._serving)
        super().__enter__()

    def __exit__(self, *_: object) -> None:
        self._serving.is_over = True
        super().__exit__()
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
