"""Typed, safe remote callbacks over Pyro5, generated from plain Python Protocols.

Everything here is loaded when it is first used, so that the command line does not wait
for the run time, nor a server for the generator.
"""

from __future__ import annotations

TYPE_CHECKING = False  # that of `typing` would have to be imported
if TYPE_CHECKING:
    from callbackgen.runtime.errors import (
        BadArgument,
        BadReply,
        ConnectionLost,
        DeadlineExceeded,
        RemoteError,
        RemoteRaised,
    )
    from callbackgen.runtime.settings import settings
    from callbackgen.runtime.stub import with_deadline

__version__ = "0.1.0"

__all__ = [
    "BadArgument",
    "BadReply",
    "ConnectionLost",
    "DeadlineExceeded",
    "RemoteError",
    "RemoteRaised",
    "__version__",
    "settings",
    "with_deadline",
]

_MODULES = {"settings": "settings", "with_deadline": "stub"}
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
