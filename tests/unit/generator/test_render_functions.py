"""What a generated module has for functions that travel."""

from __future__ import annotations

from dataclasses import replace

import pytest

from callbackgen.generator.render import render
from callbackgen.interface import MemberKind, Symbol
from tests.unit.generator.interfaces import (
    BOOL,
    INT,
    PEER,
    STR,
    attribute,
    function,
    interface,
    method,
    parameter,
    signature,
)
from tests.unit.generator.rendering import class_text, executed, rendered, template


def test_function_of_values_is_the_same_everywhere() -> None:
    """What arrives for it is called as the function itself; its type needs no stub."""
    takes = function(STR, INT, result=BOOL)
    text = rendered(
        interface(method("add", signature(parameter("f", takes), result=takes)))
    )
    written = "Callable[[str, int], bool]"
    assert text.count(f"def add(self, f: {written}) -> {written}:") == 3
    assert f"_ADD: Final[Method[{written}]] = Method(" in text
    full = f"collections.abc.{written}"
    assert f'"(f: {full}) -> {full}"' in text
    assert "Target" not in text
    checking = "if TYPE_CHECKING:\n    from collections.abc import Callable\n"
    assert checking in text
    assert text.count("import Callable") == 1
    executed(text)


def test_function_that_takes_references() -> None:
    """The caller's function gets stubs; the implementer calls it with plain objects."""
    text = rendered(
        interface(method("each", signature(parameter("f", function(PEER)))))
    )
    for name in ("RemoteListener", "ListenerWrapper"):
        found = class_text(text, name)
        assert "def each(self, f: Callable[[Peer], None]) -> None:" in found
    stub = class_text(text, "ListenerStub")
    assert "def each(self, f: Callable[[PeerStub], None]) -> None:" in stub
    assert "Target" not in text
    assert "cast" not in text
    full = "collections.abc.Callable[[prices_pkg.peer_remote.PeerStub], None]"
    assert f'"(f: {full}) -> None"' in text


def test_function_that_gives_references() -> None:
    """The caller's function gives plain objects, of which the implementer has stubs."""
    makes = function(result=PEER)
    text = rendered(interface(method("made", signature(parameter("f", makes)))))
    stub = class_text(text, "ListenerStub")
    assert "def made(self, f: Callable[[], Peer]) -> None:" in stub
    target = class_text(text, "ListenerTarget")
    assert "def made(self, f: Callable[[], PeerStub]) -> None: ..." in target
    wrapper = class_text(text, "ListenerWrapper")
    assert "def made(self, f: Callable[[], Peer]) -> None:" in wrapper
    assert 'made(cast("Callable[[], PeerStub]", f))' in wrapper


@pytest.mark.parametrize("is_async", [False, True])
def test_function_that_is_a_result(is_async: bool) -> None:
    """An implementer's function may take stubs, so that the wrapper passes on all."""
    made = method("visitor", signature(result=function(PEER)))
    text = rendered(interface(replace(made, is_async=is_async)))
    stub = class_text(text, "ListenerStub")
    assert "def visitor(self) -> Callable[[Peer], None]:" in stub
    target = class_text(text, "ListenerTarget")
    assert "def visitor(self) -> Callable[[PeerStub], None]: ..." in target
    wrapper = class_text(text, "ListenerWrapper")
    assert "callback: ListenerTarget" in wrapper
    assert "def visitor(self, *arguments: Any, **keywords: Any) -> Any:" in wrapper
    executed(text)


def test_property_that_is_a_function() -> None:
    """An implementer's property may give a function that takes stubs."""
    text = rendered(interface(attribute("visit", function(PEER), MemberKind.PROPERTY)))
    target = class_text(text, "ListenerTarget")
    assert "def visit(self) -> Callable[[PeerStub], None]: ..." in target
    wrapper = class_text(text, "ListenerWrapper")
    assert "def visit(self) -> Any:" in wrapper
    assert "return cast(Any, self.__callback).visit\n" in wrapper
    executed(text)


def test_names_callable_of_the_user() -> None:
    """A Protocol, a parameter or a member may be called `Callable` nevertheless."""
    plain = signature(parameter("Callable", function(INT)))
    text = rendered(
        interface(method("Callable", plain), method("add", plain), name="Callable")
    )
    assert "from collections.abc import Callable as _Callable_" in text
    assert "def add(self, Callable: _Callable_[[int], None]) -> None:" in text
    executed(text)


def test_a_function_may_take_the_protocol_itself() -> None:
    """The stub that it takes is the module's own, and is not imported."""
    itself = Symbol("prices", "Listener")
    made = interface(method("each", signature(parameter("f", function(itself)))))
    text = render(made, {itself: "prices_remote"}, template())
    assert "import ListenerStub" not in text
    stub = class_text(text, "ListenerStub")
    assert "def each(self, f: Callable[[ListenerStub], None]) -> None:" in stub
