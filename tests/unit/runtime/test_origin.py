"""Where a client connects from."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from callbackgen.runtime.origin import origin_of, shown


@pytest.mark.skipif(sys.platform != "linux", reason="needs abstract sockets")
@pytest.mark.parametrize("name", ["", "\0x"])
def test_a_client_whose_own_socket_has_an_abstract_name(
    tmp_path: Path, name: str
) -> None:
    """It comes from its user like any other, though its address is bytes."""
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as own:
        server.bind(str(tmp_path / "server"))
        server.listen()
        own.bind(name + str(os.getpid()) if name else name)
        own.connect(server.getsockname())
        accepted, address = server.accept()
        with accepted:
            assert isinstance(address, bytes)
            assert origin_of(accepted, address) == f"user {os.getuid()}"
            assert shown(address, "here") == "a client of here"


def test_a_client_by_tcp() -> None:
    """It comes from its host; people are shown the port, too."""
    with socket.socket() as own:
        assert origin_of(own, ("127.0.0.1", 7)) == "127.0.0.1"
    assert shown(("127.0.0.1", 7), "here") == "127.0.0.1:7"
    assert shown(("::1", 7, 0, 0), "here") == "[::1]:7"
