"""[tool.callbackgen]: where it is looked for, what it means, what is wrong in it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.project import (
    KEYS,
    Invocation,
    Settings,
    find,
    load,
    request,
)


def written(folder: Path, text: str) -> str:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return os.fspath(path)


def wrong(folder: Path, text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(Refused) as caught:
        load(written(folder, text))
    return caught.value.diagnostics


def test_the_nearest_file_counts(tmp_path: Path) -> None:
    """Of several pyproject.toml above a folder, the nearest is the project's."""
    inner = tmp_path / "inner"
    below = inner / "a" / "b"
    below.mkdir(parents=True)
    written(tmp_path, "")
    nearest = written(inner, "")

    assert find(os.fspath(below)) == nearest
    assert find(os.fspath(inner)) == nearest
    assert find(os.fspath(tmp_path)) == os.fspath(tmp_path / "pyproject.toml")


def test_a_folder_of_that_name_is_no_project(tmp_path: Path) -> None:
    """A folder that is called pyproject.toml is passed over."""
    project = written(tmp_path, "")
    inner = tmp_path / "inner"
    (inner / "pyproject.toml").mkdir(parents=True)

    assert find(os.fspath(inner)) == project


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    """`roots`, `output` and `templates` are meant from the folder of the file."""
    (tmp_path / "shapes").mkdir()
    path = written(
        tmp_path,
        """
        [tool.callbackgen]
        targets = ["prices.Listener", "src/orders.py"]
        roots = ["lib", "../shared", "/opt/else"]
        output = "generated"
        outputs = {"orders.Listener" = "orders_listener_remote"}
        templates = "shapes"
        types = ["geometry.Point", "money.rates.Rate.Kind"]
        """,
    )

    assert load(path) == Settings(
        folder=os.fspath(tmp_path),
        targets=("prices.Listener", "src/orders.py"),
        roots=(
            os.fspath(tmp_path / "lib"),
            os.fspath(tmp_path.parent / "shared"),
            "/opt/else",
        ),
        output=os.fspath(tmp_path / "generated"),
        outputs={"orders.Listener": "orders_listener_remote"},
        templates=os.fspath(tmp_path / "shapes"),
        types=("geometry.Point", "money.rates.Rate.Kind"),
    )


@pytest.mark.parametrize(
    "text", ["", "[project]\nname = 'x'\n", "[tool.ruff]\nline-length = 88\n"]
)
def test_a_file_without_the_table_sets_nothing(tmp_path: Path, text: str) -> None:
    """Projects that do not configure callbackgen have the defaults."""
    assert load(written(tmp_path, text)) == Settings()
    assert load(None) == Settings()


def test_mistakes_of_others_are_not_reported(tmp_path: Path) -> None:
    """Broken TOML that never mentions callbackgen stops nobody here."""
    assert load(written(tmp_path, "[project\n")) == Settings()


def test_broken_toml_is_located(tmp_path: Path) -> None:
    """A syntax error in the file has its line, column and source line."""
    (found,) = wrong(tmp_path, "[tool.callbackgen]\ntargets = [,]\n")

    assert found.code == "CBG010"
    assert found.path == tmp_path / "pyproject.toml"
    assert (found.line, found.column) == (2, 12)
    assert found.source_line == "targets = [,]"


def test_toml_that_ends_too_early_is_located(tmp_path: Path) -> None:
    """What is missing at the end of the file is shown there."""
    (found,) = wrong(tmp_path, '[tool.callbackgen]\ntargets = ["a"')

    assert found.line == 2
    assert "end of document" not in found.message


def test_other_encodings_are_refused(tmp_path: Path) -> None:
    """A file that is not UTF-8 is refused with the line that is not."""
    path = tmp_path / "pyproject.toml"
    path.write_bytes(b"[tool.callbackgen]\noutput = 'caf\xe9'\n")

    with pytest.raises(Refused) as caught:
        load(os.fspath(path))
    (found,) = caught.value.diagnostics
    assert (found.code, found.line) == ("CBG010", 2)
    assert "UTF-8" in found.message


