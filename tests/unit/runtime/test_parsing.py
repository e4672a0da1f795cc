"""Parsing is tried again where Python itself failed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from callbackgen.runtime.parsing import parsed


def test_a_fault_of_python_is_no_answer() -> None:
    """A SystemError is followed by another try, and the answer is the text's."""
    calls: list[str] = []

    def parse(text: str) -> int:
        calls.append(text)
        if len(calls) < 3:
            raise SystemError("AST constructor recursion depth mismatch")
        return int(text)

    assert parsed(parse, "7") == 7
    assert calls == ["7"] * 3


def test_nothing_is_printed_about_the_spelling_of_a_text() -> None:
    """A peer cannot fill the log of a process with Python's warnings."""
    program = r"""
from callbackgen import BadReply
from callbackgen.runtime.stock_payloads import result_of
from callbackgen.runtime.wire import RESULT, SERPENT, Message
for payload in (rb"'\d'", b"[1if 1else 2]"):
    try:
        print(result_of(Message(RESULT, 0, 0, SERPENT, b"", payload)))
    except BadReply:
        print("refused")
"""
    command = [sys.executable, "-W", "always", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout == "\\d\nrefused\n"


def test_a_fault_that_stays_is_raised() -> None:
    """Trying again ends."""
    calls: list[str] = []

    def parse(text: str) -> int:
        calls.append(text)
        raise SystemError("again")

    with pytest.raises(SystemError, match="again"):
        parsed(parse, "7")
    assert 1 < len(calls) < 100


def test_what_is_wrong_with_the_text_is_raised_at_once() -> None:
    """A text that cannot be parsed is tried once."""
    calls: list[str] = []

    def parse(text: str) -> int:
        calls.append(text)
        return int(text)

    with pytest.raises(ValueError, match="seven"):
        parsed(parse, "seven")
    assert calls == ["seven"]
