"""What the generator is asked for, and what it answers: data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from callbackgen.generator.diagnostics import Diagnostic


@dataclass(frozen=True, slots=True)
class Request:
    """All that decides the result, from the command line and from pyproject.toml.

    Paths are absolute. `roots` are the folders under which dotted names are looked
    up before ``sys.path``. `outputs` gives another module name to the Protocols
    named in it (``{"orders.Listener": "orders_listener_remote"}``). `types` are the
    dotted names of the classes that are registered at run time.
    """

    targets: tuple[str, ...]
    working_directory: Path
    roots: tuple[Path, ...]
    output: Path | None = None
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    templates: Path | None = None
    types: tuple[str, ...] = ()


class GeneratedModule(NamedTuple):
    """A module that is to be written, and why it is.

    `interface` is the dotted name of its Protocol, as in its header. `reason` says
    why a Protocol is generated that was not asked for (``result of Service.open``).
    """

    path: Path
    text: str
    interface: str
    reason: str | None = None


class Outcome(NamedTuple):
    """The modules in a stable order, the warnings, and what the result rests on.

    `read` are the files whose content matters, `absent` the paths where nothing was
    found but where a new file would change the result.
    """

    modules: tuple[GeneratedModule, ...]
    warnings: tuple[Diagnostic, ...]
    read: tuple[Path, ...]
    absent: tuple[Path, ...]
