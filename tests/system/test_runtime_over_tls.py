"""A stub calls over TLS where Pyro5 is set to TLS."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


def test_calls_over_tls() -> None:
    """Calls arrive; another host's certificate and a mute server are errors in time."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.system.tls.over_tls"],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["one two", "True", "too late"]


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("trusted", r"heard by localhost"),
        ("untrusted", r"no connection to .*: TLS: CERTIFICATE_VERIFY_FAILED"),
        ("nameless", r"(no connection|the connection) to .*: TLS: .*CERTIFICATE.*"),
    ],
)
def test_certificates_of_one_connection(case: str, said: str) -> None:
    """Each end may ask for the other's certificate; without one there is an error."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.system.tls.over_ours", case],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stderr == ""
    assert re.fullmatch(said, done.stdout.strip())
