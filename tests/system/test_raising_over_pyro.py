"""What a wrapped object raises or wrongly answers, as its caller gets it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import Pyro5.errors
import pytest

import callbackgen
from templates.example import EVERYTHING
from templates.example_remote import (
    ExampleStub,
    ExampleWrapper,
)
from tests.system.plain import Plain
from tests.unit.runtime.serving import serving


def test_a_result_that_does_not_fit_is_an_error_of_the_call() -> None:
    """The caller learns which method has answered what, and where in it."""

    class Wrong(Plain):
        def limited(self, count: int = EVERYTHING) -> Any:
            return [1, "two"]

    with (
        serving(ExampleWrapper(Wrong())) as (address,),
        pytest.raises(callbackgen.RemoteRaised) as caught,
    ):
        ExampleStub(address).limited()
    assert caught.value.class_name == "TypeError"
    assert "limited" in caught.value.text
    assert "reply[1]: expected int, got str" in caught.value.text


class OddError(Exception):
    """An exception that no peer knows, with more in it than can be sent."""

    def __init__(self, code: int, *, thing: object) -> None:
        super().__init__(code, thing)
        self.thing = thing

    def __str__(self) -> str:
        return "odd indeed"


class Unspeakable(Exception):
    """An exception that cannot even be printed."""

    def __str__(self) -> str:
        raise ValueError("no words")


def _raises_exit() -> None:
    sys.exit("leaving")


def _raises(error: BaseException) -> Callable[[], None]:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("fail", "class_name", "text"),
    [
        (_raises(ValueError("bad value")), "ValueError", "bad value"),
        (_raises(KeyError("key")), "KeyError", "'key'"),
        (_raises(OddError(1, thing=object())), "OddError", "odd indeed"),
        (_raises(OddError(1, thing=1)), "OddError", "odd indeed"),
        (_raises(Unspeakable()), "Unspeakable", "ValueError"),
        (_raises_exit, "SystemExit", "leaving"),
        (_raises(KeyboardInterrupt()), "KeyboardInterrupt", ""),
        (_raises(GeneratorExit()), "GeneratorExit", ""),
        (_raises(StopIteration(4)), "StopIteration", "4"),
        (
            _raises(Pyro5.errors.ConnectionClosedError("x")),
            "ConnectionClosedError",
            "x",
        ),
        (_raises(Pyro5.errors.SecurityError("x")), "SecurityError", "x"),
        (_raises(callbackgen.ConnectionLost("gone")), "ConnectionLost", "gone"),
        (_raises(ValueError("x" * 3_000_000)), "ValueError", "xxx"),
        (_raises(ExceptionGroup("many", [ValueError(1)])), "ExceptionGroup", "many"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_whatever_is_raised_reaches_the_caller(
    fail: Callable[[], None], class_name: str, text: str
) -> None:
    """As RemoteRaised, with class name, text and traceback; the stub works on."""

    class Raising(Plain):
        def confirm(self, question: str) -> bool:
            fail()
            return True

        async def later(self, count: int) -> str:
            fail()
            return ""

    with serving(ExampleWrapper(Raising())) as (address,):
        stub = ExampleStub(address)
        for call in (lambda: stub.confirm("?"), lambda: asyncio.run(stub.later(1))):
            with pytest.raises(callbackgen.RemoteRaised) as caught:
                call()
            raised = caught.value
            if "coroutine" not in raised.text:  # Python's own word on StopIteration
                assert raised.class_name.rpartition(".")[2] == class_name
                assert text in raised.text
            whole = raised.class_name + raised.text + raised.traceback_text
            assert len(whole) <= 64 * 1024
        assert stub.label == "plain"


def test_a_traceback_names_the_place() -> None:
    """The text of the remote traceback has the file and line that raised."""

    class Raising(Plain):
        def confirm(self, question: str) -> bool:
            raise ValueError(question)

    with (
        serving(ExampleWrapper(Raising())) as (address,),
        pytest.raises(callbackgen.RemoteRaised) as caught,
    ):
        ExampleStub(address).confirm("why?")
    assert f'File "{__file__}"' in caught.value.traceback_text
    assert str(caught.value) == "ValueError: why?"
