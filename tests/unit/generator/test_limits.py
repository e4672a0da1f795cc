"""Limits of values go into the signature, other metadata does not."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbackgen.generator.pipeline import run
from callbackgen.generator.request import Request
from callbackgen.interface import ANY, parse_signature
from callbackgen.runtime.values import Value
from tests.unit.generator.reading import Result, read_text

HEAD = """\
import msgspec
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Final, NewType, Optional, Protocol, TypeAlias
from msgspec import Meta

class Peer(Protocol):
    def told(self) -> None: ...

MOST = 3
Name = NewType("Name", str)
Positive = Meta(gt=0)
Percent: TypeAlias = Annotated[int, Meta(ge=0, le=100)]
Even = Annotated[Percent, Meta(multiple_of=2)]

class Listener(Protocol):
"""


def reading(folder: Path, annotation: str) -> Result:
    return read_text(
        folder, f"{HEAD}    def changed(self, value: {annotation}) -> None: ...\n"
    )


KEPT = {
    "Annotated[int, msgspec.Meta(ge=0)]": "typing.Annotated[int, msgspec.Meta(ge=0)]",
    "Annotated[int, Meta(le=5, gt=-1)]":
        "typing.Annotated[int, msgspec.Meta(gt=-1, le=5)]",
    "Annotated[float, Meta(lt=1_0.50, multiple_of=+2)]":
        "typing.Annotated[float, msgspec.Meta(lt=10.5, multiple_of=2)]",
    'Annotated[str, Meta(pattern="^a" r"\\d", min_length=1, max_length=0x10)]':
        "typing.Annotated[str, msgspec.Meta(pattern='^a\\\\d', min_length=1, "
        "max_length=16)]",
    "Annotated[datetime, 'x', Meta(tz=True), Meta(title='t')]":
        "typing.Annotated[datetime.datetime, msgspec.Meta(tz=True)]",
    "Annotated[int, Meta(ge=0), Meta(le=1)]":
        "typing.Annotated[int, msgspec.Meta(ge=0), msgspec.Meta(le=1)]",
    "Annotated[int, Positive]": "typing.Annotated[int, msgspec.Meta(gt=0)]",
    "Percent | None": "typing.Annotated[int, msgspec.Meta(ge=0, le=100)] | None",
    "list[Even]": "list[typing.Annotated[int, msgspec.Meta(ge=0, le=100), "
        "msgspec.Meta(multiple_of=2)]]",
    "Annotated[Optional[int], Meta(ge=0)]":
        "typing.Annotated[int | None, msgspec.Meta(ge=0)]",
    "Annotated[list[Peer], Meta(max_length=3)]":
        "typing.Annotated[list[contract.Peer], msgspec.Meta(max_length=3)]",
    "Annotated[int, Meta(ge=None, title='t', description='d', extra={})]": "int",
    "Annotated[int, Meta()]": "int",
    "Annotated[int, MOST, Missing, missing.Meta(ge=0), lambda: 1]": "int",
    "Annotated[int, dict(ge=0)]": "int",
}  # fmt: skip


@pytest.mark.parametrize("written", KEPT)
def test_limits_are_kept(written: str, tmp_path: Path) -> None:
    """In a fixed order, as literals; the text reads back as the same."""
    result = reading(tmp_path, written)
    assert result.codes == []
    (signature,) = result.signatures()["changed"]
    assert signature == f"(value: {KEPT[written]}) -> None"
    assert str(parse_signature(signature)) == signature


@pytest.mark.parametrize(
    "limits",
    [
        "ge=MOST", "ge=1 + 1", "ge='1'", "ge=True", "pattern=1", "min_length=1.0",
        "pattern=f'{1}'", "tz=1", "**{}", "1", "max_length=len('x')", "lt=1j",
    ],
)  # fmt: skip
def test_limits_that_cannot_be_read_are_refused(limits: str, tmp_path: Path) -> None:
    """A limit has to stand in the source, as a literal of its kind."""
    result = reading(tmp_path, f"Annotated[int, Meta({limits})]")
    (found,) = result.diagnostics
    assert (found.code, found.line) == ("CBG145", HEAD.count("\n") + 1)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("Meta(ge=0, gt=1)", "gt and ge exclude each other"),
        ("Meta(le=0), Meta(lt=1)", "lt and le exclude each other"),
        ("Meta(ge=0), Meta(ge=1)", "ge is set twice"),
        ("Meta(multiple_of=0)", "multiple_of has to be more than 0"),
        ("Meta(multiple_of=-0.5)", "multiple_of has to be more than 0"),
        ("Meta(min_length=-1)", "min_length is no length"),
        (f"Meta(max_length={1 << 63})", "max_length is no length"),
        ("Meta(lt=1e999)", "lt is no finite number"),
        (f"Meta(ge=1{'0' * 400})", "ge is no finite number"),
        ("Meta(pattern='[')", "pattern is no regular expression: unterminated"),
    ],
)
def test_limits_that_msgspec_does_not_take_are_refused(
    limits: str, said: str, tmp_path: Path
) -> None:
    """Of no type: each call would fail."""
    for annotation in (
        f"Annotated[float | str, {limits}]",
        f"list[Annotated[str, {limits}]]",
    ):
        (found,) = reading(tmp_path, annotation).diagnostics
        assert found.code == "CBG145"
        assert said in found.message
        assert found.hint


@pytest.mark.parametrize(
    "annotation",
    [
        "Annotated[int, Meta(min_length=3)]", "Annotated[str, Meta(ge=0)]",
        "Annotated[bytes, Meta(pattern='a')]", "Annotated[list[int], Meta(gt=0)]",
        "Annotated[Peer | None, Meta(max_length=3)]", "Annotated[bool, Meta(ge=0)]",
        "Annotated[str, Meta(tz=True)]", "list[Annotated[int, Positive, Meta(tz=False)]]",
        "Annotated[object, Meta(max_length=3)]", "Annotated[int, Meta(ge=0.5)]",
        "Annotated[int, Meta(multiple_of=2.0)]",
        "Annotated[Callable[[], int], Meta(max_length=3)]",
        "Annotated[int | str, Meta(ge=0, max_length=3)]",
        "Annotated[int | None, Meta(ge=0), Meta(tz=True)]",
    ],
)  # fmt: skip
def test_limits_that_a_type_cannot_have_are_refused(
    annotation: str, tmp_path: Path
) -> None:
    """The run time would refuse every call."""
    (found,) = reading(tmp_path, annotation).diagnostics
    assert found.code == "CBG149"


@pytest.mark.parametrize(
    "annotation",
    [
        "Annotated[Decimal | None, Meta(ge=0)]", "Annotated[Name, Meta(max_length=3)]",
        "Annotated[dict[str, int] | int, Meta(max_length=3)]",
        "Annotated[Iterable[int], Meta(min_length=1)]",
    ],
)  # fmt: skip
def test_one_member_that_can_have_a_limit_is_enough(
    annotation: str, tmp_path: Path
) -> None:
    """A NewType has what its supertype has."""
    assert reading(tmp_path, annotation).codes == []


TYPES = (
    *("int", "float", "bool", "complex", "Decimal", "str", "bytes", "bytearray"),
    *("list[int]", "tuple[int, ...]", "tuple[int, str]", "set[int]", "frozenset[int]"),
    *(
        "dict[str, int]",
        "Iterable[int]",
        "datetime",
        "Name",
        "int | str",
        "float | None",
    ),
)
LIMITS = (
    *("ge=0", "multiple_of=2", "pattern='a'", "max_length=3", "tz=True", "lt=0.5"),
    *(f"ge={1 << 63}", f"ge={(1 << 63) - 1}", f"gt={(1 << 63) - 1}", f"lt=-{1 << 63}"),
    *(
        "ge=0, lt=5",
        "pattern='a', max_length=3",
        "ge=0, max_length=3",
        "multiple_of=0.1",
    ),
)


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("kind", TYPES)
def test_the_run_time_holds_to_what_is_accepted(
    kind: str, limit: str, tmp_path: Path
) -> None:
    """And refuses what is refused here."""
    result = reading(tmp_path, f"Annotated[{kind}, Meta({limit})]")
    known = {"datetime": "datetime.datetime", "Decimal": "decimal.Decimal"} | {
        "Name": "str",
        "Iterable[int]": "collections.abc.Iterable[int]",
    }
    text = f"-> typing.Annotated[{known.get(kind, kind)}, msgspec.Meta({limit})]"
    value = Value(parse_signature(text).result or ANY)
    if result.codes:
        with pytest.raises(
            (TypeError, ValueError), match=r"limits|constraints|2\*\*63"
        ):
            assert value.size
    else:
        assert value.size


def test_attributes_have_limits_too(tmp_path: Path) -> None:
    """However Final and Annotated are nested."""
    members = (
        "    a: Annotated[int, Meta(ge=0)]\n"
        "    b: Final[Annotated[int, Meta(ge=0)]]\n"
        "    c: Annotated[Final[int], Meta(ge=0)]\n"
        "    d: Annotated[Annotated[int, 1], Meta(ge=0)]\n"
    )
    result = read_text(tmp_path, HEAD + members)
    assert result.codes == []
    text = "() -> typing.Annotated[int, msgspec.Meta(ge=0)]"
    assert result.signatures() == {name: [text] for name in "abcd"}


CLASSES = (
    "@dataclass\nclass Data:\n    value: {0}\n",
    "@attrs.define\nclass Data:\n    value: {0} = attrs.field()\n",
    'class Data(msgspec.Struct):\n    value: "{0}"\n',
    "class Data(TypedDict):\n    value: NotRequired[{0}]\n",
    "class Data(NamedTuple):\n    value: {0}\n",
    """\
