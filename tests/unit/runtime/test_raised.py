"""Exceptions of every kind go through Pyro5 and say at the other end what they were."""

from __future__ import annotations

import threading
import traceback
from typing import Any, cast

import Pyro5.errors
import pytest
import serpent

from callbackgen.runtime.errors import REMOTE_TEXT_LIMIT, RemoteRaised
from callbackgen.runtime.raised import ends_the_process, raised, sendable


class Plain(Exception):
    pass


class WithText(Exception):
    def __str__(self) -> str:
        return "of my own"


class TextRaises(Exception):
    def __str__(self) -> str:
        raise SystemExit(1)


class TextIsNoText(Exception):
    def __str__(self) -> str:
        return cast(str, 5)


class WithObject(Exception):
    def __init__(self) -> None:
        super().__init__("it", object())
        self.lock = threading.Lock()


class Frozen(Exception):
    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("frozen")


class Many(Exception):
    def __init__(self, one: int, *, two: int) -> None:
        super().__init__(f"{one} and {two}")


class NotesRaise(Exception):
    def __getattribute__(self, name: str) -> object:
        if name == "__notes__":
            raise RuntimeError("no notes")
        return super().__getattribute__(name)


def through_pyro(error: BaseException) -> RemoteRaised:
    """What a caller gets of an exception, as Pyro5's daemon sends it."""
    carrier: Any = sendable(error)
    carrier._pyroTraceback = ["Traceback\n", "  here\n"]
    data: Any = serpent
    sent = data.loads(data.dumps(carrier, module_in_classname=True))
    told = raised(sent)
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("error", "class_name", "text"),
    [
        (ValueError("wrong"), "ValueError", "wrong"),
        (KeyError("k"), "KeyError", "'k'"),
        (ValueError(), "ValueError", ""),
        (ValueError(1, "a"), "ValueError", "(1, 'a')"),
        (OSError(2, "gone"), "FileNotFoundError", "[Errno 2] gone"),
        (
            UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"),
            "UnicodeDecodeError",
            "codec",
        ),
        (SystemExit(3), "SystemExit", "3"),
        (KeyboardInterrupt(), "KeyboardInterrupt", ""),
        (GeneratorExit(), "GeneratorExit", ""),
        (ExceptionGroup("all", [ValueError(1)]), "ExceptionGroup", "all (1 sub-"),
        (Pyro5.errors.CommunicationError("c"), "Pyro5.errors.CommunicationError", "c"),
        (Pyro5.errors.SecurityError("s"), "Pyro5.errors.SecurityError", "s"),
        (Plain("p"), f"{__name__}.Plain", "p"),
        (WithText(1), f"{__name__}.WithText", "of my own"),
        (TextRaises(), f"{__name__}.TextRaises", "<str() of it raised SystemExit>"),
        (TextIsNoText(), f"{__name__}.TextIsNoText", "<str() of it raised TypeError>"),
        (WithObject(), f"{__name__}.WithObject", "('it', <object object"),
        (Frozen("f"), f"{__name__}.Frozen", "f"),
        (Many(1, two=2), f"{__name__}.Many", "1 and 2"),
        (NotesRaise("n"), f"{__name__}.NotesRaise", "n"),
    ],
)
def test_class_and_text_arrive(
    error: BaseException, class_name: str, text: str
) -> None:
    """The caller reads the class's name and what ``str()`` gave, whatever it was."""
    told = through_pyro(error)
    assert told.class_name == class_name
    assert text in told.text
    assert told.traceback_text == "Traceback\n  here\n"


def test_what_pyro_can_send_stays_itself() -> None:
    """An ordinary Pyro5 caller gets a ValueError as a ValueError."""
    error = ValueError("wrong")
    assert sendable(error) is error
    custom = Plain("p")
    assert sendable(custom) is custom


def test_what_pyro_cannot_send_is_told_by_another() -> None:
    """The carrier is of a builtin class, says the same, and shows what led to it."""
    error = WithObject()
    carrier = sendable(error)
    assert type(carrier) is RuntimeError
    assert str(carrier).startswith(f"{__name__}.WithObject: ('it', ")
    assert carrier.__cause__ is error


def test_long_texts_are_cut() -> None:
    """However much is raised, the caller keeps a bounded amount and sees the cut."""
    told = through_pyro(ValueError("x" * 10**6))
    size = len(told.class_name) + len(told.text) + len(told.traceback_text)
    assert size <= REMOTE_TEXT_LIMIT
    assert told.text.endswith("[cut]")
    carrier = sendable(ValueError("x" * 10**6))
    assert len("".join(traceback.format_exception(carrier))) <= REMOTE_TEXT_LIMIT


def test_ctrl_c_is_the_users() -> None:
    """In the main thread it ends the process; in a worker somebody raised it."""
    assert ends_the_process(KeyboardInterrupt())
    assert not ends_the_process(SystemExit())
    answers: list[bool] = []
    worker = threading.Thread(
        target=lambda: answers.append(ends_the_process(KeyboardInterrupt()))
    )
    worker.start()
    worker.join()
    assert answers == [False]


@pytest.mark.parametrize(
    ("data", "class_name", "text"),
    [
        ({"__class__": "builtins.ValueError", "args": ("a",)}, "ValueError", "a"),
        ({"__class__": "a.B"}, "a.B", ""),
        ({"__class__": "a.B", "args": 5, "attributes": 7}, "a.B", ""),
        ({"__class__": "a.B", "args": [{"__class__": "x"}]}, "a.B", "{'__class__'"),
        ({"__class__": "a.B", "args": (1, 2)}, "a.B", "(1, 2)"),
        ({"__class__": "a.B", "args": (1 << 20000,)}, "a.B", "<Exceeds the limit"),
        (
            {"__class__": "a.B", "attributes": {"_callbackgen_raised": (1, 2)}},
            "a.B",
            "",
        ),
        ({"__class__": "x" * 10**6, "args": ("y" * 10**6,)}, "xxx", "yyy"),
    ],
)
def test_hostile_answers_are_only_text(
    data: dict[str, object], class_name: str, text: str
) -> None:
    """Whatever a peer sends as an exception is read as text, of a bounded size."""
    told = raised(data)
    assert told is not None
    assert told.class_name.startswith(class_name)
    assert told.text.startswith(text)
    assert len(told.class_name) + len(told.text) <= REMOTE_TEXT_LIMIT


@pytest.mark.parametrize("data", [None, 1, "a", [], {}, {"__class__": 5}, {"a": 1}])
def test_other_data_is_no_exception(data: object) -> None:
    """What does not say which class was raised is no exception."""
    assert raised(data) is None
