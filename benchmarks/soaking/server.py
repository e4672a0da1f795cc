"""The soak's server: ``python -m benchmarks.soaking.server PARENT CERTIFICATE KEY``.

It prints its addresses, then a line of what it holds for each line that it reads.
"""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import sys
import threading
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import msgspec
import Pyro5.api

import callbackgen
from benchmarks.soaking import faults, holdings
from benchmarks.soaking.diary_remote import DiaryWrapper
from benchmarks.soaking.market import Diary, Market, Plain
from benchmarks.soaking.market_remote import MarketWrapper
from benchmarks.soaking.messages import Addresses, Holdings, Numbers
from benchmarks.soaking.parents import end_with
from callbackgen.runtime import workers

if TYPE_CHECKING:
    from benchmarks.soaking.faults import Tell

SETTINGS = callbackgen.Settings(
    deadline=60, handshake=60, blocked=60, heartbeat=2, dead_after=6
)
"""Silence is noticed soon, since clients are stopped often; nobody else has to hurry,
since a busy machine is no fault."""

PACE = 0.5
"""Seconds from one event to the next."""

IDLE = 1.0
"""Seconds after which a thread without work ends; else 10, for which the soak waits."""

STREAMS_LINGER = 1.0
"""Seconds that Pyro5 keeps an item stream for a client that is gone; by default 30."""


def main(parent: str, certificate: str, key: str) -> None:
    """Serve until stdin ends."""
    end_with(int(parent))
    faulthandler.register(signal.SIGUSR1)
    seen: list[str] = []
    faults.watch(seen.append)
    config: Any = Pyro5.config
    config.SSL_SERVERCERT, config.SSL_SERVERKEY = certificate, key
    config.ITER_STREAM_LINGER = STREAMS_LINGER
    workers.__dict__["_IDLE"] = IDLE
    market = Market(seen.append, PACE)
    with (
        _serving(market, seen.append, tls=False) as plain,
        _serving(market, seen.append, tls=True) as tls,
    ):
        daemons = {"TCP": plain, "TLS": tls}
        market.start()
        try:
            _say(Addresses(_address(plain), _address(tls)))
            for _ in sys.stdin:
                _say(_holdings(market, daemons, seen))
        finally:
            market.stop()


@contextlib.contextmanager
def _serving(market: Market, tell: Tell, *, tls: bool) -> Generator[callbackgen.Daemon]:
    """A daemon, which reads in the configuration whether it has TLS when it is made."""

    def made(_: object) -> DiaryWrapper:
        return DiaryWrapper(Diary(tell))

    config: Any = Pyro5.config
    config.SSL = tls
    with callbackgen.Daemon(host="localhost", settings=SETTINGS) as daemon:
        daemon.register(MarketWrapper(market), "market")
        daemon.register(Plain(), "plain")
        session: Any = Pyro5.api.behavior(
            instance_mode="session",
            instance_creator=made,
        )
        daemon.register(session(DiaryWrapper), "diary", force=True)
        loop = threading.Thread(target=daemon.requestLoop, name="requestLoop")
        loop.start()
        try:
            yield daemon
        finally:
            daemon.shutdown()
            loop.join()


def _address(daemon: callbackgen.Daemon) -> str:
    return str(daemon.uriFor("market"))


def _holdings(
    market: Market, daemons: dict[str, callbackgen.Daemon], seen: list[str]
) -> Holdings:
    found = holdings.objects()
    return Holdings(
        threads=holdings.threads(),
        descriptors=holdings.descriptors(),
        objects=found,
        blocks=holdings.blocks(),
        resident=holdings.resident(),
        daemons={name: _numbers(daemon) for name, daemon in daemons.items()},
        happened=market.happened,
        faults=list(seen),
    )


def _numbers(daemon: callbackgen.Daemon) -> Numbers:
    said = daemon.statistics()
    return Numbers(
        connections=said.connections,
        connected=said.connected,
        calls_made=said.calls_made,
        calls_received=said.calls_received,
        timeouts=said.timeouts,
        closed=said.closed,
    )


def _say(what: Addresses | Holdings) -> None:
    print(msgspec.json.encode(what).decode(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
