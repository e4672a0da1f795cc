"""Where a client connects from: what its connections have in common."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.runtime.origin import Address, origin_of, shown


def origin(address: Address) -> str:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        return origin_of(ours, address)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::%eth0/64"),
        ("fe80::1%eth1", "fe80::%eth1/64"),
        ("::1", "::/64"),
    ],
)
def test_the_origin_is_a_host_or_the_network_that_a_host_has(
    host: str, expected: str
) -> None:
    """IPv4 counts by address, also in the form of IPv6; IPv6 by its /64."""
    assert origin((host, 1)) == expected
    assert origin((host, 2, 0, 0)) == expected


@given(st.ip_addresses(v=6, network="2001:db8:7:8::/64"))
def test_no_address_of_a_network_is_another_origin(host: object) -> None:
    """Whichever a host chooses, its connections count together."""
    assert origin((str(host), 1, 0, 0)) == "2001:db8:7:8::/64"


@pytest.mark.skipif(not hasattr(socket, "SO_PEERCRED"), reason="not known here")
def test_a_unix_domain_socket_has_a_user() -> None:
    """Each connection has an address of its own there, or none."""
    assert origin("") == origin("\0one") == f"user {os.getuid()}"


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
