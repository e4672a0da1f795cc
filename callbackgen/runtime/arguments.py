"""The arguments of one call: by name, and in the order in which they travel."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeAlias

from callbackgen.interface import OMITTABLE, Parameter, ParameterKind
from callbackgen.runtime.carrier import Carrier
from callbackgen.runtime.misfit import Misfit, each, each_named, within
from callbackgen.runtime.values import Value

_Pack: TypeAlias = Callable[[Any, Carrier], Any]


class _Omitted:
    """The type of :data:`OMITTED`."""

    def __repr__(self) -> str:
        return "OMITTED"


OMITTED: Final[Any] = _Omitted()
"""The default of a parameter whose own default only the far end knows.

An argument that is this is not sent."""


class Sending:
    """Puts bound arguments in the order in which they travel."""

    def __init__(
        self,
        parameters: Sequence[Parameter],
        bound: Iterator[tuple[Parameter, Value, Any]],
        carrier: Carrier,
    ) -> None:
        self._carrier = carrier
        self._names = [parameter.name for parameter in parameters]
        self._positional: list[object] = []
        self._named: dict[str, object] = {}
        self._omitted = ""
        for parameter, value, given in bound:
            self._add(parameter, value.pack, given)
        self.packed = self._positional, self._named

    def _add(self, parameter: Parameter, pack: _Pack, given: Any) -> None:
        name, carrier = parameter.name, self._carrier
        match parameter.kind:
            case ParameterKind.VARIADIC_KEYWORD:
                self._named |= each_named(pack, given, carrier)
            case ParameterKind.VARIADIC_POSITIONAL:
                if given:
                    self._must_not_follow_omitted(f"*{name}")
                self._positional += each(name, pack, given, carrier)
            case _ if given is OMITTED:
                self._omitted = self._omitted or name
            case ParameterKind.POSITIONAL_ONLY if self._omitted and _is_default(
                parameter, given
            ):
                pass  # the far end has the same
            case ParameterKind.POSITIONAL_ONLY:
                self._must_not_follow_omitted(name)
                self._positional.append(within(name, pack, given, carrier))
            case ParameterKind.POSITIONAL_OR_KEYWORD if self._is_next(name):
                self._positional.append(within(name, pack, given, carrier))
            case _:
                self._named[name] = within(name, pack, given, carrier)

    def _is_next(self, name: str) -> bool:
        """Whether all before it travel by position."""
        return self._names.index(name) == len(self._positional)

    def _must_not_follow_omitted(self, name: str) -> None:
        if self._omitted:
            raise Misfit(
                f"{name} can be given only if {self._omitted}, which stands before "
                "it, is given too"
            )


def _is_default(parameter: Parameter, given: object) -> bool:
    """Whether an argument is the literal that its parameter has as a default."""
    if parameter.default is None or parameter.default == OMITTABLE:
        return False
    default: object = ast.literal_eval(parameter.default)
    return type(default) is type(given) and default == given
