"""The tree of errors: what is caught by what, and what of them travels on."""

from __future__ import annotations

import pickle

import Pyro5.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

import callbackgen
from callbackgen.runtime import errors

TREE = [
    (callbackgen.ConnectionLost, ConnectionError),
    (callbackgen.Refused, callbackgen.ConnectionLost),
    (callbackgen.Forked, callbackgen.ConnectionLost),
    (callbackgen.DeadlineExceeded, TimeoutError),
    (callbackgen.RemoteRaised, Exception),
    (callbackgen.Unimplemented, Exception),
    (callbackgen.Withdrawn, Exception),
    (callbackgen.Busy, Exception),
    (callbackgen.LimitExceeded, Exception),
    (callbackgen.BadReply, Exception),
    (callbackgen.BadArgument, TypeError),
]


@pytest.mark.parametrize(("kind", "builtin"), TREE, ids=lambda kind: kind.__name__)
def test_each_is_a_remote_error_and_a_builtin_one(
    kind: type[Exception], builtin: type[Exception]
) -> None:
    """`except RemoteError` catches all; who knows Python's own errors catches those."""
    assert issubclass(kind, callbackgen.RemoteError)
    assert issubclass(kind, builtin)


@pytest.mark.parametrize("kind", [kind for kind, _ in TREE], ids=lambda k: k.__name__)
def test_none_is_an_error_of_pyro5(kind: type[Exception]) -> None:
    """A CommunicationError in a method makes Pyro5 drop an innocent caller."""
    assert not issubclass(kind, Pyro5.errors.PyroError)


def test_the_docstring_shows_the_whole_tree() -> None:
    """Every class of the tree stands in the module's docstring, and no other."""
    shown = {
        line.split()[0]
        for line in (errors.__doc__ or "").splitlines()
        if line.startswith("    ")
    }
    assert shown == {"RemoteError", *(kind.__name__ for kind, _ in TREE)}


@pytest.mark.parametrize(
    "error",
    [
        callbackgen.ConnectionLost("gone"),
        callbackgen.DeadlineExceeded("late"),
        callbackgen.RemoteRaised("a.B", "text", "trace"),
        callbackgen.BadReply("odd"),
        callbackgen.BadArgument("odd"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_errors_can_be_pickled(error: Exception) -> None:
    """They cross to another process of a user's own as they are."""
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.args) == (
        type(error),
        str(error),
        error.args,
    )


def test_what_was_raised_reads_as_in_a_traceback() -> None:
    """Class name and text, or the class name alone where there is no text."""
    assert str(callbackgen.RemoteRaised("a.B", "why", "trace")) == "a.B: why"
    assert str(callbackgen.RemoteRaised("KeyboardInterrupt", "")) == "KeyboardInterrupt"


@given(
    sizes=st.tuples(
        st.integers(0, 200_000), st.integers(0, 200_000), st.integers(0, 200_000)
    )
)
def test_what_was_raised_is_of_bounded_length(sizes: tuple[int, int, int]) -> None:
    """The three texts are at most 64 Ki characters together; short ones are whole."""
    given_texts = tuple("x" * size for size in sizes)
    raised = callbackgen.RemoteRaised(*given_texts)
    kept = (raised.class_name, raised.text, raised.traceback_text)
    assert sum(map(len, kept)) <= errors.REMOTE_TEXT_LIMIT
    for before, after in zip(given_texts, kept, strict=True):
        assert after == before or after.endswith(" [cut]")
    if sum(sizes) <= 1000:
        assert kept == given_texts
