"""What holds for every generated class: its format is known, and it is final."""

from __future__ import annotations

from typing import Final

FORMAT: Final = 1
"""The newest shape of generated code that this run time knows."""


def check_generated(kind: type, base: type, number: int | None, instead: str) -> None:
    """Check a class that is being made from `base`.

    Raises TypeError, saying what to do `instead`, for one that is not generated, and
    ImportError for one of a format that is not known yet.
    """
    for parent in kind.__bases__:
        if parent is not base and issubclass(parent, base):
            raise TypeError(
                f"{parent.__name__} is final, so {kind.__name__} cannot be made from "
                f"it: {instead}"
            )
    if number is None:
        raise TypeError(
            f"{kind.__name__} cannot be made from {base.__name__}, the base of "
            f"generated classes alone: {instead}"
        )
    if number > FORMAT:
        raise ImportError(
            f"{kind.__module__} is generated in format {number}, and the callbackgen "
            f"that is installed here knows format {FORMAT}: upgrade it (pip install "
            "--upgrade callbackgen), or generate the module with this version",
            name=kind.__module__,
        )
