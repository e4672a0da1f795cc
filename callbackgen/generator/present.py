"""What ``callbackgen generate`` prints and writes, mode by mode.

Results go to stdout, errors and warnings to stderr. Nothing dear is imported at the
top: an unchanged check comes through here.
"""

# A check without any change comes through here: pathlib costs a tenth of its time, and
# what it does not need is imported where it is needed.

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

from callbackgen.generator import report
from callbackgen.generator.command import Command, Orphan, Result
from callbackgen.generator.output import (
    Change,
    check_writable,
    difference,
    first_difference,
    write,
)
from callbackgen.generator.progress import Bar
from callbackgen.generator.project import FILE_NAME, find

if TYPE_CHECKING:
    from callbackgen.generator.diagnostics import Diagnostic
    from callbackgen.generator.project import Invocation
    from callbackgen.generator.watch import Watched

DONE = 0
OUT_OF_DATE = 1
WRONG = 2
_COLOURS = {"+": "green", "-": "red", "@": "cyan"}


class Presenter:
    """Carries out one invocation in one of the modes, which give the exit code.

    `style` is ``text`` or ``github``; `quiet` leaves errors and warnings only. The
    modes raise Refused for whatever is wrong; ``run`` prints that.
    """

    def __init__(self, invocation: Invocation, *, style: str, quiet: bool) -> None:
        self._invocation = invocation
        self._is_github = style == "github"
        self._is_quiet = quiet

    def run(self, mode: Callable[[Presenter], int]) -> int:
        """The exit code of a mode; what it refuses is printed, and is the code 2."""
        try:
            return mode(self)
        except Exception as error:
            # Where nothing is wrong, the class of this one is not even loaded.
            from callbackgen.generator.diagnostics import Refused

            if not isinstance(error, Refused):
                raise
            self.report(error.diagnostics)
            return WRONG

    # -- modes ---------------------------------------------------------------------

    def write(self) -> int:
        """Write what has changed."""
        with Bar(is_shown=sys.stderr.isatty() and not self._is_quiet) as bar:
            result = Command(self._invocation, bar).result()
        self.report(result.warnings)
        self.apply(result)
        return DONE

    def check(self) -> int:
        """Say what is out of date or left over, as a diff, and how to repair it."""
        command = Command(self._invocation)
        result = command.result()
        self.report(result.warnings)
        stale = [change for change in result.changes if change.state != "unchanged"]
        orphans = command.orphans(result.changes)
        for change in stale:
            self._show_difference(change)
            self._annotate_stale(change)
        for orphan in orphans:
            self.say(f"{self._shown(orphan.path)}: left over, {orphan.reason}")
            self._annotate_orphan(orphan)
        if stale:
            self.say(f"{_files(len(stale))} out of date. To repair that:")
            self.say(f"    {self._repair()}")
        if orphans:
            self.say(f"{_files(len(orphans))} left over. To repair that:")
            self.say(f"    {self._removal(orphans)}")
        if not stale and not orphans:
            self.say(f"{_files(len(result.changes))} up to date")
        return OUT_OF_DATE if stale or orphans else DONE

    def show(self) -> int:
        """Show as a diff what writing would change."""
        result = Command(self._invocation).result()
        self.report(result.warnings)
        for change in result.changes:
            if change.state != "unchanged":
                self._show_difference(change)
        return DONE

    def print_module(self) -> int:
        """Print the text of the one module that was asked for."""
        outcome = Command(self._invocation).outcome()
        self.report(outcome.warnings)
        wanted = [module for module in outcome.modules if module.reason is None]
        if len(wanted) != 1:
            names = ", ".join(module.interface for module in wanted)
            raise click.UsageError(f"--stdout prints one module: name one of {names}")
        # Bytes: neither the terminal's encoding nor its line ends are the module's.
        click.echo(wanted[0].text.encode("utf-8"), nl=False)
        return DONE

    def watch(self) -> int:
        """Write now and after every change, until Ctrl-C; mistakes do not end it."""
        from callbackgen.generator.watch import watch

        try:
            watch(_Updates(self._invocation, self))
        except KeyboardInterrupt:
            self.say("\nstopped")
        return DONE

    # -- writing -------------------------------------------------------------------

    def apply(self, result: Result, *, with_unchanged: bool = True) -> None:
        """Write what has changed, and say so; `with_unchanged`: of the others too."""
        check_writable(result.changes)
        shown = result.changes
        if not with_unchanged:
            shown = [change for change in shown if change.state != "unchanged"]
        for change in shown:
            write(change)
            verb = "unchanged" if change.state == "unchanged" else "wrote"
            reason = f": {change.reason}" if change.reason else ""
            self.say(f"{verb} {self._shown(change.path)}{reason}")

    # -- printing ------------------------------------------------------------------

    def report(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print errors and warnings, in the chosen style."""
        if diagnostics:
            folder = self._invocation.folder
            text = report.as_text(diagnostics, folder)
            if self._is_github:
                text = report.as_github(diagnostics, folder)
            click.echo(text, err=True)

    def say(self, text: str) -> None:
        """Print a line, unless quiet."""
        if not self._is_quiet:
            click.echo(text)

    def _shown(self, path: str) -> str:
        return report.shown(path, self._invocation.folder)

    def _show_difference(self, change: Change) -> None:
        for line in difference(change, self._shown(change.path)):
            self.say(click.style(line, fg=_COLOURS.get(line[:1])))

    def _annotate_stale(self, change: Change) -> None:
        name = self._shown(change.path)
        state = "is out of date" if change.state == "changed" else "is missing"
        line = first_difference(change) if change.state == "changed" else 0
        self._annotate(f"{name} {state}; run: {self._repair()}", change.path, line)

    def _annotate_orphan(self, orphan: Orphan) -> None:
        name = self._shown(orphan.path)
        self._annotate(f"{name} is left over: {orphan.reason}; delete it", orphan.path)

    def _annotate(self, message: str, path: str, line: int = 0) -> None:
        # Not silenced by -q: annotations are the errors of a check.
        if self._is_github:
            folder = self._invocation.folder
            annotation = report.annotation(
                "error", message, "callbackgen", path, line, 0, folder
            )
            click.echo(annotation)

    def _repair(self) -> str:
        import shlex

        words = ["callbackgen", "generate"]
        for option, path in (
            ("--output", self._invocation.output),
            ("--templates", self._invocation.templates),
        ):
            words += [option, self._shown(path)] if path else []
        return shlex.join([*words, *self._invocation.targets])

    def _removal(self, orphans: Sequence[Orphan]) -> str:
        import shlex

        return shlex.join(["rm", *(self._shown(orphan.path) for orphan in orphans)])


class _Updates:
    """What the watcher calls: one more run, and then what to watch after it."""

    def __init__(self, invocation: Invocation, presenter: Presenter) -> None:
        self._invocation = invocation
        self._presenter = presenter
        self._is_first = True
        self._reported: Sequence[Diagnostic] = ()
        self._was_refused = False
        self._paths: list[str] = []

    def __call__(self) -> Watched:
        from callbackgen.generator.diagnostics import Refused
        from callbackgen.generator.watch import Watched

        folder = self._invocation.folder
        command = Command(self._invocation._replace(project=find(folder)))
        folders: list[str] = []
        try:
            self._update(command)
        except Refused as refused:
            self._report(refused.diagnostics)
            self._was_refused = True
            places = [os.path.dirname(d.path) for d in refused.diagnostics if d.path]
            folders = [*command.places(), *places]
        if self._is_first:
            self._presenter.say("watching for changes; Ctrl-C ends it")
        self._is_first = False
        # Where there is no pyproject.toml, one that appears counts.
        return Watched([*self._paths, os.path.join(folder, FILE_NAME)], folders)

    def _update(self, command: Command) -> None:
        result = command.result()
        outputs = [change.path for change in result.changes]
        self._paths = [*result.read, *result.absent, *outputs]
        is_current = all(change.state == "unchanged" for change in result.changes)
        self._presenter.apply(result, with_unchanged=self._is_first)
        self._report(result.warnings)
        if self._was_refused and is_current:
            self._presenter.say("up to date again")
        self._was_refused = False

    def _report(self, diagnostics: Sequence[Diagnostic]) -> None:
        # What still stands on the screen is not said again.
        if diagnostics != self._reported:
            self._presenter.report(diagnostics)
        self._reported = diagnostics


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
