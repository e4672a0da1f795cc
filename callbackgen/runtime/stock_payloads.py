"""What the messages between a stub and a stock Pyro5 daemon carry: serpent, as data.

Payloads are serpent, whatever the far end may prefer, and nothing in an answer is ever
made into an object.
"""

from __future__ import annotations

from typing import Any, cast

import serpent

from callbackgen.runtime import wire
from callbackgen.runtime.address import address_in_state
from callbackgen.runtime.errors import BadReply
from callbackgen.runtime.parsing import parsed
from callbackgen.runtime.raised import raised
from callbackgen.runtime.turns import turn_to_read
from callbackgen.runtime.wire import Message

_NOT_SERPENT = (
    ValueError,
    SyntaxError,
    TypeError,
    MemoryError,
    RecursionError,
    SystemError,
)


def handshake(object_id: str) -> bytes:
    """What the first message of a connection carries, which asks for one object."""
    return _dumped({"handshake": "hello", "object": object_id})


def call(
    object_id: str, method: str, arguments: list[object], keywords: dict[str, object]
) -> bytes:
    """What a call carries. The arguments are plain data."""
    return _dumped((object_id, method, tuple(arguments), keywords))


def _dumped(data: object) -> bytes:
    data_of: bytes = cast(Any, serpent).dumps(data, module_in_classname=True)
    return data_of


def refusal_text(message: Message) -> str:
    """Why the far end refused a connection, as far as it says so readably."""
    try:
        reason = _data(message)
    except BadReply:
        return "it gave no reason that can be read; it may have no free workers"
    return ascii(reason)[:1024]


def result_of(message: Message) -> Any:
    """The data in an answer: builtins, and an `Address` for each reference.

    Raises RemoteRaised for what was raised there, BadReply for what is no answer.
    """
    result = _data(message)
    if message.flags & wire.EXCEPTION:
        error = raised(result)
        raise error or BadReply("the answer says that something was raised, not what")
    if b"__class__" in message.payload:
        result = _restored(result)
    return result


def _data(message: Message) -> object:
    if message.serializer != wire.SERPENT:
        raise BadReply(
            f"the answer is not in serpent (serializer {message.serializer})"
        )
    try:
        with turn_to_read(len(message.payload)):
            data: object = parsed(cast(Any, serpent).loads, message.payload)
    except _NOT_SERPENT as error:
        kind = type(error).__name__
        raise BadReply(f"the answer is not serpent data ({kind})") from None
    return data


def _restored(value: Any) -> Any:
    """The value with serpent's own marks undone; other classes are refused."""
    match value:
        case {"__class__": name, **rest}:
            return _of_class(name, rest)
        case dict():
            items = cast("dict[object, object]", value).items()
            return {key: _restored(item) for key, item in items}
        case list():
            return [_restored(item) for item in cast("list[object]", value)]
        case tuple():
            return tuple(_restored(item) for item in cast("tuple[Any]", value))
        case _:
            return value


def _of_class(name: object, state: dict[Any, Any]) -> object:
    if name == "float" and state == {"value": "nan"}:
        return float("nan")
    if isinstance(name, str):
        try:
            address = address_in_state(name, state.get("state"))
        except ValueError as error:
            raise BadReply(f"the answer has {error}") from None
        if address is not None:
            return address
    raise BadReply(
        f"the answer has an object of class {ascii(name)[:200]}; only plain data and "
        "references travel"
    )
