"""Which addresses are dialled that a peer has named: those of its own host."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import callbackgen
from callbackgen.runtime.address import Address, address_of
from callbackgen.runtime.trust import check, trusted

HOST = "192.0.2.7"
PEER = (HOST, 50_000)
LINK_LOCAL = ("fe80::1", 50_000, 0, 3)


def at(host: str, port: int = 9090) -> Address:
    return address_of(f"PYRO:listener@[{host}]:{port}" if ":" in host else
                      f"PYRO:listener@{host}:{port}")  # fmt: skip


def is_dialled(address: Address, peer: object = PEER, **more: Any) -> bool:
    try:
        check(address, peer, **more)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        (HOST, PEER),
        (HOST, (f"::ffff:{HOST}", 50_000, 0, 0)),
        ("::ffff:c000:207", PEER),
        ("2001:db8::7", ("2001:db8::7", 50_000, 0, 0)),
        ("2001:0DB8:0:0::0007", ("2001:db8::7", 50_000, 9, 0)),
        ("fe80::1%3", LINK_LOCAL),
    ],
)
def test_the_host_of_the_peer_is_dialled(host: str, peer: object) -> None:
    """Its own IP in any full spelling, at any port; IPv4 within IPv6 is that IPv4."""
    for port in (1, 22, 9090, 65535):
        assert is_dialled(at(host, port), peer)


@pytest.mark.parametrize(
    "host",
    [
        "192.0.2.8",
        "127.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "169.254.169.254",
        "::1",
        "::",
        "::ffff:7f00:1",
        "::c000:207",
        "64:ff9b::c000:207",
        "2002:c000:207::",
        "localhost",
        "peer.example",
        "192.0.2.7.nip.io",
        "192.0.2.7.",
        "192.0.2.007",
        "192.0.2.07",
        "192.0.519",
        "3221225991",
        "0xc0000207",
        "0300.0.2.7",
        "192.0.2.7 ",
        " 192.0.2.7",
        "192.0.2.7\x00",
        "192.0.2.7/32",
        "\uff11\uff19\uff12.0.2.7",
        "192\u30020\u30022\u30027",
        "evil@192.0.2.7",
        "",
    ],
)
def test_every_other_host_is_refused(host: str) -> None:
    """Another IP, every name, and every spelling that only the system would take."""
    with pytest.raises(ValueError, match="is not dialled"):
        check(at(host), PEER)


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("fe80::1", LINK_LOCAL),
        ("fe80::1%2", LINK_LOCAL),
        ("fe80::1%03", LINK_LOCAL),
        ("fe80::1%3", ("fe80::1", 50_000, 0, 0)),
        ("::ffff:c000:207%1", PEER),
        ("2001:db8::7%1", ("2001:db8::7", 50_000, 0, 0)),
    ],
)
def test_the_interface_of_an_ipv6_address_counts(host: str, peer: object) -> None:
    """The same link-local address behind another interface is another host."""
    assert not is_dialled(at(host), peer)


@pytest.mark.parametrize("peer", [None, "", b"", "/run/x", (), ("x",), ("host", 1)])
def test_without_an_ip_of_the_peer_nothing_is_dialled(peer: object) -> None:
    """No caller, or one over a Unix domain socket, has no host to compare with."""
    for host in ("127.0.0.1", "::1", "0.0.0.0", "localhost", "host", ""):
        assert not is_dialled(at(host), peer)


def test_a_unix_socket_is_no_ones_host() -> None:
    """It is refused to everybody, whatever stands in its path."""
    for path in ("/run/x.sock", HOST, f"/{HOST}", "\x00abstract"):
        address = address_of(f"PYRO:listener@./u:{path}")
        for peer in (PEER, None, "", path):
            assert not is_dialled(address, peer)


@pytest.mark.parametrize(
    ("trust", "covered", "others"),
    [
        ("10.1.2.3", ["10.1.2.3", "::ffff:a01:203"], ["10.1.2.4", "10.1.2.3.x"]),
        ("10.0.0.0/8", ["10.0.0.1", "10.255.0.1", "::ffff:a01:203"], ["11.0.0.1"]),
        ("fd00::/8", ["fd00::1", "fdff::"], ["fe00::1", "10.0.0.1"]),
        ("::/0", ["::1", "2001:db8::1"], ["127.0.0.1", "::ffff:7f00:1"]),
        ("::ffff:10.1.2.3", ["10.1.2.3"], ["10.1.2.4"]),
        ("fe80::1%3", ["fe80::1%3"], ["fe80::1", "fe80::1%4"]),
        (
            "Laptop.example",
            ["laptop.EXAMPLE"],
            ["laptop", "laptop.example.", "10.0.0.1"],
        ),
        ("localhost", ["localhost"], ["127.0.0.1", "::1", "localhost.localdomain"]),
    ],
)
def test_what_is_trusted_is_dialled(
    trust: str, covered: list[str], others: list[str]
) -> None:
    """IPs and networks are compared as numbers, names as texts without their case."""
    assert all(is_dialled(at(host), None, trust=[trust]) for host in covered)
    assert not any(is_dialled(at(host), None, trust=[trust]) for host in others)


@pytest.mark.parametrize(
    "text", ["PYRO:listener@./u:/run/x", "PYRO:listener@db:5", "pyro:listener@[::1]:5"]
)
def test_a_whole_address_is_trusted_alone(text: str) -> None:
    """That object at that place, and nothing beside it."""
    assert is_dialled(address_of(text), None, trust=[text])
    for other in (
        "PYRO:another@./u:/run/x",
        "PYRO:listener@db:6",
        "PYRO:other@[::1]:5",
    ):
        assert not is_dialled(address_of(other), None, trust=[text])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "127.1",
        "2130706433",
        "0x7f000001",
        "10.0.0.0/99",
        "10.0.0.1/8",
        "10.0.0.1:9090",
        "a b",
        "a/b",
        "*",
        "*.example",
        "host:1",
        "./u:/run/x",
        "PYRO:a@b",
        "PYRONAME:a",
    ],
)
def test_what_cannot_be_trusted_is_refused(text: str) -> None:
    """A slip in what is trusted is an error at once, however the address is."""
    with pytest.raises(ValueError, match=r"."):
        check(at(HOST), PEER, trust=[text])
    with pytest.raises(ValueError, match=r"."):
        callbackgen.Settings(trusted=(text,))


@pytest.mark.parametrize("wrong", [HOST, 5, None, [5], [b"10.0.0.1"], [["a"]]])
def test_what_is_trusted_is_a_list_of_texts(wrong: Any) -> None:
    """One text is not taken for the list of its letters."""
    with pytest.raises(TypeError, match="what is trusted"):
        trusted(wrong)
    with pytest.raises(TypeError, match="trusted"):
        callbackgen.Settings(trusted=wrong)


def test_the_settings_trust_for_everybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `callbackgen.settings.trusted` names is dialled without another word."""
    assert callbackgen.settings.trusted == ()
    monkeypatch.setattr(callbackgen.settings, "trusted", ("10.0.0.0/8", "localhost"))
    assert is_dialled(at("10.9.9.9"), None)
    assert is_dialled(at("localhost"), None)
    assert not is_dialled(at("11.9.9.9"), None)


