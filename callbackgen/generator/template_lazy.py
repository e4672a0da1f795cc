"""Our own template, read no further than a Protocol needs it.

Parsing all of it takes longer than rendering a Protocol of ordinary size. The members
of its classes are cut out of the text and each is parsed when it is asked for. That
goes by the layout that our own template has; a user's is read as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

import libcst as cst

from callbackgen.generator.template_classes import EXAMPLES, ClassReader
from callbackgen.generator.template_code import Malformed
from callbackgen.generator.template_parts import ClassKind, MemberPart

_CLASS = re.compile(r"^class (\w+)\(", re.MULTILINE)
_MEMBER = re.compile(r"^    (?:(?:async )?def (\w+)|(\w+)(?=:| = ))", re.MULTILINE)


class LazyMembers(Mapping[str, MemberPart]):
    """The members of one class, each read when it is first asked for."""

    def __init__(self, name: str, broken: Callable[[], None]) -> None:
        self._name = name
        self._broken = broken
        self._texts: dict[str, str] = {}
        self._parts: dict[str, MemberPart] = {}

    def add(self, member: str, text: str) -> None:
        """Take the text of a member, or more of it."""
        self._texts[member] = self._texts.get(member, "") + text

    def __getitem__(self, name: str) -> MemberPart:
        if name not in self._parts:
            self._parts[name] = self._read(name)
        return self._parts[name]

    def _read(self, name: str) -> MemberPart:
        text = f"class {self._name}:\n    0\n{self._texts.get(name, '')}"
        try:
            node = cst.parse_module(text).body[0]
            assert isinstance(node, cst.ClassDef)
            assert isinstance(node.body, cst.IndentedBlock)
            return ClassReader(node).member(name, node.body.body[1:])
        except (Malformed, cst.ParserSyntaxError):
            self._broken()
            raise

    def __iter__(self) -> Iterator[str]:
        return iter(EXAMPLES)

    def __len__(self) -> int:
        return len(EXAMPLES)


def cut(source: str, broken: Callable[[], None]) -> tuple[str, dict[str, LazyMembers]]:
    """The text without the members of its classes, and those members.

    `broken` is called when a member turns out not to have its form; it raises the
    error that says so.
    """
    members = {kind.value: LazyMembers(kind.value, broken) for kind in ClassKind}
    rest: list[str] = []
    inside: LazyMembers | None = None
    for block in re.split(r"(?<=\n)(?=\n+[^\n])", source):
        name = _MEMBER.search(block)
        member = "" if name is None else (name[1] or name[2])
        member = "__call__" if member == "call_" else member
        opened = _CLASS.search(block)
        if opened is not None:
            inside = members.get(opened[1])
        if inside is not None and opened is None and member in EXAMPLES:
            inside.add(member, block)
        else:
            rest.append(block)
    return "".join(rest), members
