"""Whom the threads work for: clients, and the connections that each of them has.

A client is who `authenticate` says it is, or else where it connects from: with more
connections it does not get more threads. But many honest clients may come from one
address (a gateway, the same machine) or have one identity, which must not starve there
because of one of them. So threads are shared twice:

- between clients, in turn: one of several has at most half of the threads. One that is
  connected alone may have all but one, which is there for whoever comes;
- between the connections of a client, in turn: one of several has at most half of what
  its client may have, and one alone at most half of all threads.

Each may always have one thread.
"""

from __future__ import annotations

import threading
from weakref import WeakValueDictionary


class Client:
    """Who has one connection or several."""

    __slots__ = ("__weakref__", "_clients", "connections")

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self.connections = 0

    @property
    def is_alone(self) -> bool:
        """Whether no other client is connected."""
        return self._clients.connected <= (1 if self.connections else 0)

    def most(self, whole: int) -> int:
        """How much of something the client may have."""
        return max(whole - 1 if self.is_alone else whole // 2, 1)

    def most_for_each(self, whole: int) -> int:
        """How much of it one of its connections may have."""
        half = max(whole // 2, 1)
        return half if self.is_alone or self.connections <= 1 else (half + 1) // 2


class Share:
    """What one connection of a client gets done; tasks are submitted for it."""

    __slots__ = ("_text", "client")

    def __init__(self, client: Client, text: str) -> None:
        self.client = client
        self._text = text

    def __str__(self) -> str:
        return self._text


class Clients:
    """Those that are connected.

    A client stays known after its last connection while anything of it runs: who comes
    again does not begin anew.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: WeakValueDictionary[object, Client] = WeakValueDictionary()
        self.connected = 0

    def join(self, key: object, text: str = "") -> Share:
        """The share of one more connection of the client with that key.

        `text` says for people whose connection it is.

        Raises what comparing the key does, TypeError if it cannot be hashed.
        """
        with self._lock:
            client = self._known.get(key)
            if client is None:
                client = self._known[key] = Client(self)
            if not client.connections:
                self.connected += 1
            client.connections += 1
            return Share(client, text)

    def leave(self, share: Share) -> None:
        """The connection has ended. What it has left to be done still counts."""
        with self._lock:
            share.client.connections -= 1
            if not share.client.connections:
                self.connected -= 1
