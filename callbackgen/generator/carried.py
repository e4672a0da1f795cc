"""Which types travel, and where in an annotation a reference may stand.

By value travels plain data: what is known by heart, the user's classes of data, whose
fields are gone over as deep as they go, and the classes that the user has registered. A
Protocol of the user's and a Callable travel by reference. What is refused is refused
with the nearest type that works.
"""

from __future__ import annotations

from collections.abc import Iterator

from callbackgen.generator import refusals
from callbackgen.generator.annotations import variadic
from callbackgen.generator.classes import Classes, Field, Kind
from callbackgen.generator.diagnostics import Problem
from callbackgen.generator.forms import (
    ANYTHING,
    ARRAYS_OF_NUMPY,
    MAPPINGS,
    NO_NUMBERS,
    SETS,
    counts_of,
    form_of,
    is_literal,
)
from callbackgen.generator.keys import Keys
from callbackgen.generator.limits import can_have, together
from callbackgen.generator.names import Found, Library, is_known
from callbackgen.generator.source import Assigned
from callbackgen.generator.unions import Unions
from callbackgen.interface import (
    ANNOTATED,
    CALLABLE,
    Apply,
    Arguments,
    Constant,
    Symbol,
    Type,
    Union,
    Variable,
    children,
    walk,
)

_LITERAL = Symbol("typing", "Literal")
_TUPLE = Symbol("builtins", "tuple")
_REFERENCE_ARRAYS = {
    *(Symbol("builtins", name) for name in ("list", "tuple")),
    *(Symbol("collections.abc", name) for name in (
        "Collection", "Iterable", "Sequence",
    )),
}  # fmt: skip

_ITERATORS = {
    "AsyncGenerator",
    "AsyncIterable",
    "AsyncIterator",
    "Generator",
    "Iterator",
}
_AWAITED = {
    Symbol("collections.abc", "Awaitable"),
    Symbol("collections.abc", "Coroutine"),
}
_STANDARD_PROTOCOLS = {
    *(Symbol("collections.abc", name) for name in (
        "Awaitable", "Buffer", "Container", "Coroutine", "Hashable", "Reversible",
        "Sized",
    )),
    *(Symbol("typing", name) for name in (
        "AsyncContextManager", "ContextManager", "SupportsAbs", "SupportsBytes",
        "SupportsComplex", "SupportsFloat", "SupportsIndex", "SupportsInt",
        "SupportsRound",
    )),
    *(Symbol("contextlib", name) for name in (
        "AbstractAsyncContextManager", "AbstractContextManager",
    )),
    Symbol("os", "PathLike"),
}  # fmt: skip

_DEEPEST_GENERIC = 20
"""How often a generic class may be inside itself, with other arguments each time."""


def protocols(annotation: Type | None, library: Library) -> Iterator[Symbol]:
    """The Protocols in a type, in order: each travels by reference, as a stub."""
    match annotation:
        case Symbol():
            if _is_protocol(annotation, library):
                yield annotation
        case Apply(base=base, arguments=inner):
            yield from protocols(base, library)
            for part in inner:
                yield from protocols(part, library)
        case Union(members=inner) | Arguments(items=inner):
            for part in inner:
                yield from protocols(part, library)
        case _:
            return


def refers(annotation: Type | None, library: Library) -> bool:
    """Whether something in a type travels by reference."""
    return annotation is not None and any(
        isinstance(part, Symbol) and (part == CALLABLE or _is_protocol(part, library))
        for part in walk(annotation)
    )


def _is_protocol(symbol: Symbol, library: Library) -> bool:
    found = library.find(symbol)
    return found is not None and library.is_protocol(found)


class _InField(Problem):
    """What is wrong with the type of a field, the field named."""


