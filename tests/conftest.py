"""What holds for every test: it says what it is for, and it leaves no thread behind."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import be_patient

THREADS_OF_THE_RUN_TIME = "callbackgen"
"""The run time's own threads, which live as long as the process, are named so."""

USUAL = 2000 if os.environ.get("CALLBACKGEN_WHOLE") else 100
EXAMPLES = int(os.environ.get("CALLBACKGEN_EXAMPLES", USUAL))
"""How many examples hypothesis tries, where a test does not say so."""

# A busy machine is no bug: nothing fails for having taken long.
settings.register_profile(
    "patient",
    settings(),
    deadline=None,
    max_examples=EXAMPLES,
    suppress_health_check=[HealthCheck.too_slow],
)
be_patient()
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse a test that does not state the behaviour it holds."""
    silent = [
        item.nodeid
        for item in items
        if isinstance(item, pytest.Function) and not getattr(item.obj, "__doc__", "")
    ]
    if silent:
        raise pytest.UsageError(
            "These tests need a docstring that states the behaviour they hold: "
            + ", ".join(silent)
        )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests have counted; their own output is shown only if they fail."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{report.nodeid}: {name}: {value}")


@pytest.fixture(autouse=True)
def no_thread_is_left() -> Iterator[None]:
    """Every thread that a test starts has ended when the test has."""
    before = set(threading.enumerate())
    yield
    started = [thread for thread in threading.enumerate() if thread not in before]
    left: list[str] = []
    for thread in started:
        if thread.name.startswith(THREADS_OF_THE_RUN_TIME):
            continue
        thread.join(timeout=10)
        if thread.is_alive():
            left.append(thread.name)
    assert not left, f"the test left threads running: {', '.join(left)}"
