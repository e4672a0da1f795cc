"""What generating costs, beside other generators: ``python -m benchmarks.generate``."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import click

from benchmarks import interfaces
from benchmarks.measure import Command, medians
from benchmarks.table import machine, table

RESULT = Path(__file__).parent / "results" / "generate.md"

PACKAGES = ("libcst", "click", "mypy", "grpcio-tools")
"""Those whose versions the result names."""

SIZES = (250, 500, 1000, 2000)
LARGE = 10_000

PASS = "python -c pass"
CLICK = "import click"
CLICK_APP = "bare click app --help"
LIBCST = "import libcst"
HELP = "callbackgen --help"
VERSION = "callbackgen --version"
CHECK = "callbackgen generate --check, no change"
AT_THE_END = f"one Protocol at the end of {LARGE:,} lines"

_CLICK_APP = """\
import click

@click.group()
def app() -> None:
    "A command line with one command."

@app.command()
@click.argument("name")
def command(name: str) -> None:
    "Does nothing."

app(["--help"])
"""


@dataclass(frozen=True, slots=True)
class Goal:
    """The most that something may take, as a multiple of something else."""

    command: str
    limit: float
    beside: str


def ours(size: int) -> str:
    """The name of the run that generates an interface of so many methods."""
    return f"callbackgen generate, {size:,} methods"


GOALS = (
    Goal(ours(10), 1.4, LIBCST),
    Goal(ours(1000), 6, LIBCST),
    Goal(f"callbackgen generate, {AT_THE_END}", 2, LIBCST),
    Goal(CHECK, 1.5, CLICK_APP),
)
STEEPEST = 1.5
"""A method may cost so many times more in the largest step than in the smallest."""


@click.command()
@click.option("--rounds", default=10, show_default=True, help="Runs of each command.")
@click.option("--save", is_flag=True, help=f"Store the result in {RESULT.name}.")
def main(rounds: int, save: bool) -> None:
    """Measure whole processes, in turns, and print the medians beside the goals."""
    with tempfile.TemporaryDirectory() as folder:
        commands = list(_commands(Path(folder)))
        click.echo(f"{len(commands)} commands", err=True)
        times = medians(commands, rounds, lambda text: click.echo(text, err=True))
    text = report(times, rounds)
    click.echo(text, nl=False)
    if save:
        RESULT.parent.mkdir(exist_ok=True)
        RESULT.write_text(text, encoding="utf-8")


def _commands(folder: Path) -> Iterator[Command]:
    python = sys.executable
    application = folder / "app.py"
    application.write_text(_CLICK_APP, encoding="utf-8")
    yield Command(PASS, [python, "-c", "pass"], folder)
    yield Command(CLICK, [python, "-c", "import click"], folder)
    yield Command(CLICK_APP, [python, str(application)], folder)
    yield Command(LIBCST, [python, "-c", "import libcst"], folder)
    command = _script("callbackgen")
    yield Command(HELP, [command, "--help"], folder)
    yield Command(VERSION, [command, "--version"], folder)
    for size in (10, *SIZES):
        source = interfaces.protocol(size)
        place = _project(folder / f"ours_{size}", source)
        yield _generate(ours(size), place)
        if size in {10, 1000}:
            yield from _peers(
                folder / f"peers_{size}", source, size, f"{size:,} methods"
            )
    large = interfaces.large_module(LARGE)
    place = _project(folder / "ours_large", large)
    yield _generate(f"callbackgen generate, {AT_THE_END}", place)
    yield from _peers(folder / "peers_large", large, None, AT_THE_END)
    place = _project(folder / "unchanged", interfaces.protocol(10))
    Command("preparation", [command, "generate"], place).run()
    yield Command(CHECK, [command, "generate", "--check"], place)


def _project(folder: Path, source: str) -> Path:
    folder.mkdir()
    (folder / "measured.py").write_text(source, encoding="utf-8")
    (folder / "pyproject.toml").write_text(
        '[tool.callbackgen]\ntargets = ["measured.Listener"]\n', encoding="utf-8"
    )
    return folder


def _generate(name: str, folder: Path) -> Command:
    """The command that has everything to do: nothing is left of an earlier run."""

    def forget() -> None:
        (folder / "listener_remote.py").unlink(missing_ok=True)
        shutil.rmtree(folder / ".callbackgen_cache", ignore_errors=True)

    return Command(name, [_script("callbackgen"), "generate"], folder, forget)


def _peers(
    folder: Path, source: str, methods: int | None, label: str
) -> Iterator[Command]:
    folder.mkdir()
    (folder / "measured.py").write_text(source, encoding="utf-8")
    (folder / "out").mkdir()
    stubgen = [_script("stubgen"), "--quiet", "-o", "out"]
    yield Command(
        f"stubgen --parse-only, {label}",
        [*stubgen, "--parse-only", "measured.py"],
        folder,
    )
    yield Command(f"stubgen, {label}", [*stubgen, "measured.py"], folder)
    if methods is None:
        return
    (folder / "measured.proto").write_text(
        interfaces.service(methods), encoding="utf-8"
    )
    protoc = [sys.executable, "-m", "grpc_tools.protoc", "-I.", "measured.proto"]
    outputs = ["--python_out=out", "--grpc_python_out=out"]
    yield Command(f"protoc, {label}", [*protoc, *outputs], folder)


def _script(name: str) -> str:
    """The installed command of this virtual environment."""
    path = shutil.which(name, path=Path(sys.executable).parent)
    if path is None:
        raise click.ClickException(
            f"{name} is not installed beside this Python: run `make bench`"
        )
    return path


def report(times: dict[str, float], rounds: int) -> str:
    """The table, the goals and the slope, as Markdown."""
    libcst, application = times[LIBCST], times[CLICK_APP]
    rows = [
        (
            name,
            f"{seconds * 1000:.0f}",
            f"{seconds / application:.2f}",
            f"{seconds / libcst:.2f}",
        )
        for name, seconds in times.items()
    ]
    lines = [
        "# Generating, beside other generators",
        "",
        f"Whole processes, median of {rounds}, run in turns. {machine(*PACKAGES)}",
        "Our command starts each time with no cache and no output, but for `--check`.",
        "",
        *table(("command", "ms", "x click app", "x import libcst"), rows),
        "",
        "## Goals",
        "",
        *table(("goal", "measured", "result"), list(_goals(times))),
    ]
    return "\n".join([*lines, ""])


def _goals(times: dict[str, float]) -> Iterator[tuple[str, str, str]]:
    for goal in GOALS:
        ratio = times[goal.command] / times[goal.beside]
        yield (
            f"{goal.command}: <= {goal.limit:g} x {goal.beside}",
            f"{ratio:.2f}",
            _verdict(ratio <= goal.limit),
        )
    costs = [
        (times[ours(after)] - times[ours(before)]) / (after - before) * 1000
        for before, after in pairwise(SIZES)
    ]
    yield (
        f"linear: ms a further method, from {SIZES[0]} to {SIZES[-1]} methods",
        ", ".join(f"{cost:.2f}" for cost in costs),
        _verdict(costs[-1] <= costs[0] * STEEPEST),
    )


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "NOT MET"


if __name__ == "__main__":
    main()
