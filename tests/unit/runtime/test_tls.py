"""TLS for one connection, without sockets: both ends back to back."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from Pyro5 import config, socketutil

from callbackgen.runtime.loop import Loop
from callbackgen.runtime.settings import Settings
from callbackgen.runtime.tls import Steps, Tls, client_context, server_context
from callbackgen.runtime.transport import Transport
from callbackgen.runtime.wire import Message

CERTIFICATES = Path(__file__).parents[2] / "system" / "tls"
CERTIFICATE = str(CERTIFICATES / "localhost.certificate.pem")
KEY = str(CERTIFICATES / "localhost.key.pem")
NAME = "localhost"
LARGE = 300_000
PATIENCE = 60.0


def serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE, KEY)
    return context


def trusting() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=CERTIFICATE)


SERVING = serving()
TRUSTING = trusting()


class Ends:
    """A client and a server, and what each has been told."""

    def __init__(
        self,
        name: str = NAME,
        *,
        of_client: ssl.SSLContext = TRUSTING,
        of_server: ssl.SSLContext = SERVING,
    ) -> None:
        self.client = Tls(of_client, name)
        self.server = Tls(of_server, None)
        self.told_client = b""
        self.told_server = b""
        self.client.begin()
        self.server.begin()

    def carry(self, size: int = LARGE * 2) -> bytes:
        """Carry bytes, so many at a time, while there are some; gives all of them."""
        carried = b""
        while True:
            up, down = self.client.take(), self.server.take()
            if not up and not down:
                return carried
            carried += up + down
            for piece in pieces(up, size):
                self.told_server += self.server.received(piece)
            for piece in pieces(down, size):
                self.told_client += self.client.received(piece)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def shaken() -> Ends:
    """Both ends after their handshake."""
    ends = Ends()
    ends.carry()
    return ends


@pytest.mark.parametrize("size", [1, 1000, 64 * 1024, LARGE])
def test_bytes_go_both_ways(size: int) -> None:
    """However much at once, more than a record of TLS or one look has."""
    ends = shaken()
    up, down = b"u" * size, b"d" * size
    ends.client.send(up)
    ends.server.send(down)
    ends.carry()
    assert ends.told_server == up
    assert ends.told_client == down


@pytest.mark.parametrize("size", [1, 5, 100])
def test_bytes_arrive_however_they_are_cut(size: int) -> None:
    """The handshake too."""
    ends = Ends()
    ends.client.send(b"question")
    ends.server.send(b"answer")
    ends.carry(size)
    assert (ends.told_server, ends.told_client) == (b"question", b"answer")


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=200)), max_size=20))
def test_nothing_is_lost(said: list[tuple[bool, bytes]]) -> None:
    """In order in either direction, whether said before the handshake or after."""
    ends = Ends()
    for number, (by_client, data) in enumerate(said):
        (ends.client if by_client else ends.server).send(data)
        if number == len(said) // 2:
            ends.carry(50)
    ends.carry(50)
    assert ends.told_server == b"".join(data for by, data in said if by)
    assert ends.told_client == b"".join(data for by, data in said if not by)


def test_what_is_said_before_the_handshake_waits_for_it() -> None:
    """Nothing of it leaves before, and it goes in order once it can."""
    ends = Ends()
    hello = ends.client.take()
    assert hello
    for data in (b"one ", b"two ", b"three"):
        ends.client.send(data)
    assert ends.client.take() == b""
    assert ends.server.received(hello) == b""
    ends.carry()
    assert ends.told_server == b"one two three"


def test_what_is_carried_cannot_be_read() -> None:
    """Nobody in between sees it."""
    ends = Ends()
    ends.client.send(b"a secret of the client")
    ends.server.send(b"a secret of the server")
    carried = ends.carry()
    ends.client.send(b"a secret of the client")
    carried += ends.carry()
    assert ends.told_server == b"a secret of the client" * 2
    assert ends.told_client == b"a secret of the server"
    assert b"secret" not in carried


@pytest.mark.parametrize("data", [b"PYRO" + bytes(36), b"GET / HTTP/1.1\r\n\r\n"])
def test_what_is_no_tls_is_refused(data: bytes) -> None:
    """By either end, as soon as it is clear."""
    for end in (Ends().server, Ends().client):
        with pytest.raises(ssl.SSLError):
            end.received(data)


def test_bytes_that_were_changed_are_refused() -> None:
    """Nothing of what they said is given."""
    ends = shaken()
    ends.client.send(b"pay 1")
    changed = bytearray(ends.client.take())
    changed[-1] ^= 1
    with pytest.raises(ssl.SSLError):
        ends.server.received(bytes(changed))


@pytest.mark.parametrize("name", ["127.0.0.1", "example.org", "localhost.example.org"])
def test_a_certificate_of_another_name_is_refused(name: str) -> None:
    """The server is not told what the client has said already."""
    ends = Ends(name)
    ends.client.send(b"a secret")
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate"):
        ends.carry()
    assert ends.told_server == b""
    with pytest.raises(ssl.SSLError):
        ends.carry()
    assert ends.told_server == b""


def test_a_certificate_that_nobody_trusts_is_refused() -> None:
    """A client without its authority does not go on."""
    stranger = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with pytest.raises(ssl.SSLCertVerificationError):
        Ends(of_client=stranger).carry()


def test_a_client_without_a_certificate_is_refused_where_one_is_needed() -> None:
    """One that has it is let in."""
    asking = serving()
    asking.verify_mode = ssl.CERT_REQUIRED
    asking.load_verify_locations(CERTIFICATE)
    with pytest.raises(ssl.SSLError):
        Ends(of_server=asking).carry()
    known = trusting()
    known.load_cert_chain(CERTIFICATE, KEY)
    ends = Ends(of_client=known, of_server=asking)
    ends.client.send(b"it is me")
    ends.carry()
    assert ends.told_server == b"it is me"


def test_the_end_of_tls_is_no_error() -> None:
    """What the other end said before it closes its side is given."""
    ends = shaken()
    ends.client.send(b"goodbye")
    with pytest.raises(ssl.SSLWantReadError):
        ends.client.ssl.unwrap()
    ends.carry()
    assert ends.told_server == b"goodbye"


def test_without_pyros_tls_there_is_no_context(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pyro5's own setting decides, for clients and servers."""
    monkeypatch.setattr(config, "SSL", False)
    assert server_context() is None
    assert client_context() is None


