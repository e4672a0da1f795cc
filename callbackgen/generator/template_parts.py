"""The parts of a template: text with names and holes, ready to be filled.

A :data:`Pattern` is a line of the template as :data:`format.Code` is a line of a
generated module. A :class:`Name` in it is one that the template uses, and may come
out under another name where the user's names leave it no room. A :class:`Hole` is
filled from the Protocol. What is filled in is never looked at again.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

from callbackgen.generator.format import Alternatives, Bracket, Code


class Hole(enum.Enum):
    """What a Protocol has in a place where the example has something of its own."""

    __hash__ = object.__hash__  # Enum's own is slow, and holes are keys throughout

    NAME = "the member's name"
    NAME_TEXT = "its name on the wire, as a string literal"
    ATTRIBUTE = "the dot and the name; nothing for __call__"
    CONSTANT = "the name of its constant"
    TYPE_PARAMETERS = "the type parameters of a class or function, in brackets"
    TYPE_VARIABLE = "the name of a type variable, as a string literal"
    TYPE_ARGUMENTS = "the type variables of Protocol[...]"
    BASES = "Generic[...], where there is one"
    PARAMETERS = "its parameters"
    ARGUMENTS = "its parameters, passed on"
    RESULT = "the type of its result"
    SIGNATURES = "the texts of its signatures"
    MARKS = "the marks of its constant: oneway, deadline"
    SECONDS = "its deadline"
    MESSAGE = "the message of its deprecation"
    VALUE = "an argument that is a reference"
    STUB_TYPE = "the type of such an argument at its receiver"


class Name(NamedTuple):
    """A name of the template's own: an import, a builtin, a class, a local."""

    name: str
    is_import: bool = False
    """Whether it stands in an ``import``: another name goes behind ``as``."""


class Slots(NamedTuple):
    """A pair of brackets and the patterns of the items between them."""

    opening: str
    items: tuple[Pattern, ...]
    closing: str


Pattern: TypeAlias = tuple[str | Name | Hole | Slots, ...]


def holes_in(pattern: Pattern) -> Iterator[Hole]:
    """The holes in a pattern."""
    return (part for part in _parts(pattern) if isinstance(part, Hole))


class Filling(NamedTuple):
    """What goes into the holes: a line of code, or any number of items."""

    lines: Mapping[Hole, Code]
    items: Mapping[Hole, tuple[Code, ...]]


def names_in(pattern: Pattern) -> Iterator[str]:
    """The template's own names in a pattern, in order."""
    return (part.name for part in _parts(pattern) if isinstance(part, Name))


def _parts(pattern: Pattern) -> Iterator[str | Name | Hole]:
    """The parts of a pattern, and those of its slots, in order."""
    for part in pattern:
        if isinstance(part, Slots):
            for item in part.items:
                yield from _parts(item)
        else:
            yield part


class Statement(NamedTuple):
    """A line of a body that the template has, and how deep it stands in it.

    `before` are the comments and blank lines before it; `target` is the left side of
    an assignment; `after` the comment behind it. `is_head` is set for the first line
    of a compound statement.
    """

    code: Pattern
    target: Pattern | None = None
    before: tuple[str, ...] = ()
    after: str = ""
    depth: int = 0
    is_head: bool = False

    def names(self) -> Iterator[str]:
        """The template's own names in it."""
        yield from names_in(self.target or ())
        yield from names_in(self.code)


class Function(NamedTuple):
    """A ``def``: what stands before it, its head, and its body.

    A body without statements is ``...`` on the same line. `docstring` is the
    template's own, for members that have none. `is_flexible` says that it takes
    ``*arguments, **keywords`` in place of the member's parameters.
    """

    before: tuple[str, ...]
    decorators: tuple[Statement, ...]
    head: Statement
    body: tuple[Statement, ...]
    docstring: str | None = None
    is_flexible: bool = False

    def outer_names(self) -> Iterator[str]:
        """The template's own names that are looked up where the ``def`` stands."""
        for statement in (*self.decorators, self.head):
            yield from statement.names()

    def inner_names(self) -> Iterator[str]:
        """The template's own names that are looked up inside it."""
        for statement in self.body:
            yield from statement.names()


Part: TypeAlias = Function | Statement


class MemberPart(NamedTuple):
    """One member of a class: an overload, the implementation, what belongs to it.

    `main` is None where there are only overloads; `follow` is the assignment after a
    wrapper's ``call_``.
    """

    main: Part | None
    overload: Function | None = None
    follow: tuple[Statement, ...] = ()
    reference: Pattern = ()
    """How a wrapper's `attach` passes a reference on."""
    omitted: Pattern = ()
    """The default that a stub's `limited` has for one that is not copied."""


