"""Looking up the names of hosts."""

from __future__ import annotations

import socket
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


@pytest.mark.parametrize("host", ["fe80::1%fee", "::1%", "1:2:3", "0::0::0"])
def test_an_ip_address_is_never_looked_up_as_a_name(
    monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    """One that the system refuses, such as of no interface, is an error at once."""
    flags: list[int] = []

    def look_up(host: str, port: int, flag: int) -> list[tuple[int, object]]:
        flags.append(flag)
        raise OSError("not a number")

    monkeypatch.setattr(resolving, "_look_up", look_up)
    with pytest.raises(OSError, match="not a number"):
        resolving.targets(address_of(f"PYRO:a@[{host}]:1"), Deadline(PATIENCE))
    assert flags == [socket.AI_NUMERICHOST]
