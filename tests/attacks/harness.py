"""What attacks are written with, and what has to hold while they go on.

An attack is a function with a docstring, which is given an `Attacker` and uses the
sockets and peers that this makes. It ends when the server has closed the connection, or
whenever it likes; that the server hangs up on it is no error::

    TABLE = Table()

    @TABLE.attack("not connected: not Pyro5's protocol")
    def another_protocol(attacker: Attacker) -> None:
        '''A client of something else, such as a web browser.'''
        attacker.peer().send(b"GET / HTTP/1.1")

The text is a regular expression for the log line that says why; None for an attack that
is just served, until it leaves. The attack is undergone over TCP and over TLS, unless
`over` names one alone, by the tests of a file with::

    @pytest.mark.parametrize(("attack", "transport"), TABLE.cases())
    def test_an_attack(arena: Arena, attack: Attack, transport: str) -> None:
        arena.undergo(transport, attack).check()

While it goes on, honest clients call, are called back and come anew. `Outcome.check`
says what must hold then: no error for them, no more memory, nothing that is left, the
line in the log. An attack that has to wait, for the server to lose patience say, is
marked with ``waits=True``: all of these go on side by side, in one test.

Each attacker has an address of its own (Linux has all of 127.0.0.0/8), as a stranger
has, so that the log has a line for each.
"""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from callbackgen.runtime import wire
from tests.attacks.honest import Seen
from tests.attacks.processes import Honest, Server, attacked
from tests.attacks.server import CERTIFICATE
from tests.system.edges.hall import PATIENCE, reached
from tests.system.edges.peer import Peer

TCP = "TCP"
TLS = "TLS"
BOTH = (TCP, TLS)

SETTINGS: dict[str, Any] = {"handshake": 3.0, "blocked": 3.5, "deadline": 5.0}
"""Those of the attacked server. An honest client needs a hundredth of that."""

MEMORY = 32 * 1024
"""KiB that an attack may cost at most."""

WORST = 3.0
"""Seconds that an honest call may take on a machine that is busy with something else.

It is far less than what a server takes that is held up. `benchmarks.attacks` asks for
much less, on a quiet machine."""

A_SECOND = 1000
"""Messages or connections that an attacker makes at most."""

_hosts = itertools.count(1)
_MORE = re.compile(r" \((and )?\d+ more like it\)$")
_CAME_OR_LEFT = "(connected|the connection ended: the other end closed the connection)"
_HUNG_UP = (ConnectionError, ssl.SSLError, EOFError)


class Attacker:
    """One stranger. What it opens is closed when the attack is over."""

    def __init__(self, server: Server, transport: str) -> None:
        number = next(_hosts)
        self.host = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.server = server
        self.transport = transport
        self._opened = contextlib.ExitStack()

    def dial(self, *, buffer: int = 0) -> socket.socket:
        """A connected socket, without TLS. The system keeps `buffer` bytes unread."""
        made = self._opened.enter_context(socket.socket())
        if buffer:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        made.settimeout(PATIENCE)
        made.bind((self.host, 0))
        made.connect(("127.0.0.1", self.server.port))
        return made

    def socket(self, *, buffer: int = 0) -> socket.socket:
        """A connected socket, where it is due after the handshake of TLS."""
        made = self.dial(buffer=buffer)
        if self.transport == TCP:
            return made
        context = ssl.create_default_context(cafile=CERTIFICATE)
        secured = context.wrap_socket(made, server_hostname="localhost")
        return self._opened.enter_context(secured)

    def peer(self, *, buffer: int = 0) -> Peer:
        """One that speaks by hand, before our handshake."""
        return Peer(self.socket(buffer=buffer))

    def connected(self, *, buffer: int = 0) -> Peer:
        """The same, when it has been let in as one of ours."""
        peer = self.peer(buffer=buffer)
        peer.greet()
        return peer

    def ordinary(self, *, buffer: int = 0) -> Peer:
        """The same, as an ordinary Pyro5 client of the server's object `open`."""
        peer = self.peer(buffer=buffer)
        greeting = b'{"handshake": "hello", "object": "open"}'
        peer.send(wire.encoded(wire.CONNECT, 0, greeting, serializer=wire.JSON))
        assert peer.next().kind == wire.CONNECT_OK
        return peer

    def paced(self, seconds: float, a_second: int = A_SECOND) -> Iterator[int]:
        """Count for so long, once at least, and not faster than that."""
        begun = time.monotonic()
        for number in self.counted(int(seconds * a_second), a_second):
            yield number
            if time.monotonic() - begun > seconds:
                return

    def counted(self, count: int, a_second: int = A_SECOND) -> Iterator[int]:
        """Count so far, and not faster than that."""
        begun = time.monotonic()
        for number in range(count):
            time.sleep(max(begun + number / a_second - time.monotonic(), 0))
            yield number

    def close(self) -> None:
        """Close what it has opened."""
        self._opened.close()


Act: TypeAlias = Callable[[Attacker], object]


@dataclass(frozen=True, slots=True)
class Attack:
    """What strangers do, and what the log says of it."""

    act: Act
    says: str | None
    over: tuple[str, ...]
    waits: bool
    repeated: bool
    """Whether more than one line may say so: it is done again and again."""

    @property
    def name(self) -> str:
        return self.act.__name__.replace("_", " ")


