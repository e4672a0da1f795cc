"""What must not be: seen by the soak's own checks, or left to Python or the log."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

Tell = Callable[[str], object]
"""Is told of a fault."""


class _Errors(logging.Handler):
    """Tells of what the run time itself did not expect."""

    def __init__(self, tell: Tell) -> None:
        super().__init__(logging.ERROR)
        self._tell = tell

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += "\n" + "".join(traceback.format_exception(record.exc_info[1]))
        self._tell(f"logged: {text}")


def watch(tell: Tell) -> None:
    """Have all be told that goes wrong unseen in this process, in any thread."""

    def in_thread(hook: threading.ExceptHookArgs) -> None:
        lines = traceback.format_exception(
            hook.exc_type, hook.exc_value, hook.exc_traceback
        )
        tell(f"a thread failed: {''.join(lines)}")

    def unraisable(hook: Any) -> None:
        lines = traceback.format_exception(
            hook.exc_type, hook.exc_value, hook.exc_traceback
        )
        tell(f"not raised, in {hook.object!r}: {''.join(lines)}")

    threading.excepthook = in_thread
    sys.unraisablehook = unraisable
    logging.getLogger("callbackgen").addHandler(_Errors(tell))
    logging.getLogger("callbackgen").propagate = False
