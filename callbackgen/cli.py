"""The command line: ``callbackgen generate`` and ``callbackgen explain``.

Only click is imported at the top, so that help, completion and a check without any
change are quick; the generator is imported where it is needed.
"""

# Help and completion are to be quick: all else is imported where it is needed.

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NoReturn

import click

from callbackgen import __version__

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from callbackgen.generator.project import Invocation

WRONG = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
"""128 and the number of the signal, as shells have it."""


class Commands(click.Group):
    """The commands; a reader that goes away (``| head``) ends them quietly."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it returns, or the exit code of a broken pipe."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # Python would complain once more when it flushes at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(BROKEN_PIPE)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def callbackgen(context: click.Context) -> None:
    """Turn plain Python Protocols into typed, safe remote callbacks over Pyro5.

    \b
    For a Protocol `Listener` in prices.py:
        callbackgen generate prices.Listener
    writes listener_remote.py beside prices.py. It has ListenerWrapper, which the
    client puts around its own object, and ListenerStub, by which the server calls it.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False


def complete_target(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """A shell completes the names of files where a TARGET is to stand."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]


def complete_code(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """The codes that begin so, each with its meaning."""
    from click.shell_completion import CompletionItem

    from callbackgen.generator.explain import code_of, codes, title

    start = code_of(incomplete)
    return [
        CompletionItem(code, help=title(code))
        for code in codes()
        if code.startswith(start)
    ]


@callbackgen.command(short_help="Write the modules, or check them.")
@click.argument(
    "targets", metavar="[TARGET]...", nargs=-1, shell_complete=complete_target
)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    type=click.Path(file_okay=False),
    help="Write into this folder, not beside the source.",
)
@click.option(
    "--stdout", is_flag=True, help="Print the module of the one TARGET; write nothing."
)
@click.option(
    "--check",
    is_flag=True,
    help="Write nothing; exit code 1 and a diff if a file is out of date or left over.",
)
@click.option("--diff", is_flag=True, help="Write nothing; show what would change.")
@click.option(
    "--watch", is_flag=True, help="Write now and after every change, until Ctrl-C."
)
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
    help="How errors are printed: for people, or as annotations of GitHub Actions.",
)
@click.option(
    "--templates",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False),
    help="Take the shape of the modules from this folder's example_remote.py.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print errors and warnings only.")
@click.pass_context
def generate(
    context: click.Context,
    targets: tuple[str, ...],
    output: str | None,
    stdout: bool,
    check: bool,
    diff: bool,
    watch: bool,
    style: str,
    templates: str | None,
    quiet: bool,
) -> None:
    """Write the remote form of Protocols, one module each, beside their sources.

    TARGET is a Protocol or a whole module, by dotted name or by path. Without one,
    the `targets` of [tool.callbackgen] in pyproject.toml are taken. What a Protocol
    refers to is written too. The source is read, never imported.

    \b
    Examples:
        callbackgen generate prices.Listener
        callbackgen generate src/prices.py:Listener src/orders.py
        callbackgen generate --check          # in CI: all that pyproject.toml names
        callbackgen generate --stdout prices.Listener

    \b
    Exit codes:
        0  done, or up to date
        1  out of date (--check)
        2  wrong use, or a Protocol that cannot be carried
    """
    modes = {"--stdout": stdout, "--check": check, "--diff": diff, "--watch": watch}
    chosen = [name for name, is_given in modes.items() if is_given]
    if len(chosen) > 1:
        raise click.UsageError(f"{' and '.join(chosen)} exclude each other: take one")
    if stdout and len(targets) > 1:
        raise click.UsageError("--stdout prints one module: name one TARGET")
    if diff and quiet:
        raise click.UsageError(
            "--quiet would hide what --diff shows: for the exit code take --check -q"
        )

    from callbackgen.generator.present import Presenter

    runs: dict[str, Callable[[Presenter], int]] = {
        "--stdout": Presenter.print_module,
        "--check": Presenter.check,
        "--diff": Presenter.show,
        "--watch": Presenter.watch,
    }
    run = runs[chosen[0]] if chosen else Presenter.write
    invocation = _invocation(targets, output, templates)
    context.exit(Presenter(invocation, style=style, quiet=quiet).run(run))


def _invocation(
    targets: tuple[str, ...], output: str | None, templates: str | None
) -> Invocation:
    from callbackgen.generator.project import Invocation, find

    if "" in (output, templates):
        raise click.UsageError("an empty DIR is no folder; the current one is `.`")
    try:
        folder = os.getcwd()
    except FileNotFoundError:
        message = "the current folder is gone: change to one that exists"
        raise click.UsageError(message) from None
    return Invocation(
        folder,
        find(folder),
        targets,
        None if output is None else os.path.abspath(output),
        None if templates is None else os.path.abspath(templates),
    )


@callbackgen.command(short_help="Explain one error code, or list them.")
@click.argument("code", required=False, shell_complete=complete_code)
def explain(code: str | None) -> None:
    """Print what a code such as CBG101 means: its cause, an example and the cure.

    Without CODE, list all codes.
    """
    from callbackgen.generator import explain as pages

    if code is None:
        for known in pages.codes():
            click.echo(f"{click.style(known, bold=True)}  {pages.title(known)}")
        return
    known = pages.code_of(code)
    try:
        page = pages.page(known)
    except KeyError:
        nearest = pages.nearest(known)
        hint = f"Did you mean {nearest}? " if nearest else ""
        raise click.UsageError(
            f"There is no code {code}. {hint}The codes are {', '.join(pages.codes())}."
        ) from None
    click.echo(page, nl=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code; `arguments` None: sys.argv.

    Whatever a user does ends in a message and an exit code, never in a traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        # A name that the terminal's encoding lacks is shown escaped.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    code = _run(arguments)
    # Else the interpreter looks through all that was loaded once more when it ends: a
    # twelfth of the time of a run.
    gc.freeze()
    sys.exit(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        code = callbackgen.main(
            arguments,
            prog_name="callbackgen",
            complete_var="_CALLBACKGEN_COMPLETE",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except (RecursionError, MemoryError):
        # What Python's own parser raises too; then all that it took is free again.
        click.echo("Error: a source or a setting is nested too deeply", err=True)
        return WRONG
    except UnicodeEncodeError as error:
        name = str(error.object)
        click.echo(
            f"Error: {name} cannot be written in this system's encoding", err=True
        )
        return WRONG
    except OSError as error:
        name = "" if error.filename is None else f"{error.filename}: "
        click.echo(f"Error: {name}{error.strerror or error}", err=True)
        return WRONG
    return code if isinstance(code, int) else 0
