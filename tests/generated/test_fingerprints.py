"""Fingerprints of generated interfaces: the same in every process, for both classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.generated import cases

PROGRAM = """
import importlib, inspect, json, sys
from callbackgen.runtime import Method, Stub, fingerprint, interfaces
from callbackgen.runtime.stub import _Attribute

found = {}
for name in sys.argv[1:]:
    module = importlib.import_module(name)
    parts = vars(module).values()
    declared = {one.name: one for one in parts if isinstance(one, Method)}
    for stub in parts:
        if not (inspect.isclass(stub) and issubclass(stub, Stub) and stub is not Stub):
            continue
        wrapper = interfaces.wrapper_of(stub)
        members = fingerprint.members_in(fingerprint.description(wrapper))
        assert members.keys() == declared.keys()
        for member in members.values():
            method = declared[member.name]
            assert member.signatures == method.signatures, member
            assert member.oneway == method.oneway, member
            given = getattr(stub, member.name, None)
            assert member.settable == isinstance(given, _Attribute), member
        found[interfaces.interface_name(stub)] = fingerprint.fingerprint(stub).hex()
print(json.dumps(found))
"""


def fingerprints(seed: str) -> dict[str, str]:
    """Those of all generated modules, as a process of its own finds them."""
    modules = [
        f"{case}.{file.removesuffix('.py')}"
        for case in cases.runnable()
        for file in cases.generated(cases.ROOT / case)
    ]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *modules],
        cwd=cases.ROOT,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_in_every_process(seed: str) -> None:
    """Whatever the hash seed; and a wrapper has the members that its stub calls.

    What a stub assigns, and nothing else, can be assigned by its wrapper.
    """
    assert fingerprints(seed) == fingerprints("0")
