"""What a generated module has for each kind of member."""

from __future__ import annotations

import inspect
from dataclasses import replace

import pytest

from callbackgen.generator.header import generated_for
from callbackgen.generator.render import render
from callbackgen.interface import (
    NONE,
    OMITTABLE,
    Apply,
    Constant,
    MemberKind,
    ParameterKind,
    Symbol,
    Type,
    TypeParameter,
    Union,
    Variable,
)
from tests.unit.generator.interfaces import (
    INT,
    LIST,
    PEER,
    REFERENCES,
    STR,
    attribute,
    interface,
    method,
    parameter,
    signature,
)
from tests.unit.generator.rendering import class_text, executed, rendered, template

T = Variable("T")


def test_header_names_the_protocol() -> None:
    """The header has the dotted name, the outer classes of a nested one included."""
    text = rendered(interface(method("ring"), name="Outer.Nested"))
    assert generated_for(text) == "prices.Outer.Nested"
    assert "class NestedStub(" in text


def test_default_that_is_not_copied() -> None:
    """It is OMITTED on the stub and `...` on the interface; the wrapper passes on."""
    text = rendered(
        interface(method("ring", signature(parameter("n", default=OMITTABLE))))
    )
    assert "def ring(self, n: int = OMITTED) -> None:" in class_text(
        text, "ListenerStub"
    )
    assert "def ring(self, n: int = ...) -> None: ..." in class_text(
        text, "RemoteListener"
    )
    wrapper = class_text(text, "ListenerWrapper")
    assert "def ring(self, *arguments: Any, **keywords: Any) -> Any:" in wrapper
    assert "cast(Any, self.__callback).ring(*arguments, **keywords)" in wrapper


def test_literal_default_is_copied() -> None:
    """A literal default stands on stub, wrapper and interface alike."""
    text = rendered(
        interface(method("ring", signature(parameter("n", default="(1, 2)"))))
    )
    assert text.count("n: int = (1, 2)") == 4
    assert "OMITTED" not in text
    assert "cast" not in text


def test_every_kind_of_parameter_is_passed_on() -> None:
    """Stub and wrapper pass each parameter in the way in which it may be given."""
    text = rendered(
        interface(
            method(
                "ring",
                signature(
                    parameter("a", kind=ParameterKind.POSITIONAL_ONLY),
                    parameter("b"),
                    parameter("c", kind=ParameterKind.VARIADIC_POSITIONAL),
                    parameter("d", kind=ParameterKind.KEYWORD_ONLY),
                    parameter("e", kind=ParameterKind.VARIADIC_KEYWORD),
                ),
            )
        )
    )
    head = "def ring(self, a: int, /, b: int, *c: int, d: int, **e: int) -> None:"
    assert text.count(head) == 3
    assert "self._call(_RING, a, b, *c, d=d, **e)" in text
    assert "self.__callback.ring(a, b, *c, d=d, **e)" in text


def test_references_are_typed_from_the_side_of_the_implementer() -> None:
    """The stub takes the Protocol and gives its stub; the target has it reversed."""
    peers = Apply(LIST, (Union((PEER, NONE)),))
    text = rendered(
        interface(method("meet", signature(parameter("all", peers), result=PEER)))
    )
    assert "def meet(self, all: list[Peer | None]) -> PeerStub:" in class_text(
        text, "ListenerStub"
    )
    assert "def meet(self, all: list[Any]) -> Peer: ..." in class_text(
        text, "ListenerTarget"
    )
    wrapper = class_text(text, "ListenerWrapper")
    assert "callback: ListenerTarget" in wrapper
    assert "def meet(self, all: list[Peer | None]) -> Peer:" in wrapper
    assert 'meet(cast("list[PeerStub | None]", all))' in wrapper
    stub = "prices_pkg.peer_remote.PeerStub"
    assert f'"(all: list[{stub} | None]) -> {stub}"' in text
    assert "from prices_pkg.peer_remote import PeerStub" in text


