"""What ordinary Pyro5 clients get and give, as the page says it."""

from __future__ import annotations

from tests.system import carried


def test_the_page_says_what_is_measured() -> None:
    """Measured anew, with each of Pyro5's serializers, nothing has changed.

    ``python -m tests.system.carried`` writes the page.
    """
    assert carried.page() == carried.PAGE.read_text(encoding="utf-8")
