"""Protocols that none of us wrote: each is generated or refused, never a crash."""

from __future__ import annotations

import ast
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from callbackgen.generator import pipeline, template
from callbackgen.generator.diagnostics import Diagnostic, Refused
from callbackgen.generator.locate import Finder
from callbackgen.generator.names import Library
from callbackgen.generator.read import Reader
from callbackgen.generator.request import GeneratedModule, Request
from tests.generated.resolved import Function, Module, Parameter, Resolver

WHEELS = ("optype==0.17.1", "useful-types==0.2.1")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the packages, unpacked and never imported."""
    folder = tmp_path_factory.mktemp("site")
    wheels = tmp_path_factory.mktemp("wheels")
    options = ("-qq", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            *options,
            f"--dest={wheels}",
            *WHEELS,
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    found = sorted(wheels.glob("*.whl"))
    assert len(found) == len(WHEELS)
    for wheel in found:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


@pytest.fixture(autouse=True)
def one_template(monkeypatch: pytest.MonkeyPatch) -> None:
    """The template is the same for every Protocol: it is read once."""
    monkeypatch.setattr(template, "load", cache(template.load))


def protocols(site: Path) -> Iterator[str]:
    finder = Finder(site, (site,))
    library = Library(finder)
    reader = Reader(library)
    for path in sorted(site.rglob("*.py*")):
        if path.suffix in {".py", ".pyi"}:
            name = finder.name_of(path)
            source = library.source(name)
            assert source is not None
            for protocol in reader.protocols(source):
                yield f"{name}.{protocol}"


def generated(site: Path, name: str) -> GeneratedModule:
    outcome = pipeline.run(Request((name,), site, (site,)))
    for each in outcome.modules:
        compile(each.text, str(each.path), "exec")
    return next(each for each in outcome.modules if each.interface == name)


def assert_located(found: Diagnostic) -> None:
    """A person finds the place and learns what to do."""
    assert found.code.startswith("CBG")
    assert found.message
    assert found.hint
    assert found.path is not None
    lines = found.path.read_text(encoding="utf-8").splitlines()
    assert found.source_line == lines[found.line - 1]
    assert 1 <= found.column <= len(found.source_line) + 1


def assert_same_default(written: str | None, given: str | None) -> None:
    """Equal to the source's, or left to the far end."""
    if written is None or given is None or given == "...":
        assert (written is None) == (given is None)
    else:
        assert ast.literal_eval(given) == ast.literal_eval(written)


def without_defaults(functions: list[Function]) -> list[Function]:
    return [
        Function(
            tuple(Parameter(p.name, p.kind, p.annotation, None) for p in f.parameters),
            f.result,
        )
        for f in functions
    ]


def assert_as_in_source(site: Path, name: str, module: GeneratedModule) -> None:
    """The remote interface has the source's members, names resolved."""
    module.path.write_text(module.text, encoding="utf-8")
    resolver = Resolver(site)
    owner_name, _, class_name = name.rpartition(".")
    owner = resolver.module(owner_name)
    assert owner is not None
    written = owner.definitions[class_name]
    assert isinstance(written, ast.ClassDef)
    remote_module = Module(owner_name, module.path)
    remote = remote_module.definitions[f"Remote{class_name}"]
    assert isinstance(remote, ast.ClassDef)
    expected = resolver.members(owner, written, {})
    found = resolver.members(remote_module, remote, {})
    assert found.keys() == expected.keys()
    for member, functions in expected.items():
        assert without_defaults(found[member]) == without_defaults(functions)
        for one, other in zip(functions, found[member], strict=True):
            for wanted, given in zip(one.parameters, other.parameters, strict=True):
                assert_same_default(wanted.default, given.default)


@pytest.mark.slow
def test_every_protocol_is_generated_or_refused(
    site: Path, record_property: Callable[[str, object], None]
) -> None:
    """What is generated compiles and equals the source; the rest has a located reason."""
    counts: Counter[str] = Counter()
    for name in list(protocols(site)):
        counts["Protocols"] += 1
        try:
            module = generated(site, name)
        except Refused as refused:
            counts["refused"] += 1
            for found in refused.diagnostics:
                counts[found.code] += 1
                assert_located(found)
        else:
            counts["generated"] += 1
            assert_as_in_source(site, name, module)
            module.path.unlink()
    record_property("counts", dict(counts.most_common()))
    assert counts["Protocols"] > 300
    assert counts["generated"] > 10