@pytest.mark.parametrize(
    ("called", "covered", "others"),
    [
        ("PYRO:s@Prices.example:1", ["PYRO:o@prices.example:2", f"PYRO:o@{HOST}:3"],
         ["PYRO:o@example:2", "PYRO:o@192.0.2.8:1", "PYRO:o@./u:Prices.example"]),
        ("PYRO:s@./u:/run/s", ["PYRO:o@./u:/run/s"],
         ["PYRO:o@./u:/run/t", "PYRO:o@127.0.0.1:1", "PYRO:o@localhost:1"]),
    ],
)  # fmt: skip
def test_an_answer_leads_to_where_was_called(
    called: str, covered: list[str], others: list[str]
) -> None:
    """By the name that was called, its IP or its socket, and nowhere else."""
    where = address_of(called)
    peer = "" if where.socket_name else PEER
    assert all(is_dialled(address_of(one), peer, called=where) for one in covered)
    assert not any(is_dialled(address_of(one), peer, called=where) for one in others)


@pytest.mark.parametrize(
    ("address", "peer", "trust", "said"),
    [
        (at("localhost"), PEER, (), r"a name, not the IP of the caller, 192\.0\.2\.7"),
        (
            at("10.0.0.1"),
            PEER,
            (),
            r"not that of the caller, 192.* name '10\.0\.0\.1' in",
        ),
        (at("10.0.0.1"), None, (), "there is no caller here"),
        (at("10.0.0.1"), "", (), "the caller has no IP"),
        (address_of("PYRO:a@./u:/x"), PEER, (), r"socket.* name 'PYRO:a@\./u:/x' in"),
        (at("10.0.0.1"), PEER, (), r"in trust= or in callbackgen\.settings\.trusted$"),
        (at("10.0.0.1"), PEER, None, r"' in callbackgen\.settings\.trusted$"),
    ],
)
def test_a_refusal_says_what_is_wrong_and_what_helps(
    address: Address, peer: object, trust: Any, said: str
) -> None:
    """It names the address, the reason, and what to write to have it dialled."""
    with pytest.raises(ValueError, match=said) as caught:
        check(address, peer, trust=trust)
    assert str(address) in str(caught.value)