class Docstring(NamedTuple):
    """A docstring of the template. It is joined with the Protocol's dotted name.

    `takes_own` says that the Protocol's own docstring goes before it.
    """

    pieces: tuple[str, ...]
    takes_own: bool

    def text(self, protocol: str, own: str | None) -> str:
        """The docstring for a Protocol with this dotted name and docstring."""
        text = protocol.join(self.pieces)
        return f"{own}\n\n{text}" if own and self.takes_own else text


class ClassKind(enum.Enum):
    """The classes of a generated module, by their names in the template."""

    REMOTE = "RemoteExample"
    TARGET = "ExampleTarget"
    WRAPPER = "ExampleWrapper"
    STUB = "ExampleStub"

    def name_for(self, protocol: str) -> str:
        """The name of this class for a Protocol."""
        return self.value.replace("Example", protocol)


class ClassPart(NamedTuple):
    """A class: its head, its docstring, and what it has besides the members."""

    kind: ClassKind
    before: tuple[str, ...]
    decorators: tuple[Statement, ...]
    head: Statement
    docstring: Docstring | None
    first: tuple[Part, ...]
    members: Mapping[str, MemberPart]
    last: tuple[Part, ...]


class Place(enum.Enum):
    """Where an import stands."""

    TOP = "at the top"
    CHECKING = "under TYPE_CHECKING"
    RUNNING = "in the else branch of TYPE_CHECKING"


class Import(NamedTuple):
    """One imported name. `name` is empty for ``import module``."""

    module: str
    name: str
    bound: str
    """The name that it has in the template."""
    place: Place
    is_always: bool = False
    """Whether it is printed though nothing uses it: the template itself does not."""


class Imports(NamedTuple):
    """The place of all imports; the lines before the first."""

    before: tuple[str, ...]


class TypeVariables(NamedTuple):
    """The place of the declarations of type variables, and their form."""

    before: tuple[str, ...]
    form: Statement


class Constants(NamedTuple):
    """The place of the constants, and the form of each by the example's member."""

    before: tuple[str, ...]
    forms: Mapping[str, Statement]
    oneway: Pattern
    deadline: Pattern


Block: TypeAlias = Part | Imports | TypeVariables | Constants | ClassPart


class Template(NamedTuple):
    """A template: what stands in its module, in order, and what it imports."""

    comments: tuple[str, ...]
    """Lines before the module's docstring."""
    docstring: Docstring
    blocks: tuple[Block, ...]
    imports: tuple[Import, ...]
    known_names: frozenset[str]
    """Imports, builtins, and what the template's module defines itself."""
    own_names: frozenset[str]
    """What it defines itself."""

    @property
    def omitted(self) -> Pattern:
        """The default of a parameter of a stub whose own default is not copied."""
        return self.of(ClassKind.STUB).members["limited"].omitted

    @property
    def reference(self) -> Pattern:
        """How a wrapper passes a reference on."""
        return self.of(ClassKind.WRAPPER).members["attach"].reference

    def of(self, kind: ClassKind) -> ClassPart:
        """The class of a kind."""
        return next(
            block
            for block in self.blocks
            if isinstance(block, ClassPart) and block.kind is kind
        )

    @property
    def constants(self) -> Constants:
        """The forms of the constants."""
        return next(block for block in self.blocks if isinstance(block, Constants))


def fill(pattern: Pattern, filling: Filling, renamed: Mapping[str, str]) -> Code:
    """The line of code that a pattern gives."""
    code: list[str | Bracket | Alternatives] = []
    for part in pattern:
        if isinstance(part, str):
            code.append(part)
        elif isinstance(part, Name):
            name = renamed.get(part.name, part.name)
            as_other = part.is_import and name != part.name
            code.append(f"{part.name} as {name}" if as_other else name)
        elif isinstance(part, Hole):
            code += filling.lines[part]
        else:
            code.append(_fill_brackets(part, filling, renamed))
    return tuple(code)


def _fill_brackets(
    slots: Slots, filling: Filling, renamed: Mapping[str, str]
) -> Bracket:
    items: list[Code] = []
    for item in slots.items:
        hole = item[0] if len(item) == 1 else None
        if isinstance(hole, Hole) and hole in filling.items:
            items += filling.items[hole]
        else:
            items.append(fill(item, filling, renamed))
    return Bracket(slots.opening, tuple(items), slots.closing)