def test_all_mistakes_at_once_each_on_its_line(tmp_path: Path) -> None:
    """Unknown settings and values of another type are all found in one go."""
    found = wrong(
        tmp_path,
        """[tool.callbackgen]
target = "prices.Listener"
roots = "src"
output = 3
outputs = {"orders.Listener" = 5}
templates = ["x"]
""",
    )

    assert [(item.code, item.line) for item in found] == [
        ("CBG010", line) for line in (2, 3, 4, 5, 6)
    ]
    unknown, roots, output, outputs, templates = found
    assert "did you mean targets?" in unknown.hint
    assert "roots must be a list of strings" in roots.message
    assert "output must be the name of a folder" in output.message
    assert "orders.Listener" in outputs.message
    assert "templates" in templates.message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("targets = ['a', 3]", "targets must be a list of strings"),
        ("outputs = 'x'", "outputs must be a table"),
        ("outputs = {orders.Listener = 'x'}", "orders"),
        ("outputs = {'a.B' = 'b_remote.py'}", "the name of a module"),
        ("outputs = {'a.B' = 'class'}", "the name of a module"),
        ("outputs = {'a.B' = '../b'}", "the name of a module"),
        ("templates = 'nowhere'", "there is no folder"),
        ("output = ''", "the name of a folder"),
        (r'output = "a\u0000b"', "output"),
        (r'roots = ["a\u0000b"]', "roots"),
        (r'targets = ["a\u0000b.py"]', "targets"),
    ],
)
def test_values_that_mean_nothing_are_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    """Each setting is checked when it is read, with the line that has it."""
    (found,) = wrong(tmp_path, f"[tool.callbackgen]\n{text}\n")

    assert found.code == "CBG010"
    assert message in found.message
    assert found.line == 2
    assert found.hint


def test_the_table_must_be_a_table(tmp_path: Path) -> None:
    """`callbackgen = true` under [tool] is refused."""
    (found,) = wrong(tmp_path, "[tool]\ncallbackgen = true\n")

    assert (found.code, found.line) == ("CBG010", 2)


_Value: TypeAlias = "bool | int | str | list[_Value] | dict[str, _Value] | None"

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab\0\n\"'é", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.text("ab.", max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


def _as_toml(value: _Value) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            escaped = "".join(f"\\U{ord(character):08x}" for character in value)
            return f'"{escaped}"'
        case list():
            return f"[{', '.join(map(_as_toml, value))}]"
        case dict():
            pairs = (f"{_as_toml(key)} = {_as_toml(of)}" for key, of in value.items())
            return f"{{{', '.join(pairs)}}}"
        case _:
            return "nan"


@given(table=st.dictionaries(st.sampled_from([*KEYS, "other"]), _VALUES))
def test_every_table_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, _Value]
) -> None:
    """Whatever stands in the table: settings, or located errors, and nothing else."""
    text = "[tool.callbackgen]\n"
    text += "".join(f"{key} = {_as_toml(value)}\n" for key, value in table.items())
    tomllib.loads(text)
    try:
        settings = load(written(tmp_path_factory.mktemp("project"), text))
    except Refused as refused:
        for found in refused.diagnostics:
            assert found.code == "CBG010"
            # A key may be written with escapes: then the table's line stands in.
            assert 1 <= found.line <= len(table) + 1
            assert found.hint
    else:
        assert "other" not in table
        names = (*settings.targets, *settings.roots, *settings.outputs)
        assert not any("\0" in name for name in names)


