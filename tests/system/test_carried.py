"""What ordinary Pyro5 clients get and give, as the page says it."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import callbackgen
from callbackgen.runtime.by_address import BY_ADDRESS
from callbackgen.runtime.kinds.of import kind_of
from tests.system import carried


def block(language: str) -> str:
    """The one block of the page in a language."""
    text = carried.PAGE.read_text(encoding="utf-8")
    (found,) = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_page_says_what_is_measured() -> None:
    """Measured anew, with each of Pyro5's serializers, nothing has changed.

    ``python -m tests.system.carried`` writes the page.
    """
    assert carried.page() == carried.PAGE.read_text(encoding="utf-8")


def test_a_class_is_registered_as_the_page_shows() -> None:
    """Its objects travel then, by what stands there."""
    names: dict[str, Any] = {"callbackgen": callbackgen, "__name__": "shop.money"}
    exec(block("python"), names)
    money = kind_of(names["Money"])
    packed = money.pack(names["Money"](150, "EUR"), BY_ADDRESS)
    assert packed == [150, "EUR"]
    arrived: Any = money.made(packed, BY_ADDRESS)
    assert (arrived.cents, arrived.currency) == (150, "EUR")


def test_the_configuration_of_the_page_names_the_class() -> None:
    """Where the generator looks for it."""
    settings = tomllib.loads(block("toml"))["tool"]["callbackgen"]
    assert settings == {"types": ["shop.money.Money"]}