@pytest.mark.parametrize(
    ("annotation", "accepted"),
    [
        (PEER, "PeerStub"),
        (Apply(Symbol("collections.abc", "Sequence"), (PEER,)), "Sequence[PeerStub]"),
        (Apply(Symbol("builtins", "tuple"), (PEER, PEER)), "tuple[PeerStub, PeerStub]"),
        (Apply(LIST, (PEER,)), "list[Any]"),
        (Union((Apply(LIST, (PEER,)), NONE)), "list[Any] | None"),
        (
            Apply(Symbol("builtins", "dict"), (Symbol("builtins", "str"), PEER)),
            "dict[str, Any]",
        ),
        (
            Apply(
                Symbol("collections.abc", "Sequence"),
                (Apply(LIST, (Apply(LIST, (PEER,)),)),),
            ),
            "Sequence[list[Any]]",
        ),
    ],
)
def test_the_target_takes_stubs_and_protocols(annotation: Type, accepted: str) -> None:
    """An object fits it whether its parameters are written with stubs or Protocols.

    A list of stubs is no list of Protocols nor the other way round; Any is both.
    """
    text = rendered(interface(method("meet", signature(parameter("it", annotation)))))
    target = class_text(text, "ListenerTarget")
    assert f"def meet(self, it: {accepted}) -> None: ..." in target


def test_variadic_references_are_passed_on_as_stubs() -> None:
    """The wrapper's cast is of the tuple or dict that a variadic parameter is."""
    text = rendered(
        interface(
            method(
                "meet",
                signature(
                    parameter("all", PEER, kind=ParameterKind.VARIADIC_POSITIONAL),
                    parameter("one", PEER, kind=ParameterKind.KEYWORD_ONLY),
                    parameter("named", PEER, kind=ParameterKind.VARIADIC_KEYWORD),
                ),
            )
        )
    )
    wrapper = class_text(text, "ListenerWrapper")
    assert '*cast("tuple[PeerStub, ...]", all)' in wrapper
    assert 'one=cast("PeerStub", one)' in wrapper
    assert '**cast("dict[str, PeerStub]", named)' in wrapper


def test_no_target_without_a_reference_parameter() -> None:
    """Results alone leave the wrapper with an object that fits the Protocol itself."""
    text = rendered(interface(method("first", signature(result=PEER))))
    assert "Target" not in text
    assert "def __init__(self, callback: Listener) -> None:" in text
    assert "cast" not in text


def test_a_protocol_may_refer_to_itself() -> None:
    """A stub of the module's own is not imported from the module."""
    itself = Symbol("prices", "Listener")
    made = interface(method("next", signature(result=itself)))
    text = render(made, {itself: "prices_remote"}, template())
    assert "import ListenerStub" not in text
    assert "_NEXT: Final[Method[ListenerStub]]" in text


def test_type_variable_in_a_result() -> None:
    """The run time's untyped answer is given the type by an annotation of its own."""
    text = rendered(
        replace(
            interface(method("echo", signature(parameter("a", T), result=T))),
            type_variables=(TypeParameter("T", bound=Symbol("decimal", "Decimal")),),
        )
    )
    assert 'T = TypeVar("T", bound="Decimal")' in text
    assert "_ECHO: Final[Method[Any]]" in text
    stub = class_text(text, "ListenerStub")
    assert "result: T = self._call(_ECHO, a)\n        return result" in stub


def test_property_with_a_type_variable() -> None:
    """A generic property's answer is annotated as a method's is."""
    text = rendered(
        replace(
            interface(attribute("first", T, MemberKind.PROPERTY)),
            type_parameters=(TypeParameter("T", variance="covariant"),),
        )
    )
    assert 'T = TypeVar("T", covariant=True)' in text
    stub = class_text(text, "ListenerStub")
    assert "result: T = self._call(_FIRST)\n        return result" in stub