T = TypeVar('T')
@dataclass
class Of(Generic[T]):
    value: T
class Data(Of[{0}]): ...
""",
    "Data = NewType('Data', {0})\n",
)


def reading_field(folder: Path, form: str, annotation: str) -> Result:
    """A Protocol that carries a class with one field."""
    head = (
        "import attrs\nfrom dataclasses import dataclass\n"
        "from typing import Generic, NamedTuple, NotRequired, TypedDict, TypeVar\n"
    )
    listener = (
        "class Listener(Protocol):\n    def changed(self, data: Data) -> None: ...\n"
    )
    before = HEAD.removesuffix("class Listener(Protocol):\n")
    return read_text(folder, before + head + form.format(annotation) + listener)


@pytest.mark.parametrize("form", CLASSES)
@pytest.mark.parametrize(
    "annotation",
    [
        "Annotated[str, Meta(ge=0)]", "list[Annotated[bytes, Meta(pattern='a')]]",
        "Annotated[int, Meta(min_length=1)]", "Annotated[str, Meta(ge=MOST)]",
    ],
)  # fmt: skip
def test_fields_cannot_have_limits_of_other_types(
    form: str, annotation: str, tmp_path: Path
) -> None:
    """They are refused when generating, as those of parameters are."""
    assert reading_field(tmp_path, form, annotation).codes == ["CBG149"]


@pytest.mark.parametrize("form", CLASSES)
@pytest.mark.parametrize(
    "annotation",
    [
        "Annotated[int, Meta(ge=MOST, le=2 * MOST)]", "Annotated[str, Meta(**{})]",
        "Annotated[str, Meta(max_length=3)]", "list[Percent]",
    ],
)  # fmt: skip
def test_limits_of_fields_need_not_be_literals(
    form: str, annotation: str, tmp_path: Path
) -> None:
    """Python evaluates them, where the class is made."""
    assert reading_field(tmp_path, form, annotation).codes == []


def test_type_checkers_see_the_type_alone(tmp_path: Path) -> None:
    """A generated module names limits in signatures only, and imports no msgspec."""
    (tmp_path / "contract.py").write_text(
        f"{HEAD}    def changed(self, a: Percent, b: Optional[Even] | str, "
        "peers: Annotated[list[Peer], Meta(max_length=3)]) -> Even: ...\n"
        "    level: Percent\n",
        encoding="utf-8",
    )
    modules = run(Request(("contract.Listener",), tmp_path, (tmp_path,))).modules
    text = next(m.text for m in modules if m.interface == "contract.Listener")
    assert "msgspec.Meta(max_length=3)" in text
    rest = "\n".join(line for line in text.splitlines() if "msgspec.Meta" not in line)
    assert "Annotated" not in rest
    assert "msgspec" not in rest
    assert "_LEVEL: Final[Method[int]]" in rest
    assert "b: int | None | str" in rest
    assert "list[PeerStub]" in rest


NUMBERS = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("gt", "ge", "lt", "le", "multiple_of"), NUMBERS),
            "pattern": st.text(st.characters(codec="utf-8"), max_size=5),
            "min_length": st.integers(0, 9),
        },
    )
)
def test_any_literal_survives(
    tmp_path_factory: pytest.TempPathFactory, limits: dict[str, object]
) -> None:
    """Whatever the values: the text that is kept means the same."""
    folder = tmp_path_factory.mktemp("limits")
    given_text = ", ".join(
        f"{name}={value!r}".replace("inf", "1e999") for name, value in limits.items()
    )
    result = reading(folder, f"Annotated[int | str, Meta({given_text})]")
    assert {*result.codes} <= {"CBG145", "CBG149"}  # not all can be at once
    (signature,) = result.signatures()["changed"]
    assert str(parse_signature(signature)) == signature
    if limits:
        kept = signature.partition("msgspec.Meta")[2].removesuffix("]) -> None")
        assert eval(f"dict{kept}") == limits
