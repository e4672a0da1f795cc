"""A template folder, read: ``example_remote.py`` becomes parts to fill."""

from __future__ import annotations

import ast
from pathlib import Path

import libcst as cst

from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.template_lazy import cut
from callbackgen.generator.template_module import HINT, TemplateReader
from callbackgen.generator.template_parts import Template

FILE_NAME = "example_remote.py"
"""The module in a template folder that is the template."""


def find_templates() -> Path:
    """The folder of the templates that come with callbackgen.

    Installed it lies inside the package; in a checkout it is the top-level one.
    """
    # What importlib.resources.files("callbackgen") gives, without the time its import
    # takes: a twentieth of a run.
    package = Path(__file__).parents[1]
    installed = package / "templates"
    return installed if installed.is_dir() else package.with_name("templates")


def load(folder: Path) -> Template:
    """Read the template of a folder.

    Raises Refused with everything that is wrong with it, each at its place.
    """
    path = folder / FILE_NAME
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(
            Diagnostic("CBG020", f"the template cannot be read: {error}", HINT, path)
        ) from None
    if folder != find_templates():
        return _load_whole(path, source, is_ours=False)
    rest, members = cut(source, lambda: _refuse_ours(path, source))
    reader = TemplateReader(path, source, members)
    try:
        template = reader.read(cst.parse_module(rest))
    except cst.ParserSyntaxError:
        return _load_whole(path, source, is_ours=True)
    return (
        template if not reader.diagnostics else _load_whole(path, source, is_ours=True)
    )


def _refuse_ours(path: Path, source: str) -> None:
    _load_whole(path, source, is_ours=True)


def _load_whole(path: Path, source: str, *, is_ours: bool) -> Template:
    try:
        module = cst.parse_module(source)
    except cst.ParserSyntaxError as error:
        raise Refused(_syntax_error(path, source, str(error))) from None
    reader = TemplateReader(path, source)
    template = reader.read(module)
    if not is_ours:
        reader.check_names()
    if reader.diagnostics:
        raise Refused(*reader.diagnostics)
    return template


def _syntax_error(path: Path, source: str, message: str) -> Diagnostic:
    line, column = 1, 1
    try:
        ast.parse(source)
    except SyntaxError as error:
        message, line, column = error.msg, error.lineno or 1, error.offset or 1
    except ValueError as error:
        message = str(error)
    lines = source.splitlines()
    text = lines[line - 1] if line <= len(lines) else ""
    hint = "correct the template"
    return Diagnostic("CBG020", message, hint, path, line, column, text)
