"""Lines of Python as ``black`` and ``ruff format`` leave them in their defaults.

A line of code is a :data:`Code`: text, with every pair of brackets whose content may
be broken as a :class:`Bracket`. It stays on one line if it fits :data:`LINE_LENGTH`;
else the items of a bracket go on lines of their own, each with a comma after it.
Such a comma keeps both formatters from joining or parting the lines again.
"""

from __future__ import annotations

import inspect
import re
import unicodedata
from collections.abc import Sequence
from typing import TypeAlias

from callbackgen.generator import literals

LINE_LENGTH = 88
"""Columns of a line, the default of both formatters."""

INDENT = "    "


class Bracket:
    """A pair of brackets and the items between them."""

    __slots__ = ("closing", "items", "opening", "text")

    def __init__(self, opening: str, items: tuple[Code, ...], closing: str) -> None:
        self.opening = opening
        self.items = items
        self.closing = closing
        self.text = f"{opening}{', '.join([flat(item) for item in items])}{closing}"
        """The brackets on one line."""


class Alternatives:
    """A union. Where it is broken it gets parentheses, and a line for each member."""

    __slots__ = ("items", "text")

    def __init__(self, items: tuple[Code, ...]) -> None:
        self.items = items
        self.text = " | ".join([flat(item) for item in items])
        """The union on one line."""


Code: TypeAlias = tuple[str | Bracket | Alternatives, ...]


def flat(code: Code) -> str:
    """The code on one line."""
    return "".join([part if type(part) is str else _text(part) for part in code])


def _text(part: str | Bracket | Alternatives) -> str:
    return part if isinstance(part, str) else part.text


def width(text: str) -> int:
    """The columns that a text takes."""
    return len(text) if text.isascii() else sum(map(_character_width, text))


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _fits(text: str) -> bool:
    return width(text) <= LINE_LENGTH


def lay_out(code: Code, indent: str = "", suffix: str = "") -> list[str]:
    """The lines of a statement or a decorator: its last bracket is the one to break.

    `suffix` is what stands behind it on its last line. Code that has several lines
    already stays as it is.
    """
    text = f"{indent}{flat(code)}{suffix}"
    if "\n" in text:
        return text.split("\n")
    if _fits(text):
        return [text]
    breakable = _breakable(code)
    lines = _broken(code, breakable[-1:], indent, suffix)
    if not _fits(lines[0]) and len(breakable) > 1:
        return _broken(code, breakable[-2:], indent, suffix)
    return lines


def lay_out_head(code: Code, indent: str = "", suffix: str = "") -> list[str]:
    """The lines of the head of a ``def`` or ``class``.

    The parameters are broken first, the result only if that is not enough.
    """
    text = f"{indent}{flat(code)}{suffix}"
    if _fits(text):
        return [text]
    breakable = _breakable(code)
    lines = _broken(code, breakable[:1], indent, suffix)
    if not _fits(lines[-1]) and len(breakable) > 1:
        return _broken(code, [breakable[0], breakable[-1]], indent, suffix)
    return lines


def lay_out_assignment(
    target: Code, value: Code, indent: str = "", suffix: str = ""
) -> list[str]:
    """The lines of ``target = value``; the target may have an annotation.

    An annotation that leaves no room for an ``await`` stands on a line of its own: the
    formatters disagree about all else.
    """
    left = f"{indent}{flat(target)} = "
    if _fits(f"{left}{flat(value)}{suffix}"):
        return [f"{left}{flat(value)}{suffix}"]
    breakable = _breakable(value)[-1:]
    broken = _broken(value, breakable, indent, suffix)
    if breakable and _fits(left + broken[0].removeprefix(indent)):
        return [left + broken[0].removeprefix(indent), *broken[1:]]
    if flat(value).startswith("await ") and len(target) > 1:
        declared = lay_out(target, indent)
        return [*declared, *lay_out((target[0], " = ", *value), indent, suffix)]
    splittable = _breakable(target)[-1:]
    if splittable and (_is_several(target[splittable[0]]) or not _fits(f"{left}(")):
        *lines, last = _broken(target, splittable, indent, " = ")
        rest = lay_out((last.removeprefix(indent), *value), indent, suffix)
        return [*lines, *rest]
    if breakable and not _fits(f"{left}("):
        return [left + broken[0].removeprefix(indent), *broken[1:]]
    return [f"{left}(", *lay_out(value, indent + INDENT), f"{indent}){suffix}"]


