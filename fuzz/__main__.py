"""Has atheris look for inputs that fail, in one target after the other.

python -m fuzz                        for ten minutes in all
python -m fuzz --seconds 30 --seed 1  for as long, from that seed

`fuzz/result.md` says what was run last for three minutes or more.
"""

from __future__ import annotations

import argparse
import platform
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Final, NamedTuple

from fuzz.atheris_run import CORPUS, TARGETS, run

RESULT: Final = Path(__file__).with_name("result.md")
FOUND: Final = Path(__file__).with_name("found")
WHOLE: Final = 600
WRITTEN: Final = 180
"""Seconds."""

_SHARES: Final = {"channel": 2, "session": 3}
"""The targets that get more than one part of the time."""

_PAGE: Final = """\
# Fuzzing: the last run

Written by `make fuzz`, which takes 600 seconds if nothing else is said. No input
failed, took 10 s or 1 GiB. The edges of the code at first are those that the kept
corpus reaches.
Python {python}, {versions}.

| target | seconds | executions | edges at first | in the end | features | MiB |
| ------ | ------: | ---------: | -------------: | ---------: | -------: | --: |
{rows}
"""

_USED: Final = ("atheris", "msgspec", "Pyro5", "serpent", "msgpack")


class Outcome(NamedTuple):
    """What libFuzzer said of a run in which nothing failed.

    `edges` are of the code that was reached; `first` by the kept corpus alone.
    """

    target: str
    seconds: int
    executions: int
    first: int
    edges: int
    features: int
    peak: int


def outcome_in(target: str, said: str) -> Outcome:
    """The numbers in what libFuzzer has said."""
    executions, seconds = _numbers(r"^Done (\d+) runs in (\d+) second", said)
    (first,) = _numbers(r"INITED cov: (\d+)", said)
    edges, features = _numbers(r"DONE +cov: (\d+) ft: (\d+)", said)
    (peak,) = _numbers(r"^stat::peak_rss_mb: +(\d+)", said)
    return Outcome(target, seconds, executions, first, edges, features, peak)


def _numbers(pattern: str, said: str) -> tuple[int, ...]:
    found = re.search(pattern, said, re.MULTILINE)
    if found is None:
        raise ValueError(f"libFuzzer did not say {pattern!r}: {said}")
    return tuple(map(int, found.groups()))


def fuzzed(target: str, seconds: int, seed: int) -> Outcome:
    """Looks for so long; 0 is no fixed seed. Raises RuntimeError if an input fails."""
    FOUND.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        said = run(
            target,
            f"-max_total_time={seconds}",
            f"-seed={seed}",
            "-print_final_stats=1",
            f"-artifact_prefix={FOUND}/{target}-",
            folder,
            str(CORPUS / target),
        )
    return outcome_in(target, said)


def page(outcomes: list[Outcome]) -> str:
    """What was run, for people."""
    versions = ", ".join(f"{name} {version(name)}" for name in _USED)
    rows = [
        f"| {one.target} | {one.seconds} | {one.executions:,} | {one.first} "
        f"| {one.edges} | {one.features} | {one.peak} |"
        for one in outcomes
    ]
    return _PAGE.format(
        python=platform.python_version(), versions=versions, rows="\n".join(rows)
    )


def main() -> None:
    """The command."""
    reading = argparse.ArgumentParser(prog="python -m fuzz")
    reading.add_argument("--seconds", type=int, default=WHOLE, help="in all")
    reading.add_argument("--seed", type=int, default=0)
    given = reading.parse_args()
    shares = {target: _SHARES.get(target, 1) for target in TARGETS}
    outcomes: list[Outcome] = []
    for target, share in shares.items():
        seconds = max(given.seconds * share // sum(shares.values()), 1)
        try:
            outcomes.append(fuzzed(target, seconds, given.seed))
        except RuntimeError as error:
            sys.exit(f"{error}\nThe input is in {FOUND}.")
        print(outcomes[-1])
    if given.seconds >= WRITTEN:
        RESULT.write_text(page(outcomes), encoding="utf-8")


if __name__ == "__main__":
    main()
