"""Typed, safe remote callbacks over Pyro5, generated from plain Python Protocols.

Everything here is loaded when it is first used, so that the command line does not wait
for the run time, nor a server for the generator.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing` would have to be imported
if TYPE_CHECKING:
    from callbackgen.runtime.connection import Connection, connect
    from callbackgen.runtime.context import Peer, current_peer
    from callbackgen.runtime.counters import Statistics
    from callbackgen.runtime.daemon import Daemon
    from callbackgen.runtime.errors import (
        BadArgument,
        BadReply,
        Busy,
        ConnectionLost,
        DeadlineExceeded,
        Forked,
        LimitExceeded,
        Refused,
        RemoteError,
        RemoteRaised,
        Unimplemented,
        Withdrawn,
    )
    from callbackgen.runtime.kinds.registered import register_type
    from callbackgen.runtime.settings import Settings, settings
    from callbackgen.runtime.stub import connected, on_lost, with_deadline

__version__ = "0.1.0"

__all__ = [
    "BadArgument",
    "BadReply",
    "Busy",
    "Connection",
    "ConnectionLost",
    "Daemon",
    "DeadlineExceeded",
    "Forked",
    "LimitExceeded",
    "Peer",
    "Refused",
    "RemoteError",
    "RemoteRaised",
    "Settings",
    "Statistics",
    "Unimplemented",
    "Withdrawn",
    "__version__",
    "connect",
    "connected",
    "current_peer",
    "on_lost",
    "register_type",
    "settings",
    "with_deadline",
]

_MODULES = {
    "Connection": "connection",
    "Daemon": "daemon",
    "Peer": "context",
    "Settings": "settings",
    "Statistics": "counters",
    "connect": "connection",
    "connected": "stub",
    "current_peer": "context",
    "on_lost": "stub",
    "register_type": "kinds.registered",
    "settings": "settings",
    "with_deadline": "stub",
}
"""Where a name is found that is not one of the errors."""


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    module = importlib.import_module(
        f"{__name__}.runtime.{_MODULES.get(name, 'errors')}"
    )
    value: object = getattr(module, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
