"""Run again whenever something changes that the result rests on."""

# The watcher gives and takes paths as text.

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple, TypeAlias

import watchfiles

_LOOK_UP = 1000
"""Milliseconds after which the watcher returns without a change."""
_SOURCES = (".py", ".pyi", ".toml")


class Watched(NamedTuple):
    """What matters to the result.

    `paths` are files, there or not. Where a run was refused it is not known what
    matters: then `folders` are watched for any source that changes.
    """

    paths: Iterable[str]
    folders: Iterable[str] = ()


def watch(update: Callable[[], Watched]) -> None:
    """Call `update` now and after every change, until KeyboardInterrupt.

    No change is lost: whenever other folders have to be watched than before,
    `update` is called once more after the watching has begun.

    Raises OSError if the system cannot watch the folders.
    """
    state = _State()
    state.take(update())
    while True:
        watched = state.folders
        changes = _changes(watched, state)
        state.is_cut_off = False
        try:
            _wait(changes)
            state.take(update())
            while state.folders <= watched and not state.is_cut_off:
                if _wait(changes):
                    state.take(update())
        except FileNotFoundError:
            # A folder went away before it could be watched: look for what is left.
            state.take(update())
        finally:
            changes.close()


_Changes: TypeAlias = Generator[set[tuple[watchfiles.Change, str]], None, None]


def _changes(folders: frozenset[str], state: _State) -> _Changes:
    return watchfiles.watch(
        *sorted(folders),
        watch_filter=lambda _, path: state.matters(path),
        rust_timeout=_LOOK_UP,
        yield_on_timeout=True,
        recursive=False,
        debug=False,
    )


def _wait(changes: _Changes) -> bool:
    """Wait for changes that matter, for a time; whether there were any."""
    try:
        return bool(next(changes))
    except RuntimeError as error:
        raise OSError(f"the folders cannot be watched: {error}") from error


class _State:
    """What matters at present, and whether the watcher can still see it."""

    def __init__(self) -> None:
        self.folders: frozenset[str] = frozenset()
        self.is_cut_off = False
        self._paths: frozenset[str] = frozenset()
        self._any_source = False

    def take(self, watched: Watched) -> None:
        """Note what matters from now on."""
        paths = {os.path.abspath(path) for path in watched.paths}
        paths |= {os.path.realpath(path) for path in paths}
        folders = {os.path.realpath(folder) for folder in watched.folders}
        self._any_source = bool(folders)
        folders |= {os.path.dirname(path) for path in paths}
        self._paths = frozenset(paths)
        self.folders = frozenset(map(_existing, folders))

    def matters(self, path: str) -> bool:
        """Whether a change of `path` may change the result."""
        path = os.path.join(
            os.path.realpath(os.path.dirname(path)), os.path.basename(path)
        )
        if path in self.folders:
            # Its watch has ended with it, even if there is another one by now.
            self.is_cut_off = True
            return True
        if self._any_source and path.endswith(_SOURCES):
            return True
        inside = path + os.sep
        return path in self._paths or any(
            other.startswith(inside) for other in self._paths
        )


def _existing(folder: str) -> str:
    """The folder, or the nearest one above it that there is."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder
