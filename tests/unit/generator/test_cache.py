"""The cache: it answers while nothing has changed, and is never in the way."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callbackgen.generator import cache as subject
from callbackgen.generator.cache import (
    FOLDER,
    Cache,
    Entry,
    Evidence,
    Existence,
    KnownModule,
    KnownWarning,
    digest,
    gather,
    now,
)
from callbackgen.generator.project import Invocation


def aged(path: Path, text: str = "x = 1\n") -> Path:
    """A file that was last changed longer ago than any clock's step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def later() -> int:
    """A time that lies surely after what was written so far."""
    return now() + 10**9


def invocation(folder: Path, *targets: str) -> Invocation:
    return Invocation(os.fspath(folder), None, targets or ("prices.Listener",))


def an_entry(folder: Path) -> Entry:
    source = os.fspath(aged(folder / "prices.py"))
    absent = os.fspath(folder / "prices.pyi")
    evidence = gather([source], [absent], later())
    assert evidence is not None
    return Entry(
        evidence,
        [KnownModule("/a/b_remote.py", "prices.Listener", None, digest(b"text"))],
        [
            KnownWarning("CBG140", "not annotated", "annotate it", source, 3, 5, "é"),
            KnownWarning("CBG140", "of no file", "", None, 0, 0, ""),
        ],
        {"/a:orders.Listener": Existence(found=False, evidence=evidence)},
    )


def test_what_is_stored_is_found_again(tmp_path: Path) -> None:
    """Modules, warnings and what is known of other files come back as they were."""
    entry = an_entry(tmp_path)
    Cache(invocation(tmp_path)).store(entry)

    assert Cache(invocation(tmp_path)).load() == entry


def test_there_is_nothing_before_the_first_run(tmp_path: Path) -> None:
    """An empty cache has no answer, and looking does not make its folder."""
    assert Cache(invocation(tmp_path)).load() is None
    assert list(tmp_path.iterdir()) == []


def edit(source: Path) -> None:
    source.write_text("x = 2\n", encoding="utf-8")


def edit_unnoticed(source: Path) -> None:
    """Another text of the same length and time."""
    edit(source)
    os.utime(source, ns=(0, 0))


def replace_with_folder(source: Path) -> None:
    source.unlink()
    source.mkdir()


def add_stub(source: Path) -> None:
    source.with_suffix(".pyi").touch()


def add_broken_link(source: Path) -> None:
    source.with_suffix(".pyi").symlink_to("nowhere")


CHANGES = [
    edit,
    edit_unnoticed,
    Path.unlink,
    replace_with_folder,
    add_stub,
    add_broken_link,
]


@pytest.mark.parametrize("change", CHANGES)
def test_an_entry_does_not_outlive_what_it_rests_on(
    tmp_path: Path, change: Callable[[Path], None]
) -> None:
    """A source that changes, or that another one takes the place of, makes it stale."""
    Cache(invocation(tmp_path)).store(an_entry(tmp_path))
    assert Cache(invocation(tmp_path)).load() is not None
    change(tmp_path / "prices.py")

    assert Cache(invocation(tmp_path)).load() is None


def test_a_touched_source_is_still_the_same(tmp_path: Path) -> None:
    """Content counts, not time: a fresh checkout has new times."""
    Cache(invocation(tmp_path)).store(an_entry(tmp_path))
    os.utime(tmp_path / "prices.py")

    assert Cache(invocation(tmp_path)).load() is not None


def test_another_question_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Targets, folders, sys.path and the version each ask for an entry of their own."""
    Cache(invocation(tmp_path)).store(an_entry(tmp_path))
    same = invocation(tmp_path)
    assert Cache(same).load() is not None

    project = os.fspath(tmp_path / "pyproject.toml")
    for other in (
        same._replace(targets=("prices.Other",)),
        same._replace(targets=()),
        same._replace(output="/out"),
        same._replace(templates="/shapes"),
        same._replace(project=project),
    ):
        assert Cache(other).load() is None
    with monkeypatch.context() as patch:
        patch.syspath_prepend(os.fspath(tmp_path / "lib"))
        assert Cache(same).load() is None
    with monkeypatch.context() as patch:
        patch.setattr(subject, "__version__", "9.9.9")
        assert Cache(same).load() is None
    assert Cache(same).load() is not None


def test_another_generator_is_not_answered_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each source file of the generator counts, so that developing it is no trap."""
    same = invocation(tmp_path)
    Cache(same).store(an_entry(tmp_path))
    of_the_generator: list[str] = []
    edited: set[str] = set()
    genuine = subject.digest_of

    def changed(path: str) -> str | None:
        if path in edited:
            return "changed"
        of_the_generator.append(path)
        return genuine(path)

    monkeypatch.setattr(subject, "digest_of", changed)
    assert Cache(same).load() is not None
    names = {Path(path).name for path in of_the_generator}
    assert {"interface.py", "pipeline.py", "render.py", "rules.py"} <= names
    for path in tuple(of_the_generator):
        edited = {path}
        assert Cache(same).load() is None