def _is_several(part: str | Bracket | Alternatives) -> bool:
    """Whether breaking a part leaves a comma, which both formatters respect."""
    return isinstance(part, Bracket) and len(part.items) > 1


def _breakable(code: Code) -> list[int]:
    return [
        index
        for index, part in enumerate(code)
        if not isinstance(part, str) and part.items
    ]


def _broken(code: Code, chosen: Sequence[int], indent: str, suffix: str) -> list[str]:
    """The lines of `code` with the brackets at the chosen places broken."""
    lines = [indent]
    inner = indent + INDENT
    for index, part in enumerate(code):
        if isinstance(part, str) or index not in chosen:
            lines[-1] += _text(part)
        elif isinstance(part, Alternatives):
            lines[-1] += "("
            lines += _alternatives(part, inner)
            lines.append(f"{indent})")
        else:
            lines[-1] += part.opening
            comma = "," if part.opening == "(" or len(part.items) > 1 else ""
            for item in part.items:
                lines += _item(item, inner, comma)
            lines.append(f"{indent}{part.closing}")
    lines[-1] += suffix
    return lines


def _item(item: Code, indent: str, comma: str) -> list[str]:
    if len(item) == 1 and isinstance(item[0], Alternatives):
        return _alternatives(item[0], indent, comma)
    return lay_out(item, indent, comma)


def _alternatives(union: Alternatives, indent: str, suffix: str = "") -> list[str]:
    text = f"{indent}{_text(union)}{suffix}"
    if _fits(text):
        return [text]
    lines: list[str] = []
    for index, item in enumerate(union.items):
        code = ("| ", *item) if index else item
        last = index == len(union.items) - 1
        lines += lay_out(code, indent, suffix if last else "")
    return lines


_PLAIN = re.compile(r"[ !#-\[\]-~]*", re.ASCII)


def quoted(text: str) -> str:
    """A string literal, in double quotes unless single ones escape less."""
    if _PLAIN.fullmatch(text):
        return f'"{text}"'
    return literals.quoted(text)


_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u061c\u180e\u1680\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\ud800-\udfff\ufeff\ufff0-\ufffb]|\\\\"
)


def lay_out_docstring(text: str, indent: str) -> list[str]:
    """The lines of a docstring; none for an empty one.

    The closing quotes of one with several lines have a line of their own. Blanks at
    the end of a line are dropped, and what cannot be seen is escaped.
    """
    lines = [_clean(line) for line in inspect.cleandoc(text).split("\n")]
    text = "\n".join(lines).strip()
    if not text:
        return []
    text = _without_end(text)
    lines = text.split("\n")
    first = f'{indent}"""{lines[0]}'
    if len(lines) == 1:
        blank = " " if text.endswith('"') else ""
        return [f'{first}{blank}"""']
    rest = [f"{indent}{line}" if line else "" for line in lines[1:]]
    return [first, *rest, f'{indent}"""']


def _clean(line: str) -> str:
    """A line of a docstring: the unseen escaped, blanks at its end gone."""
    line = line.rstrip()
    body = line.lstrip()
    margin = _UNSEEN.sub(_escape, line[: len(line) - len(body)])
    margin = margin.replace("\u3000", r"\u3000")
    return margin + _UNSEEN.sub(_escape, body)


def _without_end(text: str) -> str:
    """The text with those quotes escaped that would end it, or that would be moved."""
    last = '"' if text.endswith('"') else ""
    body = text.removesuffix('"').replace('"""', r"\"\"\"")
    if last and body.endswith('""'):
        body = rf"{body[:-2]}\"\""
    if last and not body:
        return r"\x22"
    start = "\\" if body.startswith('"') else ""
    return f"{start}{body}{last}"


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] == "\\":
        return "\\\\"
    if match[0] == "\t":
        return "\\t"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
