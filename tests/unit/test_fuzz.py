"""What the targets of the fuzzer do with its kept inputs, without it, and its command."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from callbackgen.runtime import envelope, ordinary_data
from callbackgen.runtime.channel import Channel
from callbackgen.runtime.lanes import Lanes
from callbackgen.runtime.method import Overload
from callbackgen.runtime.references import References
from callbackgen.runtime.unread import Unread
from callbackgen.runtime.values import Value
from callbackgen.runtime.wire import Message, Receiver
from fuzz import __main__ as command
from fuzz.atheris_run import CORPUS, TARGETS
from fuzz.framing import frame, framed
from fuzz.seeds import seeds
from fuzz.surface import Surface

MOST_KEPT = 100
LARGEST_KEPT = 4096


def target(name: str) -> Callable[[bytes], None]:
    run: Callable[[bytes], None] = importlib.import_module(f"fuzz.{name}_target").run
    return run


def kept(name: str) -> list[bytes]:
    return [file.read_bytes() for file in sorted((CORPUS / name).iterdir())]


@pytest.mark.parametrize("name", TARGETS)
def test_no_kept_input_fails(name: str) -> None:
    """Whatever was found once is refused as it must be, or taken within limits."""
    inputs = kept(name)
    assert 0 < len(inputs) <= MOST_KEPT
    for data in inputs:
        assert len(data) <= LARGEST_KEPT
        target(name)(data)


@pytest.mark.parametrize("name", TARGETS)
def test_no_real_message_fails(name: str) -> None:
    """The real messages, from which the kept inputs are made, whole and cut."""
    for data in seeds()[name]:
        target(name)(data)
        target(name)(data[:-1])


@pytest.mark.parametrize("name", TARGETS)
@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0", b"\1\0", b"\2\2"])
def test_inputs_that_are_nearly_empty_do_not_fail(name: str, data: bytes) -> None:
    """The bytes that say what to do may be all that is there, or miss."""
    target(name)(data)


def fail(*_: object) -> Any:
    raise KeyError("as a bug does")


def nothing(*_: object) -> Any:
    return []


def as_it_came(_: object, data: object, __: object) -> Any:
    return data


def an_object(*_: object, **__: object) -> Any:
    return Surface()


def name_of(name: str) -> str:
    return f"of {name}"


PLANTED: list[tuple[str, object, str, Any]] = [
    ("wire", Receiver, "feed", fail),
    ("wire", envelope, "head_of", fail),
    ("channel", Channel, "ended", fail),
    ("channel", Channel, "lost", nothing),
    ("channel", Unread, "read", nothing),
    ("channel", Lanes, "ended", nothing),
    ("session", Message, "annotation", fail),
    ("session", References, "clear", nothing),
    ("session", Value, "unpack", as_it_came),
    ("session", Overload, "unpack_result", fail),
    ("payload", Overload, "unpack", fail),
    ("payload", References, "arrive", fail),
    ("ordinary", ordinary_data, "_made", an_object),
]


@pytest.mark.parametrize(("name", "where", "attribute", "bug"), PLANTED)
def test_a_bug_is_found_by_the_kept_inputs(
    name: str, where: object, attribute: str, bug: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not documented, or keeps more than may be kept, fails a target."""
    monkeypatch.setattr(where, attribute, bug)
    found = False
    for data in kept(name):
        try:
            target(name)(data)
        except (KeyError, AssertionError):
            found = True
    assert found


def test_an_object_that_a_peer_must_not_choose_is_found() -> None:
    """Among what an ordinary client's call is made of."""
    check = importlib.import_module("fuzz.ordinary_target")._check
    check([{"a": (1, ValueError("text"))}])
    for wrong in (Surface(), [Surface()], ValueError(Surface())):
        with pytest.raises(AssertionError):
            check(wrong)


def test_frames_become_messages() -> None:
    """Each of them, however its bytes are changed."""
    receiver = Receiver(lambda _: LARGEST_KEPT)
    for what in range(256):
        for message in framed(frame(what, what, 7, b"content")):
            receiver.feed(message)
            taken = receiver.take() if what & 0x40 == 0 else None
            assert taken is None or taken.sequence == 7
            receiver = Receiver(lambda _: LARGEST_KEPT)


SAID = """\
#45	INITED cov: 1162 ft: 2805 corp: 43/5204b exec/s: 0 rss: 55Mb
#7626	DONE   cov: 1276 ft: 3722 corp: 155/27Kb lim: 755 exec/s: 293 rss: 55Mb
Done 7626 runs in 26 second(s)
stat::number_of_executed_units: 7626
stat::peak_rss_mb:              57
"""


def test_the_page_says_what_was_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """In libFuzzer's own numbers."""
    outcome = command.outcome_in("wire", SAID)
    assert outcome == ("wire", 26, 7626, 1162, 1276, 3722, 57)
    monkeypatch.setattr(command, "version", name_of)
    written = command.page([outcome])
    assert "atheris of atheris" in written
    assert "| wire | 26 | 7,626 | 1162 | 1276 | 3722 | 57 |" in written
    with pytest.raises(ValueError, match="did not say"):
        command.outcome_in("wire", "Traceback")
