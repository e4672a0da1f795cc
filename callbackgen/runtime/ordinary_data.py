"""What ordinary Pyro5 clients send, read without any object that is not due.

Pyro5's serializers write an object as a dict that has the name of its class under
``__class__``. Which of these become objects here depends on whom they are for:

    the handshake        URIs
    generated wrappers   none: what stands for one fits a class with the same fields
    plain objects        URIs, exceptions of Python and of Pyro5
      of a daemon with   what Pyro5 makes of them, converters that users have
      allow_pyro_classes   registered with it included

Any other is a TypeError of that call. Nan is data, of which serpent makes a class.
"""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, cast

import Pyro5.errors
import serpent
from Pyro5 import serializers
from Pyro5.core import URI

from callbackgen.runtime.containers import has_more, has_more_in_json
from callbackgen.runtime.kinds.plain import is_simple
from callbackgen.runtime.parsing import parsed
from callbackgen.runtime.turns import turn_to_read
from callbackgen.runtime.unpacking import check_parts
from callbackgen.runtime.wire import JSON, MSGPACK, SERPENT, WireError

_Fields: TypeAlias = "dict[Any, Any]"
Make: TypeAlias = Callable[[_Fields], object]
"""Makes what a dict with `__class__` stands for. Raises TypeError to refuse it."""

_pyro: Final[Any] = serializers

SERIALIZERS: Final = frozenset({SERPENT, JSON, MSGPACK} & {*_pyro.serializers_by_id})
"""Those that are taken: marshal can crash the process, msgpack may not be installed."""

_MOST_CONTAINERS: Final = 16 * 1024
"""Lists and dicts: to make more of them, or to write them, takes too long at a time."""
_TOO_MANY: Final = f"more than {_MOST_CONTAINERS} lists and dicts in a message"

_CLASS: Final = "__class__"
_NAN: Final = {_CLASS: "float", "value": "nan"}


class Call(NamedTuple):
    """A call as Pyro5's daemon wants it."""

    object_id: Any
    method: Any
    arguments: Any
    keywords: Any


def call_in(
    serializer: int, payload: bytes, make_for: Callable[[object], Make]
) -> Call:
    """The call in a message; `make_for` gives what makes objects for an object's id.

    Raises whatever is wrong with what a peer has sent: any Exception.
    """
    with turn_to_read(len(payload)):
        call = _call(serializer, payload)
    make = make_for(call.object_id)
    if isinstance(make, AsPyro5):
        # The users' converters may take their time, or wait for another message.
        return _with_objects(call, make, inside_first=serializer == MSGPACK)
    with turn_to_read(len(payload)):
        if isinstance(make, StandIns):
            _check_parts(call, len(payload))
        return _with_objects(call, make, inside_first=True)


def handshake_in(serializer: int, payload: bytes) -> tuple[object, object]:
    """The value in a handshake, and the id of the object that it is for.

    Raises as `call_in` does.
    """
    with turn_to_read(len(payload)):
        data = _made(_data(serializer, payload), uris, inside_first=True)
        return data["handshake"], data["object"]


def _call(serializer: int, payload: bytes) -> Call:
    data: Any = _data(serializer, payload)
    if serializer == JSON:
        return Call(data["object"], data["method"], data["params"], data["kwargs"])
    object_id, method, arguments, keywords = data
    return Call(object_id, method, arguments, keywords)


def _data(serializer: int, payload: bytes) -> object:
    data: object
    if serializer == SERPENT:
        data = parsed(cast(Any, serpent).loads, payload)
    elif serializer == JSON:
        if has_more_in_json(payload, _MOST_CONTAINERS):
            raise TypeError(_TOO_MANY)
        data = json.loads(payload.decode("utf-8"))
    else:
        if has_more(payload, _MOST_CONTAINERS):
            raise TypeError(_TOO_MANY)
        extension = _pyro.serializers_by_id[MSGPACK].ext_hook
        data = _pyro.msgpack.unpackb(payload, raw=False, ext_hook=extension)
    return data


def _check_parts(call: Call, size: int) -> None:
    """Raises TypeError for arguments of which too much would be made.

    An empty dict may be an object of a declared class, with all its defaults.
    """
    try:
        check_parts([call.arguments, call.keywords], size)
    except WireError as error:
        raise TypeError(str(error)) from None


def _with_objects(call: Call, make: Make, *, inside_first: bool) -> Call:
    arguments = call.arguments
    if isinstance(arguments, list | tuple) and is_simple(
        [call.keywords, *cast("list[object]", arguments)]
    ):  # most often there is no object in them
        return call
    return call._replace(
        arguments=_made(call.arguments, make, inside_first=inside_first),
        keywords=_made(call.keywords, make, inside_first=inside_first),
    )


