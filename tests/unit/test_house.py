"""Which module may know which, and that the page about them is whole."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "callbackgen"
PAGE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")
LONGEST = 400
"""Lines of a file."""

SANS_IO = (
    "wire",
    "alive",
    "lanes",
    "flow",
    "unread",
    "keys",
    "containers",
    "unpacking",
    "envelope",
    "channel",
)
OUTSIDE = {
    "asyncio",
    "concurrent",
    "multiprocessing",
    "select",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "threading",
}
"""What waits for others. `queue` is not here: `channel` has a SimpleQueue for each call
that waits, which it only puts into and takes from without waiting."""


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
RUNTIME = [name for name in FILES if name.startswith("callbackgen.runtime")]
GENERATOR = [name for name in FILES if name.startswith("callbackgen.generator")]


class Import(NamedTuple):
    """A module that is imported: `at_once` when its importer is, or by a function."""

    module: str
    at_once: bool


def imports_in(source: str) -> set[Import]:
    """What a module imports; what it does for type checkers alone is left out."""
    return set(_imports(ast.parse(source), at_once=True))


def _imports(node: ast.AST, *, at_once: bool) -> Iterator[Import]:
    match node:
        case ast.Import(names):
            yield from (Import(one.name, at_once) for one in names)
        case ast.ImportFrom(module, names, 0):
            for one in names:
                submodule = f"{module}.{one.name}"
                name = submodule if submodule in FILES else str(module)
                yield Import(name, at_once)
        case ast.ImportFrom():
            raise AssertionError("a relative import")
        case ast.If(test=test, orelse=rest) if _is_for_type_checkers(test):
            for statement in rest:
                yield from _imports(statement, at_once=at_once)
        case _:
            is_function = isinstance(
                node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
            )
            for child in ast.iter_child_nodes(node):
                yield from _imports(child, at_once=at_once and not is_function)


def _is_for_type_checkers(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


@cache
def imports(name: str) -> set[Import]:
    return imports_in(FILES[name].read_text(encoding="utf-8"))


def imported(name: str) -> set[str]:
    """All that a module may import, now or later."""
    return {one.module for one in imports(name)}


def reached(name: str) -> set[str]:
    """A module of ours, and those that it imports itself or by way of others."""
    found: set[str] = set()
    left = [name]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += imported(one) & FILES.keys()
    return found


def is_in(module: str, *packages: str) -> bool:
    return any(f"{module}.".startswith(f"{package}.") for package in packages)


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The strongly connected components that are more than a module (Tarjan's)."""
    numbers = count()
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[set[str]] = []

    def visit(node: str) -> None:
        index[node] = lowest[node] = next(numbers)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
            if other in stack:
                lowest[node] = min(lowest[node], lowest[other])
        if lowest[node] == index[node]:
            start = stack.index(node)
            component = set(stack[start:])
            del stack[start:]
            if len(component) > 1 or node in graph[node]:
                found.append(component)

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_imports_are_seen_as_they_are_made() -> None:
    """Those for type checkers are left out, those in functions come later."""
    source = """
import a.b
if TYPE_CHECKING:
    import never
else:
    import always
if typing.TYPE_CHECKING:
    import never
if not TYPE_CHECKING:
    from here import x
class A:
    from within import x
    def f(self):
        import later
from callbackgen.runtime import wire, Stub
"""
    assert imports_in(source) == {
        Import("a.b", at_once=True),
        Import("always", at_once=True),
        Import("here", at_once=True),
        Import("within", at_once=True),
        Import("later", at_once=False),
        Import("callbackgen.runtime.wire", at_once=True),
        Import("callbackgen.runtime", at_once=True),
    }


def test_cycles_are_seen() -> None:
    """A module that imports itself is one; a way there alone is none."""
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": {"d"}, "e": {"a", "d"}}
    assert sorted(map(sorted, cycles(graph))) == [["b", "c"], ["d"]]


@pytest.mark.parametrize("name", RUNTIME)
def test_the_run_time_knows_no_generator(name: str) -> None:
    """A server has neither libcst nor click loaded, and needs neither."""
    forbidden = ("callbackgen.generator", "callbackgen.cli", "libcst", "click")
    assert not [module for module in imported(name) if is_in(module, *forbidden)]


@pytest.mark.parametrize("name", [*GENERATOR, "callbackgen.interface"])
def test_the_generator_knows_no_run_time(name: str) -> None:
    """The two halves share the model of an interface, and that knows neither."""
    forbidden = ["callbackgen.runtime", "Pyro5", "serpent"]
    if name == "callbackgen.interface":
        forbidden.append("callbackgen.generator")
    assert not [module for module in imported(name) if is_in(module, *forbidden)]


def test_the_markers_import_nothing() -> None:
    """An interface module that imports them stays plain Python."""
    assert imported("callbackgen.markers") == set()


@pytest.mark.parametrize("name", SANS_IO)
def test_what_decides_knows_no_sockets_and_no_threads(name: str) -> None:
    """Nor does anything of ours that it imports: it is told, and says what follows."""
    for module in reached(f"callbackgen.runtime.{name}"):
        assert not [one for one in imported(module) if is_in(one, *OUTSIDE)], module
    ours = {
        module.rpartition(".")[2] for module in reached(f"callbackgen.runtime.{name}")
    }
    assert ours <= {*SANS_IO, "errors"}


def test_the_command_line_loads_the_generator_when_it_is_needed() -> None:
    """Help and completion do not wait for it."""
    at_once = {one.module for one in imports("callbackgen.cli") if one.at_once}
    assert not [one for one in at_once if is_in(one, "callbackgen.generator")]
    assert [one for one in imported("callbackgen.cli") if "generator" in one]


def test_no_module_imports_itself_by_way_of_others() -> None:
    """Each can be loaded first; who needs what needs it does so inside a function."""
    graph = {
        name: {one.module for one in imports(name) if one.at_once} & FILES.keys()
        for name in FILES
    }
    assert cycles(graph) == []


@pytest.mark.parametrize("name", FILES)
def test_a_file_can_be_read_whole(name: str) -> None:
    """None is longer than a reader bears."""
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


def named_under(title: str) -> set[str]:
    """The files that have a line in a table of a section of the page."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+\.py)`", section, re.MULTILINE))


@pytest.mark.parametrize(
    ("title", "folder"),
    [
        ("The run time", "runtime"),
        ("The kinds of values", "runtime/kinds"),
        ("The generator", "generator"),
    ],
)
def test_the_page_has_every_module_and_no_other(title: str, folder: str) -> None:
    """`docs/house.md` says of each module what it is for: add a line for a new one."""
    assert named_under(title) == {path.name for path in (PACKAGE / folder).glob("*.py")}
