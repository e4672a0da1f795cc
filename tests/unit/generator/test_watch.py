"""The watcher: no change is lost, whatever comes to matter meanwhile."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import watchfiles

from callbackgen.generator.watch import Watched, watch


def watched(*paths: Path) -> Watched:
    return Watched(list(map(os.fspath, paths)))


def run(*steps: Callable[[], Watched]) -> None:
    """Watch, with a step for each run that there should be; Ctrl-C in the last."""
    remaining = list(steps)

    def update() -> Watched:
        answer = remaining.pop(0)()
        if not remaining:
            raise KeyboardInterrupt
        return answer

    with pytest.raises(KeyboardInterrupt):
        watch(update)


def test_a_change_during_the_first_run_is_not_lost(tmp_path: Path) -> None:
    """What changes after it was read, but before the watching begins, is seen."""
    path = tmp_path / "prices.py"
    path.write_text("1", encoding="utf-8")
    seen: list[str] = []

    def first() -> Watched:
        seen.append(path.read_text(encoding="utf-8"))
        path.write_text("2", encoding="utf-8")
        return watched(path)

    def second() -> Watched:
        seen.append(path.read_text(encoding="utf-8"))
        return watched(path)

    run(first, second)
    assert seen == ["1", "2"]


def test_a_change_before_another_folder_is_watched_is_not_lost(tmp_path: Path) -> None:
    """A run that comes to rest on one more folder is repeated once that is watched."""
    one, other = tmp_path / "a" / "one.py", tmp_path / "b" / "other.py"
    for path in (one, other):
        path.parent.mkdir()
        path.write_text("1", encoding="utf-8")
    seen: list[str] = []

    def read() -> Watched:
        seen.append(other.read_text(encoding="utf-8"))
        return watched(one, other)

    def read_and_change() -> Watched:
        answer = read()
        other.write_text("2", encoding="utf-8")
        return answer

    run(lambda: watched(one), read_and_change, read)
    assert seen == ["1", "2"]


def test_a_folder_that_goes_while_it_is_watched(tmp_path: Path) -> None:
    """Its going is a change, and so is its coming back."""
    path = tmp_path / "deep" / "inside" / "prices.py"
    there: list[bool] = []

    def make() -> Watched:
        there.append(path.exists())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("1", encoding="utf-8")
        return watched(path)

    def destroy() -> Watched:
        there.append(path.exists())
        shutil.rmtree(tmp_path / "deep", ignore_errors=True)
        return watched(path)

    # A folder that is made may take two looks: for itself, then for what is in it.
    run(make, destroy, make, destroy, make)
    assert there[:3] == [False, True, False]


def test_a_system_that_refuses_to_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the system has no watches left, that is an error of the system."""

    def refuse(*_: object, **__: object) -> Iterator[object]:
        yield from ()
        raise RuntimeError("OS file watch limit reached")

    monkeypatch.setattr(watchfiles, "watch", refuse)
    with pytest.raises(OSError, match="cannot be watched: OS file watch limit"):
        watch(lambda: watched(tmp_path / "prices.py"))
