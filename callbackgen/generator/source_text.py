"""The text of a source file as Python reads it, and why one cannot be read."""

from __future__ import annotations

import ast
import io
import re
import tokenize
import warnings
from pathlib import Path

from callbackgen.generator.diagnostics import Diagnostic, Refused


def decoded(path: Path) -> str:
    """The text of a source file as Python decodes it: BOM, cookie, line ends.

    Raises Refused (CBG006) if it cannot be read.
    """
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Refused(
            Diagnostic(
                "CBG006",
                f"the file cannot be read: {reason}",
                "see to its permissions, or name another file",
                path,
            )
        ) from None
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        raise Refused(_undecodable(path, error)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


_DEEPEST = 200
"""How deep Python itself lets brackets be nested."""


def is_too_deep(text: str, error: Exception) -> bool:
    """Whether a text that Python refuses would overflow the stack of libcst's parser.

    That ends the process: 3,000 nested brackets did.
    """
    if not isinstance(error, SyntaxError) or error.msg.startswith("too many"):
        return not isinstance(error, ValueError)
    depth = deepest = 0
    for bracket in re.findall(r"[(\[{}\])]", text):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _undecodable(path: Path, error: Exception) -> Diagnostic:
    return Diagnostic(
        "CBG006",
        f"the file cannot be decoded: {error}",
        "save it as UTF-8, or name its encoding in the first line: # coding: latin-1",
        path,
    )


def parsed(text: str) -> ast.Module:
    """The tree of a text. Raises what ``ast.parse`` does, and warns of nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def syntax_error(path: Path, lines: list[str], error: Exception) -> Diagnostic:
    """What Python says of a text that it cannot parse, and where."""
    line, column, message = 0, 0, str(error)
    if isinstance(error, SyntaxError):
        line, column, message = error.lineno or 0, error.offset or 0, error.msg
    elif isinstance(error, RecursionError | MemoryError):
        message = "too deeply nested"
    return Diagnostic(
        "CBG001",
        f"syntax error: {message}",
        "this is Python's own message; correct the file and run again",
        path,
        line,
        column,
        lines[line - 1] if 0 < line <= len(lines) else "",
    )
