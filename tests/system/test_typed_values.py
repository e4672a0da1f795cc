"""Values of many types, from the Protocol to two processes that talk."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.system.checkout import environment, run

SHOP = Path(__file__).with_name("shop")


def test_typed_values_travel_between_processes(tmp_path: Path) -> None:
    """What the annotation says arrives, both ways; what does not fit says where."""
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns("__pycache__"))
    run(sys.executable, "-m", "callbackgen", "generate", folder=folder)
    server = subprocess.Popen(
        [sys.executable, "server.py"],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    with server:
        try:
            assert server.stdout is not None
            address = server.stdout.readline().strip()
            told = run(sys.executable, "client.py", address, folder=folder)
            seen = [server.stdout.readline() for _ in range(2)]
        finally:
            server.kill()
    assert told.splitlines() == [
        "150 EUR",
        "BadArgument: ShopStub.order: orders[1].total: expected Money | None, got int",
    ]
    assert seen == [
        "[Item(name='pen', price=Decimal('1.50'))] 2026-01-02T12:00:00+02:00\n",
        "BadReply: confirm(): reply.items[1].price: expected Decimal, got bool\n",
    ]
