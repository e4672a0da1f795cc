"""One member of an interface: what arguments it takes, and what it answers.

Generated modules hold one :class:`Method` for each member. Its signatures are text
until the first call.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

from callbackgen.interface import (
    ANY,
    Parameter,
    ParameterKind,
    parse_signature,
)
from callbackgen.runtime.arguments import OMITTED, Sending
from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.deadline import checked_seconds
from callbackgen.runtime.misfit import Misfit, each, each_named, within
from callbackgen.runtime.parsing import parsed
from callbackgen.runtime.sizes import Size, largest
from callbackgen.runtime.values import Value, is_large

R = TypeVar("R")
T = TypeVar("T")

_KINDS = {
    ParameterKind.POSITIONAL_ONLY: inspect.Parameter.POSITIONAL_ONLY,
    ParameterKind.POSITIONAL_OR_KEYWORD: inspect.Parameter.POSITIONAL_OR_KEYWORD,
    ParameterKind.VARIADIC_POSITIONAL: inspect.Parameter.VAR_POSITIONAL,
    ParameterKind.KEYWORD_ONLY: inspect.Parameter.KEYWORD_ONLY,
    ParameterKind.VARIADIC_KEYWORD: inspect.Parameter.VAR_KEYWORD,
}
_POSITIONAL = (ParameterKind.POSITIONAL_ONLY, ParameterKind.POSITIONAL_OR_KEYWORD)


class Overload:
    """One signature of a method: checks and converts arguments and the answer."""

    def __init__(self, text: str) -> None:
        signature = parsed(parse_signature, text)
        self._parameters = signature.parameters
        self._values = {
            parameter.name: Value(parameter.annotation or ANY)
            for parameter in signature.parameters
        }
        self._all_positional = all(p.kind in _POSITIONAL for p in self._parameters)
        self._exact = (
            [value.exact for value in self._values.values()]
            if self._all_positional
            else [None]
        )
        self._result = Value(signature.result or ANY)

    @functools.cached_property
    def size(self) -> Size:
        """What the types of its parameters say of the size of its arguments."""
        sizes = [value.size for value in self._values.values()]
        return Size(math.inf, any(size.is_dear for size in sizes))

    @property
    def result_size(self) -> Size:
        """What the type of its result says of the size of that."""
        return self._result.size

    @functools.cached_property
    def _signature(self) -> inspect.Signature:
        return inspect.Signature([_inspected(p) for p in self._parameters])

    def pack(
        self,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> tuple[list[object], dict[str, object]]:
        """The arguments as they travel, those that are OMITTED left out.

        Raises Misfit where they do not fit.
        """
        if self._needs_nothing(arguments, keywords):
            return list(arguments), {}
        if self._is_usual(arguments, keywords):
            values = zip(self._values.items(), arguments, strict=True)
            return [
                within(name, value.pack, one, carrier) for (name, value), one in values
            ], {}
        bound = self._bound(arguments, keywords)
        return Sending(self._parameters, bound, carrier).packed

    def _is_usual(
        self, arguments: Sequence[object], keywords: Mapping[str, object]
    ) -> bool:
        """Whether every parameter is given by position, which needs no binding."""
        return (
            self._all_positional
            and not keywords
            and len(arguments) == len(self._parameters)
            and not any(argument is OMITTED for argument in arguments)
        )

    def _needs_nothing(
        self, arguments: Sequence[object], keywords: Mapping[str, object]
    ) -> bool:
        """Whether the arguments fit, and travel, as they are."""
        return (
            not keywords
            and list(map(type, arguments)) == self._exact
            and not (int in self._exact and any(map(is_large, arguments)))
        )

    def unpack(
        self,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> tuple[list[object], dict[str, object]]:
        """The arguments that have arrived. Raises Misfit where they do not fit."""
        if self._needs_nothing(arguments, keywords):
            return list(arguments), {}
        if self._is_usual(arguments, keywords):
            values = zip(self._values.items(), arguments, strict=True)
            return [
                within(name, value.unpack, one, carrier)
                for (name, value), one in values
            ], {}
        positional: list[object] = []
        named: dict[str, object] = {}
        for parameter, value, given in self._bound(arguments, keywords):
            name = parameter.name
            match parameter.kind:
                case ParameterKind.VARIADIC_POSITIONAL:
                    positional += each(name, value.unpack, given, carrier)
                case ParameterKind.VARIADIC_KEYWORD:
                    named |= each_named(value.unpack, given, carrier)
                case kind if kind in _POSITIONAL and len(positional) < len(arguments):
                    positional.append(within(name, value.unpack, given, carrier))
                case _:
                    named[name] = within(name, value.unpack, given, carrier)
        return positional, named

    def check(
        self, arguments: Sequence[msgspec.Raw], keywords: Mapping[str, msgspec.Raw]
    ) -> None:
        """Raises Misfit where the bytes of arguments are not of their types."""
        for parameter, value, given in self._bound(arguments, keywords):
            match parameter.kind:
                case ParameterKind.VARIADIC_POSITIONAL:
                    each(parameter.name, value.check, given)
                case ParameterKind.VARIADIC_KEYWORD:
                    each_named(value.check, given)
                case _:
                    within(parameter.name, value.check, given)

    def check_result(self, data: bytes | msgspec.Raw) -> None:
        """The same for the bytes of the answer, or of a value for an attribute."""
        within("reply", self._result.check, data)

    def pack_result(self, result: object, carrier: Carrier) -> object:
        """The answer as it travels. Raises Misfit where it does not fit."""
        if type(result) is self._result.exact and not is_large(result):
            return result
        return within("reply", self._result.pack, result, carrier)

    def unpack_result(self, data: object, carrier: Carrier) -> Any:
        """The answer that has arrived. Raises Misfit where it does not fit."""
        if type(data) is self._result.exact:
            return data
        return within("reply", self._result.unpack, data, carrier)

    def pack_assigned(self, value: object, carrier: Carrier) -> object:
        """The value for an attribute as it travels. Raises Misfit if unfit."""
        return within("value", self._result.pack, value, carrier)

    def unpack_assigned(self, data: object, carrier: Carrier) -> Any:
        """The value for an attribute that has arrived. Raises Misfit if unfit."""
        return within("value", self._result.unpack, data, carrier)

    def _bound(
        self, arguments: Sequence[object], keywords: Mapping[str, object]
    ) -> Iterator[tuple[Parameter, Value, Any]]:
        try:
            bound = self._signature.bind(*arguments, **keywords).arguments
        except TypeError as error:
            raise Misfit(str(error)) from None
        for parameter in self._parameters:
            if parameter.name in bound:
                value = self._values[parameter.name]
                yield parameter, value, bound[parameter.name]


class Method(Generic[R]):
    """A member of an interface whose result is an R.

    `name` is its name on the wire. `signatures` are the texts of its overloads, tried
    in order; ``-> int`` alone is a property or attribute. `deadline` is in seconds.
    """

    def __init__(
        self,
        name: str,
        *signatures: str,
        oneway: bool = False,
        deadline: float | None = None,
    ) -> None:
        self.name = name
        self.signatures = signatures
        self.is_attribute = signatures[0].startswith("->")
        """Whether it is read and assigned instead of called."""
        self.oneway = oneway
        self.deadline = None if deadline is None else checked_seconds(deadline)

    def __repr__(self) -> str:
        return f"<Method {self.name}{' | '.join(self.signatures)}>"

    @functools.cached_property
    def overloads(self) -> tuple[Overload, ...]:
        """The signatures, read."""
        return tuple(map(Overload, self.signatures))

    @functools.cached_property
    def size(self) -> Size:
        """What its parameters say of the size of its arguments, or of a new value."""
        if self.is_attribute:
            return self.result_size
        return largest([overload.size for overload in self.overloads])

    @functools.cached_property
    def result_size(self) -> Size:
        """What is said of the size of its result."""
        return largest([overload.result_size for overload in self.overloads])

    def pack(
        self,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> tuple[Overload, list[object], dict[str, object]]:
        """The overload that takes the arguments, and them as they travel.

        Raises Misfit where none does.
        """
        if len(self.overloads) == 1:
            (overload,) = self.overloads
            return overload, *overload.pack(arguments, keywords, carrier)
        # The first overload must not use them up.
        arguments = [_kept(argument) for argument in arguments]
        keywords = {name: _kept(value) for name, value in keywords.items()}
        overload, packed = self._first(
            lambda overload: overload.pack(arguments, keywords, carrier), carrier
        )
        return overload, *packed

    def unpack(
        self,
        arguments: Sequence[object],
        keywords: Mapping[str, object],
        carrier: Carrier,
    ) -> tuple[Overload, list[object], dict[str, object]]:
        """The overload that takes the arguments that have arrived, and them.

        Raises Misfit where none does.
        """
        if len(self.overloads) == 1:
            (overload,) = self.overloads
            return overload, *overload.unpack(arguments, keywords, carrier)
        overload, unpacked = self._first(
            lambda overload: overload.unpack(arguments, keywords, carrier), carrier
        )
        return overload, *unpacked

    def check(
        self, arguments: Sequence[msgspec.Raw], keywords: Mapping[str, msgspec.Raw]
    ) -> None:
        """Raises Misfit where the bytes of arguments are not of their types.

        It costs little memory, whatever is there. Raises WireError where they are not
        msgpack.
        """
        if self.is_attribute:
            for given in arguments:
                self.overloads[0].check_result(given)
        elif len(self.overloads) == 1:
            self.overloads[0].check(arguments, keywords)
        else:
            self._first(lambda overload: overload.check(arguments, keywords))

    def check_result(self, payload: bytes) -> None:
        """The same for the payload of an answer."""
        if len(self.overloads) == 1:
            self.overloads[0].check_result(payload)
        else:
            self._first(lambda overload: overload.check_result(payload))

    def _first(
        self, convert: Callable[[Overload], T], carrier: Carrier | None = None
    ) -> tuple[Overload, T]:
        misfits: list[str] = []
        for overload in self.overloads:
            try:
                return overload, convert(overload)
            except Misfit as misfit:
                if carrier is not None:
                    carrier.undo()
                misfits.append(str(misfit))
        raise Misfit(
            "the arguments fit none of its overloads: "
            + "; ".join(
                f"{signature}: {misfit}"
                for signature, misfit in zip(self.signatures, misfits, strict=True)
            )
        )


def _inspected(parameter: Parameter) -> inspect.Parameter:
    default = inspect.Parameter.empty if parameter.default is None else OMITTED
    return inspect.Parameter(parameter.name, _KINDS[parameter.kind], default=default)


def _kept(value: object) -> object:
    if isinstance(value, Iterator):
        return list(cast("Iterator[object]", value))
    return value
