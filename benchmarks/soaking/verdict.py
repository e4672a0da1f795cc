"""What a soak has to leave behind, and how its result is written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from benchmarks.soaking.deaths import CLIENTS, KINDS
from benchmarks.soaking.messages import NAMES, ORDINARY
from benchmarks.table import machine, table

if TYPE_CHECKING:
    from benchmarks.soak import Amount, Outcome
    from benchmarks.soaking.messages import Holdings

BLOCKS: Final = 5_000
"""How many blocks of memory more there may be than after the warm-up."""

RESIDENT: Final = 32 * 1024
"""How many KiB."""

SERVICES: Final = {"Wrapper": 2}
"""The objects that are there without any client: the service of each daemon."""

PACKAGES: Final = ("Pyro5", "msgspec")


def is_at_rest(start: Holdings | None, now: Holdings) -> bool:
    """Whether a server does nothing, and holds nothing that it did not at the start."""
    if any("worker" in name for name in now.threads):
        return False
    if start is None:
        return True
    return now.descriptors == start.descriptors and not list(_objects_left(now))


def report(amount: Amount, outcome: Outcome) -> tuple[str, list[str]]:
    """The result as Markdown, and what is not as it must be."""
    broken = list(_broken(outcome))
    lines = [
        "# The soak",
        "",
        f"`python -m benchmarks.soak {_options(amount)}`",
        "",
        machine(*PACKAGES),
        "",
        *_what_it_is(amount),
        "",
        "Passed: nothing is left."
        if not broken
        else f"FAILED, {len(broken)} times. The first:",
        *[f"- {line}" for text in broken[:10] for line in text.splitlines()[:1]],
        "",
        "## What the server holds when all have left",
        "",
        *table(
            ("", "at the start", "warmed up", "at the end", "bound"), _held(outcome)
        ),
        "",
        "## What was done",
        "",
        *table(("", "number"), list(_done(outcome))),
        "",
        "## Why connections ended",
        "",
        *table(("", "number"), list(_closed(outcome.end))),
        "",
    ]
    return "\n".join(lines), broken


def _what_it_is(amount: Amount) -> list[str]:
    return [
        f"{amount.clients} clients at any time, {CLIENTS} in a process, every second",
        f"process over TLS, every {ORDINARY}th client an ordinary Pyro5 client. They",
        "come, register listeners, call, are called, and leave, with a word or",
        f"without. Every {amount.every:g} seconds, on an average, a process is killed",
        "or stopped, or a connection is reset.",
        "",
        "All along each event has to come once, in order, to its own listener; each",
        "call of a client that was neither stopped nor reset has to be answered",
        "rightly, and each of a control client; nothing may be logged as an error.",
        "Then all leave: no thread, descriptor or object of a client may be left. Of",
        f"memory, {BLOCKS:,} blocks (Python's own caches take some) and",
        f"{RESIDENT // 1024} MiB may be more than when the server was warmed up: when",
        "all had left after a tenth of the time.",
    ]


def _options(amount: Amount) -> str:
    return (
        f"--minutes {amount.seconds / 60:g} --clients {amount.clients} "
        f"--every {amount.every:g} --pace {amount.pace:g} --seed {amount.seed}"
    )


def _broken(outcome: Outcome) -> Iterator[str]:
    warm, end = outcome.warm, outcome.end
    yield from outcome.faults
    yield from _left(outcome.start, end)
    if end.blocks - warm.blocks > BLOCKS:
        yield f"{end.blocks - warm.blocks} more blocks of memory"
    if end.resident - warm.resident > RESIDENT:
        yield f"{end.resident - warm.resident} KiB more memory"
    for name, numbers in end.daemons.items():
        if numbers.connections or not numbers.add_up:
            yield f"the statistics of {name} do not add up: {numbers}"
    for kind in KINDS:
        if not outcome.done.get(kind):
            yield f"nobody was {kind}"


def _left(start: Holdings, end: Holdings) -> Iterator[str]:
    """What clients have left behind."""
    for name in sorted({*start.threads, *end.threads}):
        if start.threads.count(name) != end.threads.count(name):
            yield f"threads named {name}: {end.threads.count(name)}"
    if end.descriptors != start.descriptors:
        yield f"descriptors: {end.descriptors}"
    yield from _objects_left(end)
    if end.happened["listeners"]:
        yield f"listeners in the market: {end.happened['listeners']}"


def _objects_left(holdings: Holdings) -> Iterator[str]:
    for name, count in holdings.objects.items():
        if count != SERVICES.get(name, 0):
            yield f"objects of {name}: {count}"


def _bound_of(name: str) -> str:
    return f"{SERVICES[name]}, of services" if name in SERVICES else "0"


def _held(outcome: Outcome) -> list[tuple[str, ...]]:
    all_three = outcome.start, outcome.warm, outcome.end

    def row(name: str, values: list[int], bound: str) -> tuple[str, ...]:
        return (name, *(f"{value:,}" for value in values), bound)

    return [
        row("threads", [len(one.threads) for one in all_three], "as at the start"),
        row("descriptors", [one.descriptors for one in all_three], "as at the start"),
        *(
            row(name, [one.objects[name] for one in all_three], _bound_of(name))
            for name in outcome.start.objects
        ),
        row(
            "blocks of memory",
            [one.blocks for one in all_three],
            f"{BLOCKS:,} more than warmed up",
        ),
        row(
            "KiB of memory",
            [one.resident for one in all_three],
            f"{RESIDENT:,} more than warmed up",
        ),
    ]


def _done(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    for kind in KINDS:
        unit = "connections" if kind == "reset" else "processes"
        yield f"{unit} {kind}", f"{outcome.done.get(kind, 0):,}"
    for name in NAMES:
        yield name.replace("_", " "), f"{outcome.counts[name]:,}"
    for name, numbers in outcome.end.daemons.items():
        yield f"connections over {name}", f"{numbers.connected:,}"
        yield f"calls to the server over {name}", f"{numbers.calls_received:,}"
        yield f"calls of the server over {name}", f"{numbers.calls_made:,}"
        yield f"of these too late, over {name}", f"{numbers.timeouts:,}"
    for name, count in sorted(outcome.end.happened.items()):
        yield name, f"{count:,}"
    times = sorted(outcome.control)
    yield "calls of the control client", f"{len(times):,}"
    if times:
        yield "their median, ms", f"{times[len(times) // 2] * 1000:.1f}"
        yield "their 99th percentile, ms", f"{times[len(times) * 99 // 100] * 1000:.1f}"
        yield "their worst, ms", f"{times[-1] * 1000:.1f}"


def _closed(end: Holdings) -> Iterator[tuple[str, ...]]:
    for name, numbers in end.daemons.items():
        for reason, count in sorted(numbers.closed.items()):
            yield f"{name}: {reason}", f"{count:,}"
