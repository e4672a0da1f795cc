"""What calling back costs, beside other ways: ``python -m benchmarks.calls``."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import click

from benchmarks.calling import idle, usage
from benchmarks.calling.commands import Answers, Arrived, Calls, Oneways
from benchmarks.calling.contender import BASE, NAMES
from benchmarks.calling.processes import Server, running
from benchmarks.table import machine, table

RESULT = Path(__file__).parent / "results" / "calls.md"

PACKAGES = ("Pyro5", "serpent", "msgpack", "msgspec")
"""Those whose versions the result names."""

TEXTS = {"a short str": "ACME", "a str of 1 KiB": "x" * 1024}
"""What a call carries, beside a float."""

_BESIDE = f"x {NAMES[BASE]}"

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much is measured."""

    rounds: int
    calls: int
    oneways: int
    clients: int


@click.command()
@click.option("--rounds", default=50, show_default=True, help="Turns of each way.")
@click.option("--calls", default=200, show_default=True, help="Calls in a turn.")
@click.option("--oneways", default=1000, show_default=True, help="Oneways in a turn.")
@click.option("--clients", default=500, show_default=True, help="Clients that idle.")
@click.option("--save", is_flag=True, help=f"Store the result in {RESULT.name}.")
def main(rounds: int, calls: int, oneways: int, clients: int, save: bool) -> None:
    """Measure all ways of calling back in turns, and print them side by side."""
    if sys.platform != "linux":
        raise click.ClickException("this needs Linux: one CPU for all, and /proc")
    amount = Amount(rounds, calls, oneways, clients)
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    text = report(amount, lambda text: click.echo(text, err=True))
    click.echo(text, nl=False)
    if save:
        RESULT.write_text(text, encoding="utf-8")


def report(amount: Amount, progress: Progress) -> str:
    """Measure, and write the tables as Markdown."""
    lines = [
        "# Calling back, beside other ways",
        "",
        "A server calls its client: two processes each, all on one CPU, in turns.",
        machine(*PACKAGES),
        "Pyro5 may have a thread for each connection, and has TCP_NODELAY.",
    ]
    with ExitStack() as servers:
        contenders = {name: servers.enter_context(running(name)) for name in NAMES}
        for server in contenders.values():
            server.add_clients(1)
        lines += ["", *_answered(contenders, amount, progress)]
        lines += ["", *_unanswered(contenders, amount, progress)]
    lines += ["", *_idle(amount, progress), ""]
    return "\n".join(lines)


def _answered(
    contenders: dict[str, Server], amount: Amount, progress: Progress
) -> list[str]:
    before = {name: usage.usages(server) for name, server in contenders.items()}
    times = round_trips(contenders, amount, progress)
    calls = (amount.rounds + 1) * len(TEXTS) * amount.calls
    used = [
        usage.row(NAMES[name], before[name], usage.usages(server), calls)
        for name, server in contenders.items()
    ]
    return [
        "## An answered callback",
        "",
        "It carries a str and a float, and is answered with a bool.",
        f"{amount.rounds} turns of {amount.calls} calls.",
        "",
        *table(("way", "median us", "p99 us", _BESIDE), list(_trips(times))),
        "",
        "What a call uses, be the str short or long. Other work on the machine changes",
        "that less than the times.",
        "",
        *table(usage.HEAD, used),
    ]


def _unanswered(
    contenders: dict[str, Server], amount: Amount, progress: Progress
) -> list[str]:
    times = oneways(contenders, amount, progress)
    return [
        "## Oneway callbacks",
        "",
        f"{amount.rounds} turns of {amount.oneways} calls; a turn lasts until the last",
        "has come to the client's object. Pyro5 starts a thread for each, in no order.",
        "",
        *table(("way", "a second", _BESIDE), list(_rates(times))),
    ]


def _idle(amount: Amount, progress: Progress) -> list[str]:
    rows = [
        idle.row(NAMES[name], idle.cost(name, amount.clients, progress))
        for name in NAMES
        if name != BASE
    ]
    return [
        "## Idle clients",
        "",
        f"What {amount.clients} more clients cost a server: each has registered a",
        "callback, which was called once.",
        "",
        *table(idle.HEAD, rows),
    ]


def round_trips(
    contenders: dict[str, Server], amount: Amount, progress: Progress
) -> dict[tuple[str, str], list[int]]:
    """The nanoseconds of each call, by the kind of text and the contender.

    Raises RuntimeError if a contender's answers are not those of the others.
    """
    times: dict[tuple[str, str], list[int]] = {
        (kind, name): [] for kind in TEXTS for name in contenders
    }
    for number in range(amount.rounds + 1):
        progress(f"calls, round {number} of {amount.rounds}")
        for kind, text in TEXTS.items():
            answers: dict[str, list[bool]] = {}
            for name, server in contenders.items():
                done = server.ask(Calls(text, amount.calls), Answers)
                answers[name] = done.answers
                if number:
                    times[kind, name] += done.nanoseconds
            if any(given != answers[BASE] for given in answers.values()):
                raise RuntimeError(f"the answers are not the same: {answers}")
    return times


def oneways(
    contenders: dict[str, Server], amount: Amount, progress: Progress
) -> dict[tuple[str, str], list[float]]:
    """The nanoseconds that a call takes in each turn, by the text and the contender.

    Raises RuntimeError if calls are lost.
    """
    times: dict[tuple[str, str], list[float]] = {
        (kind, name): [] for kind in TEXTS for name in contenders
    }
    for number in range(amount.rounds + 1):
        progress(f"oneways, round {number} of {amount.rounds}")
        for kind, text in TEXTS.items():
            for name, server in contenders.items():
                done = server.ask(Oneways(text, amount.oneways), Arrived)
                if done.count != amount.oneways:
                    raise RuntimeError(
                        f"{NAMES[name]}: {done.count} of {amount.oneways} oneways came"
                    )
                if number:
                    times[kind, name].append(done.nanoseconds / amount.oneways)
    return times


def _trips(times: dict[tuple[str, str], list[int]]) -> Iterator[tuple[str, ...]]:
    for (kind, name), taken in times.items():
        middle = median(taken)
        yield (
            f"{NAMES[name]}, {kind}",
            f"{middle / 1000:.1f}",
            f"{_percentile_99(taken) / 1000:.1f}",
            f"{middle / median(times[kind, BASE]):.2f}",
        )


def _rates(times: dict[tuple[str, str], list[float]]) -> Iterator[tuple[str, ...]]:
    for (kind, name), taken in times.items():
        middle = median(taken)
        yield (
            f"{NAMES[name]}, {kind}",
            f"{1e9 / middle:,.0f}",
            f"{middle / median(times[kind, BASE]):.2f}",
        )


def _percentile_99(values: Sequence[int]) -> int:
    return sorted(values)[len(values) * 99 // 100]


if __name__ == "__main__":
    main()
