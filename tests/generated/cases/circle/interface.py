"""Two Protocols that refer to each other."""

from __future__ import annotations

from typing import Protocol


class Client(Protocol):
    def attached(self, server: Server) -> str: ...


class Server(Protocol):
    def attach(self, client: Client) -> str: ...
    def name(self) -> str: ...
