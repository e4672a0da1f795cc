"""A stub calls over TLS where Pyro5 is set to TLS."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

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