def test_generic_protocol() -> None:
    """The classes have the Protocol's type parameters, each in its own way."""
    text = rendered(
        replace(
            interface(method("echo", signature(parameter("a", T), result=T))),
            type_parameters=(TypeParameter("T", constraints=(INT, STR)),),
        )
    )
    assert 'T = TypeVar("T", "int", "str")' in text
    assert "class RemoteListener(Protocol[T]):" in text
    assert "class ListenerWrapper(Wrapper, Generic[T], format=1):" in text
    assert "class ListenerStub(Stub, Generic[T], format=1):" in text
    assert "callback: Listener[T]" in text


def test_type_parameter_syntax() -> None:
    """What is written with PEP 695 comes out so, without any TypeVar."""
    made = method(
        "echo", signature(parameter("a", Variable("S")), result=Variable("S"))
    )
    made = replace(made, type_parameters=((TypeParameter("S", bound=INT),),))
    text = render(
        replace(
            interface(made, attribute("first", T)),
            type_parameters=(TypeParameter("T", constraints=(INT, STR), default=INT),),
            has_parameter_syntax=True,
        ),
        REFERENCES,
        template(),
    )
    assert "TypeVar" not in text
    assert "class RemoteListener[T: (int, str) = int](Protocol):" in text
    assert "class ListenerWrapper[T: (int, str) = int](Wrapper, format=1):" in text
    assert "class ListenerStub[T: (int, str) = int](Stub, format=1):" in text
    assert text.count("def echo[S: int](self, a: S) -> S:") == 3


def test_type_variable_with_a_default() -> None:
    """A default, which old Pythons do not know, is for type checkers alone."""
    text = rendered(
        replace(
            interface(method("echo", signature(parameter("a", T)))),
            type_variables=(TypeParameter("T", default=INT),),
        )
    )
    checking, _, running = text.partition("else:")
    assert 'default="int"' in checking
    assert "default" not in running
    executed(text)


def test_marks_of_methods() -> None:
    """oneway and deadline are arguments of the constant and nothing else."""
    made = [
        replace(method("told"), oneway=True),
        replace(method("asked"), deadline=2.5),
        replace(method("both"), oneway=True, deadline=30.0),
    ]
    text = rendered(interface(*made))
    assert text.count("oneway=True") == 2
    assert text.count("deadline=2.5") == 1
    assert text.count("deadline=30.0") == 1


def test_overloads() -> None:
    """The stub has each overload, the wrapper one method that passes all on."""
    text = rendered(
        interface(
            method("get", signature(result=INT), signature(parameter("a"), result=STR))
        )
    )
    stub = class_text(text, "ListenerStub")
    assert stub.count("@overload") == 2
    assert "def get(self, *arguments: Any, **keywords: Any) -> Any:" in stub
    wrapper = class_text(text, "ListenerWrapper")
    assert "overload" not in wrapper
    assert wrapper.count("def get(") == 1
    assert '"() -> int"' in text
    assert '"(a: int) -> str"' in text


def test_deprecated_overload() -> None:
    """A deprecated overload is marked on stub and interface, and it alone."""
    made = method("get", signature(), signature(parameter("a")))
    text = rendered(interface(replace(made, deprecated=((1, 'say "more"'),))))
    for name in ("ListenerStub", "RemoteListener"):
        found = class_text(text, name)
        assert found.count("@deprecated('say \"more\"')") == 1
        assert (
            "@overload\n    @deprecated('say \"more\"')\n    def get(self, a" in found
        )
    assert "deprecated(" not in class_text(text, "ListenerWrapper")


