"""Looking up the names of hosts."""

from __future__ import annotations

import threading

import pytest

from callbackgen.runtime import resolving
from callbackgen.runtime.address import address_of
from callbackgen.runtime.deadline import Deadline
from callbackgen.runtime.threads import Aside
from tests.unit.runtime.thing import PATIENCE


def test_a_look_up_that_nobody_waits_for_is_not_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Slow look-ups of one peer's names leave no queue of them behind."""
    looked_up: list[str] = []

    def look_up(host: str, _port: int, flags: int) -> list[tuple[int, object]]:
        if not flags:
            looked_up.append(host)
        raise OSError("not a number")

    monkeypatch.setattr(resolving, "_look_up", look_up)
    look_ups = Aside(1, "look-up")
    monkeypatch.setattr(resolving, "_look_ups", look_ups)
    release, began = threading.Event(), threading.Event()

    def held() -> None:
        began.set()
        release.wait(PATIENCE)

    holding = threading.Thread(
        target=look_ups.do, args=(Deadline(PATIENCE), held), name="holding"
    )
    holding.start()
    began.wait(PATIENCE)
    with pytest.raises(TimeoutError):
        resolving.targets(address_of("PYRO:a@slow.invalid:1"), Deadline(0.1))
    release.set()
    holding.join()
    assert looked_up == []
