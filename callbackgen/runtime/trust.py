"""Which addresses are dialled that a peer over stock Pyro5 has named.

A peer can name any place that this process can reach. Its own host is dialled: the
literal IP that its connection comes from, so that nothing is looked up for it. Any
other has to be trusted by name.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias, cast

from callbackgen.runtime.address import Address, address_of
from callbackgen.runtime.settings import settings

_IP: TypeAlias = IPv4Address | IPv6Address
_NAME = re.compile(r"[\w-]+(\.[\w-]+)*\.?")


def check(
    address: Address,
    peer: object,
    *,
    called: Address | None = None,
    trust: Iterable[str] | None = None,
) -> None:
    """Raises ValueError for an address that is not to be dialled.

    Those are that are neither on the host of the peer nor in `trust` nor trusted by
    the settings. `peer` is what a socket says of where the peer is, and `called` the
    address at which it was called, if it was. `trust` is None where users cannot say.
    """
    granted = trusted(settings.trusted), trusted(() if trust is None else trust)
    if _is_at(address, peer) or (called is not None and _is_beside(address, called)):
        return
    if any(each.covers(address) for each in granted):
        return
    whose = "the caller" if called is None else "the called daemon"
    hint = _hint(address, "in trust= or " if trust is not None else "")
    raise ValueError(f"{_refusal(address, peer, whose)}. {hint}")


class Trusted:
    """Hosts and addresses that are dialled whoever names them."""

    def __init__(self, texts: tuple[str, ...]) -> None:
        self._ips: set[_IP] = set()
        self._networks: list[IPv4Network | IPv6Network] = []
        self._names: set[str] = set()
        self._addresses: set[Address] = set()
        for text in texts:
            self._add(text)

    def _add(self, text: str) -> None:
        ip = _ip_of(text)
        if ip is not None:
            self._ips.add(ip)
        elif text[:5].upper() == "PYRO:":
            self._addresses.add(address_of(text))
        elif _is_name(text):
            self._names.add(text.casefold())
        else:
            self._networks.append(_network_of(text))

    def covers(self, address: Address) -> bool:
        """Whether an address is among them, or its host is."""
        if address in self._addresses:
            return True
        if address.socket_name is not None:
            return False
        ip = _ip_of(address.host)
        if ip is None:
            return address.host.casefold() in self._names
        return ip in self._ips or any(ip in network for network in self._networks)


def trusted(texts: object) -> Trusted:
    """What is trusted by those names.

    Each is an IP address, a network (``10.0.0.0/8``), the name of a host or a whole
    address (``PYRO:name@./u:/a/path``). Raises ValueError for any other text, TypeError
    for what is no list of texts.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        raise TypeError(f"what is trusted is a list of texts, not {texts!r}")
    given = tuple(cast("Iterable[object]", texts))
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"what is trusted is named by texts, not by {text!r}")
    return _trusted(cast("tuple[str, ...]", given))


_trusted = functools.lru_cache(maxsize=128)(Trusted)


def host_of(address: Address) -> object:
    """What the addresses on one host have in common, however they are written."""
    return address.socket_name or _ip_of(address.host) or address.host.casefold()


def _is_name(text: str) -> bool:
    """Whether it is the name of a host, and not an IP address in another spelling."""
    last = text.rstrip(".").rpartition(".")[2]
    return _NAME.fullmatch(text) is not None and not last[:1].isdigit()


def _network_of(text: str) -> IPv4Network | IPv6Network:
    if "/" in text:
        with contextlib.suppress(ValueError):
            return ipaddress.ip_network(text)
    raise ValueError(
        f"{text!r} cannot be trusted: it is neither an IP address nor a network "
        "(10.0.0.0/8) nor the name of a host nor an address (PYRO:name@host:port)"
    )


def _ip_of(host: str) -> _IP | None:
    """The IP address that a text spells out in full; None for a name.

    The system takes other spellings too (``127.1``): these are names here.
    """
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.scope_id is None:
        return found.ipv4_mapped or found
    return found


def _is_at(address: Address, peer: object) -> bool:
    """Whether the host of an address is the one that a socket names."""
    if address.socket_name is not None:
        return False
    ip = _ip_of(address.host)
    return ip is not None and ip == _ip_in(peer)


def _ip_in(peer: object) -> _IP | None:
    """The IP address in what a socket says; of an IPv6 one with its interface."""
    match peer:
        case (str(host), int()):
            return _ip_of(host)
        case (str(host), int(), int(), int(scope)):
            return _ip_of(f"{host}%{scope}" if scope else host)
        case _:
            return None


def _is_beside(address: Address, called: Address) -> bool:
    """Whether an address is on the host, or the socket, of one that was called."""
    if called.socket_name is not None:
        return address.socket_name == called.socket_name
    return (
        address.socket_name is None
        and address.host.casefold() == called.host.casefold()
    )


def _refusal(address: Address, peer: object, whose: str) -> str:
    ip = _ip_in(peer)
    if address.socket_name is not None:
        what = "it is a Unix domain socket"
    elif peer is None:
        what = "there is no caller here, whose host it could be"
    elif ip is None:
        what = f"{whose} has no IP, with which its host could be compared"
    elif _ip_of(address.host) is None:
        what = f"its host is a name, not the IP of {whose}, {ip}"
    else:
        what = f"its host is not that of {whose}, {ip}"
    return f"{str(address)[:200]!a} is not dialled: {what}"


def _hint(address: Address, where: str) -> str:
    host = str(address) if address.socket_name is not None else address.host
    return f"If it is to be, name {host[:200]!a} {where}in callbackgen.settings.trusted"
