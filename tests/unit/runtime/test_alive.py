"""Whether the other end of a connection is there."""

from __future__ import annotations

import pytest

from callbackgen import Settings
from callbackgen.runtime.alive import Alive
from callbackgen.runtime.wire import WireError

SETTINGS = Settings(heartbeat=15, dead_after=30)


def test_who_is_silent_is_asked_once_and_then_given_up() -> None:
    """Whatever is heard begins it all anew."""
    asked: list[float] = []
    alive = Alive(SETTINGS, 0)
    assert alive.tick(10, lambda: asked.append(10)) == 5
    assert alive.tick(15, lambda: asked.append(15)) == 15
    assert alive.tick(20, lambda: asked.append(20)) == 10
    alive.heard(29)
    assert alive.tick(43, lambda: asked.append(43)) == 1
    assert alive.tick(44, lambda: asked.append(44)) == 15
    with pytest.raises(WireError, match="no sign of life for 30 s"):
        alive.tick(59, lambda: asked.append(59))
    assert asked == [15, 44]


def test_who_was_not_asked_is_not_given_up() -> None:
    """After a process was stopped for an hour, it asks first, and waits for a while."""
    asked: list[float] = []
    alive = Alive(SETTINGS, 0)
    assert alive.tick(3600, lambda: asked.append(3600)) == 5
    assert asked == [3600]
    alive.heard(3601)
    assert alive.tick(3605, asked.clear) == 11
    alive = Alive(SETTINGS, 0)
    alive.tick(3600, lambda: None)
    with pytest.raises(WireError):
        alive.tick(3605, lambda: None)
