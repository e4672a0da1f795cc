"""Times that a busy machine cannot use up, and what to do where they have to be short.

A process may be stopped for seconds at any moment, which is no fault of what is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import callbackgen

PATIENT = {"deadline": 60.0, "handshake": 60.0}
"""Seconds, in place of five."""

_ATTEMPTS = (1, 5, 25)
"""How many times as long as the first one each of them may take."""


def be_patient() -> None:
    """Make the default times of the run time long; a test that wants others says so."""
    making: Any = callbackgen.Settings.__init__
    making.__kwdefaults__.update(PATIENT)
    for name, seconds in PATIENT.items():
        setattr(cast(Any, callbackgen.settings), name, seconds)


def patiently(attempt: Callable[[int], object]) -> None:
    """Try what has to go well, each time with so many times the time.

    For what is to happen within a time, or not to happen: a process that was stopped
    meanwhile looks like one that is at fault, but not again and again.
    """
    import pytest  # here, since the programs that tests start have no use for it

    for times in _ATTEMPTS[:-1]:
        try:
            attempt(times)
        except (Exception, pytest.fail.Exception):  # noqa: BLE001 - the last one says
            continue
        return
    attempt(_ATTEMPTS[-1])


def given_up(
    call: Callable[[float], object], has_begun: Callable[[], bool], seconds: float = 0.1
) -> None:
    """Have a call end by its deadline after it has begun at the other end.

    Where its time was over before, it is not run there: the next one has more time.
    """
    while True:
        try:
            call(seconds)
        except callbackgen.DeadlineExceeded:
            if has_begun():
                return
        else:
            raise AssertionError("it was not given up")
        seconds *= 2
