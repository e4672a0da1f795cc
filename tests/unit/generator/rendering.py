"""Modules rendered for a test, with the template as it comes."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import Any

from callbackgen.generator.render import render
from callbackgen.generator.template import find_templates, load
from callbackgen.generator.template_parts import Template
from callbackgen.interface import Interface
from tests.unit.generator.interfaces import REFERENCES


@cache
def template() -> Template:
    """The template as it comes, read once."""
    return load(find_templates())


def rendered(made: Interface) -> str:
    """The module of an interface; that it is Python of today is seen to."""
    text = render(made, REFERENCES, template())
    ast.parse(text)
    return text


def executed(text: str) -> dict[str, Any]:
    """The names of a module that has been run."""
    namespace: dict[str, Any] = {"__name__": "generated"}
    exec(compile(text, "generated", "exec"), namespace)
    return namespace


def class_text(text: str, name: str) -> str:
    """The source of one class of a module, its decorators left out."""
    found = re.search(rf"^class {name}\b.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"no class {name} in\n{text}"
    return found[0]
