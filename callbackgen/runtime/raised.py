"""An exception on its way through Pyro5: what can be sent, and what was.

Pyro5 sends an exception as a dict of class name, arguments and attributes. Some it
cannot send (its handler fails, and the caller gets a closed connection instead of an
answer), and ``str()`` of the exception does not travel at all. So the exception that
leaves a wrapper is one that Pyro5 can send, and it has the attribute
``_callbackgen_raised``: the class name and the text of what the object raised.
"""

from __future__ import annotations

import threading
import traceback
from typing import Any, Final, cast

import Pyro5.errors
import serpent
from Pyro5.serializers import SerializerBase

from callbackgen.runtime.errors import (
    REMOTE_TEXT_LIMIT,
    RemoteError,
    RemoteRaised,
    shortened,
)
from callbackgen.runtime.kinds.plain import plain_data
from callbackgen.runtime.misfit import Misfit

ATTRIBUTE: Final = "_callbackgen_raised"
_TRACEBACK: Final = "_pyroTraceback"


def sendable(error: BaseException) -> Exception:
    """The exception itself if Pyro5 can send it, else a RuntimeError that names it.

    Either has the class name and the text of `error` with it.
    """
    name, text = class_name(type(error)), text_of(error)
    if isinstance(error, Exception) and _can_be_sent(error):
        vars(error)[ATTRIBUTE] = (name, text)
        return error
    carrier = RuntimeError(f"{name}: {text}" if text else name)
    setattr(carrier, ATTRIBUTE, (name, text))
    # Pyro5 formats what led to an exception too: it must be able to, and it must end.
    carrier.__cause__ = error if _can_be_shown(error) else None
    carrier.__suppress_context__ = True
    return carrier


def ends_the_process(error: BaseException) -> bool:
    """Whether this is the user's own Ctrl-C, which is not for a remote caller alone."""
    in_main = threading.current_thread() is threading.main_thread()
    return isinstance(error, KeyboardInterrupt) and in_main


def class_name(kind: type) -> str:
    """The name of an exception's class as a traceback has it."""
    name = f"{kind.__qualname__}"
    return name if kind.__module__ == "builtins" else f"{kind.__module__}.{name}"


def text_of(error: BaseException) -> str:
    """What ``str()`` gives, of a bounded length, or what went wrong with that."""
    try:
        return shortened(str.__str__(str(error)), REMOTE_TEXT_LIMIT // 2)
    except BaseException as failure:  # noqa: BLE001 - the user's own, of any kind
        return f"<str() of it raised {class_name(type(failure))}>"


def without_traceback(error: BaseException) -> None:
    """Has Pyro5 format nothing of an exception but its class and its text."""
    error.__traceback__ = error.__cause__ = error.__context__ = None
    if isinstance(error, BaseExceptionGroup):
        for one in cast("BaseExceptionGroup[BaseException]", error).exceptions:
            without_traceback(one)


def _can_be_sent(error: Exception) -> bool:
    if isinstance(
        error, Pyro5.errors.CommunicationError | Pyro5.errors.SecurityError
    ):  # Pyro5 closes the caller's connection after one of these
        return False
    if not _can_be_shown(error):
        return False
    try:
        setattr(error, _TRACEBACK, None)  # as Pyro5 is going to
        data = plain_data([error.args, vars(error)])
        return len(cast(Any, serpent).dumps(data)) <= REMOTE_TEXT_LIMIT
    except Misfit:
        return False
    except Exception:  # noqa: BLE001 - a class may raise anything when it is assigned to
        return False


def _can_be_shown(error: BaseException) -> bool:
    """Whether Pyro5 can format its traceback, and sends a bounded amount of that."""
    try:
        lines = traceback.format_exception(error)
    except Exception:  # noqa: BLE001 - as above
        return False
    return sum(map(len, lines)) <= REMOTE_TEXT_LIMIT


def _as_runtime_error(error: RemoteError) -> dict[str, object]:
    """A RemoteError as Pyro5 sends it: a class of ours would be an error to its peers.

    One leaves a method where nobody catches it, of a class that is not wrapped too.
    """
    name, text = class_name(type(error)), text_of(error)
    traceback_lines = vars(error).get(_TRACEBACK)
    return {
        "__class__": "builtins.RuntimeError",
        "__exception__": True,
        "args": (f"{name}: {text}",),
        "attributes": {ATTRIBUTE: (name, text), _TRACEBACK: traceback_lines},
    }


cast(Any, SerializerBase).register_class_to_dict(RemoteError, _as_runtime_error)


def raised(data: object) -> RemoteRaised | None:
    """What an answer says that the far end raised, or None if it is not an exception.

    `data` is the answer as serpent gives it, without any class re-created.
    """
    if not isinstance(data, dict):
        return None
    fields = cast("dict[object, object]", data)
    name = fields.get("__class__")
    if not isinstance(name, str):
        return None
    attributes = fields.get("attributes")
    named = cast(
        "dict[object, object]", attributes if isinstance(attributes, dict) else {}
    )
    text = _text_of_arguments(fields.get("args"))
    match named.get(ATTRIBUTE):
        case (str() as name, str() as text):
            pass
        case _:
            name = name.removeprefix("builtins.")
    return RemoteRaised(name, text, _traceback_text(named.get(_TRACEBACK)))


def _text_of_arguments(arguments: object) -> str:
    match arguments:
        case (str() as text,) | [str() as text]:
            return text
        case () | []:
            return ""
        case tuple() | list():
            given = tuple(cast("list[object]", arguments))
            return _represented(given[0] if len(given) == 1 else given)
        case _:
            return ""


def _represented(value: object) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError) as error:  # an int of too many digits
        return f"<{error}>"


def _traceback_text(lines: Any) -> str:
    if isinstance(lines, list | tuple):
        return "".join(
            line for line in cast("list[object]", lines) if isinstance(line, str)
        )
    return lines if isinstance(lines, str) else ""
