"""Each diagnostic has a page, and each page is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import callbackgen
from callbackgen.generator import explain
from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.pipeline import run
from callbackgen.generator.request import Request

PACKAGE = Path(callbackgen.__file__).parent
BLOCK = re.compile(r"^## (Example|Cure)$.*?^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(code: str) -> dict[str, tuple[str, str]]:
    found = BLOCK.findall(explain.page(code))
    return {heading: (kind, text) for heading, kind, text in found}


def codes_in_sources() -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    return {code for text in texts for code in re.findall(r"CBG\d{3}", text)}


def pages_about_source() -> list[str]:
    return [code for code in explain.codes() if blocks(code)["Example"][0] == "python"]


def findings(folder: Path, text: str) -> list[str]:
    """The codes that generating for the last class of a module gives."""
    (folder / "contract.py").write_text(text, encoding="utf-8")
    names = re.findall(r"^ *class (\w+)", text, re.M)
    target = f"contract.{names[-1]}" if names else "contract"
    request = Request((target,), folder, (folder,))
    try:
        outcome = run(request)
    except Refused as refused:
        return [found.code for found in refused.diagnostics]
    return [found.code for found in outcome.warnings]


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    """`callbackgen explain` knows exactly the codes that can be met."""
    assert set(explain.codes()) == codes_in_sources()


@pytest.mark.parametrize("code", explain.codes())
def test_a_page_has_its_form(code: str) -> None:
    """A page has a title, a cause, an example and a cure."""
    lines = explain.page(code).splitlines()
    assert re.fullmatch(rf"# {code}: .+", lines[0])
    assert lines[2], "the cause"
    assert list(blocks(code)) == ["Example", "Cure"]


@pytest.mark.parametrize("code", pages_about_source())
def test_an_example_is_refused_and_its_cure_is_not(code: str, tmp_path: Path) -> None:
    """The example of a page gives exactly its code; the cure gives none."""
    example, cure = blocks(code)["Example"][1], blocks(code)["Cure"][1]
    assert set(findings(tmp_path, example)) == {code}
    (tmp_path / "cured").mkdir()
    assert findings(tmp_path / "cured", cure) == []


def test_the_index_lists_every_page() -> None:
    """docs/diagnostics.md has each code with its title."""
    index = (PACKAGE.parent / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    for code in explain.codes():
        assert f"[{code}](../callbackgen/generator/pages/{code}.md)" in index
        assert explain.title(code) in index