def test_a_refusal_is_short_and_shows_no_signs() -> None:
    """What a peer has named is cut, and written in ASCII."""
    with pytest.raises(ValueError, match="is not dialled") as caught:
        check(at("\x1b[31m\u202e" + "x" * 2000), PEER)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 800


# Over the space of inputs

_ips = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6))
_hosts = st.one_of(
    _ips.map(str),
    _ips.map(lambda ip: ip.exploded),
    st.ip_addresses(v=4).map(lambda ip: str(int(ip))),
    st.ip_addresses(v=4).map(lambda ip: hex(int(ip))),
    st.ip_addresses(v=4).map(lambda ip: ".".join(f"{byte:o}" for byte in ip.packed)),
    st.ip_addresses(v=4).map(lambda ip: ".".join(f"{byte:03}" for byte in ip.packed)),
    st.from_regex(r"[0-9a-fx.]{1,15}", fullmatch=True),
    st.text(max_size=20),
)
_peers = st.one_of(
    st.tuples(st.ip_addresses(v=4).map(str), st.integers(1, 65535)),
    st.tuples(st.ip_addresses(v=6).map(str), st.integers(1, 65535), st.just(0), st.just(0)),
    st.tuples(
        st.ip_addresses(v=4).map(lambda ip: f"::ffff:{ip}"),
        st.integers(1, 65535), st.just(0), st.just(0),
    ),
)  # fmt: skip


def _address(host: str, port: int) -> Address | None:
    try:
        return at(host, port)
    except ValueError:
        return None  # no address of any kind


def _target(host: str) -> str | None:
    """Where the system connects to for a host that is a number to it, nothing else."""
    try:
        found = socket.getaddrinfo(
            host, 1, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST
        )
    except (OSError, ValueError):
        return None
    return str(found[0][4][0])


@given(host=_hosts, peer=_peers, port=st.integers(1, 65535))
def test_nothing_is_dialled_but_the_ip_of_the_peer(
    host: str, peer: tuple[Any, ...], port: int
) -> None:
    """What is let through is to the system itself that IP, with nothing looked up."""
    address = _address(host, port)
    if address is None or not is_dialled(address, peer):
        return
    target = _target(address.host)
    assert target is not None
    one, other = map(ipaddress.ip_address, (target, peer[0]))
    one, other = (getattr(ip, "ipv4_mapped", None) or ip for ip in (one, other))
    assert one == other


@given(ip=_ips, port=st.integers(1, 65535), exploded=st.booleans())
def test_the_ip_of_the_peer_is_always_dialled(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, exploded: bool
) -> None:
    """Whatever its IP, however that is written out."""
    peer = (str(ip), 5) if ip.version == 4 else (str(ip), 5, 0, 0)
    host = str(ip) if ip.version == 4 else _grouped(ip.packed, 4 if exploded else 1)
    assert is_dialled(at(host, port), peer)


def _grouped(packed: bytes, digits: int) -> str:
    """An IPv6 address in hexadecimal alone, which is all that Pyro5 takes."""
    groups = [packed[each : each + 2] for each in range(0, 16, 2)]
    return ":".join(f"{int.from_bytes(group):0{digits}x}" for group in groups)


@given(host=_hosts, entries=st.lists(_hosts, max_size=3))
def test_trust_covers_no_more_than_it_names(host: str, entries: list[str]) -> None:
    """What is trusted without a network is the same number, or the same text."""
    address = _address(host, 1)
    usable = [entry for entry in entries if _is_trustable(entry)]
    if address is None or not is_dialled(address, None, trust=usable):
        return
    targets = {_target(entry) for entry in usable} - {None}
    names = {entry.casefold() for entry in usable}
    assert address.host.casefold() in names or _target(address.host) in targets


def _is_trustable(entry: str) -> bool:
    try:
        trusted([entry])
    except ValueError:
        return False
    return "/" not in entry and ":" not in entry
