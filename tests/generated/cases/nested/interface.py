from typing import Protocol, TypedDict


class Outer:
    class Options(TypedDict, total=False):
        loud: bool

    Names = list[str]

    class Nested(Protocol):
        def ring(self, options: "Outer.Options") -> "Outer.Names": ...

    class Deeper:
        class Inside(Protocol):
            def deep(self) -> int: ...


class User(Protocol):
    def use(self, nested: Outer.Nested, inside: Outer.Deeper.Inside) -> int: ...
