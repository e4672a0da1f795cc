"""Every event of Python's audit that is not known to be harmless, with its stack."""

from __future__ import annotations

import ast
import linecache
import operator
import sys
import threading
import tokenize
import traceback
from types import CodeType, FrameType
from typing import Any, Final

import serpent

HARMLESS: Final = frozenset(
    {
        "_thread.start_joinable_thread",
        "_thread.start_new_thread",
        "builtins.id",
        "object.__getattr__",
        "object.__setattr__",
        "socket.__new__",  # of a connection that was accepted
        "sys._current_frames",
        "sys._getframe",
        "sys._getframemodulename",
        "time.sleep",
    }
)
"""They load and run nothing, and go nowhere."""

_SHOWN: Final = 200
"""Characters of what an event is of."""


class Watch:
    """A hook of `sys.addaudithook`, which stays for the life of the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[dict[str, Any]] = []
        self._loaded: frozenset[str] = frozenset()
        self.is_on = False

    def begin(self) -> None:
        """From now on all is seen; the files of loaded modules are known."""
        _show_an_error()
        self._loaded = frozenset(
            str(file)
            for module in list(sys.modules.values())
            if (file := getattr(module, "__file__", None))
        )
        sys.addaudithook(self.saw)
        self.is_on = True

    def take(self) -> list[dict[str, Any]]:
        """What was seen since the last time."""
        with self._lock:
            seen, self._seen = self._seen, []
        return seen

    def saw(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The hook: it raises nothing, so that what would follow is seen too."""
        if event in HARMLESS:
            return
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
        if event == "compile" and _is_only_parsed(frame):
            return
        if event == "open" and self._is_for_a_traceback(frame, arguments):
            return
        shown = [ascii(one)[:_SHOWN] for one in arguments if not _is_large(one)]
        entry = {"event": event, "of": shown, "stack": _stack(frame)}
        with self._lock:
            self._seen.append(entry)

    def _is_for_a_traceback(self, frame: FrameType, arguments: tuple[Any, ...]) -> bool:
        """Whether linecache reads the source of a module that is loaded already.

        Or Python 3.13's parser looks for the line in which it finds no Python, by the
        name that `ast.parse` gives to what has none.
        """
        if arguments[0] == "<unknown>" and _is_only_parsed(frame):
            return True
        by = [code_of(tokenize.open), code_of(linecache.updatecache)]
        return arguments[0] in self._loaded and _codes(frame, 2) == by


def _show_an_error() -> None:
    """Python 3.13 loads what guesses at a name when it shows one that is not there."""
    try:
        operator.attrgetter("nothing")(Watch)
    except AttributeError as error:
        traceback.format_exception(error)


def _is_only_parsed(frame: FrameType) -> bool:
    """Whether source is parsed, and no code made of it.

    Serpent does so to read data, and traceback to mark a place in a line of ours.
    """
    by = _codes(frame, 3)
    is_serpents = by == [
        code_of(one) for one in (ast.parse, ast.literal_eval, serpent.loads)
    ]
    return is_serpents or (
        by[0] is code_of(ast.parse) and by[1].co_filename == traceback.__file__
    )


def code_of(function: Any) -> CodeType:
    """The code of a function that is written in Python."""
    code: CodeType = function.__code__
    return code


def _codes(frame: FrameType | None, count: int) -> list[CodeType]:
    found: list[CodeType] = []
    while frame is not None and len(found) < count:
        found.append(frame.f_code)
        frame = frame.f_back
    return found


def _is_large(value: object) -> bool:
    return isinstance(value, str | bytes) and len(value) > 10_000


def _stack(frame: FrameType | None) -> list[str]:
    """The innermost first; linecache would open files for it."""
    lines: list[str] = []
    while frame is not None:
        code = frame.f_code
        lines.append(f"{code.co_filename}:{frame.f_lineno} {code.co_qualname}")
        frame = frame.f_back
    return lines