@dataclass(slots=True)
class Table:
    """The attacks of a file."""

    attacks: list[Attack] = field(default_factory=list[Attack])

    def attack(
        self,
        says: str | None,
        *,
        over: tuple[str, ...] = BOTH,
        waits: bool = False,
        repeated: bool = False,
    ) -> Callable[[Act], Act]:
        """Enter a function as an attack; see this module."""

        def enter(act: Act) -> Act:
            assert act.__doc__, f"{act.__name__} does not say what it does"
            self.attacks.append(Attack(act, says, over, waits, repeated))
            return act

        return enter

    def cases(self) -> list[Any]:
        """The parameters ``attack, transport`` of a test."""
        return [
            pytest.param(one, transport, id=f"{one.name}, {transport}")
            for one in self.attacks
            for transport in one.over
            if not one.waits
        ]

    def waiting(self, transport: str) -> list[Attack]:
        """Those that go on side by side."""
        return [one for one in self.attacks if one.waits and transport in one.over]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an attack, or some of them side by side, came to."""

    seen: Seen
    memory: int | None
    """KiB that the server had more than before, at the worst; None: not known."""
    lines: list[tuple[Attack, list[str]]]
    """What the log says of each attack."""
    failures: list[str]
    """Lines of the log that speak of an error inside the server."""
    left: str
    """What was not there before."""
    again: bool
    """Whether the attacks began anew, so that the log may say it again."""

    def check(self) -> None:
        """Hold what is promised to honest clients and to who runs the server."""
        seen, memory = self.seen, self.memory
        assert not seen.errors, f"errors of honest clients: {seen.errors}"
        assert seen.newcomers, "nobody new got in"
        worst = max(*seen.calls, *seen.newcomers) - seen.stopped
        assert worst < WORST, f"an honest client waited for {worst:.1f} s"
        assert not self.failures, f"errors inside the server: {self.failures}"
        assert not self.left, f"left: {self.left}"
        assert memory is None or memory <= MEMORY, f"{memory:,} KiB more"
        for attack, lines in self.lines:
            if attack.says is None:
                assert not lines, f"the log speaks of {attack.name}: {lines}"
                continue
            assert lines, f"the log says nothing of {attack.name}"
            unexpected = [one for one in lines if not re.fullmatch(attack.says, one)]
            assert not unexpected, f"the log speaks of something else: {unexpected}"
            is_once = attack.repeated or self.again or len(lines) == 1
            assert is_once, f"the log says it {len(lines)} times: {lines}"


class Arena:
    """The servers that the attacks of a file go to, each made when it is needed."""

    def __init__(self, folder: Path, open_for: contextlib.ExitStack) -> None:
        self._folder = folder
        self._open_for = open_for
        self._made: dict[str, tuple[Server, Honest]] = {}

    def ends(self, transport: str) -> tuple[Server, Honest]:
        """The server of a transport, and its honest clients."""
        if transport not in self._made:
            made = attacked(transport, SETTINGS, self._folder)
            self._made[transport] = self._open_for.enter_context(made)
        return self._made[transport]

    def undergo(
        self, transport: str, *attacks: Attack, calls: int = 30, again: bool = False
    ) -> Outcome:
        """Undergo attacks side by side, during at least so many honest calls.

        With `again`, each begins anew until there were so many.
        """
        server, honest = self.ends(transport)
        begun, files, threads = len(server.lines()), server.descriptors, server.threads
        before = server.forget_peak()
        attackers = [Attacker(server, transport) for _ in attacks]
        said = [_Said(server, begun, one.host) for one in attackers]
        honest.begin()
        try:
            assert reached(lambda: honest.calls > 0)
            with ThreadPoolExecutor(len(attacks) or 1) as pool:
                list(pool.map(_act, attacks, attackers))
            while again and honest.calls < calls:
                for attack, by in zip(attacks, attackers, strict=True):
                    by.close()
                    time.sleep(1 / A_SECOND)
                    _act(attack, by)
            for attack, heard in zip(attacks, said, strict=True):
                if attack.says is not None:
                    heard.wait()
            assert reached(lambda: honest.calls >= calls)
            peak = server.peak
        finally:
            for by in attackers:
                by.close()
            seen = honest.end()
        is_back = reached(
            lambda: server.descriptors <= files and server.threads <= threads
        )
        now = f"{server.descriptors} files, {server.threads} threads"
        lines = server.lines()[begun:]
        return Outcome(
            seen,
            None if before is None else peak - before,
            [(one, heard.lines()) for one, heard in zip(attacks, said, strict=True)],
            [one for one in lines if not re.match("INFO |WARNING ", one)],
            "" if is_back else f"{now}; there were {files} and {threads}",
            again,
        )


def _act(attack: Attack, attacker: Attacker) -> None:
    with contextlib.suppress(*_HUNG_UP):
        attack.act(attacker)


class _Said:
    """What the log has said of an attacker, beside that it has come and left."""

    def __init__(self, server: Server, begun: int, host: str) -> None:
        self._server = server
        self._begun = begun
        self._about = re.compile(
            rf"[A-Z]+ {re.escape(host)}(?::\d+)?: (?!{_CAME_OR_LEFT}$)(.*)"
        ).fullmatch

    def wait(self) -> None:
        """Until there is something; `Outcome.check` says so if there is not."""
        reached(lambda: bool(self.lines()))

    def lines(self) -> list[str]:
        """It, without who it was."""
        found = map(self._about, self._server.lines()[self._begun :])
        return [_MORE.sub("", one[2]) for one in found if one]
