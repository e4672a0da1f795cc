"""What the README says is so: its files, commands and settings are used as given."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.system.checkout import ROOT, environment, run

README = (ROOT / "README.md").read_text(encoding="utf-8")
PORT = "9999"
"""The port in the README's example; a free one stands for it here."""


class Block(NamedTuple):
    """A fenced block: its language, and what stands in it."""

    language: str
    text: str


BLOCKS = [
    Block(language, text)
    for language, text in re.findall(
        r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL
    )
]


def texts(language: str) -> list[str]:
    return [block.text for block in BLOCKS if block.language == language]


def section(title: str) -> str:
    """The text of one section."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def expected(command: str) -> str:
    """What the README shows under a command."""
    for text in texts("console"):
        first, _, shown = text.partition("\n")
        if first == f"$ {command}":
            return shown
    raise AssertionError(f"the README does not show {command}")


def with_port(text: str, port: int) -> str:
    return text.replace(PORT, str(port))


@pytest.fixture
def port() -> int:
    """A port of the loopback interface that nobody has."""
    with socket.socket() as found:
        found.bind(("localhost", 0))
        number: int = found.getsockname()[1]
    return number


@pytest.fixture
def commands(tmp_path: Path) -> dict[str, str]:
    """The variables with which `python` and `callbackgen` are those under test."""
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "python").symlink_to(sys.executable)
    command = folder / "callbackgen"
    command.write_text(
        "#!/bin/sh\n"
        f"PYTHONPATH='{ROOT}' exec '{sys.executable}' -m callbackgen \"$@\"\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    path = os.pathsep.join([str(folder), os.environ["PATH"]])
    return {"PATH": path}


@pytest.fixture
def example(tmp_path: Path, port: int) -> Path:
    """A folder with the files of the example, as the README has them."""
    folder = tmp_path / "example"
    folder.mkdir()
    for text in texts("python"):
        head = re.match(r"# (\w+\.py)\n", text)
        assert head, f"a block of Python begins with its file's name, not with {text!r}"
        (folder / head[1]).write_text(with_port(text, port), encoding="utf-8")
    return folder


@pytest.fixture
def server(
    request: pytest.FixtureRequest, example: Path, commands: dict[str, str]
) -> Iterator[subprocess.Popen[str]]:
    """The example's server, generated and started, with its output in a pipe."""
    run("sh", "-c", "callbackgen generate prices", folder=example, variables=commands)
    process = subprocess.Popen(
        [sys.executable, "-u", getattr(request, "param", "server.py")],
        cwd=example,
        env=environment() | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def test_example_generates_what_the_readme_shows(
    example: Path, commands: dict[str, str]
) -> None:
    """The command under the contract prints these lines and writes these files."""
    command = "callbackgen generate prices"
    printed = run("sh", "-c", command, folder=example, variables=commands)
    assert printed == expected(command)
    for line in printed.splitlines():
        assert (example / line.removeprefix("wrote ")).is_file()


@pytest.mark.parametrize(
    ("server", "client"),
    [("server.py", "client.py"), ("old_server.py", "old_client.py")],
    indirect=["server"],
)
def test_example_runs_as_the_readme_shows(
    server: subprocess.Popen[str], client: str, example: Path, port: int
) -> None:
    """Server and client are two processes, and each prints what stands there.

    Those of a system that has Pyro5 already print the same.
    """
    assert server.stdout is not None
    shown = with_port(expected("python server.py"), port).splitlines(keepends=True)
    assert server.stdout.readline() == shown[0]
    printed = run(
        sys.executable,
        client,
        folder=example,
        variables={"PYTHONPATH": str(ROOT)},
    )
    assert printed == expected("python client.py")
    assert [server.stdout.readline() for _ in shown[1:]] == shown[1:]


def test_example_passes_the_type_checkers(
    example: Path, commands: dict[str, str]
) -> None:
    """Interface, server and client are typed all the way: mypy strict finds nothing."""
    run("sh", "-c", "callbackgen generate prices", folder=example, variables=commands)
    mypy = (sys.executable, "-m", "mypy", "--strict", "--ignore-missing-imports")
    # Pyro5 has no annotations of its own.
    run(
        *(*mypy, "--allow-untyped-calls", "--allow-untyped-decorators"),
        *("--cache-dir", str(example / ".cache"), "."),
        folder=example,
        variables={"MYPYPATH": str(ROOT)},
    )


def test_configuration_is_taken_as_the_readme_has_it(
    example: Path, commands: dict[str, str]
) -> None:
    """Without a target the settings decide: what, and under which name."""
    [text] = texts("toml")
    (example / "pyproject.toml").write_text(text, encoding="utf-8")
    (example / "lib").mkdir()
    check = "callbackgen generate --check"
    run("sh", "-c", check, folder=example, code=1, variables=commands)
    run("sh", "-c", "callbackgen generate", folder=example, variables=commands)
    table = tomllib.loads(text)["tool"]["callbackgen"]
    for name in table["outputs"].values():
        assert (example / f"{name}.py").is_file()
    run("sh", "-c", check, folder=example, variables=commands)


def test_every_option_and_exit_code_is_the_commands_own(
    example: Path, commands: dict[str, str]
) -> None:
    """The tables name options that exist, and codes that the help has too."""
    said = section("Configuration")
    shown = run(
        "sh", "-c", "callbackgen generate --help", folder=example, variables=commands
    )
    options = set(re.findall(r"--[a-z]+", said))
    assert options
    assert options <= set(re.findall(r"--[a-z]+", shown))
    codes = re.findall(r"^\| (\d) +\| (.*?) *\|$", said, re.MULTILINE)
    assert [code for code, _ in codes] == ["0", "1", "2"]
    for code, _ in codes:
        assert re.search(rf"^ +{code}  \S", shown, re.MULTILINE)


def test_explained_code_exists(example: Path, commands: dict[str, str]) -> None:
    """`callbackgen explain`, as the README has it, prints the page of that code."""
    [command] = re.findall(r"^\$ (callbackgen explain \w+)$", README, re.MULTILINE)
    page = run("sh", "-c", command, folder=example, variables=commands)
    assert command.split()[-1] in page


def test_completion_line_works_in_a_shell(
    example: Path, commands: dict[str, str]
) -> None:
    """After the line in .bashrc, bash knows how to complete the command."""
    [line] = texts("bash")
    script = f"{line}\ncomplete -p callbackgen"
    printed = run("bash", "-c", script, folder=example, variables=commands)
    assert "callbackgen" in printed.splitlines()[-1]


def test_attributes_line_marks_generated_files(tmp_path: Path) -> None:
    """Generated modules have the attribute, and no others."""
    [line] = texts("gitattributes")
    run("git", "init", "-q", folder=tmp_path)
    (tmp_path / ".gitattributes").write_text(line, encoding="utf-8")
    ask = ("git", "check-attr", "linguist-generated", "listener_remote.py", "prices.py")
    marked, unmarked = run(*ask, folder=tmp_path).splitlines()
    assert marked.endswith(": true")
    assert unmarked.endswith(": unspecified")


def test_pre_commit_configuration_is_valid_and_names_our_hooks(tmp_path: Path) -> None:
    """pre-commit takes the block, and every hook named in the README is offered."""
    [text] = texts("yaml")
    configuration = tmp_path / ".pre-commit-config.yaml"
    configuration.write_text(text, encoding="utf-8")
    pre_commit = (sys.executable, "-m", "pre_commit")
    run(*pre_commit, "validate-config", str(configuration), folder=tmp_path)
    offered = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    named = re.findall(r"^ *- id: (\S+)", text, re.MULTILINE)
    assert named == re.findall(r"^- id: (\S+)", offered, re.MULTILINE)


def test_both_make_commands_are_targets(tmp_path: Path) -> None:
    """`make demo` and `make test` stand in the README and in the Makefile."""
    named = re.findall(r"^\$ make (\w+)$", section("Two commands"), re.MULTILINE)
    assert named == ["demo", "test"]
    make = shutil.which("make")
    assert make, "make is needed"
    for target in (*named, "help"):
        run(make, "-n", "-C", ROOT, target, folder=tmp_path)


def test_links_lead_to_files() -> None:
    """What the README links to in the checkout is there."""
    for target in re.findall(r"\]\(((?!https?:)[^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_errors_named_in_the_readme_are_public() -> None:
    """Every `callbackgen.name` of the README can be imported as it is written."""
    names = set(re.findall(r"`@?callbackgen\.([A-Za-z_.]+)", README))
    assert "RemoteError" in names
    for name in names:
        module, _, last = f"callbackgen.{name}".rpartition(".")
        assert hasattr(importlib.import_module(module), last), name


def test_every_test_of_the_table_exists() -> None:
    """What the README names as holding a feature is a test, and is there."""
    rows = re.findall(r"`((?:system|generated|unit)/\S+\.py)(?:::(\w+))?`", README)
    assert len(rows) > 20
    for path, name in rows:
        text = (ROOT / "tests" / path).read_text(encoding="utf-8")
        assert f"def {name or 'test_'}" in text, (path, name)


def test_the_lasting_connection_is_made_as_shown(
    example: Path, server: subprocess.Popen[str]
) -> None:
    """`listen` of the README registers with the example's server, and again."""
    assert server.stdout is not None
    assert server.stdout.readline().startswith("serving")
    program = "import lasting; lasting.listen().close()"
    said = run(
        sys.executable,
        "-W",
        "error",
        "-c",
        program,
        folder=example,
        variables={"PYTHONPATH": str(ROOT)},
    )
    assert said == "ACME 9.5\nACME 12.5\n"