@pytest.mark.parametrize("is_async", [False, True])
def test_call(is_async: bool) -> None:
    """``__call__`` is `call_` on the wrapper, and the object itself is called."""
    made = method("__call__", signature(parameter("a"), result=INT))
    text = rendered(interface(replace(made, is_async=is_async)))
    wrapper = class_text(text, "ListenerWrapper")
    assert "def call_(self, a: int) -> int:" in wrapper
    assert "self.__callback(a)" in wrapper
    assert "    __call__ = call_" in wrapper
    assert "def __call__(self, a: int) -> int:" in class_text(text, "ListenerStub")
    assert text.count("async def") == (3 if is_async else 0)


def test_flexible_call() -> None:
    """A ``__call__`` that passes all on does so to the object itself."""
    made = method("__call__", signature(parameter("a", default=OMITTABLE)))
    text = rendered(interface(made))
    assert "cast(Any, self.__callback)(*arguments, **keywords)" in text
    assert "    __call__ = call_" in text


def test_call_besides_call_() -> None:
    """A Protocol's own `call_` keeps its name; ``__call__`` gets another."""
    made = replace(method("__call__"), remote_name="call__")
    wrapper = class_text(rendered(interface(method("call_"), made)), "ListenerWrapper")
    assert "def call_(self) -> None:\n        return self.__callback.call_()" in wrapper
    assert "def call__(self) -> None:\n        return self.__callback()" in wrapper
    assert "    __call__ = call__\n" in wrapper


def test_literal_in_a_reference() -> None:
    """Quotes inside a type are right where the type is itself in quotes."""
    literal = Apply(Symbol("typing", "Literal"), (Constant('"a"'),))
    named = Apply(Symbol("builtins", "dict"), (literal, PEER))
    text = rendered(interface(method("meet", signature(parameter("x", named)))))
    assert "cast('dict[Literal[\"a\"], PeerStub]', x)" in text


def test_reference_with_type_arguments() -> None:
    """A reference keeps its type arguments, as a Protocol and as a stub."""
    peer = Apply(PEER, (INT,))
    text = rendered(
        interface(method("meet", signature(parameter("x", peer), result=peer)))
    )
    assert "def meet(self, x: Peer[int]) -> PeerStub[int]:" in text
    assert 'cast("PeerStub[int]", x)' in text
    assert '"(x: prices_pkg.peer_remote.PeerStub[int]) -> ' in text


def test_unannotated_is_any() -> None:
    """What has no annotation is Any, and the wrapper passes it on unlooked at."""
    text = rendered(
        interface(method("ring", signature(parameter("x", None), result=None)))
    )
    assert "def ring(self, x: Any) -> Any: ..." in class_text(text, "RemoteListener")
    assert "def ring(self, x: Any) -> Any:" in class_text(text, "ListenerStub")
    assert "cast(Any, self.__callback).ring(" in class_text(text, "ListenerWrapper")
    assert '"(x: typing.Any) -> typing.Any"' in text
    assert "_RING: Final[Method[Any]]" in text


def test_docstrings_are_carried() -> None:
    """The class's and the members' docstrings stand where `help` looks for them."""
    made = interface(
        replace(method("ring"), docstring="Ring."),
        replace(
            attribute("label", INT, MemberKind.PROPERTY), docstring="What is shown."
        ),
        replace(method("__call__"), docstring='Called "so"'),
        replace(
            method("get", signature(), signature(parameter("a"))), docstring="Get."
        ),
    )
    made = replace(made, docstring="First.\n\n    Code.\n\nLast \\ one.")
    namespace = executed(rendered(made))
    # Python 3.13 takes off the indentation by itself.
    text = inspect.cleandoc(namespace["RemoteListener"].__doc__ or "")
    assert text.startswith("First.\n\n    Code.\n\nLast \\ one.")
    for name in ("RemoteListener", "ListenerStub"):
        found = vars(namespace[name])
        assert found["ring"].__doc__ == "Ring."
        assert found["label"].__doc__ == "What is shown."
        assert (found["__call__"].__doc__ or "").strip() == 'Called "so"'
    assert vars(namespace["ListenerStub"])["get"].__doc__ == "Get."