def test_the_cache_ignores_itself(tmp_path: Path) -> None:
    """git and backups pass it over without being told to, as for ruff and mypy."""
    Cache(invocation(tmp_path)).store(an_entry(tmp_path))
    folder = tmp_path / FOLDER

    assert "*" in (folder / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert (
        (folder / "CACHEDIR.TAG")
        .read_bytes()
        .startswith(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    )


def test_it_lies_beside_pyproject_toml(tmp_path: Path) -> None:
    """One folder a project, wherever in it the command is run."""
    below = tmp_path / "app"
    asked = invocation(below)._replace(project=os.fspath(tmp_path / "pyproject.toml"))
    Cache(asked).store(an_entry(tmp_path))

    assert (tmp_path / FOLDER).is_dir()
    assert not below.exists()


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_entry_is_no_answer(tmp_path: Path, data: st.DataObject) -> None:
    """Whatever happens to the file: it is the entry that was stored, or none."""
    entry = an_entry(tmp_path)
    cache = Cache(invocation(tmp_path))
    cache.store(entry)
    (path,) = (tmp_path / FOLDER).glob("*.json")
    content = bytearray(path.read_bytes())
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, len(content)))
    content[start:end] = data.draw(st.binary(max_size=8))
    path.write_bytes(content)

    assert cache.load() in (None, entry)


def test_an_entry_that_was_altered_is_no_answer(tmp_path: Path) -> None:
    """A single letter that changed, in what is still JSON, is noticed."""
    cache = Cache(invocation(tmp_path))
    cache.store(an_entry(tmp_path))
    (path,) = (tmp_path / FOLDER).glob("*.json")
    content = path.read_bytes()
    assert b"b_remote.py" in content
    path.write_bytes(content.replace(b"b_remote.py", b"c_remote.py"))

    assert cache.load() is None


@pytest.mark.parametrize("stored", [5, [], {}, "", [1, 2, 3, 4, 5], None])
def test_a_sealed_entry_of_another_form_is_no_answer(
    tmp_path: Path, stored: object
) -> None:
    """An entry that another version left is passed over."""
    cache = Cache(invocation(tmp_path))
    cache.store(an_entry(tmp_path))
    (path,) = (tmp_path / FOLDER).glob("*.json")
    text = json.dumps(stored).encode()
    path.write_bytes(digest(text).encode() + b"\n" + text)

    assert cache.load() is None


def test_a_file_in_its_place_is_no_error(tmp_path: Path) -> None:
    """Where the folder cannot be made, storing does nothing and says nothing."""
    aged(tmp_path / FOLDER)
    cache = Cache(invocation(tmp_path))
    cache.store(an_entry(tmp_path))

    assert cache.load() is None
    assert (tmp_path / FOLDER).is_file()


def test_a_folder_in_the_place_of_an_entry_is_no_error(tmp_path: Path) -> None:
    """An entry that cannot be read or replaced is as good as none."""
    cache = Cache(invocation(tmp_path))
    cache.store(an_entry(tmp_path))
    (path,) = (tmp_path / FOLDER).glob("*.json")
    path.unlink()
    (path / "inside").mkdir(parents=True)
    cache.store(an_entry(tmp_path))

    assert cache.load() is None


def test_it_does_not_grow_for_ever(tmp_path: Path) -> None:
    """Of many invocations the latest are kept."""
    entry = an_entry(tmp_path)
    for number in range(120):
        Cache(invocation(tmp_path, f"prices.P{number}")).store(entry)
        for path in (tmp_path / FOLDER).glob("*.json"):
            if path.stat().st_mtime > time.time() - 50:
                os.utime(path, (number, number))

    assert len(list((tmp_path / FOLDER).glob("*.json"))) == 100
    assert Cache(invocation(tmp_path, "prices.P119")).load() is not None
    assert Cache(invocation(tmp_path, "prices.P0")).load() is None


def test_what_changed_while_it_was_read_is_not_kept(tmp_path: Path) -> None:
    """The digest of a file edited during the run might not be of what was read."""
    source = os.fspath(aged(tmp_path / "prices.py"))

    assert gather([source], [], later()) is not None
    assert gather([source], [], time.time_ns() - 10**9) is None


def test_a_file_that_is_gone_is_no_evidence(tmp_path: Path) -> None:
    """Nor is the absence of a file that has appeared."""
    source = os.fspath(aged(tmp_path / "prices.py"))
    gone = os.fspath(tmp_path / "gone.py")

    assert gather([source, gone], [], later()) is None
    assert gather([gone], [source], later()) is None
    assert gather([source], [gone], later()) == Evidence(
        {source: digest(b"x = 1\n")}, [gone]
    )


@given(one=st.binary(max_size=40), other=st.binary(max_size=40))
def test_different_contents_have_different_digests(one: bytes, other: bytes) -> None:
    """A digest stands for the content, and for nothing else."""
    assert (digest(one) == digest(other)) == (one == other)
