"""An ordinary client: ``python -m ... URI``. It stays until its stdin is closed."""

from __future__ import annotations

import sys
from typing import Any

import Pyro5.api


def main(uri: str) -> None:
    """Call `visit`, say so, and stay."""
    proxy: Any
    with Pyro5.api.Proxy(uri) as proxy:
        proxy._pyroHandshake = {"name": "visitor"}
        proxy.visit()
        print("here", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
