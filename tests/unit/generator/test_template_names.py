"""The names of a user's own template: they come out, and give way to the Protocol's."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbackgen.generator import template
from callbackgen.generator.diagnostics import Refused
from callbackgen.generator.template import find_templates, load
from callbackgen.interface import Symbol
from tests.unit.generator.interfaces import method, parameter, signature
from tests.unit.generator.test_template import changed, with_template

HELPER = '''
T = TypeVar("T")


def traced(name: str) -> None:
    """Say what is called."""
    print(name)
'''
BODY = "        return self.__callback.changed(symbol, price, final=final)"


def with_helper(folder: Path) -> Path:
    """A template with a function of its own, which a wrapper's method calls."""
    return changed(
        folder,
        ('\nT = TypeVar("T")\n', HELPER),
        (BODY, f'        traced("changed")\n{BODY}'),
    )


def test_helper_comes_out(tmp_path: Path) -> None:
    """A function at module level is in every module, and called as in the template."""
    text = with_template(with_helper(tmp_path), method("ring"))
    assert 'def traced(name: str) -> None:\n    """Say what is called."""\n' in text
    assert '        traced("ring")\n        return self.__callback.ring()\n' in text


def test_helper_gives_way_to_a_type(tmp_path: Path) -> None:
    """A user's type of a helper's name keeps it: the helper is renamed throughout."""
    made = method("ring", signature(parameter("x", Symbol("prices", "traced"))))
    text = with_template(with_helper(tmp_path), made)
    assert "\ndef _traced(name: str) -> None:\n" in text
    assert '        _traced("ring")\n' in text
    assert "    def ring(self, x: traced) -> " in text
    assert "import _traced" not in text
    assert "from builtins" not in text


def test_helper_gives_way_to_a_parameter(tmp_path: Path) -> None:
    """Inside a method with a parameter of its name the helper is still reached."""
    made = method("ring", signature(parameter("traced")))
    text = with_template(with_helper(tmp_path), made)
    assert (
        '        _traced("ring")\n        return self.__callback.ring(traced)' in text
    )
    assert "\ndef _traced(name: str) -> None:\n" in text


def test_name_bound_in_a_block_is_the_templates(tmp_path: Path) -> None:
    """What an ``if`` or ``try`` at module level binds is renamed like an import."""
    block = (
        '\nT = TypeVar("T")\n\n'
        "try:\n    import gettext\nexcept ImportError:\n    gettext = None\n"
    )
    changed(
        tmp_path,
        ('\nT = TypeVar("T")\n', block),
        (BODY, f"        assert gettext\n{BODY}"),
    )
    made = method("ring", signature(parameter("x", Symbol("prices", "gettext"))))
    text = with_template(tmp_path, made)
    assert "\ntry:\n    import gettext as _gettext\n" in text
    assert "\nexcept ImportError:\n    _gettext = None\n" in text
    assert "        assert _gettext\n" in text


def test_compound_statement_comes_out(tmp_path: Path) -> None:
    """A call may stand inside ``with`` or ``try``; its arguments are the method's."""
    body = (
        f"        try:\n    {BODY}\n        finally:\n"
        "            # Each time.\n            print(_CHANGED)"
    )
    changed(tmp_path, (BODY, body))
    text = with_template(tmp_path, method("ring", signature(parameter("x"))))
    assert (
        "        try:\n"
        "            return self.__callback.ring(x)\n"
        "        finally:\n"
        "            # Each time.\n"
        "            print(_RING)\n"
    ) in text


def test_undefined_name_is_found(tmp_path: Path) -> None:
    """A name that the template neither imports nor defines is refused at its place."""
    changed(tmp_path, (BODY, f"        trace()\n{BODY}"))
    with pytest.raises(Refused) as caught:
        load(tmp_path)
    (found,) = caught.value.diagnostics
    assert found.message == "`trace` is not defined"
    assert found.source_line == "        trace()"
    assert found.column == 9


def test_own_template_is_read_like_any_other(tmp_path: Path) -> None:
    """Our own template, read bit by bit, has the same parts as a copy read whole."""
    changed(tmp_path)
    assert load(tmp_path) == load(find_templates())


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [
        ("self._call(_CHANGED, symbol, price, final=final)", "True", "_CHANGED"),
        ("    def changed(self, symbol", "    def changed(self symbol", "syntax"),
        ("class ExampleStub(", "class Handle(", "ExampleStub"),
    ],
)
def test_own_template_broken(
    before: str, after: str, word: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who breaks our own template gets the same located error, not a traceback."""
    folder = changed(tmp_path, (before, after))
    monkeypatch.setattr(template, "find_templates", lambda: folder)
    with pytest.raises(Refused) as caught:
        with_template(folder, method("ring"))
    found = caught.value.diagnostics
    assert any(word in each.message for each in found), found
    assert all(each.code == "CBG020" and each.line for each in found)