class TestRequest:
    """What the command line and the settings come to together."""

    def test_without_settings_the_current_folder_counts(self, tmp_path: Path) -> None:
        """Names are looked up in the current folder and in its `src`."""
        folder = os.fspath(tmp_path)
        wanted = request(Invocation(folder, None, ("a.B",)), Settings())

        assert wanted.targets == ("a.B",)
        assert wanted.working_directory == tmp_path
        assert wanted.roots == (tmp_path, tmp_path / "src")
        assert wanted.output is None
        assert wanted.templates is None

    def test_the_command_line_wins(self, tmp_path: Path) -> None:
        """A TARGET, --output and --templates replace what the file says."""
        folder = os.fspath(tmp_path)
        settings = Settings(
            folder=folder,
            targets=("a.B",),
            output="/there",
            templates="/shapes",
            types=("a.C",),
        )
        invocation = Invocation(
            folder, None, ("c.D",), output="/here", templates="/mine"
        )
        wanted = request(invocation, settings)

        assert wanted.targets == ("c.D",)
        assert wanted.output == Path("/here")
        assert wanted.templates == Path("/mine")
        assert wanted.types == ("a.C",)
        assert request(Invocation(folder, None), settings).targets == ("a.B",)

    def test_names_are_the_same_from_every_folder(self, tmp_path: Path) -> None:
        """Below a configured folder, that folder is still what names begin at."""
        folder = tmp_path / "app" / "inner"
        settings = Settings(folder=os.fspath(tmp_path), roots=("/more",))
        invocation = Invocation(
            os.fspath(folder), None, ("prices.py:Listener", "../x.py", "a.B")
        )
        wanted = request(invocation, settings)

        assert wanted.working_directory == tmp_path
        assert wanted.roots == (tmp_path, tmp_path / "src", Path("/more"))
        assert wanted.targets == (
            str(Path("app/inner/prices.py:Listener")),
            str(Path("app/x.py")),
            "a.B",
        )

    def test_a_link_to_the_current_folder_leads_into_it(self, tmp_path: Path) -> None:
        """A path that goes round by a symbolic link names the same file as without."""
        folder = tmp_path / "project"
        (folder / "app").mkdir(parents=True)
        (tmp_path / "link").symlink_to("project")
        (folder / "shared").symlink_to(tmp_path)
        link = os.fspath(tmp_path / "link")
        wanted = request(
            Invocation(
                os.fspath(folder),
                None,
                (f"{link}/app/prices.py:Listener", f"{folder}/app/x.py", "shared/y.py"),
                output=link + "/made/here",
            ),
            Settings(),
        )

        assert wanted.targets == ("app/prices.py:Listener", "app/x.py", "shared/y.py")
        assert wanted.output == folder / "made" / "here"


TYPES_AMISS = (
    'types = "a.B"',
    "types = [3]",
    'types = ["Point"]',
    'types = ["geometry."]',
    'types = [\n  "a.B", "geometry:Point"]',
    'types = ["geometry.Point[int]"]',
    'types = ["geometry.class"]',
)


@pytest.mark.parametrize("types", TYPES_AMISS)
def test_wrong_types_are_pointed_at(types: str, tmp_path: Path) -> None:
    """A registered class has a dotted name, its module included."""
    text = f'[tool.callbackgen]\ntargets = ["a.B"]\n{types}\n'
    (found,) = wrong(tmp_path, text)
    assert (found.code, found.line) == ("CBG010", 3)
    assert "types" in found.message
    assert "types = [" in found.hint


OUTPUTS_AMISS = (
    'outputs = {"a.B" = "c-d"}',
    "outputs = {a.B = 'c'}",
    'outputs."a.B" = 3',
    '[tool.callbackgen.outputs]\n"a.B" = "c-d"',
)


@pytest.mark.parametrize("outputs", OUTPUTS_AMISS)
def test_wrong_output_is_pointed_at_where_it_is_given(
    outputs: str, tmp_path: Path
) -> None:
    """A Protocol that `targets` name too is no reason to point there."""
    text = f'[tool.callbackgen]\ntargets = ["a.B"]\n{outputs}\n'
    (found,) = wrong(tmp_path, text)
    assert found.line == 2 + len(outputs.splitlines())
