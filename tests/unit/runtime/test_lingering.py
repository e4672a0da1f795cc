"""Item streams that wait for their clients to come back."""

from __future__ import annotations

import weakref
from typing import Any

from callbackgen.runtime.lingering import Lingering


def left(*ids: str) -> dict[str, Any]:
    """Streams as Pyro5 keeps them of clients that have gone."""
    return {one: (None, 0.0, 0.0, iter(())) for one in ids}


def test_beyond_the_most_the_oldest_of_most_goes() -> None:
    """It is given back, so that it ends where the caller is done with it."""
    streams = left("a1", "b1", "b2", "b3")
    lingering = Lingering(3)
    assert lingering.add(streams, ["a1"], "a") == []
    assert lingering.add(streams, ["b1", "b2"], "b") == []
    oldest = streams["b1"]
    assert lingering.add(streams, ["b3"], "b") == [oldest]
    assert [*streams] == ["a1", "b2", "b3"]


def test_one_that_is_left_again_is_the_youngest() -> None:
    """It counts once, for the client that has left it last."""
    streams = left("one", "two", "three")
    lingering = Lingering(2)
    for _ in range(3):
        assert lingering.add(streams, ["one", "two"], "a") == []
        assert lingering.add(streams, ["one"], "a") == []
    lingering.add(streams, ["three"], "a")
    assert [*streams] == ["one", "three"]
    assert lingering.add(streams, ["three"], "b") == []
    assert lingering.add(streams, ["one"], "b") == []
    assert [*streams] == ["one", "three"]


def test_one_that_is_in_use_does_not_go() -> None:
    """Nor does it count for ever; one that has ended does not either."""
    streams = left("used", "ended")
    lingering = Lingering(2)
    lingering.add(streams, [*streams], "a")
    streams["used"] = ("client", 0.0, 0, iter(()))
    del streams["ended"]
    streams |= left("three", "four")
    assert lingering.add(streams, ["three", "four"], "b") == []
    assert [*streams] == ["used", "three", "four"]


def test_nothing_is_kept_of_clients_whose_streams_are_over() -> None:
    """Nor of those that were taken up again."""

    class Client:
        pass

    client = Client()
    kept = weakref.ref(client)
    streams = left("one", "two")
    lingering = Lingering(3)
    lingering.add(streams, ["one", "two"], client)
    del client
    streams["one"] = ("client", 0.0, 0, iter(()))
    lingering.forget_others(streams)
    assert kept() is not None
    del streams["two"]
    lingering.forget_others(streams)
    assert kept() is None
