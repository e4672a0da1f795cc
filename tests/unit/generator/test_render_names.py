"""Which names a generated module uses, and which give way to the user's."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from callbackgen.interface import (
    Apply,
    MemberKind,
    Symbol,
    TypeParameter,
    Variable,
)
from tests.unit.generator.interfaces import (
    INT,
    LIST,
    attribute,
    interface,
    method,
    parameter,
    signature,
)
from tests.unit.generator.rendering import class_text, executed, rendered

T = Variable("T")


def test_names_give_way_to_members() -> None:
    """An import that a member hides is imported under another name."""
    names = ("exposed", "property", "overload", "final", "attribute", "cast")
    made = [
        *map(method, names),
        attribute("level"),
        attribute("label", INT, MemberKind.PROPERTY),
        method("get", signature(), signature(parameter("a"))),
    ]
    text = rendered(interface(*made))
    assert "from callbackgen.runtime import exposed as _exposed" in text
    assert "from builtins import property as _property" in text
    assert "from typing import overload as _overload" in text
    assert "@_exposed(_LEVEL)" in text or "exposed_attribute(_LEVEL" in text
    assert "    @_property\n    @_exposed(_LABEL)\n    def label" in text
    assert "    @_overload\n    def get(self)" in text
    assert "@final\nclass ListenerStub" in text
    stub = executed(text)["ListenerStub"]
    assert isinstance(vars(stub)["label"], property)


def test_builtin_type_that_a_member_hides() -> None:
    """A builtin that a member hides is imported for the type checker."""
    items = Apply(LIST, (INT,))
    text = rendered(interface(method("list"), method("all", signature(result=items))))
    assert "from builtins import list as _list" in text
    assert "def all(self) -> _list[int]:" in text
    assert '"() -> list[int]"' in text


def test_self_gives_way_to_a_parameter() -> None:
    """A parameter may be called self, the others as the locals of a body."""
    text = rendered(
        replace(
            interface(
                method(
                    "ring",
                    signature(parameter("self"), parameter("result", T), result=T),
                )
            ),
            type_variables=(TypeParameter("T"),),
        )
    )
    stub = class_text(text, "ListenerStub")
    assert "def ring(_self, self: int, result: T) -> T:" in stub
    assert "_result: T = _self._call(_RING, self, result)\n" in stub
    assert "return _result" in stub


def test_two_types_of_one_name() -> None:
    """The later of two types of the same name is imported under an alias."""
    first, second = Symbol("a", "Row"), Symbol("b", "Row")
    text = rendered(
        interface(
            method("put", signature(parameter("x", first), parameter("y", second)))
        )
    )
    assert "from a import Row\n" in text
    assert "from b import Row as _Row\n" in text
    assert "x: Row, y: _Row" in text
    assert '"(x: a.Row, y: b.Row) -> None"' in text


def test_type_named_like_a_generated_class() -> None:
    """A user's type that is called as a class of ours is imported under an alias."""
    row = Symbol("prices", "ListenerStub")
    text = rendered(interface(method("put", signature(parameter("x", row)))))
    assert "from prices import ListenerStub as _ListenerStub" in text
    assert "x: _ListenerStub" in text
    assert "\nclass ListenerStub(" in text


@pytest.mark.parametrize("name", ["Group", "Stub", "Method", "Wrapper", "Any", "Final"])
def test_protocol_with_a_name_of_ours(name: str) -> None:
    """The Protocol keeps its name; what we import under it gives way."""
    text = rendered(
        interface(method("ring", signature(parameter("x", None))), name=name)
    )
    assert f"callback: {name})" in text
    assert re.search(rf"^    from prices import {name}$", text, re.MULTILINE)
    executed(text)


def test_members_that_differ_in_case() -> None:
    """`level` and `LEVEL` have constants of their own."""
    text = rendered(interface(method("level"), method("LEVEL")))
    constants = re.findall(r'^(\w+): Final.*Method\("(\w+)"', text, re.MULTILINE)
    assert [name for _, name in constants] == ["level", "LEVEL"]
    assert len({constant for constant, _ in constants}) == 2


def test_only_what_is_used_is_imported() -> None:
    """A Protocol of one plain method imports no more than that needs."""
    text = rendered(interface(method("ring")))
    assert "from callbackgen.runtime import Method, Stub, Wrapper, exposed\n" in text
    assert "from typing import TYPE_CHECKING, Final, Protocol, final\n" in text


def test_nested_type_is_reached_through_its_class() -> None:
    """`Outer.Inner` is imported by its outermost class, in any number of uses."""
    inner = Symbol("prices", "Outer.Inner")
    text = rendered(
        interface(method("put", signature(parameter("x", inner), result=inner)))
    )
    assert "from prices import Listener, Outer\n" in text
    assert "x: Outer.Inner" in text
