"""Whether anything is left of clients that die: ``python -m benchmarks.soak``."""

from __future__ import annotations

import queue
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import click

from benchmarks.soaking import verdict
from benchmarks.soaking.control import Control
from benchmarks.soaking.deaths import CLIENTS, KINDS, Crews, ending
from benchmarks.soaking.messages import Holdings
from benchmarks.soaking.processes import Server

RESULT = Path(__file__).parent / "results" / "soak.md"

WARM_UP = 0.1
"""How long clients come and die before the memory is looked at first, as a part of the
time that they do it afterwards."""

REST = 60.0
"""Seconds that the server may take to come to rest when its clients have left."""

TICK = 0.05

Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is done: seconds, clients, and seconds from one death to the next."""

    seconds: float
    clients: int
    every: float
    pace: float
    seed: int


@dataclass(slots=True)
class Outcome:
    """What was seen."""

    start: Holdings
    warm: Holdings
    end: Holdings
    done: dict[str, int]
    counts: dict[str, int]
    control: list[float]
    """What the control client's calls took, in seconds."""
    faults: list[str] = field(default_factory=list[str])


@click.command()
@click.option("--minutes", default=30.0, show_default=True, help="After the warm-up.")
@click.option("--clients", default=200, show_default=True, help="At any time.")
@click.option("--every", default=2.0, show_default=True, help="Seconds to a death.")
@click.option("--pace", default=1.0, show_default=True, help="Seconds to a call.")
@click.option("--seed", default=1, show_default=True, help="Of all that is random.")
@click.option("--save", is_flag=True, help=f"Store the result in {RESULT.name}.")
def main(
    minutes: float, clients: int, every: float, pace: float, seed: int, save: bool
) -> None:
    """Let clients come, call and die at random; then nothing of them may be left."""
    if sys.platform != "linux":
        raise click.ClickException("this needs Linux: /proc, and prctl")
    amount = Amount(minutes * 60, clients, every, pace, seed)
    outcome = soak(amount, lambda text: click.echo(text, err=True))
    text, broken = verdict.report(amount, outcome)
    click.echo(text, nl=False)
    if save:
        RESULT.write_text(text, encoding="utf-8")
    if broken:
        raise SystemExit(1)


def soak(amount: Amount, say: Said) -> Outcome:
    """Do it."""
    random = Random(amount.seed)  # noqa: S311 - it is to be repeated
    server = Server()
    try:
        crews = Crews(
            server.addresses,
            _sizes(amount.clients),
            amount.pace,
            random,
            queue.SimpleQueue(),
        )
        control = Control(server.addresses.plain, crews.faults.append)
        with ending(crews):
            control.come_and_go()
            start = _at_rest(server)
            _let_die(crews, control, random, amount, amount.seconds * WARM_UP, say)
            warm = _at_rest(server, start)
            crews.done.clear()
            _let_die(crews, control, random, amount, amount.seconds, say, KINDS)
            end = _at_rest(server, start)
        server.leave()
    finally:
        if server.code is None:
            server.kill()
    return Outcome(
        start,
        warm,
        end,
        dict(crews.done),
        dict(crews.counts),
        control.seconds,
        [*crews.faults, *end.faults],
    )


def _sizes(clients: int) -> list[int]:
    """How many clients there are in each process."""
    full, rest = divmod(clients, CLIENTS)
    return [CLIENTS] * full + [rest] * bool(rest)


def _let_die(
    crews: Crews,
    control: Control,
    random: Random,
    amount: Amount,
    seconds: float,
    say: Said,
    wanted: tuple[str, ...] = (),
) -> None:
    """Have clients come and die so long, and until all that is wanted has happened."""
    crews.come()
    control.begin()
    end = time.monotonic() + seconds
    next_death = next_word = time.monotonic()
    while time.monotonic() < end or not set(wanted) <= set(crews.done):
        now = time.monotonic()
        if now >= next_death:
            next_death = now + random.uniform(0.5, 1.5) * amount.every
            missing = [kind for kind in wanted if kind not in crews.done]
            crews.let_one_die(random.choice(missing or KINDS))
        if now >= next_word:
            next_word = now + 60
            say(f"{max(end - now, 0):.0f} s left: {crews.counts}, {crews.done}")
        crews.look()
        time.sleep(TICK)
    crews.leave()
    control.leave()


def _at_rest(server: Server, start: Holdings | None = None) -> Holdings:
    """What the server holds: no more than at the start, if it gets there in `REST`."""
    end = time.monotonic() + REST
    while True:
        holdings = server.holdings()
        if verdict.is_at_rest(start, holdings) or time.monotonic() > end:
            return holdings
        time.sleep(0.5)


if __name__ == "__main__":
    main()
