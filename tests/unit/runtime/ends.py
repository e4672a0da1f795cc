"""Two ends of a connection, joined by bytes alone."""

from __future__ import annotations

from callbackgen.runtime.channel import Channel, Pending, Turn
from callbackgen.runtime.lanes import NO_CHAIN, Incoming, Key
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.wire import Message, Receiver

CALLBACK = 7
REFERENCE = b"\x40\x93\xc2"
"""How a reference begins."""


class End:
    """A channel, and the messages that arrive for it."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        self.channel = Channel(self.settings, 0.0)
        self._receiver = Receiver(lambda _: self.settings.message_size)

    def hear(self, *data: bytes, now: float = 0.0) -> Turn:
        """Takes what the other end has sent, and gives what follows from it."""
        for part in data:
            self._receiver.feed(part)
            while (message := self._receiver.take()) is not None:
                self.channel.receive(message, now)
        return self.channel.take()

    def may_call(self) -> bool:
        return self.channel.may_call

    def may_send_oneway(self) -> bool:
        return self.channel.may_send_oneway

    def call(
        self,
        key: Key = CALLBACK,
        payload: bytes = b"",
        *,
        chain: int = NO_CHAIN,
        milliseconds: int = 0,
    ) -> tuple[Pending, bytes]:
        """A call of a new chain, or inside of one that came from the other end."""
        is_nested = chain != NO_CHAIN
        chain = chain or self.channel.new_chain()
        return self.channel.call(key, chain, milliseconds, payload, nested=is_nested)

    def oneways(self, number: int, key: Key = CALLBACK, payload: bytes = b"") -> bytes:
        """Calls without an answer."""
        sent = [self.channel.oneway(key, NO_CHAIN, payload) for _ in range(number)]
        return b"".join(sent)

    def take_oneway(self, incoming: Incoming) -> Turn:
        """Runs a call without an answer, and gives what follows from that."""
        self.channel.begun(incoming)
        self.channel.read(incoming.ordinal)
        self.channel.ended(incoming)
        return self.channel.take()


def answer(pending: Pending) -> Message:
    """The answer that has come for a call."""
    found = pending.items.get_nowait()
    assert isinstance(found, Message)
    assert pending.items.empty()
    return found


def nested(pending: Pending) -> Incoming:
    """The call that has come to be run by who waits for an answer."""
    found = pending.items.get_nowait()
    assert isinstance(found, Incoming)
    return found
