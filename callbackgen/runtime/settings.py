"""The limits of the run time, in one place, each with its default."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, cast


@dataclass(slots=True, kw_only=True)
class Settings:
    """Limits of connections, calls and messages: seconds, bytes and counts.

    `callbackgen.settings` holds for all that is not given its own: set it before the
    first connection, or pass a `Settings` to `Daemon` or `connect`. To assign what is
    no such number, or no place for `trusted`, raises TypeError or ValueError.
    """

    deadline: float = 5.0
    """Seconds for one call in all, from dialling to the last byte of the answer, where
    neither the method nor `with_deadline` says otherwise."""

    message_size: int = 1024 * 1024
    """The most bytes that one message may have, unpacked, in either direction."""

    untyped_size: int = 256 * 1024
    """The same for the arguments or the result of a call where one is declared as Any
    or object, has containers in a container, or keys of a dict that are no texts: that
    is dear to read. It has at most 65,536 parts: a text is one, a key of a dict two, a
    list, a dict or the like four. What is larger has at most as many texts or keys in
    one container.
    However much is set here, a value with large dicts is refused if its size times its
    depth is above 32 MiB: 256 KiB may be nested 128 deep, which is the most, and 1 MiB
    32 deep."""

    ordinary_serpent_size: int = 16 * 1024
    """The most for a message of an ordinary Pyro5 client in serpent, which is dear to
    parse, and for an answer of an ordinary daemon that a peer has named."""

    ordinary_size: int = 256 * 1024
    """The same for a message of an ordinary Pyro5 client in json or msgpack, which has
    at most 16,384 lists and dicts."""

    trusted: tuple[str, ...] = ()
    """Where stubs over stock Pyro5 are dialled that a peer has named, besides at its
    own host: IP addresses, networks (``10.0.0.0/8``), names of hosts, whole addresses
    (``PYRO:name@./u:/a/path``). Those of `callbackgen.settings` hold."""

    unanswered: int = 256
    """How many oneway calls of one stub over stock Pyro5 may be under way before the
    next one waits."""

    callbacks: int = 1000
    """How many objects one end of a connection may hold of the other by reference."""

    in_flight: int = 32
    """How many calls of a connection may be under way before the next one waits."""

    waiting: int = 32
    """How many calls may wait for one object before the next one fails as `Busy`."""

    nesting: int = 32
    """How deep calls that are made while others wait for them may nest at one end."""

    tracebacks: bool = True
    """Whether who calls is shown the traceback of what was raised here."""

    oneways: int = 128
    """How many oneway calls the other end may have left untaken before one waits."""

    queue_messages: int = 256
    """How many messages may wait to be sent or to be handled on one connection."""

    queue_size: int = 4 * 1024 * 1024
    """How many bytes these may have together."""

    held_size: int = 6 * 1024 * 1024
    """How many bytes all connections of a daemon may hold that are not read yet, beyond
    16 KiB for each, and as many that are not taken by their clients. Of several clients
    one may hold half of it, and each the bytes of one message. What would be more stays
    in the sockets until there is room, and in the threads that would send it."""

    blocked: float = 10.0
    """Seconds after which a peer is disconnected that has left what it was sent, or has
    not ended a message that it began."""

    heartbeat: float = 15.0
    """Seconds of silence after which a peer is asked for a sign of life."""

    dead_after: float = 30.0
    """Seconds of silence after which a peer is disconnected."""

    handshake: float = 5.0
    """Seconds that a new connection has for its handshake, TLS included."""

    handshaking: int = 512
    """How many connections of a daemon may be in their handshake. Beyond, the oldest of
    the address that has most of them goes."""

    handshaking_tls: int = 256
    """The same where TLS is on, which costs more for each."""

    streams: int = 16
    """How many item streams one ordinary Pyro5 client may have open."""

    lingering: int = 1024
    """How many item streams of ordinary Pyro5 clients that have gone a daemon keeps for
    Pyro5's ITER_STREAM_LINGER. Beyond, the oldest of the client goes that has left
    most of them."""

    instances: int = 64
    """How many instances of registered classes one connection may have."""

    connections: int = 10_000
    """How many connections a daemon has at most."""

    connections_per_address: int = 1_000
    """How many of them may come from one address: with IPv6 from one /64, of which a
    host can have any address, and over a Unix domain socket from one user."""

    switch_interval: float = 0.001
    """Seconds for which a thread of a serving process may run while others wait for it.
    `requestLoop` sets it for the whole process (`sys.setswitchinterval`) where it is
    longer, as Python's own 0.005 are: each step of a call would wait for that while
    another client has something large read. 0 leaves it as it is."""

    if not TYPE_CHECKING:  # a type checker would take any name for an attribute

        def __setattr__(self, name, value):
            """Refuse what is no such limit: it would fail much later, elsewhere."""
            if name in _DEFAULTS:
                _check(name, value)
            object.__setattr__(self, name, value)


def _check(name: str, value: object) -> None:
    """Raises TypeError, ValueError for what a setting cannot be."""
    kind = type(_DEFAULTS[name])
    if type(value) is not kind and not (kind is float and type(value) is int):
        wanted = _KINDS[kind]
        raise TypeError(f"the setting {name} is {wanted}, not {value!r}")
    if isinstance(value, int | float) and (value < 0 or math.isnan(value)):
        raise ValueError(f"the setting {name} cannot be {value}: it is 0 or more")
    if isinstance(value, tuple) and value:
        from callbackgen.runtime.trust import trusted  # which needs the settings

        trusted(cast("object", value))


_KINDS: dict[type, str] = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    tuple: "a tuple of texts",
}
_DEFAULTS: dict[str, object] = {one.name: one.default for one in fields(Settings)}


settings = Settings()
"""The settings in force where no others are given."""


def checked_settings(value: object) -> Settings:
    """What was given as `settings`. Raises TypeError for anything else."""
    if not isinstance(value, Settings):
        raise TypeError(f"settings are a callbackgen.Settings, not {value!r}")
    return value
