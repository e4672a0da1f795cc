"""What typed values cost, beside other ways: ``python -m benchmarks.values``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median

import click

from benchmarks.carrying.data import EVENT, ROWS, Row, Trade
from benchmarks.carrying.ways import HERE, WAYS, Way
from benchmarks.table import machine, table

RESULT = Path(__file__).parent / "results" / "values.md"
BASE = "callbackgen"
PACKAGES = ("Pyro5", "serpent", "msgpack", "cattrs", "msgspec")

Loads = tuple[tuple[str, str, object, object, int], ...]
LOADS: Loads = (
    ("An event of five fields", f"{HERE}.Trade", Trade, EVENT, 200),
    ("A list of 1,000 rows", f"list[{HERE}.Row]", list[Row], ROWS, 2),
)
"""What it is called, its type for us and for others, the value, how often in a turn."""


@click.command()
@click.option("--rounds", default=30, show_default=True, help="Turns of each way.")
@click.option("--save", is_flag=True, help=f"Store the result in {RESULT.name}.")
def main(rounds: int, save: bool) -> None:
    """Measure all ways of carrying values in turns, and print them side by side."""
    text = report(rounds)
    click.echo(text, nl=False)
    if save:
        RESULT.write_text(text, encoding="utf-8")


def report(rounds: int) -> str:
    """Measure, and write the tables as Markdown."""
    lines = [
        "# Typed values, beside other ways",
        "",
        "From objects to bytes, and back to equal objects, in one process, in turns.",
        machine(*PACKAGES),
        "callbackgen holds a value to its type before it is sent and when it arrives,",
        "and looks for what a peer may have made to cost much; the others do not.",
        "Pyro5's classes are registered, and made again by hand.",
    ]
    for title, annotation, kind, value, often in LOADS:
        ways = {name: way(annotation, kind) for name, way in WAYS.items()}
        lines += ["", f"## {title}", "", *_measured(ways, value, often, rounds)]
    return "\n".join([*lines, ""])


def _measured(
    ways: dict[str, Way], value: object, often: int, rounds: int
) -> Iterator[str]:
    sizes: dict[str, int] = {}
    for name, way in ways.items():
        data = way.encode(value)
        sizes[name] = len(data)
        if way.decode(data) != value:
            raise click.ClickException(f"{name}: it is not what was sent")
    encoding: dict[str, list[float]] = {name: [] for name in ways}
    decoding: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            data = way.encode(value)
            encoding[name].append(_seconds(partial(way.encode, value), often))
            decoding[name].append(_seconds(partial(way.decode, data), often))
    return table(
        ("way", "encode us", "decode us", "both", f"x {BASE}", "bytes"),
        list(_rows(encoding, decoding, sizes)),
    )


def _seconds(action: Callable[[], object], often: int) -> float:
    start = time.perf_counter()
    for _ in range(often):
        action()
    return (time.perf_counter() - start) / often


def _rows(
    encoding: dict[str, list[float]],
    decoding: dict[str, list[float]],
    sizes: dict[str, int],
) -> Iterator[tuple[str, ...]]:
    both = {name: median(encoding[name]) + median(decoding[name]) for name in sizes}
    for name, size in sizes.items():
        yield (
            name,
            f"{median(encoding[name]) * 1e6:,.1f}",
            f"{median(decoding[name]) * 1e6:,.1f}",
            f"{both[name] * 1e6:,.1f}",
            f"{both[name] / both[BASE]:.2f}",
            f"{size:,}",
        )


if __name__ == "__main__":
    main()