class Carried:
    """Goes over types. A class of data is gone over once, however often it is met."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self.classes = Classes(library)
        self.unions = Unions(library, self.classes)
        self.keys = Keys(library, self.classes)
        # In order, so that what was taken for good on the way to a problem can be
        # taken back.
        self._passed: dict[Type, None] = {}
        self._inside: tuple[Symbol, ...] = ()
        self._new_types: tuple[Symbol, ...] = ()

    def check(self, annotation: Type) -> None:
        """Raises Problem unless the type can be carried."""
        try:
            self._value(annotation, may_refer=True)
        except RecursionError:
            raise refusals.too_deep() from None

    def _value(self, annotation: Type, *, may_refer: bool) -> None:
        match annotation:
            case Variable() | Constant(text="None"):
                return
            case Symbol():
                self._symbol(annotation, annotation, may_refer)
            case Apply(base=base, arguments=(inner, *limits)) if base == ANNOTATED:
                self._value(inner, may_refer=may_refer)
                self._check_limits(inner, limits)
            case Apply():
                self._generic(annotation, may_refer)
            case Constant(text=text) if text[:1] in {"'", '"'}:
                raise refusals.quoted(text)
            case Union(members=members):
                for member in members:
                    self._value(member, may_refer=may_refer)
                self.unions.check(members)
            case _:
                raise refusals.unknown(str(annotation))

    def _check_limits(self, inner: Type, limits: list[Type]) -> None:
        """Raises Problem for limits that no member of the type can have."""
        given = together(map(str, limits))
        members = inner.members if isinstance(inner, Union) else (inner,)
        bases = {self.unions.base(each) for each in members if not _is_fixed(each)}
        for name, value in given.items():
            if not any(can_have(base, name, value) for base in bases):
                raise refusals.no_limit(name, value, inner)
        if not any(
            all(can_have(base, name, value) for name, value in given.items())
            for base in bases
        ):
            raise refusals.no_limits_together(given, inner)

    # -- names ---------------------------------------------------------------------

    def _symbol(self, symbol: Symbol, applied: Type, may_refer: bool) -> None:
        """Raises Problem unless a class, with arguments as `applied`, is carried."""
        if symbol in ANYTHING or form_of(symbol) is not None:
            return
        if self.library.is_registered(symbol):
            return
        if symbol.module == "collections.abc" and symbol.name in _ITERATORS:
            raise refusals.stream(symbol.name)
        if symbol in _STANDARD_PROTOCOLS:
            raise refusals.standard_protocol(symbol)
        if refusals.is_file(symbol):
            raise refusals.open_file(symbol)
        found = self.library.find(symbol)
        if found is None:
            said = (
                refusals.not_carried if is_known(symbol.module) else refusals.no_source
            )
            raise said(symbol)
        if isinstance(found.definition, Assigned):
            self._assigned(found, symbol)
        else:
            self._class(found, symbol, applied, may_refer)

    def _assigned(self, found: Found, symbol: Symbol) -> None:
        if self.library.finder.is_standard(found.source.path):
            raise refusals.not_carried(symbol)
        maker = self.classes.maker(found)
        if maker is not None:
            raise refusals.made_class(symbol, maker)
        supertype = self.classes.supertype(found)
        if supertype is None or symbol in self._new_types:
            raise refusals.not_carried(symbol)
        outer, self._new_types = self._new_types, (*self._new_types, symbol)
        try:
            self._value(supertype, may_refer=False)
        finally:
            self._new_types = outer

    def _class(
        self, found: Found, symbol: Symbol, applied: Type, may_refer: bool
    ) -> None:
        is_standard = self.library.finder.is_standard(found.source.path)
        if self.library.is_protocol(found):
            if is_standard:
                raise refusals.standard_protocol(symbol)
            if not may_refer:
                raise refusals.misplaced(symbol.name)
            return
        if self.classes.kind(found) is not Kind.PLAIN:
            self._data(found, applied)
            return
        maker = self.classes.maker(found)
        if maker is not None:
            raise refusals.made_class(symbol, maker)
        raise (
            refusals.not_carried(symbol)
            if is_standard
            else refusals.plain_class(symbol)
        )

    def _data(self, found: Found, applied: Type) -> None:
        """The fields of a class of data, of which one may be of the class itself."""
        if applied in self._passed:
            return
        if self._inside.count(found.symbol) >= _DEEPEST_GENERIC:
            raise refusals.endless(found.symbol)
        arguments = applied.arguments if isinstance(applied, Apply) else ()
        before = len(self._passed)
        outer = self._inside, self._new_types
        self._passed[applied] = None
        self._inside, self._new_types = (*self._inside, found.symbol), ()
        try:
            for field in self.classes.fields(found, arguments).values():
                self._field(field)
        except (Problem, RecursionError):
            while len(self._passed) > before:
                self._passed.popitem()
            raise
        finally:
            self._inside, self._new_types = outer

    def _field(self, field: Field) -> None:
        try:
            self._value(self.classes.type_of(field), may_refer=False)
        except _InField:
            raise
        except Problem as problem:
            problem = refusals.in_data(problem, field.owner)
            raise _InField(
                problem.code,
                f"the field {field.owner}.{field.name}: {problem.message}",
                problem.hint,
            ) from None

    # -- generics ------------------------------------------------------------------

    def _generic(self, annotation: Apply, may_refer: bool) -> None:
        base = annotation.base
        if base == _LITERAL:
            for value in annotation.arguments:
                if not isinstance(value, Constant) or not is_literal(value.text):
                    raise refusals.no_literal(value)
        elif base == CALLABLE:
            self._callable(annotation, may_refer)
        else:
            self._symbol(base, annotation, may_refer)
            self._check_count(annotation)
            if base not in ARRAYS_OF_NUMPY:
                self._arguments(annotation, may_refer)
            elif not NO_NUMBERS.isdisjoint(walk(annotation)):
                raise refusals.array_of_others(annotation)

    def _check_count(self, annotation: Apply) -> None:
        """Raises Problem for more or fewer type arguments than a class takes."""
        base = annotation.base
        found = self.library.find(base)
        if base == _TUPLE or self.library.is_registered(base):
            return
        if found is None:
            counts = counts_of(base)
        elif self.library.is_protocol(found):
            return
        else:
            counts = self.classes.generics.counts(found)
        if len(annotation.arguments) not in counts:
            raise refusals.wrong_count(annotation, counts)

    def _arguments(self, annotation: Apply, may_refer: bool) -> None:
        """What a generic that is carried is made of."""
        base = annotation.base
        keys = base in MAPPINGS
        inner = may_refer and (keys or base in _REFERENCE_ARRAYS)
        is_pair = len(annotation.arguments) == 2
        for index, argument in enumerate(annotation.arguments):
            if (base, index, argument) == (_TUPLE, 1, Constant("...")) and is_pair:
                continue
            is_key = keys and index == 0
            self._value(argument, may_refer=inner and not is_key)
            if is_key and not self.keys.is_key(argument):
                raise refusals.no_key(argument, is_item=False)
            if base in SETS and not self.keys.is_item(argument):
                raise refusals.no_key(argument, is_item=True)

    def _callable(self, annotation: Apply, may_refer: bool) -> None:
        """A callback with one method, whose arguments and result travel as any do."""
        match annotation.arguments:
            case (Arguments() | Constant(text="...") as taken, result):
                pass
            case (Variable(name=name), _):
                raise variadic(name)
            case _:
                raise refusals.malformed_callable(annotation)
        if not may_refer:
            raise refusals.misplaced("Callable[...]")
        if (result.base if isinstance(result, Apply) else result) in _AWAITED:
            raise refusals.awaited_callable(result)
        for part in (*children(taken), result):
            self._value(part, may_refer=True)


def _is_fixed(member: Type) -> bool:
    """Whether that is a tuple of so many items, which has no other length."""
    return (
        isinstance(member, Apply)
        and member.base == _TUPLE
        and Constant("...") not in member.arguments
    )
