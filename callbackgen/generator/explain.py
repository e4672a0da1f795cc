"""The page of each diagnostic: cause, example, cure."""

from __future__ import annotations

import difflib
from importlib.resources import files


def codes() -> list[str]:
    """The codes that have a page, in order."""
    pages = files("callbackgen.generator") / "pages"
    names = (page.name for page in pages.iterdir())
    return sorted(name.removesuffix(".md") for name in names if name.endswith(".md"))


def page(code: str) -> str:
    """The page of a code, as Markdown. Raises KeyError for a code without one."""
    if code not in codes():
        raise KeyError(code)
    pages = files("callbackgen.generator") / "pages"
    return (pages / f"{code}.md").read_text(encoding="utf-8")


def title(code: str) -> str:
    """What a code means, in a line."""
    return page(code).splitlines()[0].lstrip("# ").removeprefix(f"{code}: ")


def code_of(text: str) -> str:
    """A code as it may be typed: ``cbg101`` and ``101`` are ``CBG101``."""
    text = text.strip().upper()
    return f"CBG{text}" if text.isdigit() else text


def nearest(code: str) -> str | None:
    """The code that was perhaps meant."""
    close = difflib.get_close_matches(code, codes(), n=1, cutoff=0.5)
    return close[0] if close else None
