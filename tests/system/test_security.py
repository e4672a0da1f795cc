"""The daemon that SECURITY.md shows for a public port lets in whom it should."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.system.checkout import ROOT, run

TLS = ROOT / "tests" / "system" / "tls"
CERTIFICATE = str(TLS / "localhost.certificate.pem")
KEY = str(TLS / "localhost.key.pem")

CLIENT = """
import threading
loop = threading.Thread(target=daemon.requestLoop)
loop.start()
address = f"PYRO:nothing@{daemon.locationStr}"
for handshake in ("secret", "guess"):
    try:
        with callbackgen.connect(address, handshake=handshake):
            print("let in")
    except callbackgen.ConnectionLost as error:
        print(type(error).__name__)
daemon.shutdown()
loop.join()
"""


@pytest.mark.parametrize(
    ("has_certificate", "outcome"),
    [(True, ["let in", "Refused"]), (False, ["ConnectionLost", "ConnectionLost"])],
)
def test_the_public_daemon_lets_in_whom_it_should(
    has_certificate: bool, outcome: list[str], tmp_path: Path
) -> None:
    """Who has a certificate and the secret, and nobody who lacks one of them."""
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for old, new in (
        ("0.0.0.0", "localhost"),
        ("9999", "0"),
        ("server.pem", CERTIFICATE),
        ("server.key", KEY),
        ("clients.pem", CERTIFICATE),
    ):
        assert old in shown
        shown = shown.replace(old, new)
    of_client = f"Pyro5.config.SSL_CLIENTCERT = {CERTIFICATE!r}\n"
    of_client += f"Pyro5.config.SSL_CLIENTKEY = {KEY!r}\n"
    program = tmp_path / "public.py"
    program.write_text(shown + of_client * has_certificate + CLIENT, encoding="utf-8")
    said = run(
        *(sys.executable, "-W", "error", str(program)),
        folder=tmp_path,
        variables={"PYTHONPATH": str(ROOT)},
    )
    assert [line for line in said.splitlines() if ":" not in line] == outcome
