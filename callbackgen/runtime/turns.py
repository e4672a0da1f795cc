"""Large payloads are read one at a time in the whole process.

To read one takes many times its size of memory, and the interpreter for as long as it
lasts: with eight threads doing so at once, others have waited six times as long.
"""

from __future__ import annotations

import contextlib
import threading
from typing import Final

_SMALL: Final = 1024
_one_at_a_time: Final = threading.Lock()
_AT_ONCE: Final = contextlib.nullcontext()


def in_turn(size: int) -> contextlib.AbstractContextManager[object]:
    """Around the reading of a payload of so many bytes; waits while another is read."""
    return _AT_ONCE if size <= _SMALL else _one_at_a_time
