"""What a name means is found in import statements alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from callbackgen.generator.names import Library, Undefined
from callbackgen.generator.source import Source
from callbackgen.interface import Symbol
from tests.unit.generator.reading import library

FILES = {
    "shop/__init__.py": "from .orders import *\nfrom . import orders as other\n",
    "shop/orders.py": "import shop.prices\nfrom ..shop import prices as near\n"
    "class Order: ...\nclass _Hidden: ...\nAlias = Order\n",
    "shop/prices.py": "from decimal import Decimal as Price\nfrom shop import Order\n",
    "circle_a.py": "from circle_b import Name\nfrom circle_b import *\n",
    "circle_b.py": "from circle_a import Name\nfrom circle_a import *\n",
    "broken.py": "class Order(:\n",
    "first.py": "if x:\n    import one as module\nelse:\n    import two as module\n"
    "try:\n    from one import name\nexcept ImportError:\n    name = None\n"
    "if not TYPE_CHECKING:\n    from one import kind\nelse:\n    from two import kind\n"
    "with suppress(ImportError):\n    import three.four\n",
}


@pytest.fixture
def known(tmp_path: Path) -> Library:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return library(tmp_path)


def source(known: Library, module: str, text: str) -> Source:
    """A module that is added to the library under the name `module`."""
    path = known.finder.working_directory.joinpath(*module.split(".")).with_suffix(
        ".py"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    made = known.source(module)
    assert made is not None
    return made


NAMES = {
    "import shop|shop.orders.Order": "shop.orders.Order",
    "import shop.orders|shop.orders.Order": "shop.orders.Order",
    "import shop.orders as o|o.Order": "shop.orders.Order",
    "from shop import orders|orders.Order": "shop.orders.Order",
    "from shop import orders as o|o.Order": "shop.orders.Order",
    "from shop.orders import Order|Order": "shop.orders.Order",
    "from shop.orders import Order as O|O": "shop.orders.Order",
    "from shop import Order|Order": "shop.orders.Order",
    "from shop import other|other.Order": "shop.orders.Order",
    "from shop import *|Order": "shop.orders.Order",
    "from shop.orders import *|Order": "shop.orders.Order",
    "from shop.orders import Alias|Alias": "shop.orders.Order",
    "from shop.prices import Order|Order": "shop.orders.Order",
    "import shop|shop.Order": "shop.orders.Order",
    "import shop|shop.prices.Order": "shop.orders.Order",
}


@pytest.mark.parametrize("case", NAMES)
def test_name_is_followed_to_its_definition(case: str, known: Library) -> None:
    """However a class is imported and passed on, it is found where it is defined."""
    text, name = case.split("|")
    symbol = known.resolve(name, source(known, "user", text), ())
    found = known.find(symbol)
    assert found is not None
    assert str(found.symbol) == NAMES[case]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("from . import near", "near"),
        ("from .near import Near", "Near"),
        ("from ..package import near", "near"),
        ("from ..package.near import Near", "Near"),
        ("from .. import package", "package.near"),
    ],
)
def test_relative_import_starts_from_its_module(
    text: str, name: str, known: Library
) -> None:
    """Dots go up from the package that the module is in."""
    user = source(known, "top.package.user", text)
    source(known, "top.package.near", "class Near: ...\n")
    symbol = known.resolve(name, user, ())
    assert str(symbol).startswith("top.package")


def test_relative_import_in_a_package_starts_from_the_package(known: Library) -> None:
    """In an `__init__` one dot is the package itself."""
    user = source(known, "top.package.__init__", "")
    assert user.file.name == "top.package.__init__"
    package = known.source("shop")
    assert package is not None
    assert known.resolve("other", package, ()) == Symbol("shop", "orders")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("module.X", "one.X"),
        ("name", "one.name"),
        ("kind", "two.kind"),
        ("three.four.X", "three.four.X"),
        ("three.X", "three.X"),
    ],
)
def test_of_two_imports_the_type_checkers_one_counts(
    name: str, expected: str, known: Library
) -> None:
    """`if`, `try` and `TYPE_CHECKING` blocks are read as type checkers do."""
    for module in ("one", "two", "three.four"):
        source(known, module, "X = 1\n")
    first = known.source("first")
    assert first is not None
    assert str(known.resolve(name, first, ())) == expected


STARS = "from collections.abc import *\nfrom Pyro5.api import *\nfrom typing import *\n"


@pytest.mark.parametrize(
    ("name", "module"),
    [
        ("Protocol", "typing"),
        ("Sequence", "collections.abc"),
        ("oneway", "Pyro5.api"),
        ("int", "builtins"),
        ("NewerThanThisPython", "typing"),
    ],
)
def test_star_imports_of_known_modules(name: str, module: str, known: Library) -> None:
    """Of several star imports the module that has the name is taken."""
    assert known.resolve(name, source(known, "user", STARS), ()).module == module


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("", "Missing"),
        ("import shop", "shop"),
        ("from shop.orders import *", "_Hidden"),
        ("from circle_a import *", "Other"),
        ("from missing import *", "Missing"),
        ("def f():\n    import shop\n", "shop.Order"),
    ],
)
def test_unbound_name_is_undefined(text: str, name: str, known: Library) -> None:
    """A name that nothing binds is said to be undefined, not guessed at."""
    with pytest.raises(Undefined):
        known.resolve(name, source(known, "user", text), ())


@pytest.mark.parametrize(
    "name",
    ["circle_a.Name", "broken.Order", "missing.Name", "shop.Missing", "sys.version"],
)
def test_what_has_no_source_is_not_found(name: str, known: Library) -> None:
    """Circles, broken files, built-in and missing modules end the search."""
    module, _, last = name.rpartition(".")
    assert known.find(Symbol(module, last)) is None


def test_own_definition_hides_a_builtin(known: Library) -> None:
    """A class called `int` is the user's, where it is defined or imported."""
    user = source(known, "user", "class int: ...\n")
    assert known.resolve("int", user, ()) == Symbol("user", "int")
    assert known.resolve("str", user, ()) == Symbol("builtins", "str")


def test_class_body_hides_the_module(known: Library) -> None:
    """Inside a class its own classes and aliases come first, then those around it."""
    user = source(
        known, "user", "Name = int\nclass Outer:\n    Name = str\n    class In: ...\n"
    )
    outer = user.definition("Outer")
    assert known.resolve("Name", user, ()) == Symbol("user", "Name")
    inner = user.members(outer)  # type: ignore[arg-type]
    assert known.resolve("Name", user, [inner]) == Symbol("user", "Outer.Name")
    assert known.resolve("In", user, [inner]) == Symbol("user", "Outer.In")


PROTOCOLS = """
import typing
from typing import Generic, Protocol as P, TypedDict, TypeVar
T = TypeVar("T")
class Plain: ...
class Direct(P): ...
class WithArguments(P[T]): ...
class ByModule(typing.Protocol): ...
class Heir(Direct): ...
class Stated(Direct, P): ...
class Row(TypedDict): ...
class Circle(Circle): ...
class Made(make()): ...
"""


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("Plain", False),
        ("Direct", True),
        ("WithArguments", True),
        ("ByModule", True),
        ("Heir", False),
        ("Stated", True),
        ("Row", False),
        ("Circle", False),
        ("Made", False),
    ],
)
def test_what_is_a_protocol_follows_from_its_bases(
    name: str, is_one: bool, known: Library
) -> None:
    """Only a class that names Protocol itself is one, as in Python."""
    source(known, "user", PROTOCOLS)
    found = known.find(Symbol("user", name))
    assert found is not None
    assert known.is_protocol(found) is is_one
