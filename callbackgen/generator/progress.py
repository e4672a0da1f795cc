"""The bar that a terminal shows while several Protocols are generated."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_STEPS_OF_ONE = 2


class Bar(contextlib.ExitStack):
    """A progress bar on stderr, once more than one Protocol is known of.

    It is called with the steps that are done and those known of, and is gone when
    its block ends.
    """

    def __init__(self, *, is_shown: bool) -> None:
        super().__init__()
        self._is_shown = is_shown
        self._bar: ProgressBar[int] | None = None

    def __call__(self, done: int, known: int) -> None:
        """Show how far it is."""
        if not self._is_shown or known <= _STEPS_OF_ONE:
            return
        if self._bar is None:
            bar = click.progressbar(length=known, label="Generating", file=sys.stderr)
            self._bar = self.enter_context(bar)
        self._bar.length = known
        self._bar.update(done - self._bar.pos)
