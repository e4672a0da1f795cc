"""Objects as users write them: they fit the template's Protocols, and no more."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from templates.example import EVERYTHING

if TYPE_CHECKING:
    from templates.example import Peer


class Listening:
    """A Peer that remembers what it was told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notify(self, text: str) -> None:
        self.texts.append(text)


class Plain:
    """An Example, as a user writes one: of no base class, with no decorator."""

    def __init__(self) -> None:
        self.level = 3
        self.seen: list[object] = []
        self.told_all = threading.Event()
        self.loops: list[asyncio.AbstractEventLoop] = []

    @property
    def label(self) -> str:
        return "plain"

    @property
    def old_label(self) -> str:
        return "old"

    def changed(self, symbol: str, price: float, *, final: bool = False) -> bool:
        self.seen.append((symbol, price, final))
        return final

    def told(self, text: str) -> None:
        self.seen.append(text)
        if text == "last":
            self.told_all.set()

    def confirm(self, question: str) -> bool:
        return question == "yes?"

    def attach(self, peer: Peer) -> Peer:
        peer.notify("attached")
        self.seen.append(type(peer))
        return peer

    def limited(self, count: int = EVERYTHING) -> list[int]:
        return [count]

    def convert(self, value: Any) -> Any:
        return value

    async def later(self, count: int) -> str:
        self.loops.append(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return "x" * count

    async def convert_later(self, value: Any) -> Any:
        return value

    async def limited_later(self, count: int = EVERYTHING) -> list[int]:
        return [count]

    def get(self, key: str, default: int | None = None) -> Any:
        return key if default is None else default

    async def get_later(self, key: str, default: int | None = None) -> Any:
        return key if default is None else default

    def old(self, symbol: str) -> None:
        self.seen.append(symbol)

    def __call__(self, event: str) -> bool:
        return event == "go"
