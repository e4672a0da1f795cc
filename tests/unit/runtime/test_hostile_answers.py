"""What may stand in an answer: data of the declared type, and text about errors."""

from __future__ import annotations

from typing import Any

import Pyro5.errors
import pytest
from Pyro5 import protocol

from callbackgen import (
    BadReply,
    RemoteRaised,
)
from tests.unit.runtime.hostile import hostile, message
from tests.unit.runtime.thing import ThingStub, replying


def raising(data: object) -> Any:
    return replying(message(0, data, flags=protocol.FLAGS_EXCEPTION))


@pytest.mark.parametrize(
    ("data", "class_name", "text"),
    [
        ({"__class__": "ValueError", "args": ("x",)}, "ValueError", "x"),
        ({"__class__": "builtins.KeyError", "args": ["x"]}, "KeyError", "x"),
        ({"__class__": "Pyro5.errors.TimeoutError", "args": ()},
         "Pyro5.errors.TimeoutError", ""),
        ({"__class__": "builtins.SystemExit", "args": (1, 2)}, "SystemExit", "(1, 2)"),
        ({"__class__": "os.system", "args": ("x",)}, "os.system", "x"),
        ({"__class__": "Pyro5.client.Proxy", "state": ("PYRO:a@b:1",)},
         "Pyro5.client.Proxy", ""),
        ({"__class__": "A", "args": 5, "attributes": 6}, "A", ""),
        ({"__class__": "A", "attributes": {"_pyroTraceback": 5}}, "A", ""),
        ({"__class__": "A", "attributes": {"_callbackgen_raised": ("B", "b")}},
         "B", "b"),
        ({"__class__": "A", "attributes": {"_callbackgen_raised": ("B", 5)}}, "A", ""),
    ],
)  # fmt: skip
def test_an_exception_is_text_whatever_it_claims_to_be(
    data: object, class_name: str, text: str
) -> None:
    """No class is made of what a far end names; all of it is RemoteRaised."""
    with hostile(raising(data)) as far, pytest.raises(RemoteRaised) as caught:
        ThingStub(far.address).number()
    assert type(caught.value) is RemoteRaised
    assert not isinstance(caught.value, Pyro5.errors.PyroError)
    assert (caught.value.class_name, caught.value.text) == (class_name, text)


def test_a_long_exception_is_cut() -> None:
    """Class name, text and traceback together stay within 64 Ki characters."""
    data = {
        "__class__": "C" * 100_000,
        "args": ("t" * 100_000,),
        "attributes": {"_pyroTraceback": ["l" * 100_000, 5, "m" * 100_000]},
    }
    with hostile(raising(data)) as far, pytest.raises(RemoteRaised) as caught:
        ThingStub(far.address).number()
    raised = caught.value
    texts = (raised.class_name, raised.text, raised.traceback_text)
    assert sum(map(len, texts)) <= 64 * 1024
    assert all(text.endswith(" [cut]") for text in texts)


@pytest.mark.parametrize("data", [None, "text", {}, {"__class__": 5}, ["__class__"]])
def test_an_exception_of_no_class_is_a_bad_reply(data: object) -> None:
    """An answer that is marked as an exception has to be one."""
    with hostile(raising(data)) as far, pytest.raises(BadReply):
        ThingStub(far.address).number()


@pytest.mark.parametrize(
    "data",
    [
        {"__class__": "decimal.Decimal", "state": "1"},
        {"__class__": "Pyro5.server.Daemon", "state": ()},
        {"__class__": "Pyro5.core._ExceptionWrapper", "exception": {}},
        {"__class__": "Pyro5.core.URI", "state": (1, 2)},
        {"__class__": "Pyro5.client.Proxy", "state": 5},
        {"__class__": "Pyro5.client.Proxy", "state": ("PYRONAME:x",)},
        {"__class__": 5},
        {"__class__": "float", "value": "1e999"},
        [{"a": ({"__class__": "sqlite3.Error"},)}],
    ],
)
def test_an_object_in_an_answer_is_refused(data: object) -> None:
    """Nothing in an answer becomes an object, at any depth, even where Any stands."""
    with hostile(replying(message(0, data))) as far, pytest.raises(BadReply):
        ThingStub(far.address).anything()


@pytest.mark.parametrize(
    ("data", "place"),
    [
        ("5", "reply: expected int, got str"),
        (2.5, "reply: expected int, got float"),
        (None, "reply: expected int, got None"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(data: object, place: str) -> None:
    """The error names stub, method and place; the connection is still good."""
    with hostile(replying(message(0, data))) as far:
        stub = ThingStub(far.address)
        for _ in range(2):
            with pytest.raises(BadReply, match=rf"ThingStub\.number.*{place}"):
                stub.number()
        assert far.connections == 1


def test_a_reference_where_none_is_expected_is_refused() -> None:
    """A Proxy in an answer is not data: neither as Any nor as a dict of strings."""
    data = {"__class__": "Pyro5.client.Proxy", "state": ("PYRO:a@b:1",)}
    with hostile(replying(message(0, data))) as far:
        for call in (ThingStub(far.address).anything, ThingStub(far.address).texts):
            with pytest.raises(BadReply):
                call()
