"""What an interface module may import: marks on the methods of a Protocol.

The generator reads them in the source; at run time they cost nothing. This module
imports nothing, so that an interface stays plain Python.

    class Listener(Protocol):
        @oneway
        def changed(self, symbol: str, price: float) -> None: ...

        @deadline(60)
        def confirm(self, question: str) -> bool: ...
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    _Method = TypeVar("_Method", bound=Callable[..., Any])


def oneway(method: "_Method", /) -> "_Method":
    """The caller does not wait for an answer, and never learns what became of the call.

    Only a call that cannot be sent is an error (:class:`callbackgen.ConnectionLost`).
    Calls stay in order with the others. The method must return None.
    """
    return method


def deadline(seconds: float) -> "Callable[[_Method], _Method]":
    """One call of this method may last `seconds` in all, in place of the default.

    After that the caller gets :class:`callbackgen.DeadlineExceeded`.
    """
    return _unchanged


def _unchanged(method: "_Method", /) -> "_Method":
    return method
