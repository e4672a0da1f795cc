"""The hooks for pre-commit, run by the real one in a repository that uses them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.system.checkout import ROOT, copy_checkout, run

pytestmark = pytest.mark.slow

CONTRACT = """\
from typing import Protocol


class Listener(Protocol):
    def changed(self, symbol: str, price: float) -> bool: ...
"""

ONE_METHOD_MORE = "    def closed(self, symbol: str) -> None: ...\n"

SETTINGS = """\
[tool.callbackgen]
targets = ["contract.Listener"]
"""

IDENTITY = {
    "GIT_AUTHOR_NAME": "Someone",
    "GIT_AUTHOR_EMAIL": "someone@example.com",
    "GIT_COMMITTER_NAME": "Someone",
    "GIT_COMMITTER_EMAIL": "someone@example.com",
    "GIT_CONFIG_GLOBAL": "/dev/null",
}


def configuration(address: Path, revision: str, hook: str) -> str:
    """What the README says to write, with one of its hooks."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme.partition("```yaml\n")[2].partition("```")[0]
    assert f"- id: {hook} " in text
    lines = text.replace("ADDRESS", str(address)).replace("REVISION", revision)
    return "".join(
        line
        for line in lines.splitlines(keepends=True)
        if "- id:" not in line or f"- id: {hook} " in line
    )


class Repository:
    """A git repository that uses one of the hooks on every commit."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self.module = folder / "listener_remote.py"
        self._variables = IDENTITY | {"PRE_COMMIT_HOME": str(home)}
        folder.mkdir(exist_ok=True)
        self.git("init", "-q")

    def git(self, *arguments: str, code: int = 0) -> str:
        return run(
            "git", *arguments, folder=self.folder, code=code, variables=self._variables
        )

    def use(self, hook: str, hooks: Repository) -> None:
        """Let pre-commit run a hook of another repository before every commit."""
        self.write(
            ".pre-commit-config.yaml",
            configuration(hooks.folder, hooks.git("rev-parse", "HEAD").strip(), hook),
        )
        self.write("pyproject.toml", SETTINGS)
        self.write("contract.py", CONTRACT)
        install = (sys.executable, "-m", "pre_commit", "install")
        run(*install, folder=self.folder, variables=self._variables)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def commit(self, code: int = 0) -> str:
        """Commit all there is; what pre-commit says of it."""
        self.git("add", "--all")
        return self.git("commit", "-q", "-m", "A change", code=code)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environment of the hooks."""
    return tmp_path_factory.mktemp("pre-commit")


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Repository:
    """The checkout's files as they are now, as a repository that offers hooks."""
    checkout = copy_checkout(tmp_path_factory.mktemp("hooks"))
    repository = Repository(checkout, home)
    repository.commit()
    return repository


def test_hook_generates_and_stops_the_commit_until_the_result_is_in_it(
    hooks: Repository, home: Path, tmp_path: Path
) -> None:
    """A new module and a changed one are written; the next try has them and passes."""
    user = Repository(tmp_path / "user", home)
    user.use("callbackgen", hooks)
    user.commit(code=1)
    assert "def changed" in user.module.read_text(encoding="utf-8")
    user.commit()

    user.write("contract.py", CONTRACT + ONE_METHOD_MORE)
    assert "files were modified by this hook" in user.commit(code=1)
    assert "def closed" in user.module.read_text(encoding="utf-8")
    user.commit()

    committed = user.git("ls-tree", "--name-only", "HEAD").split()
    assert "listener_remote.py" in committed
    assert ".callbackgen_cache" not in committed


def test_hook_names_what_is_left_over(
    hooks: Repository, home: Path, tmp_path: Path
) -> None:
    """The module of a Protocol that has another name now stops the commit."""
    user = Repository(tmp_path / "user", home)
    user.use("callbackgen", hooks)
    user.commit(code=1)
    user.write("contract.py", CONTRACT.replace("Listener", "Watcher"))
    user.write("pyproject.toml", SETTINGS.replace("Listener", "Watcher"))
    assert "listener_remote.py: left over" in user.commit(code=1)
    user.module.unlink()
    user.commit()


def test_hook_shows_what_cannot_be_carried(
    hooks: Repository, home: Path, tmp_path: Path
) -> None:
    """A Protocol that is refused stops the commit with the located reason."""
    user = Repository(tmp_path / "user", home)
    user.use("callbackgen", hooks)
    user.write("contract.py", CONTRACT + "    def _hidden(self) -> None: ...\n")
    assert "contract.py:6:9: CBG101: " in user.commit(code=1)
    assert not user.module.exists()


def test_check_hook_shows_the_difference_and_writes_nothing(
    hooks: Repository, home: Path, tmp_path: Path
) -> None:
    """An outdated module stops the commit with its diff; an up-to-date one passes."""
    user = Repository(tmp_path / "user", home)
    user.use("callbackgen-check", hooks)
    generate = (sys.executable, "-m", "callbackgen", "generate", "-q")
    checkout = {"PYTHONPATH": str(ROOT)}
    run(*generate, folder=user.folder, variables=checkout)
    user.commit()

    user.write("contract.py", CONTRACT + ONE_METHOD_MORE)
    outdated = user.module.read_bytes()
    said = user.commit(code=1)
    assert "\n+    def closed(self, symbol: str) -> None:" in said
    assert "callbackgen generate" in said
    assert user.module.read_bytes() == outdated

    run(*generate, folder=user.folder, variables=checkout)
    user.commit()


def test_hooks_leave_commits_of_other_files_alone(
    hooks: Repository, home: Path, tmp_path: Path
) -> None:
    """A commit of a text only does not wait for the generator."""
    user = Repository(tmp_path / "user", home)
    user.use("callbackgen-check", hooks)
    user.git("add", "pyproject.toml")
    user.git("commit", "-q", "--no-verify", "-m", "The settings")
    user.write("notes.txt", "Nothing to generate from.\n")
    user.git("add", "notes.txt")
    assert "no files to check" in user.git("commit", "-q", "-m", "A text")
