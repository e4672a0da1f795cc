"""The template is a module like any other: formatted, checked, imported and run."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from templates.example_remote import ExampleStub, ExampleWrapper
from templates.peer_remote import PeerStub, PeerWrapper
from tests.generated.serving import serving

PROJECT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [
        ("black", "--check", "--quiet"),
        ("ruff", "format", "--isolated", "--no-cache", "--check"),
        ("ruff", "check", "--isolated", "--no-cache"),
        # What is imported is not the template's business: Pyro5 has no annotations.
        ("mypy", "--strict", "--config-file=", "--follow-imports=silent"),
    ],
    ids=" ".join,
)
def test_passes(command: tuple[str, ...]) -> None:
    """Formatters, linter and mypy find nothing in it, with nothing configured."""
    finished = subprocess.run(
        [sys.executable, "-m", *command, "templates"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_passes_pyright_strict(tmp_path: Path) -> None:
    """pyright strict finds nothing in it."""
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        f"""{{
        "include": ["{PROJECT}/templates"],
        "extraPaths": ["{PROJECT}"],
        "typeCheckingMode": "strict"
        }}""",
        encoding="utf-8",
    )
    options = ("--project", str(settings), "--pythonpath", sys.executable)
    finished = subprocess.run(
        [sys.executable, "-m", "pyright", *options],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert finished.returncode == 0, finished.stdout


class Ringing:
    """A Peer."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def notify(self, text: str) -> None:
        self.texts.append(text)


class Everything:
    """An Example as somebody would write it: no base class, no decorator."""

    def __init__(self, own: PeerWrapper) -> None:
        self.level = 1
        self.label = "label"
        self.old_label = "old"
        self.own = own
        self.told_texts: list[str] = []

    def changed(self, symbol: str, price: float, *, final: bool = False) -> bool:
        return final and (symbol, price) == ("ACME", 1.5)

    def told(self, text: str) -> None:
        self.told_texts.append(text)

    def confirm(self, question: str) -> bool:
        return question == "?"

    def attach(self, peer: PeerStub) -> PeerWrapper:
        peer.notify("attached")
        return self.own

    def limited(self, count: int = 7) -> list[int]:
        return [count]

    def convert(self, value: Any) -> Any:
        return value

    async def later(self, count: int) -> str:
        return str(count)

    async def convert_later(self, value: Any) -> Any:
        return value

    async def limited_later(self, count: int = 8) -> list[int]:
        return [count]

    def get(self, key: str, default: int = 0) -> Any:
        return default or key

    async def get_later(self, key: str, default: int = 0) -> Any:
        return default or key

    def old(self, symbol: str) -> None:
        self.told_texts.append(symbol)

    def __call__(self, event: str) -> bool:
        return event == "start"


def test_runs_over_pyro5() -> None:
    """Every member of the example works between a stub and a wrapper."""
    theirs, ours = Ringing(), Ringing()
    their_wrapper, our_wrapper = PeerWrapper(theirs), PeerWrapper(ours)
    everything = Everything(our_wrapper)
    with (
        serving(their_wrapper, our_wrapper),
        serving(ExampleWrapper(everything)) as (address,),
    ):
        exercise(ExampleStub(address), their_wrapper)
        assert theirs.texts == ["attached"]
        assert ours.texts == ["back"]
    assert everything.level == 5
    assert everything.told_texts == ["told", "old"]


def exercise(stub: ExampleStub, peer: PeerWrapper) -> None:
    """Use every member once, and see what comes back."""
    assert stub.level == 1
    stub.level = 5
    assert stub.label == "label"
    assert stub.changed("ACME", 1.5, final=True) is True
    assert stub.changed("ACME", 1.5) is False
    stub.told("told")
    assert stub.confirm("?") is True
    stub.attach(peer).notify("back")
    assert stub.limited() == [7]
    assert stub.limited(2) == [2]
    assert stub.convert({"a": 1}) == {"a": 1}
    assert asyncio.run(stub.later(3)) == "3"
    assert asyncio.run(stub.convert_later([1])) == [1]
    assert asyncio.run(stub.limited_later()) == [8]
    assert stub.get("a") == "a"
    assert stub.get("a", 4) == 4
    assert asyncio.run(stub.get_later("a", 5)) == 5
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        stub.old("old")  # pyright: ignore[reportDeprecated]
    assert [str(each.message) for each in caught] == ["use changed"]
    assert stub("start") is True
