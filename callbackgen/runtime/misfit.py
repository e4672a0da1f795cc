"""What does not fit its declared type, and where in a value it stands."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Concatenate, Final, ParamSpec, TypeVar

import msgspec

from callbackgen.runtime.errors import shortened

Rest = ParamSpec("Rest")
Item = TypeVar("Item")
Result = TypeVar("Result")

_PLACE = re.compile(r"(`key` in )?`\$(.*)`", re.DOTALL)
_TYPES = re.compile(r"`([a-z]+(?: \| [a-z]+)*)`")
_NAMES = {
    "array": "list",
    "decimal": "Decimal",
    "duration": "timedelta",
    "null": "None",
    "object": "dict",
    "uuid": "UUID",
}
_PHRASES = {
    "Invalid enum value": "not one of the values that are allowed:",
    "Object missing required field": "missing key",
    "Object contains unknown field": "unknown key",
    "Expected": "expected",
}
"""msgspec's words, and ours."""

_LONGEST: Final = 4096
_INDEX: Final = re.compile(r"^(a key of |)\[(\d+)\]")


class Misfit(ValueError):
    """A value does not fit: `path` is where in it (``.items[3]``), `text` why.

    A long text is cut: what a peer has sent stands in some.
    """

    def __init__(self, text: str, path: str = "") -> None:
        text = shortened(text, _LONGEST)
        super().__init__(text)
        self.text = text
        self.path = path

    def __str__(self) -> str:
        return f"{self.path}: {self.text}" if self.path else self.text

    def within(self, place: str) -> Misfit:
        """The same of the whole in which the value stands at that place."""
        return Misfit(self.text, f"{place}{self.path}")

    def moved(self, start: int) -> Misfit:
        """The same of a list that is read in pieces, of one that begins there."""
        if not start:
            return self

        def number(found: re.Match[str]) -> str:
            return f"{found[1]}[{int(found[2]) + start}]"

        path = _INDEX.sub(number, self.path)
        return Misfit(self.text if path else _INDEX.sub(number, self.text), path)


class UnfitReply(TypeError):
    """What an object has returned does not fit its interface."""


def expected(name: str, value: object) -> Misfit:
    """What is said of a value of another class than the one that is wanted."""
    kind = type(value)
    given = "None" if value is None else kind.__name__
    if given == name:  # numpy has a bool, too
        given = f"{kind.__module__}.{given}"
    return Misfit(f"expected {name}, got {given}")


def misfit_of(error: msgspec.ValidationError) -> Misfit:
    """msgspec's error in Python's words."""
    message, cause = str(error), error.__cause__
    text, _, last = message.rpartition(" - at ")  # a peer's text may stand before it
    found = _PLACE.fullmatch(last)
    text = text if found else message
    key, place = found.groups() if found else (None, "")
    if isinstance(cause, Misfit):
        return cause.within(place)
    if cause is None:  # else the text is that of code of the user's
        text = _in_our_words(text)
    if key:
        return Misfit(f"a key of {place or 'it'}: {text}")
    return Misfit(text, place)


def _in_our_words(text: str) -> str:
    text = _TYPES.sub(_named, text)
    for theirs, ours in _PHRASES.items():
        text = text.replace(theirs, ours, 1)
    return text.replace("`", "")


def _named(types: re.Match[str]) -> str:
    names = types[1].split(" | ")
    if "int" in names or "float" in names:  # which take a bool, too
        names = [name for name in names if name != "bool"]
    return " | ".join(_NAMES.get(name, name) for name in names)


def within(
    name: str, convert: Callable[Rest, Result], *given: Rest.args, **more: Rest.kwargs
) -> Result:
    """The converted value; a Misfit says that it is in `name`."""
    try:
        return convert(*given, **more)
    except Misfit as misfit:
        raise misfit.within(name) from None


def each(
    name: str,
    convert: Callable[Concatenate[Item, Rest], Result],
    given: Iterable[Item],
    *rest: Rest.args,
    **more: Rest.kwargs,
) -> list[Result]:
    """What the values of one parameter become; a Misfit says where it is."""
    return [
        within(f"{name}[{index}]", convert, item, *rest, **more)
        for index, item in enumerate(given)
    ]


def each_named(
    convert: Callable[Concatenate[Item, Rest], Result],
    given: Mapping[str, Item],
    *rest: Rest.args,
    **more: Rest.kwargs,
) -> dict[str, Result]:
    """What values given by name become; a Misfit says where it is."""
    return {
        name: within(name, convert, item, *rest, **more) for name, item in given.items()
    }
