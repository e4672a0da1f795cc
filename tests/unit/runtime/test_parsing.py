"""Parsing is tried again where Python itself failed."""

from __future__ import annotations

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