def _made(value: Any, make: Make, *, inside_first: bool) -> Any:
    """The value with its objects made; a set has none, for dicts are not hashable."""
    kind = type(cast(object, value))
    if kind is list or kind is tuple:
        items = [_made(item, make, inside_first=inside_first) for item in value]
        return items if kind is list else tuple(items)
    if kind is not dict:
        return value
    is_object = _CLASS in value
    if inside_first or not is_object:
        value = {
            key: _made(item, make, inside_first=inside_first)
            for key, item in value.items()
        }
    if not is_object:
        return value
    return float("nan") if value == _NAN else make(value)


# What makes objects


class StandIns:
    """No object of any class: something that has its name in error messages.

    It has the fields of one, of which an object of a declared class can be made. All in
    one message have the name of the first, since a class takes a kilobyte.
    """

    def __init__(self) -> None:
        self._kind: type | None = None

    def __call__(self, fields: _Fields) -> object:
        """See `Make`."""
        if self._kind is None:
            module, _, name = _class_name(fields).rpartition(".")
            self._kind = type(name, (), {"__module__": module})
        made = self._kind()
        for key, value in fields.items():
            vars(made)[str(key)] = value
        return made


def uris(fields: _Fields) -> object:
    """URIs alone."""
    if fields[_CLASS] != "Pyro5.core.URI":
        name = _class_name(fields)
        raise TypeError(f"an object of class {name} in a handshake: it is not taken")
    return _uri(fields)


def usual(fields: _Fields) -> object:
    """What Pyro5 itself sends in normal use."""
    name = fields[_CLASS]
    if name == "Pyro5.core.URI":
        return _uri(fields)
    kind = _EXCEPTIONS.get(name) if isinstance(name, str) else None
    if kind is not None and fields.get("__exception__") is True:
        return _exception(kind, fields)
    raise TypeError(
        f"an object of class {_class_name(fields)} is not taken: only plain data, URIs "
        "and exceptions of Python and Pyro5 are; a server that trusts its clients has "
        "callbackgen.Daemon(..., allow_pyro_classes=True) take what Pyro5 does"
    )


class AsPyro5:
    """What Pyro5 makes of them, and the converters that were registered with it."""

    def __init__(self, serializer: int) -> None:
        self._serializer: Any = _pyro.serializers_by_id[serializer]

    def __call__(self, fields: _Fields) -> object:
        """See `Make`."""
        try:
            made: object = self._serializer.dict_to_class(fields)
        except (Pyro5.errors.SecurityError, Pyro5.errors.SerializeError) as error:
            raise TypeError(str(error)) from None  # for others the connection ends
        return made


def _class_name(fields: _Fields) -> str:
    return ascii(fields[_CLASS])[:200].strip("'\"")


def _uri(fields: _Fields) -> URI:
    state: Any = fields.get("state")
    if isinstance(state, list | tuple) and len(cast("list[object]", state)) == 5:
        protocol, name, *where = cast("list[Any]", state)
        if _is_named(protocol, name) and all(
            isinstance(one, str | int | None) for one in where
        ):
            if protocol == "PYROMETA":
                name = {*name}  # only serpent sends it as a set
            uri: Any = URI.__new__(URI)
            uri.__setstate__((protocol, name, *where))
            return cast(URI, uri)
    raise TypeError("an object of class Pyro5.core.URI that is none")


def _is_named(protocol: object, name: object) -> bool:
    if protocol == "PYROMETA" and isinstance(name, set | list | tuple):
        return all(isinstance(one, str) for one in cast("list[object]", name))
    return protocol in ("PYRO", "PYRONAME") and isinstance(name, str)


def _exception(kind: type[BaseException], fields: _Fields) -> BaseException:
    arguments, named = fields.get("args"), fields.get("attributes", {})
    if not isinstance(arguments, list | tuple) or not isinstance(named, dict):
        raise TypeError(f"an object of class {kind.__name__} that is none")
    try:
        made = kind(*cast("list[Any]", arguments))
        for name, value in cast("dict[str, object]", named).items():
            if name.startswith("__") and name != "__notes__":
                raise TypeError(f"it has an attribute {name[:200]!a}")
            setattr(made, name, value)
    except Exception as error:  # noqa: BLE001 - of whatever arguments a peer gives
        raise TypeError(f"an object of class {kind.__name__}: {error}") from None
    return made


def _exceptions() -> dict[str, type[BaseException]]:
    """By their names; clients that are not in Python know no modules."""
    found: dict[str, type[BaseException]] = {}
    for module, base in (
        (builtins, BaseException),
        (Pyro5.errors, Pyro5.errors.PyroError),
    ):
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, base):
                found[f"{module.__name__}.{name}"] = kind
                found.setdefault(name, kind)
    return found


_EXCEPTIONS: Final = _exceptions()
