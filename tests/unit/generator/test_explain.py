"""The pages of the diagnostics, as ``callbackgen explain`` looks them up."""

from __future__ import annotations

import pytest

from callbackgen.generator import explain


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("CBG101", "CBG101"),
        ("cbg101", "CBG101"),
        (" Cbg101\n", "CBG101"),
        ("101", "CBG101"),
        ("CBG999", "CBG999"),
        ("nonsense", "NONSENSE"),
        ("", ""),
    ],
)
def test_a_code_may_be_typed_in_short(typed: str, code: str) -> None:
    """Case and the letters do not matter: the number is what one remembers."""
    assert explain.code_of(typed) == code


def test_every_code_has_a_page_with_a_title() -> None:
    """Codes are in order; each page begins with its code and says what it means."""
    codes = explain.codes()

    assert codes == sorted(codes)
    assert {"CBG010", "CBG030", "CBG031", "CBG032", "CBG033", "CBG101"} <= set(codes)
    for code in codes:
        assert explain.page(code).startswith(f"# {code}: ")
        title = explain.title(code)
        assert title
        assert not title.startswith(("#", code))


@pytest.mark.parametrize("code", ["CBG999", "", "../explain", "CBG101.md", "cbg101"])
def test_nothing_but_a_page_is_read(code: str) -> None:
    """What is no code has no page, whatever file the name would lead to."""
    with pytest.raises(KeyError):
        explain.page(code)


def test_the_nearest_code_is_one_that_looks_alike() -> None:
    """A slip of a finger is pointed out; for nonsense there is nothing to offer."""
    assert explain.nearest("CBG0101") in explain.codes()
    assert explain.nearest("CGB101") == "CBG101"
    assert explain.nearest("?") is None
