"""What holds for the module of any interface, however its names collide with ours."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from callbackgen.generator.render import render
from callbackgen.generator.template import find_templates, load
from callbackgen.interface import (
    ANY,
    Interface,
    Member,
    MemberKind,
    ParameterKind,
    Signature,
    Symbol,
    Type,
    parse_signature,
    transform,
)
from tests.unit.generator.formatters import by_black, difference
from tests.unit.generator.interfaces import PEER, REFERENCES, interfaces
from tests.unit.generator.rendering import executed, rendered

KINDS = {
    inspect.Parameter.POSITIONAL_ONLY: ParameterKind.POSITIONAL_ONLY,
    inspect.Parameter.POSITIONAL_OR_KEYWORD: ParameterKind.POSITIONAL_OR_KEYWORD,
    inspect.Parameter.VAR_POSITIONAL: ParameterKind.VARIADIC_POSITIONAL,
    inspect.Parameter.KEYWORD_ONLY: ParameterKind.KEYWORD_ONLY,
    inspect.Parameter.VAR_KEYWORD: ParameterKind.VARIADIC_KEYWORD,
}

QUICK = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@QUICK
@given(interfaces())
def test_module_can_be_imported(made: Interface) -> None:
    """Whatever the names are, the module runs without the user's modules."""
    namespace = executed(rendered(made))
    for form in ("Remote{}", "{}Wrapper", "{}Stub"):
        assert inspect.isclass(namespace[form.format(made.name)])


@QUICK
@given(interfaces())
def test_stub_has_the_members_and_no_others(made: Interface) -> None:
    """Every public name of a stub is the Protocol's, and every one is there."""
    stub = executed(rendered(made))[f"{made.name}Stub"]
    public = {name for name in dir(stub) if not name.startswith("_")}
    assert public == {each.name for each in made.members} - {"__call__"}


@QUICK
@given(interfaces())
def test_wrapper_has_the_members_and_no_others(made: Interface) -> None:
    """Every public name of a wrapper is on the wire, and every one is there."""
    wrapper = executed(rendered(made))[f"{made.name}Wrapper"]
    public = {name for name in vars(wrapper) if not name.startswith("_")}
    assert public == {each.remote_name for each in made.members}


def parameters(function: Any) -> list[tuple[str, ParameterKind]]:
    _, *found = inspect.signature(function).parameters.values()
    return [(each.name, KINDS[each.kind]) for each in found]


def plain(made: Interface) -> list[Member]:
    return [
        each
        for each in made.members
        if each.kind is MemberKind.METHOD and not each.is_overloaded
    ]


@QUICK
@given(interfaces())
def test_parameters_are_those_of_the_protocol(made: Interface) -> None:
    """Stub and interface take the parameters of the Protocol: name, kind, order."""
    namespace = executed(rendered(made))
    for member in plain(made):
        expected = [(each.name, each.kind) for each in member.signatures[0].parameters]
        for owner in (f"Remote{made.name}", f"{made.name}Stub"):
            function = vars(namespace[owner])[member.name]
            assert parameters(inspect.unwrap(function)) == expected


def arriving(part: Type) -> Type | None:
    """What stands for a reference in a signature's text."""
    return Symbol(REFERENCES[PEER], "PeerStub") if part == PEER else None


def texts_of(member: Member) -> list[str]:
    """The texts of a member's signatures, references as what arrives."""
    texts: list[str] = []
    for found in member.signatures:
        parameters = tuple(
            replace(each, annotation=transform(each.annotation or ANY, arriving))
            for each in found.parameters
        )
        text = str(Signature(parameters, transform(found.result or ANY, arriving)))
        is_method = member.kind is MemberKind.METHOD
        texts.append(text if is_method else text.removeprefix("() "))
    return texts


@QUICK
@given(interfaces())
def test_signatures_are_those_of_the_protocol(made: Interface) -> None:
    """Each constant has the name on the wire and signatures that read back the same."""
    found: list[list[str]] = []
    for node in ast.walk(ast.parse(rendered(made))):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Call):
            values = [
                each.value
                for each in node.value.args
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if values:
                found.append(values)
    assert [name for name, *_ in found] == [each.remote_name for each in made.members]
    for (_, *texts), member in zip(found, made.members, strict=True):
        assert texts == texts_of(member)
        for text in texts:
            assert parse_signature(str(parse_signature(text))) == parse_signature(text)


@QUICK
@given(interfaces())
def test_the_same_again(made: Interface) -> None:
    """Rendering depends on the interface alone, not on what was rendered before."""
    assert rendered(made) == render(made, dict(REFERENCES), load(find_templates()))


def examples(count: int) -> list[str]:
    """The modules of many interfaces, for tools that are dear to start."""
    texts: list[str] = []

    @settings(
        max_examples=count,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(interfaces())
    def collect(made: Interface) -> None:
        texts.append(rendered(made))

    collect()
    return texts


def test_black_leaves_it_as_it_is() -> None:
    """black changes nothing in a module."""
    changes = [difference(text, by_black(text)) for text in examples(40)]
    assert not any(changes), "\n\n".join(filter(None, changes))


@pytest.mark.parametrize("command", [("format", "--diff"), ("check",)])
def test_ruff_finds_nothing(command: tuple[str, ...], tmp_path: Path) -> None:
    """ruff would format nothing otherwise, and finds no import too many or missing."""
    for own in ("prices.py", "other/prices.py", "prices_pkg/peer_remote.py"):
        (tmp_path / own).parent.mkdir(exist_ok=True)
        (tmp_path / own).touch()
    for index, text in enumerate(examples(60)):
        path = tmp_path / f"module{index}.py"
        path.write_text(text, encoding="utf-8")
    finished = subprocess.run(
        [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", tmp_path],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stdout
