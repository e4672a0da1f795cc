"""The golden cases: what is generated, and that it is right."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generated import cases

PROJECT = Path(__file__).parents[2]


def run(*command: str, cwd: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "PYTHONPATH": f"{PROJECT}{os.pathsep}{cases.ROOT}",
        "MYPYPATH": f"{PROJECT}{os.pathsep}{cases.ROOT}",
    }
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def generated_files() -> list[str]:
    return sorted(str(path) for path in cases.ROOT.glob("*/*_remote.py"))


@pytest.mark.parametrize("case", cases.names())
def test_is_generated_as_reviewed(case: str, tmp_path: Path) -> None:
    """The command writes exactly the modules that stand in the case."""
    folder = cases.copy_sources(case, tmp_path)
    finished = cases.generate(case, tmp_path)
    assert finished.returncode == 0, finished.stderr
    assert cases.generated(folder) == cases.generated(cases.ROOT / case)


@pytest.mark.parametrize("case", cases.runnable())
def test_runs(case: str) -> None:
    """Every member works between a stub and a wrapper in a daemon of ours."""
    finished = run("tests.generated.run_case", case, "ours")
    assert (finished.stdout, finished.stderr) == ("done\n", "")


@pytest.mark.parametrize("case", sorted({*cases.runnable()} - cases.ONLY_OURS))
def test_runs_over_pyro5(case: str) -> None:
    """Every member works between a stub and a wrapper in a stock Pyro5 daemon."""
    finished = run("tests.generated.run_case", case, "stock")
    assert (finished.stdout, finished.stderr) == ("done\n", "")


def test_passes_mypy_strict() -> None:
    """mypy strict accepts the modules and their use, and refuses wrong use."""
    finished = run(
        "mypy",
        "--strict",
        "--config-file=",
        "--python-version=3.13",
        "--disable-error-code=import-untyped",
        "--explicit-package-bases",
        str(cases.ROOT),
    )
    assert finished.returncode == 0, finished.stdout


def test_passes_pyright_strict(tmp_path: Path) -> None:
    """pyright strict accepts the modules and their use, and refuses wrong use."""
    # pyright looks at nothing that lies outside of the folder of its settings.
    copied = shutil.copytree(
        cases.ROOT, tmp_path / "cases", ignore=shutil.ignore_patterns("__pycache__")
    )
    settings = tmp_path / "pyrightconfig.json"
    settings.write_text(
        f"""{{
        "include": ["{copied.name}"],
        "exclude": ["**/interface.py"],
        "extraPaths": ["{PROJECT}", "{copied}"],
        "pythonVersion": "3.13",
        "typeCheckingMode": "strict",
        "reportUnnecessaryTypeIgnoreComment": true,
        "enableTypeIgnoreComments": false
        }}"""
    )
    finished = run(
        "pyright",
        "--outputjson",
        f"--project={settings}",
        f"--pythonpath={sys.executable}",
    )
    assert finished.returncode == 0, finished.stdout
    checked = json.loads(finished.stdout)["summary"]["filesAnalyzed"]
    assert checked > len(generated_files())


@pytest.mark.parametrize(
    "command",
    [
        ("black", "--quiet", "--check", "--diff"),
        ("ruff", "format", "--isolated", "--no-cache", "--diff"),
        ("ruff", "check", "--isolated", "--no-cache"),
    ],
    ids=" ".join,
)
def test_leaves_nothing_to_formatters_and_linters(command: tuple[str, ...]) -> None:
    """Generated modules are stable under black and ruff with their defaults."""
    finished = run(*command, *generated_files(), cwd=cases.ROOT)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def test_entered_as_main() -> None:
    """An interface module that imports its own generated module can be run."""
    finished = run("imports_itself.interface", cwd=cases.ROOT)
    assert finished.stdout == "ServiceStub ServiceWrapper\n", finished.stderr


@pytest.mark.parametrize(
    "first", ["interface", "service_remote", "session_remote", "use"]
)
def test_entered_from_either_end(first: str) -> None:
    """Of an interface and its generated modules any one can be imported first."""
    program = f"import imports_itself.{first}, imports_itself.interface"
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=cases.ROOT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    "case", ["parameters", "values", "references", "functions", "generics", "data"]
)
def test_a_stub_does_not_load_the_interface(case: str) -> None:
    """Importing a generated module loads nothing of the user's."""
    names = [path.stem for path in (cases.ROOT / case).glob("*_remote.py")]
    imports = "; ".join(f"import {case}.{name}" for name in names)
    program = f"import sys; {imports}; print('{case}.interface' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", program],
        cwd=cases.ROOT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert finished.stdout == "False\n", finished.stderr
