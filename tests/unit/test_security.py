"""SECURITY.md names a test for each claim, and settings that there are."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path

import callbackgen

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")


@cache
def functions_of(path: str) -> set[str]:
    """The names of the functions in a file of the tests."""
    tree = ast.parse((ROOT / "tests" / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def claims() -> Iterator[dict[str, str]]:
    """The rows of the tables that have a column of tests."""
    for table in re.findall(r"(?:^\|.*\n)+", TEXT, re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in table.splitlines()
        )
        if "tests" in head:
            yield from (dict(zip(head, row, strict=True)) for row in rows)


def test_every_test_that_is_named_exists() -> None:
    """By its whole name, in the file that is named."""
    named = NAMED.findall(TEXT)
    assert len(named) > 60
    for path, name in named:
        assert name in functions_of(path), (path, name)


def test_every_claim_names_a_test() -> None:
    """Each row of a table of claims, and nothing but tests in that column."""
    rows = list(claims())
    assert len(rows) > 40
    for row in rows:
        assert NAMED.sub("", row["tests"]).strip(" ,") == "", row
        assert row["tests"], row


def test_every_limit_that_is_named_exists() -> None:
    """It is a setting, or an option of the daemon."""
    known = {one.name for one in fields(callbackgen.Settings)}
    known |= set(inspect.signature(callbackgen.Daemon).parameters)
    named = {
        name
        for row in claims()
        for name in re.findall(r"`(\w+)`", row.get("limit", ""))
    }
    assert len(named) > 15
    assert named <= known, named - known