class Turns:
    """A loop of which each turn is run by hand, as `Loop` does."""

    def __init__(self) -> None:
        self.actions: list[Callable[[], object]] = []

    def soon(self, action: Callable[[], object]) -> None:
        self.actions.append(action)

    def run(self) -> None:
        actions, self.actions = self.actions, []
        for action in actions:
            action()


def test_some_steps_in_each_turn() -> None:
    """The others wait, in order, and all are taken, those that come meanwhile too."""
    loop, taken = Turns(), list[int]()
    steps = Steps(cast(Any, loop))
    for first in (0, 30):
        for number in range(first, first + 30):
            steps.add(partial(taken.append, number))
        while len(taken) < first + 20 or (first and loop.actions):
            before = len(taken)
            loop.run()
            assert len(taken) - before <= 8
    assert taken == list(range(60))


class Counting(Tls):
    """One that counts the steps of all of them."""

    __slots__ = ("_steps",)

    def __init__(self, steps: list[int]) -> None:
        super().__init__(SERVING, None)
        self._steps = steps

    def received(self, data: bytes) -> bytes:
        self._steps.append(1)
        return super().received(data)


class Stranger:
    """A client that says its first words before the server looks at it."""

    def __init__(self, loop: Loop, turns: Steps, steps: list[int]) -> None:
        ours, self.socket = socket.socketpair()
        ours.setblocking(False)
        self.socket.settimeout(PATIENCE)
        self.server = Transport(loop, ours, Settings(), lambda _: LARGE)
        self.server.secure(Counting(steps), turns)
        self.client = Tls(TRUSTING, NAME)
        self.client.begin()
        self.socket.sendall(self.client.take())

    def start(self) -> None:
        self.server.start(self)

    def received(self, message: Message) -> None: ...

    def lost(self, reason: str) -> None: ...

    def shake(self) -> None:
        while not self.client.is_shaken:
            self.client.received(self.socket.recv(LARGE))
            self.socket.sendall(self.client.take())

    @property
    def is_shaken(self) -> bool:
        return self.server.tls is not None and self.server.tls.is_shaken


def test_a_flood_of_handshakes_leaves_turns_to_others() -> None:
    """Many that come at once make few steps between two looks at the sockets."""
    loop, steps, looks = Loop("the tested loop"), list[int](), list[int]()
    turns, all_shaken = Steps(loop), threading.Event()
    strangers = [Stranger(loop, turns, steps) for _ in range(40)]

    def look() -> None:
        looks.append(len(steps))
        steps.clear()
        if all(one.is_shaken for one in strangers):
            all_shaken.set()
        else:
            loop.soon(look)

    for one in strangers:
        loop.soon(one.start)
    loop.soon(look)
    for one in strangers:
        one.shake()
    assert all_shaken.wait(PATIENCE)
    assert 0 < max(looks) <= 8
    for one in strangers:
        one.server.close("the test is over")
    loop.end()
    for one in strangers:
        one.socket.close()


def test_a_server_has_nothing_before_the_first_byte() -> None:
    """OpenSSL takes much for each connection, and strangers make many."""
    server = Tls(SERVING, None)
    server.begin()
    assert server.take() == b""
    assert server._ssl is None  # pyright: ignore[reportPrivateUsage]


def test_a_client_cannot_shake_hands_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each handshake costs the server far more than the client."""

    def made(**_: object) -> ssl.SSLContext:
        return serving()

    monkeypatch.setattr(config, "SSL", True)
    monkeypatch.setattr(config, "SSL_SERVERCERT", CERTIFICATE)
    monkeypatch.setattr(socketutil, "get_ssl_context", made)
    context = server_context()
    assert context is not None
    assert context.options & ssl.OP_NO_RENEGOTIATION


def test_threads_that_connect_at_once_get_a_context_that_is_complete(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Pyro5 hands out what another thread is still making: one makes it at a time."""
    together = threading.Barrier(2)

    def made(**_: object) -> ssl.SSLContext:
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(0.2)
            pytest.fail("two were making it")
        return trusting()

    monkeypatch.setattr(config, "SSL", True)
    monkeypatch.setattr(socketutil, "get_ssl_context", made)
    with ThreadPoolExecutor(2) as threads:
        both = [threads.submit(client_context) for _ in range(2)]
        assert all(context.result() for context in both)
