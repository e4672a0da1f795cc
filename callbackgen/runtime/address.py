"""Where an object is: the only thing that is kept of a reference that arrives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import Pyro5.errors
from Pyro5.client import Proxy
from Pyro5.core import URI

if TYPE_CHECKING:
    from typing import TypeAlias

Source: TypeAlias = "str | URI | Proxy | Address"
"""What an address is made from."""

_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class Address:
    """A direct Pyro5 address; two are equal if their texts are.

    `socket_name` is the name of a Unix domain socket, without which `host` and
    `port` say where the object is.
    """

    text: str
    object_id: str = field(compare=False)
    host: str = field(compare=False)
    port: int = field(compare=False)
    socket_name: str | None = field(compare=False)

    def __str__(self) -> str:
        return self.text

    def as_proxy(self) -> dict[str, object]:
        """The form in which Pyro5's serializers send a Proxy, knowing no members."""
        state = (self.text, (), (), (), "hello", None)
        return {"__class__": "Pyro5.client.Proxy", "state": state}


def address_of(source: object, *, of_peer: bool = False) -> Address:
    """The address in a Proxy, a URI or its text; `of_peer`: that a peer has named.

    Raises TypeError for anything else, ValueError for an address that is not a
    direct one.
    """
    if isinstance(source, Address):
        return source
    if not isinstance(source, str | URI | Proxy):
        raise TypeError(
            "an address is a Pyro5 Proxy, a URI or its text (PYRO:name@host:port), "
            f"not {type(source).__name__}"
        )
    return _parse(_text(source), of_peer=of_peer)


def address_in_state(class_name: str, state: object) -> Address | None:
    """The address in what a serializer made of a Proxy or URI, or None for neither.

    Raises ValueError where the state is not that of a Proxy or URI.
    """
    if class_name == "Pyro5.client.Proxy":
        if isinstance(state, tuple | list) and state and isinstance(state[0], str):
            return _parse(state[0], of_peer=True)
        raise ValueError("a reference without an address")
    if class_name == "Pyro5.core.URI":
        uri: Any = URI.__new__(URI)
        try:
            uri.__setstate__(state)
        except (TypeError, ValueError):
            raise ValueError("a reference without an address") from None
        return _parse(_text(uri), of_peer=True)
    return None


def _text(source: Any) -> str:
    uri = vars(source).get("_pyroUri") if isinstance(source, Proxy) else source
    try:
        return str(uri)
    except TypeError:  # a peer decides what stands in a URI that it sends
        raise ValueError("a reference without an address") from None


def _parse(text: str, *, of_peer: bool) -> Address:
    if len(text) > _LONGEST:
        raise ValueError(f"an address of {len(text)} characters")
    try:
        uri: Any = URI(text)
    except Pyro5.errors.PyroError as error:
        raise ValueError(
            f"{text!r} is not an address (PYRO:name@host:port): {error}"
        ) from None
    if uri.protocol != "PYRO":
        raise ValueError(
            f"{text!r}, which would have to be looked up: that is not done for a peer, "
            "who has to pass a PYRO: address"
            if of_peer
            else f"{text!r} has to be looked up first: pass Pyro5.api.resolve(...) "
            "of it"
        )
    if uri.sockname is None and not 0 < uri.port < 0x10000:
        raise ValueError(f"{text!r} has the port {uri.port}, not one of 1 to 65535")
    return Address(
        str(uri), uri.object, uri.host or "", uri.port or 0, uri.sockname or None
    )
