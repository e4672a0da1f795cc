"""What is installed works, from a wheel, an sdist, an editable install and as it is."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from callbackgen import __version__
from tests.system.checkout import ROOT, copy_checkout, make_environment, run

pytestmark = pytest.mark.slow

CONTRACT = """\
from typing import Protocol


class Listener(Protocol):
    def changed(self, symbol: str, price: float) -> bool: ...
"""

USE = """\
import listener_remote
from contract import Listener

class Printer:
    def changed(self, symbol, price):
        return True

wrapper = listener_remote.ListenerWrapper(Printer())
print(wrapper.changed("ACME", 1.0), listener_remote.ListenerStub.__name__)
"""

WHERE = """\
from callbackgen.generator.template import find_templates
print(find_templates().resolve())
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def distributions(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("distributions")
    run(sys.executable, "-m", "build", "--outdir", folder, folder=checkout)
    return folder


@pytest.fixture(scope="module")
def wheel(distributions: Path) -> Path:
    [path] = distributions.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The commands of a fresh environment that has the wheel and what it requires."""
    return make_environment(tmp_path_factory.mktemp("wheel") / "environment", wheel)


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def sources(folder: str) -> set[str]:
    found = (ROOT / folder).rglob("*")
    return {
        path.relative_to(ROOT).as_posix()
        for path in found
        if path.suffix in {".py", ".pyi", ".md"} or path.name == "py.typed"
    }


def generate_and_use(commands: Path, folder: Path) -> None:
    """Generate with the installed command, and use the result where it is."""
    (folder / "contract.py").write_text(CONTRACT, encoding="utf-8")
    printed = run(
        commands / "callbackgen", "generate", "contract.Listener", folder=folder
    )
    assert "listener_remote.py" in printed
    used = run(commands / "python", "-c", USE, folder=folder)
    assert used == "True ListenerStub\n"


def test_wheel_has_every_file_of_the_package_and_nothing_beside_it(wheel: Path) -> None:
    """Code, py.typed, the pages of the diagnostics and the templates are installed."""
    shipped = {name for name in names(wheel) if ".dist-info/" not in name}
    templates = {f"callbackgen/{name}" for name in sources("templates")}
    assert shipped == sources("callbackgen") | templates
    assert "callbackgen/py.typed" in shipped
    assert any(name.startswith("callbackgen/generator/pages/CBG") for name in shipped)


def test_wheel_is_the_same_from_the_sdist_and_from_the_checkout(
    wheel: Path, checkout: Path, tmp_path: Path
) -> None:
    """Nothing that the wheel needs is missing in the sdist."""
    run(sys.executable, "-m", "build", "-w", "--outdir", tmp_path, folder=checkout)
    [direct] = tmp_path.glob("*.whl")
    assert names(direct) == names(wheel)


def test_sdist_has_what_its_reader_needs(distributions: Path) -> None:
    """Tests, examples, README and licence come with the source."""
    [path] = distributions.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        shipped = {name.partition("/")[2] for name in archive.getnames()}
    for folder in ("tests", "demo", "templates", "fuzz"):
        assert shipped >= sources(folder)
    assert any(name.startswith("fuzz/corpus/wire/") for name in shipped)
    assert shipped >= {"README.md", "LICENSE", "Makefile", "pyproject.toml"}


def test_wheel_says_its_version_and_what_it_requires(
    installed: Path, tmp_path: Path
) -> None:
    """The version is stated once, and the requirements fit each other."""
    said = run(installed / "callbackgen", "--version", folder=tmp_path)
    assert __version__ in said
    shown = run(
        installed / "python", "-m", "pip", "show", "callbackgen", folder=tmp_path
    )
    assert f"Version: {__version__}\n" in shown
    run(installed / "python", "-m", "pip", "check", folder=tmp_path)


def test_wheel_generates_away_from_the_checkout(
    installed: Path, tmp_path: Path
) -> None:
    """The command finds its templates, and the module it writes works."""
    generate_and_use(installed, tmp_path)
    found = run(installed / "python", "-c", WHERE, folder=tmp_path)
    assert found.endswith("site-packages/callbackgen/templates\n")


def test_editable_install_uses_the_templates_of_the_checkout(
    checkout: Path, tmp_path: Path
) -> None:
    """Who works on callbackgen sees a changed template at once."""
    commands = make_environment(tmp_path / "environment", "-e", checkout)
    work = tmp_path / "work"
    work.mkdir()
    generate_and_use(commands, work)
    found = run(commands / "python", "-c", WHERE, folder=work)
    assert found == f"{(checkout / 'templates').resolve()}\n"


def test_checkout_works_without_being_installed(checkout: Path) -> None:
    """`python -m callbackgen` in the checkout is the command."""
    said = run(sys.executable, "-m", "callbackgen", "--version", folder=checkout)
    assert __version__ in said
    found = run(sys.executable, "-c", WHERE, folder=checkout)
    assert found == f"{(checkout / 'templates').resolve()}\n"
