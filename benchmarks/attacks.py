"""What honest clients notice of attacks: ``python -m benchmarks.attacks``.

Each attack of `tests.attacks` goes on, again and again, during so many honest calls.
Where the machine is a virtual one, others on the same hardware may take its CPUs away
for a while, which Linux counts as "steal". What was measured while that was so says
nothing of the server, and is measured again.
"""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.table import machine, table
from tests.attacks.harness import BOTH, MEMORY, Arena, Attack, Outcome, Table

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "attacks.md"

PACKAGES = ("Pyro5", "serpent", "msgpack", "msgspec")
"""Those whose versions the result names."""

MORE = 0.050
"""Seconds that an honest call may take more than beside a process that burns a CPU: the
worst, and the p99 of all."""

STOLEN = 0.02
"""How much of the CPUs' time others may take while something is measured."""

TRIES = 3
"""To measure something undisturbed; the least disturbed one counts."""

HEAD = (
    "attack",
    "calls",
    "median ms",
    "p99 ms",
    "worst ms",
    "new client ms",
    "KiB",
    "stolen",
)

_BURN = "while True: pass"


@click.command()
@click.option("--calls", default=500, show_default=True, help="Honest calls in each.")
@click.option("--only", default="", help="Those whose name contains this.")
@click.option("--save", is_flag=True, help=f"Store the result in {RESULT.name}.")
def main(calls: int, only: str, save: bool) -> None:
    """Let honest clients call during each attack; exit with 1 where a bound breaks."""
    if sys.platform != "linux":
        raise click.ClickException("this needs Linux: addresses of 127/8, and /proc")
    text, broken = report(calls, only)
    click.echo(text, nl=False)
    if save:
        RESULT.write_text(text, encoding="utf-8")
    sys.exit(bool(broken))


def report(calls: int, only: str) -> tuple[str, list[str]]:
    """Measure, and write the tables as Markdown; also the bounds that broke."""
    broken: list[str] = []
    lines = [
        "# What honest clients notice of attacks",
        "",
        "A client calls, and is called back in each call, while others attack the same",
        f"server, up to 1,000 messages a second, during {calls} calls or more.",
        machine(*PACKAGES),
        "New clients come meanwhile: the worst time of one, from connecting to the",
        "answer of its first call. KiB is what the server took more, at its peak.",
        "Stolen is how much of the CPUs' time others on the same hardware had; if that",
        f"was more than {STOLEN:.0%} it was measured again, up to {TRIES} times.",
    ]
    for transport in BOTH:
        rows = list(_rows(transport, calls, only, broken))
        lines += ["", f"## Over {transport}", "", *table(HEAD, rows)]
    lines += ["", *_bounds(broken), ""]
    return "\n".join(lines), broken


def _bounds(broken: list[str]) -> list[str]:
    if broken:
        return ["Bounds that broke:", "", *(f"- {one}" for one in broken)]
    return [
        f"All bounds held: at most {MORE * 1000:g} ms for the worst of the calls more",
        f"than beside a process that burns a CPU, {MEMORY // 1024} MiB more, no error",
        "of an honest client, nothing left, and a line in the log that says why.",
    ]


def _rows(
    transport: str, calls: int, only: str, broken: list[str]
) -> Iterator[tuple[str, ...]]:
    """A line for each attack over a transport, behind what there is without any."""
    yield _row("nobody attacks", _measured(transport, calls, []))
    with _burning():
        beside = _measured(transport, calls, [])
    yield _row("a process burns a CPU", beside)
    for name, attacks in _attacks(transport):
        if only not in name:
            continue
        measured = _measured(transport, calls, attacks)
        click.echo(f"{transport}: {name} ({measured.stolen:.1%} stolen)", err=True)
        yield _row(name, measured)
        bounds = _broken(measured.outcome, beside.outcome)
        broken += [f"{name}, {transport}: {one}" for one in bounds]


def _attacks(transport: str) -> Iterator[tuple[str, list[Attack]]]:
    for path in sorted((ROOT / "tests" / "attacks").glob("test_*.py")):
        module = importlib.import_module(f"tests.attacks.{path.stem}")
        entered: Table | None = getattr(module, "TABLE", None)
        if entered is None:  # the attacked are clients there
            continue
        about = path.stem.removeprefix("test_")
        for one in entered.attacks:
            if transport in one.over and not one.waits:
                yield f"{about}: {one.name}", [one]
        if waiting := entered.waiting(transport):
            yield f"{about}: {len(waiting)} that wait, side by side", waiting


class Measured(NamedTuple):
    """What attacks came to, while so much of the CPUs' time was stolen."""

    outcome: Outcome
    stolen: float


def _measured(transport: str, calls: int, attacks: Sequence[Attack]) -> Measured:
    """What attacks come to, as undisturbed as can be, or how they do harm."""
    tries: list[Measured] = []
    for _ in range(TRIES):
        began, before = time.monotonic(), _stolen()
        outcome = _undergo(transport, calls, attacks)
        whole = (time.monotonic() - began) * (os.cpu_count() or 1)
        tries.append(Measured(outcome, (_stolen() - before) / whole))
        if any(_harm(outcome)):
            return tries[-1]
        if tries[-1].stolen <= STOLEN:
            break
    return min(tries, key=lambda one: one.stolen)


def _stolen() -> float:
    """Seconds that others have had of the CPUs of this machine so far."""
    first = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0]
    return int(first.split()[8]) / os.sysconf("SC_CLK_TCK")


def _undergo(transport: str, calls: int, attacks: Sequence[Attack]) -> Outcome:
    """Undergo attacks in a server of their own."""
    again = bool(attacks) and not any(one.waits for one in attacks)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as open_for:
        arena = Arena(Path(folder), open_for)
        return arena.undergo(transport, *attacks, calls=calls, again=again)


@contextmanager
def _burning() -> Generator[None]:
    process = subprocess.Popen([sys.executable, "-c", _BURN])
    try:
        yield
    finally:
        process.kill()
        process.wait()


def _row(name: str, measured: Measured) -> tuple[str, ...]:
    outcome, stolen = measured
    calls = outcome.seen.calls
    times = (
        _part(calls, 50),
        _part(calls, 99),
        max(calls),
        max(outcome.seen.newcomers),
    )
    return (
        name,
        str(len(calls)),
        *(f"{seconds * 1000:.1f}" for seconds in times),
        "" if outcome.memory is None else f"{outcome.memory:,}",
        f"{stolen:.1%}",
    )


def _broken(outcome: Outcome, beside: Outcome) -> Iterator[str]:
    """What did not hold."""
    yield from _harm(outcome)
    now, before = outcome.seen.calls, beside.seen.calls
    for what, more in (
        ("p99", _part(now, 99) - _part(before, 99)),
        ("the worst", max(now) - max(before)),
    ):
        if more > MORE:
            yield f"{what} {more * 1000:.0f} ms more"


def _harm(outcome: Outcome) -> Iterator[str]:
    """What must not be, however long calls take."""
    try:
        outcome.check()
    except AssertionError as error:
        yield str(error).splitlines()[0]


def _part(values: Sequence[float], percent: int) -> float:
    return sorted(values)[len(values) * percent // 100]


if __name__ == "__main__":
    main()
